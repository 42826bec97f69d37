//! What was run, on what, with which choices.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use super::input::{InputInfo, Reading};

/// Everything that makes a report what it is; the number of threads does not.
///
/// This value alone says whether two runs asked the same: `--resume`, `--baseline`, `compare` and `seeds` call
/// [`differences`](Self::differences) and look at nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The version of attncheck.
    pub attncheck: String,
    /// The model that was audited.
    pub model: ModelInfo,
    /// Where the model ran: `cpu`, or `cuda:N`.
    pub device: String,
    /// The file of the texts, and how it was read.
    pub input: InputInfo,
    /// What a text was cut into: `words`, or `pieces` as the tokenizer has them.
    #[serde(default = "words")]
    pub units: String,
    /// Whether each text was put into the model's chat template, as what the user says; what the template wrote around it
    /// is special.
    #[serde(default)]
    pub chat_template: bool,
    /// The name of that template where it is not the default one, else null.
    #[serde(default)]
    pub chat_template_name: Option<String>,
    /// The scalar that is explained: `margin`, `logit`, `probability`, `log-probability` or `contrast:LABEL`.
    pub target: String,
    /// The class that is explained: `predicted`, or a label.
    pub class: String,
    /// What every text was continued by (--continuation); null where that is not asked, or each line of the input says it.
    #[serde(default)]
    pub continuation: Option<String>,
    /// Tokens that the model itself continued each text by, at most (--generate); 0 for none.
    #[serde(default)]
    pub generate: usize,
    /// How a model that translates was asked; absent of any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<Translation>,
    /// How a word is erased in leave-one-out and erasure.
    pub operator: String,
    /// The second operator, whose agreement with the first tells how far erasure may be trusted.
    pub second_operator: String,
    /// Where integrated gradients start.
    pub baseline: String,
    /// `quick`, `standard` or `thorough`.
    pub effort: String,
    /// Methods named by --only; empty when all were run.
    pub only: Vec<String>,
    /// Fixes every random draw.
    pub seed: u64,
    /// Random orders that every reading's erasure is compared with.
    pub random_orders: usize,
    /// Permutations of words behind each p-value of an agreement, at most.
    pub permutations: usize,
    /// Permuted patterns per site.
    pub permuted_patterns: usize,
    /// Adversarial candidates and steps.
    pub adversary: Adversary,
    /// The thresholds of the verdict.
    pub thresholds: Thresholds,
    /// Whether the bounds of AOPC were searched for.
    #[serde(default)]
    pub naopc: bool,
    /// Whose edges to the top words attention knockout cut, where it was run (`knockouts` of `spent`): `decision`, the decision
    /// token's, or `every`, those of every token that sees them.
    #[serde(default = "decision")]
    pub knockout_from: String,
    /// Sites named by --site, in the order they were given.
    #[serde(default)]
    pub sites: Vec<String>,
    /// Whether attention patterns are kept in the report.
    #[serde(default)]
    pub maps: bool,
    /// What the effort buys beside the numbers above.
    #[serde(default)]
    pub spent: Spent,
    /// SHA-256, in hexadecimal, of all the other fields as JSON: two reports with the same one asked the same question of
    /// the same model in the same way.
    #[serde(default)]
    pub fingerprint: String,
}

/// The units of reports from before there was a choice.
fn words() -> String {
    "words".to_owned()
}

/// The rows of reports from before there was a choice.
fn decision() -> String {
    "decision".to_owned()
}

/// How far two runs must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In everything: one run is to go on where the other ended.
    Run,
    /// In what is asked and how; model, texts, machine and version may be others.
    Choices,
    /// In everything but the weights: checkpoints of one model on the same texts.
    Checkpoints,
}

impl Scope {
    /// Whether a field may differ. A field that is not named here may not.
    fn frees(self, field: &str) -> bool {
        if field == "fingerprint" {
            return self != Self::Run;
        }
        match self {
            Self::Run => false,
            Self::Choices => {
                ["model.", "input."].iter().any(|part| field.starts_with(part))
                    || matches!(field, "attncheck" | "device" | "maps")
            }
            Self::Checkpoints => {
                let file = field.strip_prefix("model.").is_some_and(|field| field.ends_with("sha256"));
                file || matches!(field, "model.name" | "model.revision" | "model.notes")
            }
        }
    }
}

impl Settings {
    /// What one of the units is called.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        if self.units == "pieces" { "piece" } else { "word" }
    }

    /// What is scored as one, and in what.
    #[must_use]
    pub fn scored(&self) -> String {
        let within = match &self.chat_template_name {
            Some(name) => format!(", in the model's chat template {name}"),
            None if self.chat_template => ", in the model's chat template".to_owned(),
            None => String::new(),
        };
        format!("{}{within}", self.units)
    }

    /// The same with the fingerprint of what it holds.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.fingerprint.clear();
        // Serializing plain fields with string keys cannot fail.
        let json = serde_json::to_vec(&self).unwrap_or_default();
        self.fingerprint = format!("{:x}", Sha256::digest(json));
        self
    }

    /// The fields in which two settings differ though they may not, named as in the JSON document (`thresholds.margin`).
    ///
    /// The fingerprint is among them only where nothing else is.
    #[must_use]
    pub fn differences(&self, other: &Self, scope: Scope) -> Vec<Difference> {
        let mut found = Vec::new();
        let value = |settings: &Self| serde_json::to_value(settings).unwrap_or_default();
        differ(String::new(), &value(self), &value(other), &mut found);
        found.retain(|difference| !scope.frees(&difference.field));
        if found.len() > 1 {
            found.retain(|difference| difference.field != "fingerprint");
        }
        found
    }
}

/// What an effort buys beside what [`Settings`] names at its top.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Intervals of integrated gradients, at most.
    pub path_intervals: usize,
    /// Sets of words that Shapley values are computed from, at most.
    #[serde(default)]
    pub coalitions: usize,
    /// Permuted patterns at sites that run several layers.
    pub permuted_deep: usize,
    /// Whether all layers were swapped at once.
    pub all_layers: bool,
    /// Whether words were erased from the bottom up too.
    pub bottom_up: bool,
    /// Whether adversaries were searched for at deep sites.
    pub deep_adversary: bool,
    /// Adversarial candidates at these sites.
    #[serde(default)]
    pub deep_candidates: usize,
    /// Adversarial steps at these sites, at most.
    #[serde(default)]
    pub deep_steps: usize,
    /// The most weights of attention that are searched at such a site.
    #[serde(default)]
    pub deep_shares: usize,
    /// How often a map's weights were dealt out anew under soft erasure; 0 where there was none.
    #[serde(default)]
    pub soft_orders: usize,
    /// How many words went at a time under capped removal: `word` (one) or `tenth` (of the words); null where there was
    /// none.
    #[serde(default)]
    pub capped: Option<String>,
    /// How often random words were cut off for attention knockout, at each layer; 0 where there was none.
    #[serde(default)]
    pub knockouts: usize,
    /// By which measures it is told how plausible erased texts are to the model: `energy` of a classifier, `pseudo-loss` of
    /// a masked-word model.
    #[serde(default)]
    pub in_distribution: Vec<String>,
    /// The sides whose bounds are searched for where NAOPC is asked for.
    pub bounded: Vec<String>,
}

/// A field that two settings do not share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its place in the JSON document.
    pub field: String,
    /// What it is in the first, as JSON.
    pub first: String,
    /// What it is in the second, as JSON.
    pub second: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} was {} and is {}", self.field, self.first, self.second)
    }
}

fn differ(field: String, first: &Value, second: &Value, found: &mut Vec<Difference>) {
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            for key in keys {
                let inner = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                differ(inner, a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), found);
            }
        }
        _ if first == second => {}
        _ => found.push(Difference { field, first: first.to_string(), second: second.to_string() }),
    }
}

/// How translations came about: those that no line gives are the model's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// Hypotheses of the search for one; 1 is greedy.
    pub beams: usize,
    /// The token of the source's language, where the tokenizer has one.
    pub source: Option<String>,
    /// The token of the target's language, where the tokenizer has one.
    pub target: Option<String>,
    /// The file of links that people made; null where none was given.
    pub links: Option<String>,
}

/// The adversarial search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adversary {
    /// K: candidates that are run side by side.
    pub candidates: usize,
    /// Adam steps, at most.
    pub steps: usize,
}

/// The conventions a verdict rests on; each can be set by a flag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// The least excess comprehensiveness, in probability, that counts.
    pub margin: f64,
    /// TVD up to which two predictions count as the same.
    pub epsilon: f64,
    /// JSD (nats) from which two maps count as very different.
    pub jsd: f64,
    /// Agreement of references below which nothing is concluded.
    pub ceiling: f64,
    /// Content words below which nothing is concluded.
    pub words: usize,
    /// The level of every test.
    pub alpha: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { margin: 0.05, epsilon: 0.05, jsd: 0.4, ceiling: 0.5, words: 8, alpha: 0.05 }
    }
}

/// The model that was audited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelInfo {
    /// The folder, hub name or embedded model.
    pub name: String,
    /// The hub's commit.
    pub revision: Option<String>,
    /// `model_type` of its config.json.
    pub family: String,
    /// SHA-256 of the weights files.
    pub sha256: String,
    /// SHA-256 of config.json.
    #[serde(default)]
    pub config_sha256: String,
    /// SHA-256 of the files that the tokenizer is made of.
    #[serde(default)]
    pub tokenizer_sha256: String,
    /// `f32` or `f64`.
    pub dtype: String,
    /// L: its layers.
    pub layers: usize,
    /// H: heads of a layer.
    pub heads: usize,
    /// D: width of a token's hidden state.
    pub width: usize,
    /// E: width of a head; where a row of attention sees more tokens, it is not identifiable.
    pub head_width: usize,
    /// The most tokens it takes.
    pub longest: usize,
    /// The classes' names; empty for a masked-word model.
    pub labels: Vec<String>,
    /// What was done with its files that a reader must know: names that were changed, fields and tensors that were
    /// ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}
