//! What a page shows of an example's patterns: pictures, which take some twentieth of the room of the numbers.

use serde::{Deserialize, Serialize};

use super::picture::picture;
use crate::report::example::ExampleReport;
use crate::report::examples::ExamplesError;
use crate::report::maps::{HeadReport, Maps};
use crate::report::measure::Measure;
use crate::report::whole::Report;

/// Cells of patterns that a page draws, over all examples; a cell takes about a byte.
const CELLS: usize = 12 << 20;
/// Cells of one example's last layer, which is drawn whatever the page has already, at most.
const LAST: usize = 1 << 18;
/// Keys that are told of a decision row.
const KEYS: usize = 2;

/// The patterns of one example as a page has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The T pieces that the text was cut into.
    pub(in crate::report) pieces: Vec<String>,
    /// The place of the token whose row the readings take.
    pub(in crate::report) decision: usize,
    /// L·H heads, layer by layer.
    pub(in crate::report) heads: Vec<HeadReport>,
    /// 95 % point of the best tau among all heads when words are shuffled.
    pub(in crate::report) best_of_all_p95: Measure<f64>,
    /// L: layers of the model.
    pub(in crate::report) layers: usize,
    /// H: heads of a layer.
    pub(in crate::report) per_layer: usize,
    /// The lowest layer that is drawn; L where there is no room for any.
    pub(in crate::report) first: usize,
    /// From that layer's first head on, each as a PNG in base64; `None` where a pattern cannot be drawn.
    pub(in crate::report) pictures: Vec<Option<String>>,
    /// Beside `heads`: the keys that the decision row attends to most, each with its weight.
    pub(in crate::report) attended: Vec<Vec<(usize, f64)>>,
}

impl Drawn {
    /// The patterns of one example as they are drawn on a page of so many examples.
    #[must_use]
    pub fn of(maps: &Maps, examples: usize) -> Self {
        let first = first_layer(maps, examples);
        Self {
            pieces: maps.pieces.clone(),
            decision: maps.decision,
            heads: maps.heads.clone(),
            best_of_all_p95: maps.best_of_all_p95.clone(),
            layers: maps.patterns.len(),
            per_layer: maps.patterns.last().map_or(0, Vec::len),
            first,
            pictures: maps.patterns.iter().skip(first).flatten().map(|pattern| picture(pattern)).collect(),
            attended: maps.heads.iter().map(|head| attended(maps, head)).collect(),
        }
    }

    /// The patterns of a report's example: what was kept for a page, else what the example itself has.
    ///
    /// # Errors
    ///
    /// Where what was kept cannot be read again.
    pub(in crate::report) fn at(
        report: &Report,
        i: usize,
        example: &ExampleReport,
    ) -> Result<Option<Self>, ExamplesError> {
        let kept = report.drawn.get(i)?.flatten();
        Ok(kept.or_else(|| Some(Self::of(example.maps.as_ref()?, report.settings.input.examples))))
    }
}

/// The lowest layer that is drawn: as many whole layers as there is room for, from the last down.
fn first_layer(maps: &Maps, examples: usize) -> usize {
    let layers = maps.patterns.len();
    let cells = |layer: &Vec<Vec<Vec<f64>>>| layer.iter().flatten().map(Vec::len).sum::<usize>();
    let room = CELLS / examples.max(1);
    let mut used = 0;
    let fits = maps.patterns.iter().rev().take_while(|layer| {
        let last = used == 0;
        used += cells(layer);
        used <= room || (last && used <= LAST)
    });
    layers - fits.count()
}

/// The tokens that the decision token attends to most.
fn attended(maps: &Maps, head: &HeadReport) -> Vec<(usize, f64)> {
    let pattern = maps.patterns.get(head.layer).and_then(|layer| layer.get(head.head));
    let Some(row) = pattern.and_then(|pattern| pattern.get(maps.decision)) else { return Vec::new() };
    let mut order: Vec<usize> = (0..row.len().min(maps.pieces.len())).collect();
    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
    order.into_iter().take(KEYS).map(|key| (key, row[key])).collect()
}
