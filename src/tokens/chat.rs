//! The template that a model's chats are written with: one text as what the user says, and the model about to answer.
//!
//! A template is a program out of a file: it runs on fuel, which bounds its steps and the bytes that it makes, it opens no
//! other file, and it is told no time.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value as Is, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, context};
use serde_json::Value;
use tokenizers::AddedToken;

use super::TokenError;
use super::calendar;
use super::file::File;
use super::json;
use super::marks::without_marks;
use super::measured;
use super::pipeline::Pipeline;
use super::settings::Settings;
use crate::guard::guarded;

/// Steps of a template, each worth 64 bytes of what it makes; a byte of the text pays for one more.
const FUEL: u64 = 1 << 17;
/// Bytes of stack: lists may be nested as deep as there are steps, and are taken apart one within another.
const STACK: usize = 128 << 20;
/// How long a template is waited for with one text; such as are in use take some thousandths of it.
const LIMIT: Duration = Duration::from_secs(3);
/// Bytes of a template, and of what it puts around a text.
const MOST: usize = 1 << 20;
/// Templates within one another: loops, macros.
const DEPTH: usize = 100;
/// Stands for the text where it is looked for; no template says this.
const PLACE: &str = "\u{f8ff}the text\u{f8ff}";

/// The templates that have files of their own: the default one, and others by their names.
pub(super) type Written<'f> = (Option<&'f [u8]>, &'f [(String, Cow<'static, [u8]>)]);

/// What a folder says of chats.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    /// Each with its name. Of two of one name the last counts.
    templates: Vec<Template>,
    /// What stands where a template should.
    other: Option<String>,
    /// The name of the one that is taken.
    chosen: String,
    /// The special tokens by their keys, as the template may ask for them.
    specials: Vec<(String, String)>,
    /// `chat_control_tokens`: the tokens that structure a chat, where the folder lists them.
    listed: Option<Vec<String>>,
    /// Whether it was given up: no other text is tried.
    endless: Arc<AtomicBool>,
}

#[derive(Debug, Clone)]
struct Template {
    name: String,
    /// The file that says it.
    file: &'static str,
    source: String,
}

/// The name of the template that is taken where none is asked for.
const DEFAULT: &str = "default";

/// A text as the template renders it.
#[derive(Debug)]
pub(super) struct Rendered {
    pub whole: String,
    /// Where the text stands in it, in bytes.
    pub place: Range<usize>,
    /// What of the text stands there: all of it, or all but the white space at its ends, which templates take away.
    pub kept: Range<usize>,
}

impl Chat {
    /// Of the templates in files, which count first, and of the setting of that name; none where there is neither.
    pub(super) fn of(
        (default, named): Written<'_>,
        settings: &Settings,
        specials: Vec<(String, String)>,
    ) -> Result<Option<Self>, TokenError> {
        let default = default.map(|bytes| (DEFAULT, File::ChatTemplate, bytes));
        let named = named.iter().map(|(name, bytes)| (name.as_str(), File::NamedTemplates, bytes.as_ref()));
        let written = |(name, file, bytes): (&str, File, &[u8])| {
            let source = std::str::from_utf8(bytes)
                .map_err(|error| TokenError::VocabUtf8 { file: file.name(), offset: error.valid_up_to() })?;
            Ok(Template { name: name.to_owned(), file: file.name(), source: source.to_owned() })
        };
        let mut templates: Vec<Template> =
            default.into_iter().chain(named).map(written).collect::<Result<_, TokenError>>()?;
        let mut other = None;
        match settings.get("chat_template") {
            Some(setting) if templates.is_empty() => match of_setting(setting) {
                Some(found) => templates = found,
                None => other = Some(super::error::short(setting)),
            },
            None if templates.is_empty() => return Ok(None),
            _ => {}
        }
        let listed = match settings.get("chat_control_tokens") {
            None => None,
            Some(Value::Array(tokens)) => {
                Some(tokens.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            Some(other) => {
                let expected = "a list of tokens";
                return Err(TokenError::field(File::TokenizerConfig, "chat_control_tokens", other, expected));
            }
        };
        let (chosen, endless) = (DEFAULT.to_owned(), Arc::default());
        Ok(Some(Self { templates, other, chosen, specials, listed, endless }))
    }

    /// The same with the template of this name in the place of the default one.
    pub(super) fn named(self, name: &str) -> Self {
        Self { chosen: name.to_owned(), endless: Arc::default(), ..self }
    }

    /// The tokens that structure a chat, the longest first: every special one, and those among the others that are listed,
    /// else that the template names.
    pub(super) fn controls(&self, pipeline: &Pipeline) -> Result<Vec<String>, TokenError> {
        let source = &self.template()?.source;
        let structures = |token: &AddedToken| {
            let named = || match &self.listed {
                Some(listed) => listed.contains(&token.content),
                None => !token.content.trim().is_empty() && source.contains(token.content.as_str()),
            };
            !token.content.is_empty() && (token.special || named())
        };
        let mut tokens: Vec<String> =
            pipeline.tokens().filter(|token| structures(token)).map(|token| token.content.clone()).collect();
        tokens.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Ok(tokens)
    }

    /// Whether it asks what day it is.
    pub(super) fn asks_date(&self) -> bool {
        self.template().is_ok_and(|template| template.source.contains("strftime_now"))
    }

    /// The template; an error where there is none that can be used.
    fn template(&self) -> Result<&Template, TokenError> {
        if let Some(found) = &self.other {
            return Err(TokenError::Field {
                file: File::TokenizerConfig.name(),
                field: "chat_template".to_owned(),
                found: found.clone(),
                expected: "a template, or a list of templates with their names".to_owned(),
            });
        }
        self.templates.iter().rfind(|template| template.name == self.chosen).ok_or_else(|| {
            TokenError::ChatName {
                name: self.chosen.clone(),
                names: self.templates.iter().map(|template| template.name.clone()).collect(),
            }
        })
    }

    /// The chat in which the user says `text` alone, and where in it the text stands.
    pub(super) fn render(&self, text: &str) -> Result<Rendered, TokenError> {
        let pattern = self.rendered(PLACE)?;
        let file = self.template()?.file;
        let lost = || TokenError::ChatLost { file };
        let (before, after) = pattern.split_once(PLACE).ok_or_else(lost)?;
        if after.contains(PLACE) {
            return Err(lost());
        }
        let whole = self.rendered(text)?;
        let (start, end) = (before.len(), whole.len().saturating_sub(after.len()));
        let inner = whole.get(start..end).filter(|_| whole.starts_with(before) && whole.ends_with(after));
        let inner = inner.ok_or_else(lost)?;
        // White space at the ends may be gone, at one of them or at both.
        let (front, back) = (text.len() - text.trim_start().len(), text.trim_end().len());
        let kept = [0..text.len(), front..text.len(), 0..back, front.min(back)..back];
        let kept = kept.into_iter().find(|kept| &text[kept.clone()] == inner).ok_or_else(lost)?;
        Ok(Rendered { place: start..end, whole, kept })
    }

    /// What the template makes of one message of the user.
    fn rendered(&self, text: &str) -> Result<String, TokenError> {
        let Template { file, source, .. } = self.template()?;
        let failed = |said: String| TokenError::Chat { file, said: told(&said) };
        if source.len() > MOST {
            return Err(failed(format!("it has {} bytes; at most {MOST} are read", source.len())));
        }
        let endless = || failed(format!("it does not end within {} s", LIMIT.as_secs()));
        if self.endless.load(Ordering::Relaxed) {
            return Err(endless());
        }
        let (name, source) = (*file, without_marks(source));
        let (said, specials) = (text.to_owned(), self.specials.clone());
        let run = move || match guarded("minijinja", || {
            run(name, &source, &said, &specials).map_err(|error| innermost(&error))
        }) {
            Ok(rendered) => rendered,
            Err(panic) => Err(panic.to_string()),
        };
        let Some(rendered) = within(LIMIT, run).map_err(|error| failed(error.to_string()))? else {
            self.endless.store(true, Ordering::Relaxed);
            return Err(endless());
        };
        let whole = rendered.map_err(failed)?;
        if whole.len() > text.len().saturating_mul(4).saturating_add(MOST) {
            return Err(failed(format!("it makes {} bytes of a text of {}", whole.len(), text.len())));
        }
        Ok(whole)
    }
}

/// The templates of the setting; `None` where it is none.
fn of_setting(setting: &Value) -> Option<Vec<Template>> {
    let template = |name: &str, source: &str| Template {
        name: name.to_owned(),
        file: File::TokenizerConfig.name(),
        source: source.to_owned(),
    };
    match setting {
        Value::String(source) => Some(vec![template(DEFAULT, source)]),
        Value::Array(list) => {
            list.iter().map(|of| Some(template(of["name"].as_str()?, of["template"].as_str()?))).collect()
        }
        Value::Object(map) => {
            map.iter().map(|(name, source)| Some(template(name, source.as_str()?))).collect()
        }
        _ => None,
    }
}

/// What `work` gives on a thread of its own, none where it takes longer: then nobody waits for it, and its fuel ends it.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<Option<T>> {
    let (done, result) = mpsc::channel();
    // Who waited may be gone.
    let work = move || done.send(work()).unwrap_or_default();
    thread::Builder::new().stack_size(STACK).spawn(work)?;
    Ok(result.recv_timeout(limit).ok())
}

/// Runs a template with what transformers gives it: the messages, the special tokens, no tools and no documents.
fn run(name: &str, source: &str, text: &str, specials: &[(String, String)]) -> Result<String, Error> {
    let mut environment = environment()?;
    environment.set_fuel(Some(FUEL + text.len() as u64));
    let specials = Is::from_pairs(specials.iter().map(|(key, token)| (key.as_str(), token.as_str())));
    let said = context! { role => "user", content => text };
    let given = context! {
        messages => vec![said],
        tools => (),
        documents => (),
        add_generation_prompt => true,
        ..specials
    };
    measured::render(environment, (name, source), given, text.len())
}

fn environment<'source>() -> Result<Environment<'source>, Error> {
    let mut environment = Environment::new();
    // Else a file's name would say how its template's text is escaped.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_recursion_limit(DEPTH);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    // Values are written as Python does.
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::None => Ok(out.write_str("None")?),
        ValueKind::Bool => Ok(out.write_str(if value.is_true() { "True" } else { "False" })?),
        _ => minijinja::escape_formatter(out, state, value),
    });
    environment.add_function("raise_exception", |said: String| -> Result<Is, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, said))
    });
    environment.add_function("strftime_now", |format: String| {
        calendar::written(&format).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, format!("the date as {format:?} is not known"))
        })
    });
    environment.add_filter("tojson", tojson);
    Ok(environment)
}

/// JSON as Python writes it, without the escapes for web pages.
#[expect(clippy::needless_pass_by_value, reason = "a filter takes its options so")]
fn tojson(state: &State, value: &Is, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    if options.get::<Option<bool>>("ensure_ascii")? == Some(true) {
        return Err(Error::new(ErrorKind::InvalidOperation, "tojson cannot escape what is not ASCII"));
    }
    options.assert_all_used()?;
    let json = json::written(value, indent).map_err(|error| {
        Error::new(ErrorKind::InvalidOperation, "tojson cannot write this").with_source(error)
    })?;
    state.consume_fuel(json.len() as u64 / 4)?;
    Ok(json)
}

/// What went wrong at the bottom, with the line.
fn innermost(error: &Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said = error.to_string();
        cause = error.source();
    }
    said
}

/// On one line, and no longer than anyone would read.
fn told(said: &str) -> String {
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_left_to_itself() {
        assert_eq!(within(Duration::from_secs(60), || 7).unwrap(), Some(7));
        let (wait, end) = mpsc::channel::<()>();
        let slow = move || end.recv().is_ok();
        assert_eq!(within(Duration::from_millis(5), slow).unwrap(), None);
        drop(wait);
    }
}
