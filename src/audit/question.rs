//! What is asked of a text: its class, or the token that comes next; of a text that is continued, each token that
//! continues it.

use std::sync::Arc;

use super::bench::Bench;
use super::continued::{Continuation, Written, ends, written};
use super::error::AuditError;
use super::observer::Observer;
use super::plan::Plan;
use super::translation::Translation;
use crate::input::{Example, FieldRole};
use crate::model::Task;
use crate::report::example::Asked as Told;

/// One thing that a map is asked to explain.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The text up to what is asked; of a continuation's token under a name of its own.
    pub example: Example,
    /// The token that is asked; `None` for the class or the next token of the whole text.
    pub asked: Option<Asked>,
}

/// One token of a continuation.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The name of the text that is continued.
    pub of: String,
    /// Which token of the continuation it is, from 0.
    pub place: usize,
    /// How many there are.
    pub count: usize,
    /// What is continued or translated, and by what.
    pub by: Arc<By>,
}

/// What a text is continued or translated by.
#[derive(Debug)]
pub(crate) enum By {
    /// What a language model goes on with.
    Continuation(Continuation),
    /// What a translation model writes of it.
    Translation(Box<Translation>),
}

impl By {
    fn count(&self) -> usize {
        match self {
            Self::Continuation(by) => by.count(),
            Self::Translation(by) => by.count(),
        }
    }

    fn token(&self, place: usize) -> String {
        match self {
            Self::Continuation(by) => by.token(place),
            Self::Translation(by) => by.token(place),
        }
    }

    fn generated(&self) -> bool {
        match self {
            Self::Continuation(by) => by.generated,
            Self::Translation(by) => by.generated,
        }
    }

    /// What a reader must know of where the two were joined.
    pub fn warnings(&self) -> &[String] {
        match self {
            Self::Continuation(by) => &by.warnings,
            Self::Translation(_) => &[],
        }
    }
}

impl Question {
    /// What is asked of a text as it stands.
    pub fn of(example: Example) -> Self {
        Self { example, asked: None }
    }

    /// What a report tells of the token that is asked; `log_probability` is its natural logarithm.
    pub fn told(&self, piece: String, log_probability: f64) -> Option<Told> {
        let asked = self.asked.as_ref()?;
        let whole = self.example.text.len();
        let (prompt, written, word, linked) = match asked.by.as_ref() {
            By::Continuation(by) => (by.prompt.len().min(whole), None, None, None),
            By::Translation(by) => {
                let (written, word) = (by.before(asked.place), by.word(asked.place).map(str::to_owned));
                (whole, Some(written.to_owned()), word, by.linked(asked.place))
            }
        };
        Some(Told {
            of: asked.of.clone(),
            place: asked.place + 1,
            count: asked.count,
            prompt,
            token: asked.by.token(asked.place),
            piece,
            log_probability,
            generated: asked.by.generated(),
            written,
            word,
            linked,
        })
    }
}

/// The questions of all examples, in their order, and what a reader should know of how they came about.
///
/// Where a text cannot be continued, it is one question, which fails for the same reason when it is its turn.
///
/// # Errors
///
/// Where a continuation is asked of a model that does not write, or the writing is interrupted.
pub(super) fn questions(
    bench: &Bench,
    config: &[u8],
    translations: Vec<Option<Translation>>,
    observer: &dyn Observer,
) -> Result<(Vec<Question>, Vec<String>), AuditError> {
    let examples = bench.examples.examples.iter().cloned();
    let mark = mark(&bench.examples.examples);
    if bench.sides.is_some() {
        let ask = |(example, by): (Example, Option<Translation>)| match by {
            Some(by) => each(&example, By::Translation(Box::new(by)), &mark),
            None => vec![Question::of(example)],
        };
        return Ok((examples.zip(translations).flat_map(ask).collect(), Vec::new()));
    }
    if bench.model.readout.task != Task::NextToken {
        refuse(&bench.plan)?;
        let ignored = bench.examples.examples.iter().filter(|example| example.continuation.is_some()).count();
        let note = (ignored > 0).then(|| {
            format!(
                "the continuation of {ignored} texts is not read: the model writes none, it decides on a text"
            )
        });
        return Ok((examples.map(Question::of).collect(), note.into_iter().collect()));
    }
    let ends = ends(config);
    let mut all = Vec::new();
    for example in examples {
        let said = example.continuation.clone().or_else(|| bench.plan.continuation.clone());
        let by = match said {
            Some(said) => Some(Continuation::said(bench, &example.text, &said)),
            None if bench.plan.generate > 0 => {
                observer.step("continuing the texts");
                match written(bench, &example.text, &ends, observer) {
                    Err(AuditError::Interrupted) => return Err(AuditError::Interrupted),
                    // It fails again, and is told, when it is its turn.
                    Err(_) | Ok(Written::Nothing) => None,
                    Ok(Written::By(by)) => Some(by),
                }
            }
            None => None,
        };
        let Some(by) = by else {
            all.push(Question::of(example));
            continue;
        };
        all.extend(each(&example, By::Continuation(by), &mark));
    }
    Ok((all, Vec::new()))
}

/// A question for each token that a text is continued or translated by.
fn each(example: &Example, by: By, mark: &str) -> Vec<Question> {
    let (count, by) = (by.count(), Arc::new(by));
    let ask = |place: usize| {
        let of = example.id.clone();
        let id = format!("{of}{mark}{}", place + 1);
        let example = match by.as_ref() {
            By::Continuation(by) => {
                let (text, pair) = by.before(place);
                Example { id, text, pair, ..example.clone() }
            }
            By::Translation(by) => {
                let marked = by.marked(place, &example.text).or_else(|| example.rationale.clone());
                Example { id, rationale: marked, ..example.clone() }
            }
        };
        Question { example, asked: Some(Asked { of, place, count, by: Arc::clone(&by) }) }
    };
    (0..count.max(1)).map(ask).collect()
}

/// What stands between the name of a text and the number of its question: no name has it already.
fn mark(examples: &[Example]) -> String {
    let mut mark = "#".to_owned();
    while examples.iter().any(|example| example.id.contains(&mark)) {
        mark.push('#');
    }
    mark
}

/// Whether something was asked that a translation model does not do.
pub(super) fn refuse_translator(plan: &Plan) -> Result<(), AuditError> {
    let flags = [
        (plan.generate > 0).then_some(("--generate", "it writes whole translations, which needs no flag")),
        plan.chat_template.as_ref().map(|_| ("--chat-template", "it translates texts and has no chat")),
        plan.class.as_ref().map(|_| ("--target", "what it is asked is each token of a translation")),
    ];
    match flags.into_iter().flatten().next() {
        None => Ok(()),
        Some((flag, reason)) => {
            Err(AuditError::Choice { choice: flag.to_owned(), reason: reason.to_owned() })
        }
    }
}

/// Whether a continuation was asked of a model that writes none.
fn refuse(plan: &Plan) -> Result<(), AuditError> {
    let field = plan.reading.fields.named(FieldRole::Continuation).map(|_| FieldRole::Continuation.flag());
    let flags = [
        plan.continuation.as_ref().map(|_| "--continuation"),
        (plan.generate > 0).then_some("--generate"),
        field,
    ];
    match flags.into_iter().flatten().next() {
        None => Ok(()),
        Some(flag) => Err(AuditError::Choice {
            choice: flag.to_owned(),
            reason: "it does not write: it is no causal language model".to_owned(),
        }),
    }
}
