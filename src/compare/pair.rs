//! One text in two audits.

use super::align::{Component, align};
use super::likeness::{Draw, Which, likeness};
use crate::audit::shape::ReadingName;
use crate::missing::{Measured, Missing};
use crate::report::compare::{AlignmentReport, PairReport, SideReport, VerdictPair};
use crate::report::example::WordReport;
use crate::report::{ExampleReport, Settings};
use crate::stats::divergence::total_variation;
use crate::stats::seed::Stream;

/// Sets two reports of one text side by side; draws depend on the first one's seed and the text.
pub(super) fn pair(a: &ExampleReport, b: &ExampleReport, settings: (&Settings, &Settings)) -> PairReport {
    let components = align(&a.words, &b.words);
    let text = [Some(a.text.as_str()), a.pair.as_deref()].into_iter().flatten();
    let stream = Stream::new(settings.0.seed, text);
    let draw = Draw { stream: &stream, permutations: settings.0.permutations };
    let readings = a.readings.iter().filter_map(|one| Some((one, ReadingName::of(one).find(b)?)));
    let readings: Vec<_> = readings.collect();
    let alike = |which, a: &_, b: &_| likeness(which, &components, a, b, draw);
    PairReport {
        id: a.id.clone(),
        text: a.text.clone(),
        pair: a.pair.clone(),
        line: a.line,
        line_b: b.line,
        alignment: told(&components, &a.words, &b.words),
        same_label: a.prediction.label == b.prediction.label,
        tvd: predictions(a, b, (&settings.0.model.labels, &settings.1.model.labels)).into(),
        readings: readings
            .iter()
            .map(|(a, b)| {
                let which = Which { method: &a.method, sinks_removed: a.sinks_removed, reference: false };
                alike(which, &a.scores, &b.scores)
            })
            .collect(),
        references: a
            .references
            .iter()
            .filter(|reference| !reference.is_control())
            .filter_map(|a| Some((a, b.references.iter().find(|b| b.method == a.method)?)))
            .map(|(a, b)| {
                let which = Which { method: &a.method, sinks_removed: false, reference: true };
                alike(which, &a.evidence(), &b.evidence())
            })
            .collect(),
        verdicts: readings
            .iter()
            .map(|(a, b)| VerdictPair {
                method: a.method.clone(),
                sinks_removed: a.sinks_removed,
                a: a.verdict.verdict,
                b: b.verdict.verdict,
            })
            .collect(),
        a: side(a),
        b: side(b),
    }
}

fn side(example: &ExampleReport) -> SideReport {
    SideReport {
        words: example.words.len(),
        tokens: example.tokens,
        window: example.window.clone(),
        label: example.prediction.label.clone(),
        probability: example.prediction.probability,
        explained: example.prediction.explained.clone(),
        ceiling: example.reliability.ceiling.clone(),
    }
}

fn told(components: &[Component], a: &[WordReport], b: &[WordReport]) -> AlignmentReport {
    let shared = || components.iter().filter(|component| component.is_shared());
    let alone = |words: &[WordReport], own: fn(&Component) -> &[usize]| -> Vec<String> {
        let apart = components.iter().filter(|component| !component.is_shared());
        apart.flat_map(own).map(|word| words[*word].text.clone()).collect()
    };
    AlignmentReport {
        shared: shared().count(),
        merged: shared().filter(|component| component.is_merged()).count(),
        only_a: alone(a, |component| &component.a),
        only_b: alone(b, |component| &component.b),
    }
}

/// TVD over classes of the same name; missing where the two models' classes are not the same set.
pub(super) fn predictions(
    a: &ExampleReport,
    b: &ExampleReport,
    (labels_a, labels_b): (&[String], &[String]),
) -> Measured<f64> {
    let place = |label: &String| labels_b.iter().position(|other| other == label);
    let places: Option<Vec<usize>> = labels_a.iter().map(place).collect();
    let mut sorted = places.clone().unwrap_or_default();
    sorted.sort_unstable();
    sorted.dedup();
    let (Some(places), true) = (places, sorted.len() == labels_a.len() && labels_a.len() == labels_b.len())
    else {
        return Err(Missing::OtherClasses);
    };
    let kept = Missing::NotKept { what: "every class's probability" };
    let (Some(p), Some(q)) = (&a.prediction.probabilities, &b.prediction.probabilities) else {
        return Err(kept);
    };
    let q: Option<Vec<f64>> = places.iter().map(|i| q.get(*i).copied()).collect();
    match q {
        // Without names there are no classes of the same name, unless both read one vocabulary: that is not known.
        Some(q) if !labels_a.is_empty() => {
            total_variation(p, &q).ok_or(Missing::NotFinite { what: "a probability" })
        }
        _ => Err(kept),
    }
}
