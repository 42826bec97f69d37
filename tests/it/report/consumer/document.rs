//! The document around its examples.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::example::{Example, MapPlausibility, Measured, Passes};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) schema_version: u32,
    pub(super) answer: Vec<String>,
    pub(super) readings: BTreeMap<String, FlatAnswer>,
    pub(super) settings: Settings,
    pub(super) examples: Vec<Example>,
    pub(super) failures: Vec<Failure>,
    pub(super) summary: Summary,
    pub(super) gates: Vec<Gate>,
    pub(super) interrupted: bool,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Line {
    Settings { schema_version: u32, settings: Box<Settings> },
    Example(Box<Example>),
    Failure(Failure),
    Summary { summary: Box<Summary>, gates: Vec<Gate>, interrupted: bool },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) attncheck: String,
    pub(super) model: Model,
    pub(super) device: String,
    pub(super) input: Input,
    pub(super) units: String,
    pub(super) chat_template: bool,
    pub(super) chat_template_name: Option<String>,
    pub(super) target: String,
    pub(super) class: String,
    pub(super) continuation: Option<String>,
    pub(super) generate: usize,
    pub(super) translation: Option<serde_json::Value>,
    pub(super) operator: String,
    pub(super) second_operator: String,
    pub(super) baseline: String,
    pub(super) effort: String,
    pub(super) only: Vec<String>,
    pub(super) seed: u64,
    pub(super) random_orders: usize,
    pub(super) permutations: usize,
    pub(super) permuted_patterns: usize,
    pub(super) adversary: Adversary,
    pub(super) thresholds: Thresholds,
    pub(super) naopc: bool,
    pub(super) knockout_from: String,
    pub(super) sites: Vec<String>,
    pub(super) maps: bool,
    pub(super) spent: Spent,
    pub(super) fingerprint: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spent {
    pub(super) path_intervals: usize,
    pub(super) coalitions: usize,
    pub(super) permuted_deep: usize,
    pub(super) all_layers: bool,
    pub(super) bottom_up: bool,
    pub(super) deep_adversary: bool,
    pub(super) deep_candidates: usize,
    pub(super) deep_steps: usize,
    pub(super) deep_shares: usize,
    pub(super) soft_orders: usize,
    pub(super) capped: Option<String>,
    pub(super) knockouts: usize,
    pub(super) in_distribution: Vec<String>,
    pub(super) bounded: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) revision: Option<String>,
    pub(super) family: String,
    pub(super) sha256: String,
    pub(super) config_sha256: String,
    pub(super) tokenizer_sha256: String,
    pub(super) dtype: String,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) width: usize,
    pub(super) head_width: usize,
    pub(super) longest: usize,
    pub(super) labels: Vec<String>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) examples: usize,
    pub(super) empty_lines: usize,
    pub(super) limit: Option<usize>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
    pub(super) rationale_share: Option<f64>,
    pub(super) reading: Reading,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    pub(super) format: Option<String>,
    pub(super) text_field: Option<String>,
    pub(super) pair_field: Option<String>,
    pub(super) label_field: Option<String>,
    pub(super) id_field: Option<String>,
    pub(super) target_field: Option<String>,
    pub(super) rationale_field: Option<String>,
    pub(super) continuation_field: Option<String>,
    pub(super) foil_field: Option<String>,
    pub(super) label_map: Vec<(String, String)>,
    pub(super) header: bool,
    pub(super) delimiter: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Adversary {
    pub(super) candidates: usize,
    pub(super) steps: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thresholds {
    pub(super) margin: f64,
    pub(super) epsilon: f64,
    pub(super) jsd: f64,
    pub(super) ceiling: f64,
    pub(super) words: usize,
    pub(super) alpha: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    pub(super) id: String,
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) pair: Option<String>,
    pub(super) error: String,
    pub(super) hint: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gate {
    pub(super) gate: String,
    pub(super) figure: String,
    pub(super) on: String,
    pub(super) found: Measured<Estimate>,
    pub(super) judged: Option<f64>,
    pub(super) passed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Summary {
    pub(super) examples: usize,
    pub(super) failed: Measured<Estimate>,
    pub(super) answer: Option<FileAnswer>,
    pub(super) readings: Vec<ReadingSummary>,
    pub(super) ceiling: Measured<Estimate>,
    pub(super) operators: Measured<Estimate>,
    pub(super) swaps: Vec<SwapSummary>,
    pub(super) passes: Vec<Passes>,
    pub(super) total_passes: Measured<f64>,
    #[serde(default)]
    pub(super) continuations: Vec<serde_json::Value>,
    pub(super) translation: Option<serde_json::Value>,
    pub(super) accuracy: Option<Measured<Estimate>>,
    pub(super) plausibility: Option<PlausibilitySummary>,
    pub(super) correct: Option<Box<Summary>>,
    pub(super) wrong: Option<Box<Summary>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlatAnswer {
    pub(super) verdict: String,
    pub(super) sentence: String,
    pub(super) effect: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileAnswer {
    pub(super) sentences: Vec<String>,
    pub(super) reference: Option<String>,
    pub(super) texts: Speakers,
    pub(super) readings: Vec<ReadingAnswer>,
    pub(super) best: Option<BestReading>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Speakers {
    pub(super) all: usize,
    pub(super) spoke: usize,
    pub(super) too_few_words: usize,
    pub(super) no_erasure: usize,
    pub(super) unreliable: usize,
    pub(super) nothing_to_find: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingAnswer {
    pub(super) method: String,
    pub(super) sinks_removed: bool,
    pub(super) verdict: String,
    pub(super) sentence: String,
    pub(super) effect: Measured<Estimate>,
    pub(super) beyond_chance_p: Measured<f64>,
    pub(super) beyond_chance_holm: Measured<f64>,
    pub(super) replaceable: Replaceability,
    pub(super) ignored: Measured<Estimate>,
    pub(super) more_texts: Option<usize>,
    pub(super) correct: Option<Measured<Estimate>>,
    pub(super) wrong: Option<Measured<Estimate>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replaceability {
    pub(super) plain: usize,
    pub(super) search: usize,
    pub(super) not_found: usize,
    pub(super) by_plain: Measured<Estimate>,
    pub(super) by_any: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BestReading {
    pub(super) method: String,
    pub(super) alongside: Vec<String>,
    pub(super) lead: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlausibilitySummary {
    pub(super) examples: usize,
    pub(super) chance: Measured<Estimate>,
    pub(super) marked: Measured<Estimate>,
    pub(super) maps: Vec<MapPlausibility<Estimate>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingSummary {
    pub(super) method: String,
    pub(super) sinks_removed: bool,
    pub(super) verdicts: Vec<VerdictCount>,
    pub(super) agreement: Vec<AgreementSummary>,
    pub(super) excess: Measured<Estimate>,
    pub(super) excess_discoveries: Measured<Estimate>,
    pub(super) violation: Measured<Estimate>,
    pub(super) violation_random: Measured<Estimate>,
    pub(super) special_mass: Measured<Estimate>,
    pub(super) sink_mass: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerdictCount {
    pub(super) verdict: String,
    pub(super) count: usize,
    pub(super) share: Estimate,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgreementSummary {
    pub(super) reference: String,
    pub(super) tau: Measured<Estimate>,
    pub(super) discoveries: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SwapSummary {
    pub(super) site: String,
    pub(super) inert: Measured<Estimate>,
    pub(super) non_exclusive: Measured<Estimate>,
    pub(super) leverage: Measured<Estimate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Estimate {
    pub(super) estimate: f64,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) n: usize,
}
