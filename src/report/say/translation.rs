//! The three steps of a translation model's maps, in sentences.

use super::count;
use super::number::{fine, share, signed};
use crate::report::answer::FileAnswer;
use crate::report::measure::{Estimate, Measure};
use crate::report::plausibility::PlausibilitySummary;
use crate::report::translation::{ReadingAlignment, TranslationSummary};

/// What is to be said of the `shown` reading, step by step, and of how much comes from the source at all.
pub(crate) fn sentences(
    found: &TranslationSummary,
    shown: &str,
    (answer, plausibility): (Option<&FileAnswer>, Option<&PlausibilitySummary>),
) -> Vec<String> {
    let mut out = Vec::new();
    let own = found.alignment.iter().find(|one| one.method == shown);
    if let Some(own) = own {
        out.push(alignment(own, found.diagonal.as_ref()));
    }
    let map =
        plausibility.and_then(|all| all.maps.iter().find(|map| map.method == shown && !map.sinks_removed));
    if let Some(precision) = map.and_then(|map| map.average_precision.value.as_ref()) {
        out.push(format!(
            "As a plausible map: beside the words that people linked, {shown} has an average precision of {} (1 is best).",
            interval(precision, fine)
        ));
    }
    let verdict = answer
        .and_then(|answer| answer.readings.iter().find(|one| one.method == shown && !one.sinks_removed));
    if let (Some(verdict), Some(_)) = (verdict, own) {
        out.push(format!("As an explanation: {}", verdict.sentence));
    }
    if let Some(parted) = own.map(|own| own.parted).filter(|parted| parted.all() > 0) {
        out.push(format!(
            "The steps part for {} of {}: at {} {shown} points at the linked word and another word's erasure matters most; at {} \
             it points at the word that matters most, and people linked another.",
            parted.linked_only + parted.decides_only,
            count(parted.all(), "token"),
            parted.linked_only,
            parted.decides_only
        ));
    }
    out.extend(origin(found));
    out
}

fn alignment(own: &ReadingAlignment, diagonal: Option<&Measure<Estimate>>) -> String {
    let rate = |of: Option<&Estimate>| of.map_or_else(|| "not known".to_owned(), |of| interval(of, fine));
    let judged = match own.beyond_diagonal.value.as_ref().map(|beyond| (beyond.low, beyond.high)) {
        Some((_, Some(high))) if high < 0.0 => "it shows an alignment",
        Some((Some(low), _)) if low >= 0.0 => "it does not beat the diagonal and shows no alignment",
        _ => "these texts cannot tell whether it beats the diagonal",
    };
    format!(
        "As an alignment: {} links words with an error rate of {}, the diagonal with {}; {judged}.",
        own.method,
        rate(own.aer.value.as_ref()),
        rate(diagonal.and_then(|diagonal| diagonal.value.as_ref()))
    )
}

/// How much comes from the source at all.
fn origin(found: &TranslationSummary) -> Option<String> {
    let source = found.source.value.as_ref()?;
    let falls = match (&found.without_source.value, &found.without_written.value) {
        (Some(source), Some(written)) => format!(
            "; without the source the scalar falls by {}, without what was written before by {}",
            signed(source.estimate),
            signed(written.estimate)
        ),
        _ => String::new(),
    };
    Some(format!("Of what decides a token {} comes from the source (ALTI+){falls}.", share(source)))
}

fn interval(of: &Estimate, number: fn(f64) -> String) -> String {
    match (of.low, of.high) {
        (Some(low), Some(high)) => format!("{} [{}, {}]", number(of.estimate), number(low), number(high)),
        _ => number(of.estimate),
    }
}
