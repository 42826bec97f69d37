//! A decoder's golden text as a subject.

use attncheck::model::{Model, Probe, Sequence};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;

use super::golden::Case;

/// The case's long text in its model; a word is a token, and the first token belongs to none.
pub fn subject<'m>(model: &'m Model, case: &Case) -> Subject<'m> {
    let example = case.examples.iter().find(|example| example.name == "long").unwrap();
    let t = example.ids.len();
    let sequence = Sequence::new(example.ids.clone(), vec![0; t], t - 1, model.spec().positions);
    let probe = Probe::new(model, sequence, |_| example.margin()).unwrap();
    let words = (1..t).map(|at| at..at + 1).collect();
    Subject { probe, words, mask: None, pad: Some(example.pad_id), stream: Stream::new(7, ["text"]) }
}
