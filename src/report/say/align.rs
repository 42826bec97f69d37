//! How rows of an alignment are called.

use crate::report::align::AlignRow;
use crate::report::measure::Estimate;

/// A row: "2.0 output union", "mean of 2 input sum", "diagonal".
pub(in crate::report) fn name(row: &AlignRow) -> String {
    match (row.layer, &row.step, &row.pieces) {
        (Some(layer), Some(step), Some(pieces)) => format!("{} {step} {pieces}", of_heads(layer, row.head)),
        _ if row.reading == "gold" => "gold, the sure links".to_owned(),
        _ if row.reading == "random" => "random links".to_owned(),
        _ => row.reading.clone(),
    }
}

/// A head, or the mean of a layer's: `2.0`, `2 mean`.
pub(in crate::report) fn of_heads(layer: usize, head: Option<usize>) -> String {
    head.map_or_else(|| format!("{layer} mean"), |head| format!("{layer}.{head}"))
}

/// What a row shows beside the diagonal.
pub(in crate::report) fn shows(row: &AlignRow) -> &'static str {
    match (row.reading.as_str(), row.shows_alignment) {
        ("diagonal" | "random" | "gold", _) | (_, None) => "",
        (_, Some(true)) => "beats it",
        (_, Some(false)) => "no alignment",
    }
}

/// An error rate with its interval: `0.489 [0.471, 0.507]`.
pub(in crate::report) fn rate(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => format!("{:.3} [{low:.3}, {high:.3}]", found.estimate),
        _ => format!("{:.3}", found.estimate),
    }
}

/// A number of links, which is a mean where they were drawn.
pub(in crate::report) fn links(number: f64) -> String {
    format!("{number:.0}")
}

/// What the words of the tables mean.
pub(in crate::report) const LEGEND: [(&str, &str); 8] = [
    (
        "output, input",
        "the row of the decoder that outputs a word, and the row, one further, that takes it in; they are two readings, and are \
         never mixed",
    ),
    (
        "union",
        "each target piece is linked to the source piece of the greatest weight, special tokens left aside; words are linked \
         where pieces of them are",
    ),
    (
        "sum",
        "weights are summed over the pieces of a source word and averaged over those of a target word; where a special token \
         has most, the word has no link",
    ),
    (
        "AER",
        "the alignment error rate of all pairs together, 1 − (|A∩S| + |A∩P|) / (|A| + |S|) of found, sure and possible links: \
         less is better (Och & Ney 2003); with a 95 % bootstrap interval over pairs",
    ),
    ("precision, recall", "|A∩P| / |A| and |A∩S| / |S|"),
    ("reordering", "of the sure links that cross another sure one, the share that was found"),
    ("crossing", "pairs of links whose words stand in another order on the other side"),
    (
        "diagonal",
        "each target word linked to the source word at the same place of the sentence: a reading whose error rate is not \
         below the diagonal's, with the whole interval of the difference, shows no alignment",
    ),
];

/// Rows that are told in full: the chosen layer and head by both steps and conventions, then all that is no attention.
pub(in crate::report) fn told(rows: &[AlignRow], of: (usize, Option<usize>)) -> Vec<&AlignRow> {
    rows.iter().filter(|row| row.layer.is_none_or(|layer| (layer, row.head) == of)).collect()
}

/// Error rates head by head: a name, then output union, output sum, input union, input sum.
pub(in crate::report) fn by_head(rows: &[AlignRow]) -> Vec<(String, Vec<&AlignRow>)> {
    let mut all: Vec<(String, Vec<&AlignRow>)> = Vec::new();
    for row in rows {
        let Some(layer) = row.layer else {
            if row.reading == "diagonal" || row.reading == "random" {
                all.push((row.reading.clone(), vec![row; 4]));
            }
            continue;
        };
        let name = of_heads(layer, row.head);
        match all.last_mut() {
            Some((last, rows)) if *last == name => rows.push(row),
            _ => all.push((name, vec![row])),
        }
    }
    all
}
