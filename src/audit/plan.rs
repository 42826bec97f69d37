//! What will be done: every choice, made before anything is read.

use std::path::PathBuf;

use super::gate::Gate;
use super::protocol::{Effort, KNOCKOUTS, Protocol};
use crate::attribution::Baseline;
use crate::erasure::{KnockedRows, Operator};
use crate::input::{GoldOptions, Options};
use crate::model::{Device, Precision, Target};
use crate::report::gate::GateOn;
use crate::report::settings::Thresholds;
use crate::swap::Site;
use crate::tokens::{Languages, Units};

/// An audit as it was asked for.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Plan {
    /// The texts: a path, or `-`.
    pub input: PathBuf,
    /// How they are written, and which field is what.
    pub reading: Options,
    /// At most so many examples, from the first.
    pub limit: Option<usize>,
    /// The model as it was typed: a folder, a hub name; the embedded one where absent.
    pub model: Option<String>,
    /// Take nothing from the network.
    pub offline: bool,
    /// What the engine computes in.
    pub precision: Precision,
    /// Where the model runs.
    pub device: Device,
    /// What a text is cut into.
    pub units: Units,
    /// Put each text into the model's chat template of this name, as what the user says; usually `default`.
    pub chat_template: Option<String>,
    /// The scalar that is explained.
    pub target: TargetKind,
    /// The class that is explained: a label's name, or the predicted one.
    pub class: Option<String>,
    /// What a language model is asked to have written after each text whose line does not say it: each of its tokens is a
    /// question.
    pub continuation: Option<String>,
    /// So many tokens at most the model continues a text by where nothing else does, each the likeliest; each is a question.
    pub generate: usize,
    /// Hypotheses of a translation model's search for a translation that no line gives; 1 is greedy.
    pub beams: usize,
    /// The links that people made between texts and given translations.
    pub links: Option<PathBuf>,
    /// How their words are counted.
    pub counting: GoldOptions,
    /// The languages of a translation model, where its tokenizer has several.
    pub languages: Languages,
    /// How a word is erased; the family's default where absent.
    pub operator: Option<Operator>,
    /// Where integrated gradients start.
    pub baseline: Baseline,
    /// Methods to run, by their names; all where empty.
    pub only: Vec<String>,
    /// How much is spent.
    pub effort: Effort,
    /// Sites to swap besides the decision row.
    pub sites: Vec<Site>,
    /// Fixes every random draw.
    pub seed: u64,
    /// Worker threads; the machine's where absent. No number depends on it.
    pub threads: Option<usize>,
    /// Keep the patterns in the report.
    pub maps: bool,
    /// Keep what a web page draws of them.
    pub page: bool,
    /// Search for the least and the greatest AOPC of any order, so that erasure can be compared across models; of
    /// sufficiency too where the effort is thorough.
    pub naopc: bool,
    /// Whose edges to what a map highlights attention knockout cuts; it is run at every effort where this is said, else the
    /// decision token's are cut at the efforts that pay for it.
    pub knockout_from: Option<KnockedRows>,
    /// The conventions of the verdict.
    pub thresholds: Thresholds,
    /// Limits that figures of the summary are held to; no other number depends on them.
    pub gates: Vec<Gate>,
    /// What gates are judged on.
    pub gate_on: GateOn,
    /// An earlier report of the same texts, which gates on changes are judged against.
    pub baseline_report: Option<PathBuf>,
}

impl Plan {
    /// An audit of these texts with the embedded model and every default.
    #[must_use]
    pub fn of(input: PathBuf) -> Self {
        Self {
            input,
            reading: Options::default(),
            limit: None,
            model: None,
            offline: false,
            precision: Precision::F32,
            device: Device::Cpu,
            units: Units::Words,
            chat_template: None,
            target: TargetKind::Margin,
            class: None,
            continuation: None,
            generate: 0,
            beams: 1,
            links: None,
            counting: GoldOptions::default(),
            languages: Languages::default(),
            operator: None,
            baseline: Baseline::Mask,
            only: Vec::new(),
            effort: Effort::Standard,
            sites: Vec::new(),
            seed: 0,
            threads: None,
            maps: false,
            page: false,
            naopc: false,
            knockout_from: None,
            thresholds: Thresholds::default(),
            gates: Vec::new(),
            gate_on: GateOn::Estimate,
            baseline_report: None,
        }
    }

    /// How each text is examined in a model whose queries see every key; `mask` tells whether the tokenizer has a mask token.
    #[must_use]
    pub fn protocol(&self, mask: bool) -> Protocol {
        let mut budget = self.effort.budget();
        if self.knockout_from.is_some() {
            budget.knockouts = budget.knockouts.max(KNOCKOUTS);
        }
        Protocol {
            operator: self.operator.unwrap_or_else(|| Operator::default_with(mask)),
            baseline: self.baseline,
            budget,
            only: self.only.clone(),
            sites: self.sites.clone(),
            thresholds: self.thresholds.clone(),
            naopc: self.naopc,
            knockout_from: self.knockout_from.unwrap_or_default(),
            bounded: false,
            over_source: false,
        }
    }
}

/// The scalar that is explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetKind {
    /// Logit of the class minus that of the runner-up.
    Margin,
    /// Logit of the class.
    Logit,
    /// Probability of the class.
    Probability,
    /// The natural logarithm of its probability.
    LogProbability,
    /// Logit of the class minus that of the named one.
    Contrast(String),
}

impl TargetKind {
    /// The scalar on a text with these logits: of `class`, else of the predicted one; a margin is over `against`,
    /// else over the runner-up. Of equals the first, so that a tie is decided the same way everywhere.
    #[must_use]
    pub fn choose(&self, logits: &[f64], class: Option<usize>, against: Option<usize>) -> Target {
        let best = |except: Option<usize>| {
            let others = (0..logits.len()).filter(|c| Some(*c) != except);
            others.rev().max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0)
        };
        let class = class.unwrap_or_else(|| best(None));
        match self {
            Self::Margin | Self::Contrast(_) => {
                let against = against.filter(|against| *against != class);
                Target::Margin { class, against: against.unwrap_or_else(|| best(Some(class))) }
            }
            Self::Logit => Target::Logit(class),
            Self::Probability => Target::Probability(class),
            Self::LogProbability => Target::LogProbability(class),
        }
    }
}

impl std::fmt::Display for TargetKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Margin => f.write_str("margin"),
            Self::Logit => f.write_str("logit"),
            Self::Probability => f.write_str("probability"),
            Self::LogProbability => f.write_str("log-probability"),
            Self::Contrast(label) => write!(f, "contrast:{label}"),
        }
    }
}
