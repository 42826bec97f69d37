//! The JSON of an audit as a reader takes it in, by structs written down apart from the report's own.

#![expect(dead_code, reason = "read to see that they are there")]
#![expect(clippy::struct_field_names, reason = "they are the document's")]

use std::path::Path;

use assert_cmd::Command;
use attncheck::report::{FailureReport, Json, JsonLines, Render};
use serde::Deserialize;

use crate::support::report::{STRANGE, report};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema_version: u32,
    settings: Settings,
    examples: Vec<Example>,
    failures: Vec<Failure>,
    summary: Summary,
    gates: Vec<Gate>,
    interrupted: bool,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    Settings { schema_version: u32, settings: Box<Settings> },
    Example(Box<Example>),
    Failure(Failure),
    Summary { summary: Box<Summary>, gates: Vec<Gate>, interrupted: bool },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    attncheck: String,
    model: Model,
    device: String,
    input: Input,
    target: String,
    class: String,
    operator: String,
    second_operator: String,
    baseline: String,
    effort: String,
    only: Vec<String>,
    seed: u64,
    random_orders: usize,
    permutations: usize,
    permuted_patterns: usize,
    adversary: Adversary,
    thresholds: Thresholds,
    naopc: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    name: String,
    revision: Option<String>,
    family: String,
    sha256: String,
    dtype: String,
    layers: usize,
    heads: usize,
    width: usize,
    head_width: usize,
    longest: usize,
    labels: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    name: String,
    examples: usize,
    empty_lines: usize,
    limit: Option<usize>,
    rationale_share: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adversary {
    candidates: usize,
    steps: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    margin: f64,
    epsilon: f64,
    jsd: f64,
    ceiling: f64,
    words: usize,
    alpha: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    id: String,
    line: usize,
    text: String,
    pair: Option<String>,
    error: String,
    hint: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gate {
    gate: String,
    figure: String,
    on: String,
    found: Measured<Estimate>,
    judged: Option<f64>,
    passed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    id: String,
    line: usize,
    text: String,
    pair: Option<String>,
    gold: Option<Gold>,
    plausibility: Option<Plausibility>,
    words: Vec<Word>,
    tokens: usize,
    window: Option<Window>,
    warnings: Vec<String>,
    prediction: Prediction,
    target: f64,
    reliability: Reliability,
    references: Vec<Reference>,
    readings: Vec<Reading>,
    swaps: Vec<Swap>,
    passes: Vec<Passes>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gold {
    label: String,
    class: usize,
    correct: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plausibility {
    words: usize,
    marked: usize,
    selected: usize,
    chance: Measured<f64>,
    maps: Vec<MapPlausibility<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MapPlausibility<T> {
    method: String,
    sinks_removed: bool,
    token_f1: Measured<T>,
    iou_f1: Measured<T>,
    average_precision: Measured<T>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    text: String,
    sequence: usize,
    start: usize,
    end: usize,
    pieces: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    kept_words: usize,
    all_words: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prediction {
    label: String,
    class: usize,
    probability: f64,
    explained: String,
    against: Option<String>,
    probabilities: Option<Vec<f64>>,
}

/// A value, or null with a reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured<T> {
    #[serde(default = "none")]
    value: Option<T>,
    reason: Option<String>,
}

fn none<T>() -> Option<T> {
    None
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reliability {
    ceiling: Measured<f64>,
    ceiling_pair: Option<(String, String)>,
    operators: Measured<f64>,
    detectable_tau: Measured<f64>,
    attainable: Measured<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    method: String,
    scores: Measured<Vec<f64>>,
    residual: Option<f64>,
    steps: Option<usize>,
    excess: Measured<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    method: String,
    sinks_removed: bool,
    scores: Measured<Vec<f64>>,
    special_mass: Measured<f64>,
    sink_mass: Measured<f64>,
    agreement: Vec<Agreement>,
    erasure: Measured<Erasure>,
    verdict: Verdict,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agreement {
    reference: String,
    tau: Measured<f64>,
    tau_p: Measured<f64>,
    tau_q: Measured<f64>,
    spearman: Measured<f64>,
    spearman_p: Measured<f64>,
    overlap: Measured<f64>,
    overlap_p: Measured<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasure {
    bins: Vec<usize>,
    comprehensiveness: Vec<f64>,
    sufficiency: Vec<f64>,
    random_comprehensiveness: Vec<Band>,
    random_sufficiency: Vec<Band>,
    aopc_comprehensiveness: f64,
    aopc_sufficiency: f64,
    aopc_comprehensiveness_target: f64,
    aopc_sufficiency_target: f64,
    aopc_bottom_up: Measured<f64>,
    excess: f64,
    excess_low: f64,
    excess_high: f64,
    excess_p: f64,
    excess_rank_p: f64,
    excess_q: Measured<f64>,
    excess_sufficiency: f64,
    luck_p: f64,
    violation: Measured<bool>,
    violation_random: Measured<f64>,
    weights: Option<Weights>,
    naopc: Measured<f64>,
    naopc_sufficiency: Measured<f64>,
    aopc_bounds: Option<AopcBounds>,
    aopc_sufficiency_bounds: Option<AopcBounds>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AopcBounds {
    lower: f64,
    upper: f64,
    exact: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    mean: f64,
    low: f64,
    high: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weights {
    top_jsd: f64,
    random_jsd: f64,
    top_beats: f64,
    top_flips: bool,
    random_flips: bool,
    flip_fraction: Vec<FlipFraction>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlipFraction {
    order: String,
    fraction: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    verdict: String,
    rung: u8,
    consistency: String,
    causal_relevance: String,
    robustness: String,
    reasons: Vec<String>,
    power: Measured<Power>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Power {
    of: String,
    rate: f64,
    low: f64,
    high: f64,
    trials: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Swap {
    site: String,
    leverage: Measured<f64>,
    uniform_tvd: Measured<f64>,
    permuted_median_tvd: Measured<f64>,
    permuted: usize,
    one_hot_max_tvd: Measured<f64>,
    tried: Vec<Tried>,
    counterfactual: Measured<Counterfactual>,
    outcome: Measured<String>,
    identifiable: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    kind: String,
    jsd: Vec<f64>,
    tvd: Vec<f64>,
    elsewhere: Vec<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counterfactual {
    found_by: String,
    jsd: f64,
    tvd: f64,
    words: Option<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Passes {
    step: String,
    forwards: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    examples: usize,
    failed: Measured<Estimate>,
    readings: Vec<ReadingSummary>,
    ceiling: Measured<Estimate>,
    operators: Measured<Estimate>,
    swaps: Vec<SwapSummary>,
    passes: Vec<Passes>,
    total_passes: Measured<f64>,
    accuracy: Option<Measured<Estimate>>,
    plausibility: Option<PlausibilitySummary>,
    correct: Option<Box<Summary>>,
    wrong: Option<Box<Summary>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlausibilitySummary {
    examples: usize,
    chance: Measured<Estimate>,
    marked: Measured<Estimate>,
    maps: Vec<MapPlausibility<Estimate>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingSummary {
    method: String,
    sinks_removed: bool,
    verdicts: Vec<VerdictCount>,
    agreement: Vec<AgreementSummary>,
    excess: Measured<Estimate>,
    excess_discoveries: Measured<Estimate>,
    violation: Measured<Estimate>,
    violation_random: Measured<Estimate>,
    special_mass: Measured<Estimate>,
    sink_mass: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerdictCount {
    verdict: String,
    count: usize,
    share: Estimate,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgreementSummary {
    reference: String,
    tau: Measured<Estimate>,
    discoveries: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwapSummary {
    site: String,
    inert: Measured<Estimate>,
    non_exclusive: Measured<Estimate>,
    leverage: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Estimate {
    estimate: f64,
    low: Option<f64>,
    high: Option<f64>,
    n: usize,
}

impl<T> Measured<T> {
    /// A value without a reason, or a reason without a value.
    fn is_told(&self) -> bool {
        self.value.is_some() != self.reason.is_some()
    }
}

/// What holds of every document.
fn holds(example: &Example) {
    for word in &example.words {
        let text = if word.sequence == 0 { Some(&example.text) } else { example.pair.as_ref() };
        assert_eq!(text.unwrap()[word.start..word.end], word.text);
        assert!(word.pieces > 0);
    }
    for reading in &example.readings {
        assert!(reading.scores.is_told() && reading.erasure.is_told() && reading.special_mass.is_told());
        let scores = reading.scores.value.as_ref();
        assert!(scores.is_none_or(|scores| scores.len() == example.words.len()));
        assert!(reading.verdict.power.is_told() && reading.verdict.rung <= 3);
        assert!(
            reading.agreement.iter().all(|agreement| agreement.tau.is_told() && agreement.tau_q.is_told())
        );
    }
    assert!(example.swaps.iter().all(|swap| swap.counterfactual.is_told() && swap.outcome.is_told()));
}

#[test]
fn a_reader_takes_the_document_in() {
    let mut report = report();
    report.failures.push(FailureReport {
        id: "five".into(),
        pair: None,
        line: 5,
        text: "x".into(),
        error: "e".into(),
        hint: None,
    });
    let document: Document = serde_json::from_str(&Json.rendered(&report).unwrap()).unwrap();
    assert_eq!((document.schema_version, document.interrupted), (1, false));
    assert_eq!((document.settings.model.layers, document.settings.thresholds.words), (4, 8));
    assert_eq!(document.summary.readings[0].excess.value.as_ref().unwrap().n, 2);
    assert_eq!(document.examples[2].text, STRANGE);
    assert_eq!((document.failures[0].id.as_str(), document.failures[0].line), ("five", 5));
    let short = &document.examples[1];
    let reason = short.readings[0].erasure.reason.as_deref();
    assert!(short.readings[0].erasure.value.is_none() && reason.is_some());
    assert_eq!(short.readings[0].verdict.verdict, "insufficient");
    assert_eq!(short.window.as_ref().unwrap().kept_words, 4);
    assert_eq!(document.examples[0].swaps[0].outcome.value.as_deref(), Some("no-adversary-found"));
    document.examples.iter().for_each(holds);
}

#[test]
fn a_reader_takes_the_lines_in() {
    let lines: Vec<Line> = JsonLines
        .rendered(&report())
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(matches!(&lines[0], Line::Settings { schema_version: 1, .. }));
    assert!(matches!(&lines[3], Line::Example(example) if example.text == STRANGE));
    assert!(matches!(&lines[4], Line::Summary { interrupted: false, .. }));
}

#[test]
fn a_reader_takes_labels_and_rationales_in() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts.jsonl");
    let lines = [
        r#"{"text": "a dull and lifeless film that nobody should sit through", "label": "negative", "rationale": [[2, 6]]}"#,
        r#"{"text": "a warm and funny film that everybody should see twice", "label": "negative", "rationale": [[2, 6]]}"#,
    ];
    std::fs::write(&texts, lines.join("\n")).unwrap();
    let csv = folder.path().join("out.csv");
    let markdown = folder.path().join("out.md");
    let out = Command::cargo_bin("attncheck")
        .unwrap()
        .args(["audit", texts.to_str().unwrap(), "--effort", "quick", "--format", "json"])
        .args([
            "--format",
            &format!("csv={}", csv.display()),
            "--format",
            &format!("markdown={}", markdown.display()),
        ])
        .assert()
        .success();
    let json: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    crate::schema::fits(attncheck::report::Document::Audit, &json);
    let document: Document = serde_json::from_value(json).unwrap();
    document.examples.iter().for_each(holds);
    let people = document.examples[0].plausibility.as_ref().unwrap();
    assert!(people.marked == 1 && people.maps.iter().all(|map| map.token_f1.is_told()));
    assert_eq!(document.examples[0].gold.as_ref().unwrap().label, "negative");
    let rows: Vec<std::collections::BTreeMap<String, String>> =
        csv::Reader::from_path(csv).unwrap().deserialize().map(|row| row.unwrap()).collect();
    for row in &rows {
        let example = document.examples.iter().find(|example| example.id == row["id"]).unwrap();
        let map = example.plausibility.as_ref().unwrap().maps.iter();
        let mut map = map.filter(|map| map.method == row["method"]);
        let map = map.find(|map| map.sinks_removed.to_string() == row["sinks_removed"]).unwrap();
        assert_eq!(row["average_precision"].parse().ok(), map.average_precision.value);
        assert_eq!(row["correct"], example.gold.as_ref().unwrap().correct.to_string());
    }
    let markdown = std::fs::read_to_string(markdown).unwrap();
    assert!(markdown.contains("\n| accuracy | ") && markdown.contains("\n### Plausibility: "), "{markdown}");
}

#[test]
fn a_reader_takes_a_real_document_in() {
    let out = Command::cargo_bin("attncheck")
        .unwrap()
        .args([
            "audit",
            "fixtures/texts/reviews.txt",
            "--limit",
            "2",
            "--effort",
            "quick",
            "--format",
            "json",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .assert()
        .success();
    let document: Document = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!((document.examples.len(), document.settings.effort.as_str()), (2, "quick"));
    document.examples.iter().for_each(holds);
    let words = document.examples[0].words.len();
    assert!(
        document.examples[0]
            .references
            .iter()
            .all(|found| found.scores.value.as_ref().unwrap().len() == words)
    );
}
