//! Every head over all texts, and on one: a table of cells for each figure, layers downward and heads across.

use super::super::matrix::{Cell, Matrix, matrix};
use super::super::plot::Plot;
use crate::report::heads::{HeadsExample, HeadsReport};
use crate::report::say::number::{fine, percent, plain, signed};

/// A figure of a head: its layer and place, and its value.
type Found = (usize, usize, Option<f64>);

/// One figure of all heads as cells.
fn cells(
    title: &str,
    end: Option<f64>,
    found: &[Found],
    told: fn(f64) -> String,
    of: &'static str,
) -> Option<Matrix> {
    let layers = found.iter().map(|(layer, ..)| layer + 1).max()?;
    let heads = found.iter().map(|(_, head, _)| head + 1).max()?;
    let largest = found.iter().filter_map(|(.., value)| Some(value.as_ref()?.abs())).reduce(f64::max)?;
    let mut rows = vec![vec![None; heads]; layers];
    for (layer, head, value) in found {
        rows[*layer][*head] = value.map(|value| Cell { value, told: told(value), framed: false });
    }
    Some(Matrix {
        title: format!("{title} of each head, a row per layer"),
        rows: (0..layers).map(|layer| format!("layer {layer}")).collect(),
        columns: (0..heads).map(|head| head.to_string()).collect(),
        cells: rows,
        end: end.unwrap_or(largest),
        scale: Some((of, told)),
    })
}

fn plot<'a>(name: &'static str, caption: &'static str, found: Matrix) -> Plot<'a> {
    Plot::new(name, caption, move |page| matrix(page, &found))
}

/// Over all texts; figures that no text has are left out.
pub(in crate::report) fn whole(report: &HeadsReport) -> Vec<Plot<'_>> {
    let heads = &report.summary;
    let of = |get: fn(&crate::report::heads::HeadSummary) -> Option<f64>| -> Vec<Found> {
        heads.iter().map(|head| (head.layer, head.head, get(head))).collect()
    };
    let value = |found: Option<Matrix>, name, caption| found.map(|found| plot(name, caption, found));
    [
        value(
            cells(
                "Mean tau with leave-one-out",
                Some(1.0),
                &of(|h| Some(h.tau.value.as_ref()?.estimate)),
                signed,
                "tau",
            ),
            "heads-tau",
            "Mean tau with leave-one-out",
        ),
        value(
            cells(
                "Share of texts where the head agrees beyond luck",
                Some(1.0),
                &of(|h| Some(h.discoveries.value.as_ref()?.estimate)),
                percent,
                "share",
            ),
            "heads-found",
            "Texts where it agrees beyond luck",
        ),
        value(
            cells(
                "Mean TVD without the head",
                None,
                &of(|h| Some(h.ablation_tvd.value.as_ref()?.estimate)),
                fine,
                "TVD",
            ),
            "heads-ablation",
            "Change of the prediction without it",
        ),
        value(
            cells(
                "Mean entropy",
                Some(1.0),
                &of(|h| Some(h.entropy.value.as_ref()?.estimate)),
                plain,
                "entropy",
            ),
            "heads-entropy",
            "Mean entropy (1 is even attention)",
        ),
        value(
            cells(
                "Mean share on special tokens",
                Some(1.0),
                &of(|h| Some(h.special_mass.value.as_ref()?.estimate)),
                percent,
                "share",
            ),
            "heads-specials",
            "Share on special tokens",
        ),
        value(
            cells(
                "Mean share on sinks",
                Some(1.0),
                &of(|h| Some(h.sink_mass.value.as_ref()?.estimate)),
                percent,
                "share",
            ),
            "heads-sinks",
            "Share on sinks",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// On one text.
pub(in crate::report) fn of_example(example: &HeadsExample) -> Vec<Plot<'_>> {
    let of = |get: fn(&crate::report::maps::HeadReport) -> Option<f64>| -> Vec<Found> {
        example.heads.iter().map(|head| (head.layer, head.head, get(head))).collect()
    };
    let tau = cells("tau with leave-one-out", Some(1.0), &of(|h| h.tau.value), signed, "tau");
    let ablation = cells("TVD without the head", None, &of(|h| h.ablation_tvd.value), fine, "TVD");
    [
        tau.map(|found| plot("tau", "tau with leave-one-out", found)),
        ablation.map(|found| plot("ablation", "Change of the prediction without the head", found)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
