//! The strip of a continuation: what was asked, token by token, each leading to what it rests on.

use std::collections::HashMap;
use std::io;

use super::markup::{Page, clip, put};
use crate::report::example::{Asked, ExampleReport};
use crate::report::say::continuation::sentence;
use crate::report::say::number::fine;
use crate::report::say::visible;
use crate::report::whole::Report;

/// Characters of the text before the first token that a strip shows, from its end.
const BEFORE: usize = 80;

/// A token of a continuation and the section it has on the page.
#[derive(Debug)]
struct Shown {
    section: usize,
    place: usize,
    token: String,
    probability: f64,
}

/// The tokens that were asked of every text that is continued, by its name.
#[derive(Debug, Default)]
pub(super) struct Continued(HashMap<String, Vec<Shown>>);

impl Continued {
    /// Takes in the example of this section.
    pub fn push(&mut self, section: usize, example: &ExampleReport) {
        if let Some(Asked { of, place, token, log_probability, .. }) = &example.asked {
            let probability = log_probability.exp();
            let token = Shown { section, place: *place, token: token.clone(), probability };
            self.0.entry(of.clone()).or_default().push(token);
        }
    }

    /// The strip of an example that is about one of the tokens.
    pub fn strip(&self, page: &mut Page<'_>, report: &Report, example: &ExampleReport) -> io::Result<()> {
        let Some(asked) = &example.asked else { return Ok(()) };
        let tokens = self.0.get(&asked.of).map(Vec::as_slice).unwrap_or_default();
        let prompt = example.text.get(..asked.prompt).unwrap_or(&example.text);
        put!(
            page,
            "<nav class=continued aria-label=\"what continues the text\"><bdi>",
            (tail(prompt)),
            "</bdi>"
        );
        for token in tokens {
            let probability = fine(token.probability);
            put!(page, " <a href=#e", (token.section));
            if token.place == asked.place {
                put!(page, " aria-current=true");
            }
            put!(
                page,
                " title=\"probability ",
                (probability),
                "\"><bdi>",
                (shown(&token.token)),
                "</bdi></a>"
            );
        }
        put!(page, "</nav>\n");
        if let Some(whole) = report.summary.continuations.iter().find(|whole| whole.of == asked.of) {
            put!(page, "<p class=note>Taken together: ", (sentence(whole)), ".</p>\n");
        }
        Ok(())
    }
}

/// A token without the white space around it, unless it is nothing else.
fn shown(token: &str) -> String {
    let trimmed = token.trim();
    if trimmed.is_empty() { visible(&format!("{token:?}")).into_owned() } else { clip(trimmed, 40) }
}

/// The end of a text.
fn tail(text: &str) -> String {
    let all = text.chars().count();
    if all <= BEFORE {
        return text.to_owned();
    }
    let end: String = text.chars().skip(all - BEFORE).collect();
    format!("…{end}")
}
