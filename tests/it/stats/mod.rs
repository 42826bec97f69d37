//! Statistics: goldens by scipy (fixtures/make/stats.py), laws, edge cases.

mod divergence;
mod interval;
mod length;
mod overlap;
mod paired;
mod permutation;
mod rank;
mod samples;

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The cases of one section of the goldens.
fn golden<T: DeserializeOwned>(section: &str) -> Vec<T> {
    golden_in("stats.json", section)
}

/// The cases of one section of a file of goldens.
pub fn golden_in<T: DeserializeOwned>(file: &str, section: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden").join(file);
    let text = std::fs::read_to_string(path).expect("goldens are in the repository");
    let mut all: serde_json::Value = serde_json::from_str(&text).expect("goldens are JSON");
    let cases: Vec<T> = serde_json::from_value(all[section].take()).expect("goldens have this shape");
    assert!(!cases.is_empty(), "no goldens in {section}");
    cases
}

/// Two sides and what is expected of them.
#[derive(Deserialize)]
struct RankCase {
    x: Vec<f64>,
    y: Vec<f64>,
    tau_b: f64,
    spearman: f64,
    ranks_x: Vec<f64>,
    k: usize,
    shared: usize,
    overlap_p: f64,
}

#[track_caller]
fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected} within {tolerance}");
}
