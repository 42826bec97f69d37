//! What is asked of a text: its class, or the token that comes next; of a text that is continued, each token that
//! continues it.

use std::sync::Arc;

use super::bench::Bench;
use super::continued::{Continuation, Written, ends, written};
use super::error::AuditError;
use super::observer::Observer;
use super::plan::Plan;
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
    /// What is continued, and by what.
    pub by: Arc<Continuation>,
}

impl Question {
    /// What is asked of a text as it stands.
    pub fn of(example: Example) -> Self {
        Self { example, asked: None }
    }

    /// What a report tells of the token that is asked; `log_probability` is its natural logarithm.
    pub fn told(&self, piece: String, log_probability: f64) -> Option<Told> {
        let asked = self.asked.as_ref()?;
        Some(Told {
            of: asked.of.clone(),
            place: asked.place + 1,
            count: asked.count,
            prompt: asked.by.prompt.len().min(self.example.text.len()),
            token: asked.by.token(asked.place),
            piece,
            log_probability,
            generated: asked.by.generated,
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
    observer: &dyn Observer,
) -> Result<(Vec<Question>, Vec<String>), AuditError> {
    let examples = bench.examples.examples.iter().cloned();
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
    let mark = mark(&bench.examples.examples);
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
        let (count, by) = (by.count(), Arc::new(by));
        for place in 0..count.max(1) {
            let of = example.id.clone();
            let id = format!("{of}{mark}{}", place + 1);
            let (text, pair) = by.before(place);
            let example = Example { id, text, pair, ..example.clone() };
            all.push(Question { example, asked: Some(Asked { of, place, count, by: Arc::clone(&by) }) });
        }
    }
    Ok((all, Vec::new()))
}

/// What stands between the name of a text and the number of its question: no name has it already.
fn mark(examples: &[Example]) -> String {
    let mut mark = "#".to_owned();
    while examples.iter().any(|example| example.id.contains(&mark)) {
        mark.push('#');
    }
    mark
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
