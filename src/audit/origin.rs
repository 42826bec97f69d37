//! How much of a token of a translation comes from the source, and how much from what was written before it.

use super::failure::Failure;
use crate::attribution::mixing::{self, Mixing};
use crate::missing::{Measured, Missing};
use crate::report::Measure;
use crate::report::origin::{Origin, WrittenToken};
use crate::subject::Subject;

/// The origin of the token that is asked; `None` where no decoder reads the text. `below` is what the states that it reads are
/// made of, `wordless` what the target loses without the source's words, and `label` names a token.
pub(crate) fn of(
    subject: &Subject<'_>,
    (below, wordless): (&Measured<Mixing>, &Measured<f64>),
    label: &dyn Fn(usize) -> String,
) -> Result<Option<Origin>, Failure> {
    let probe = &subject.probe;
    let Some(given) = probe.sequence.given.as_deref() else { return Ok(None) };
    let shares = match below {
        Ok(encoder) => mixing::origin(probe, encoder)?,
        Err(missing) => Err(missing.clone()),
    };
    // The start is no token of the text: it stays.
    let written: Vec<usize> = (1..given.ids.len()).collect();
    let mut cases: Vec<_> = written.iter().map(|&at| probe.sequence.with_given_zeroed(&[at])).collect();
    cases.push(probe.sequence.with_given_zeroed(&written));
    let changes: Vec<f64> = if written.is_empty() {
        Vec::new()
    } else {
        probe.logits(&cases)?.iter().map(|logits| probe.value() - probe.target.value(logits)).collect()
    };
    let finite = |change: Option<&f64>| -> Measure<f64> {
        let found: Measured<f64> = match change {
            None => Err(Missing::RestsOn { what: "a token that was written before" }),
            Some(change) if change.is_finite() => Ok(*change),
            Some(_) => Err(Missing::NotFinite { what: "a prediction without what was written" }),
        };
        found.into()
    };
    let token = |(at, id): (usize, &u32)| WrittenToken {
        piece: label(*id as usize),
        share: shares.as_ref().map(|shares| shares.written[at]).map_err(Clone::clone).into(),
        effect: finite(at.checked_sub(1).and_then(|at| changes.get(at))),
    };
    Ok(Some(Origin {
        source: shares.as_ref().map(mixing::Origin::of_source).map_err(Clone::clone).into(),
        without_source: wordless.clone().into(),
        without_written: finite(changes.last()),
        written: given.ids.iter().enumerate().map(token).collect(),
    }))
}
