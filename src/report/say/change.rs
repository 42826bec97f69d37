//! Which figures of a comparison are told, and what is made of each.

use crate::report::compare::{CompareReport, FigureChange};

/// Whether a figure is another in the second, by its q.
pub(in crate::report) fn differs(figure: &FigureChange, alpha: f64) -> bool {
    figure.q.value.is_some_and(|q| q <= alpha)
}

/// The headline reading's figures, what there is once, and whatever else differs.
pub(in crate::report) fn shown(report: &CompareReport) -> Vec<&FigureChange> {
    let found = &report.summary;
    let headline = found.answer.reading.clone().unwrap_or_default() + ".";
    let told = |figure: &&FigureChange| {
        figure.figure.starts_with(&headline)
            || !figure.figure.contains('.')
            || differs(figure, report.a.thresholds.alpha)
    };
    found.figures.iter().filter(told).collect()
}

/// Which side is better by a figure that differs: `A`, `B` or nothing.
pub(in crate::report) fn better(figure: &FigureChange, alpha: f64) -> &'static str {
    let Some(difference) = figure.difference.value.as_ref().filter(|_| differs(figure, alpha)) else {
        return "";
    };
    match (figure.better.as_str(), difference.estimate > 0.0, difference.estimate < 0.0) {
        ("higher", true, _) | ("lower", _, true) => "B",
        ("higher" | "lower", ..) => "A",
        _ => "",
    }
}
