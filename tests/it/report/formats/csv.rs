//! CSV.

use std::collections::BTreeMap;

use super::*;
use crate::support::report::report;

/// Rows by column name.
pub(super) fn rows(report: &Report) -> Vec<BTreeMap<String, String>> {
    let text = Csv.rendered(report).unwrap();
    let mut reader = ::csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// The text that a cell stands for.
fn cell(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

#[test]
fn csv_has_a_row_per_example_and_reading() {
    let rows = rows(&full());
    let list = examples();
    assert_eq!(rows.len(), 3 * 6 + 1);
    for (example, rows) in [&list[0], &list[1]].into_iter().zip(rows.chunks(6)) {
        for (reading, row) in example.readings.iter().zip(rows) {
            assert_eq!(
                (row["id"].as_str(), row["text"].as_str()),
                (example.id.as_str(), example.text.as_str())
            );
            assert_eq!(row["method"], reading.method);
            assert_eq!(row["sinks_removed"], reading.sinks_removed.to_string());
            assert_eq!(row["verdict"], reading.verdict.verdict.name());
            let number = |name: &str| row[name].parse::<f64>().ok();
            assert_eq!(number("excess"), reading.erasure.value.as_ref().map(|erasure| erasure.excess));
            assert_eq!(number("tau_loo"), reading.agreement[0].tau.value);
            assert_eq!(number("tau_loo_p"), reading.agreement[0].tau_p.value);
            assert_eq!(number("tau_gradient_q"), reading.agreement[1].tau_q.value);
            assert_eq!(number("power"), Some(0.98));
            assert_eq!(number("row_jsd"), example.swaps[0].counterfactual.value.as_ref().map(|c| c.jsd));
            assert_eq!(row["gradient"], "integrated-gradients");
        }
    }
    let failed = &rows[12];
    assert_eq!((failed["status"].as_str(), failed["line"].as_str()), ("failed", "3"));
    assert_eq!((failed["text"].as_str(), failed["verdict"].as_str()), ("'-2 stars", ""));
    assert!(failed["error"].contains("--dtype f64"));
}

#[test]
fn an_empty_cell_of_csv_has_its_reason() {
    // Columns that a failed example does not have, and texts of which there may be none.
    let optional = [
        ["against", "error", "missing", "reasons", "gradient", "gold"],
        ["correct", "pair", "token_f1", "iou_f1", "average_precision", "log_probability"],
        ["asked_of", "asked_place", "asked_count", "asked_token", "", ""],
    ]
    .concat();
    for row in rows(&full()).iter().filter(|row| row["status"] == "audited") {
        for (column, cell) in row.iter().filter(|(column, _)| !optional.contains(&column.as_str())) {
            let columns = row["missing"].split("; ").map(|gap| gap.split(": ").next().unwrap());
            let told = columns.flat_map(|columns| columns.split(", ")).any(|told| told == column);
            assert_eq!(cell.is_empty(), told, "{column} is {cell:?}, missing: {}", row["missing"]);
        }
    }
}

#[test]
fn csv_gives_hostile_texts_back() {
    let text = Csv.rendered(&hostile()).unwrap();
    for row in rows(&hostile()) {
        assert_eq!(cell(&row["text"]), HOSTILE);
        assert_eq!(cell(&row["id"]), HOSTILE);
        for cell in row.values().filter(|cell| cell.parse::<f64>().is_err()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
        if row["status"] == "audited" {
            assert_eq!(cell(&row["label"]), HOSTILE);
            assert_eq!(cell(&row["reasons"]), HOSTILE);
        }
    }
    assert!(text.ends_with('\n'));
}

#[test]
fn the_header_of_csv_is_always_there_and_documented() {
    let mut none = report_of(&[]);
    let header = Csv.rendered(&none).unwrap();
    none.failures.push(failure(1, "x"));
    assert_eq!(Csv.rendered(&none).unwrap().lines().next(), header.lines().next());
    assert_eq!(Csv.rendered(&report()).unwrap().lines().next(), header.lines().next());
    assert_eq!(header.lines().count(), 1);
    let source = include_str!("../../../../src/report/csv/mod.rs");
    let docs: Vec<&str> = source
        .split("```")
        .nth(1)
        .unwrap()
        .lines()
        .skip(1)
        .flat_map(|line| line.trim_start_matches("//!").trim().split("  ").next().unwrap().split(", "))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(header.trim().split(',').collect::<Vec<_>>(), docs);
}
