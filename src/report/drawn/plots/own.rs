//! The plots of the checks of a user's own model.

use super::super::bars::{Row, bars};
use super::super::forest::{Column, forest};
use super::super::matrix::{Cell, Matrix, matrix};
use super::super::plot::Plot;
use crate::report::measure::Estimate;
use crate::report::own::{Cascade, ChoiceAgreement, MapVerdicts, ModelReport};
use crate::report::say::number::plain;

/// All of them.
pub(in crate::report) fn plots(report: &ModelReport) -> Vec<Plot<'_>> {
    let checked = &report.checked;
    [
        agreements("operators", "Leave-one-out by two ways of erasing", &checked.operators),
        agreements("baselines", "Integrated gradients from two baselines", &checked.baselines),
        cascade(&checked.randomisation),
        maps(&checked.maps),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn agreements<'a>(
    name: &'static str,
    caption: &'static str,
    pairs: &'a [ChoiceAgreement],
) -> Option<Plot<'a>> {
    let known: Vec<(&ChoiceAgreement, f64)> =
        pairs.iter().filter_map(|pair| Some((pair, pair.tau.value?))).collect();
    if known.is_empty() {
        return None;
    }
    let names: Vec<String> =
        known.iter().map(|(pair, _)| format!("{}, {}", pair.first, pair.second)).collect();
    let estimate = |(pair, tau): &(&ChoiceAgreement, f64)| {
        Some(Estimate { estimate: *tau, low: pair.low, high: pair.high, n: pair.texts })
    };
    let column = Column::of("tau, 95 %", known.iter().map(estimate).collect());
    Some(Plot::new(name, caption, move |page| {
        let title = format!("{caption}: tau with 95 % intervals; the numbers are in the table.");
        forest(page, &title, &names, std::slice::from_ref(&column))
    }))
}

/// Likeness of each attribution to itself as weights become random; single heads are left out.
fn cascade(found: &Cascade) -> Option<Plot<'_>> {
    let methods: Vec<_> = found.methods.iter().filter(|m| !m.method.starts_with("head:")).collect();
    if methods.is_empty() || found.stages.is_empty() {
        return None;
    }
    let cell = |value: Option<f64>| value.map(|value| Cell { value, told: plain(value), framed: false });
    let row = |m: &&crate::report::own::Followed| {
        let stage = |i: usize| m.stages.get(i).and_then(|stage| cell(stage.absolute.value));
        (0..found.stages.len()).map(stage).collect()
    };
    let found = Matrix {
        title: "How like itself each attribution stays, by size, as weights become random from the top"
            .to_owned(),
        rows: methods.iter().map(|m| m.method.clone()).collect(),
        columns: found.stages.clone(),
        cells: methods.iter().map(row).collect(),
        end: 1.0,
        scale: Some(("Spearman's rho", plain)),
    };
    Some(Plot::new("randomisation", "Likeness to itself as weights become random", move |page| {
        matrix(page, &found)
    }))
}

/// What is said of whose map.
fn maps(found: &[MapVerdicts]) -> Option<Plot<'_>> {
    if found.is_empty() {
        return None;
    }
    let row = |donor: &MapVerdicts| Row {
        name: format!("{}{}", donor.donor, if donor.foreign { " *" } else { "" }),
        counts: donor.verdicts.clone(),
    };
    let rows: Vec<Row> = found.iter().map(row).collect();
    Some(Plot::new("maps", "What is said of whose map", move |page| {
        bars(page, "How many maps of each donor got each verdict; the numbers are in the table below.", &rows)
    }))
}
