//! Arguments that every subcommand that runs a model has.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::app::{Format, Job, Output};
use crate::attribution::Baseline;
use crate::audit::{Effort, Plan, TargetKind};
use crate::erasure::Operator;
use crate::model::Precision;
use crate::report::settings::Thresholds;

#[derive(Debug, Args)]
pub(super) struct Common {
    /// The texts, one example a line; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub input: PathBuf,

    /// A Hugging Face folder, or org/name[@revision] on the hub [default: the embedded sentiment model]
    #[arg(long, short, value_name = "DIR|ORG/NAME[@REV]", help_heading = "Model")]
    pub model: Option<String>,

    /// Take nothing from the network
    #[arg(long, help_heading = "Model")]
    pub offline: bool,

    /// What the engine computes in
    #[arg(long, value_enum, default_value_t = Dtype::F32, help_heading = "Model")]
    pub dtype: Dtype,

    /// Audit only the first N examples
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub limit: Option<NonZeroUsize>,

    /// Fixes every random draw
    #[arg(long, default_value_t = 0, value_name = "N", help_heading = "Run")]
    pub seed: u64,

    /// Worker threads; no number depends on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Run")]
    pub threads: Option<NonZeroUsize>,

    /// How much is spent on an example
    #[arg(long, value_enum, default_value_t = Spend::Standard, help_heading = "Run")]
    pub effort: Spend,

    /// The class that is explained: `predicted`, or a label of the model
    #[arg(long, default_value = "predicted", value_name = "predicted|LABEL", help_heading = "What is explained")]
    pub target: String,

    /// The scalar of that class that is explained
    #[arg(long, value_enum, default_value_t = Score::Margin, help_heading = "What is explained")]
    pub score: Score,

    /// Set the class against this label instead of the runner-up (with --score margin)
    #[arg(long, value_name = "LABEL", help_heading = "What is explained")]
    pub contrast: Option<String>,

    /// How a word is erased [default: mask where the tokenizer has a mask token, else attend]
    #[arg(long, value_enum, help_heading = "What is explained")]
    pub operator: Option<Erase>,

    /// The format of the report
    #[arg(long, value_enum, default_value_t = Print::Text, help_heading = "Output")]
    pub format: Print,

    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Dtype {
    /// 32 bits
    F32,
    /// 64 bits: to tell rounding from fact, at about three times the cost
    F64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Spend {
    /// A first look: 16-point paths, swaps of the last layer only
    Quick,
    /// At most some 500 forward passes for a text of 25 words
    Standard,
    /// 100 random orders, 256-point paths, adversaries at every site
    Thorough,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Score {
    /// Its logit minus that of the runner-up; does not saturate
    Margin,
    /// Its logit
    Logit,
    /// Its probability
    Probability,
    /// The logarithm of that
    LogProbability,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Erase {
    /// The mask token in its place
    Mask,
    /// Nobody may attend to it, in any layer
    Attend,
    /// Its ids are removed and positions close up
    Delete,
    /// The padding token in its place
    Pad,
    /// A zero word embedding
    Zero,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Print {
    /// For people, 80 columns or more
    Text,
    /// For programs: one document with a schema version
    Json,
}

impl Common {
    /// The job with every choice this subcommand does not have at its default.
    pub fn job(self, colour: crate::app::Colour, quiet: bool) -> Job {
        let plan = Plan {
            input: self.input,
            limit: self.limit.map(NonZeroUsize::get),
            model: self.model,
            offline: self.offline,
            precision: match self.dtype {
                Dtype::F32 => Precision::F32,
                Dtype::F64 => Precision::F64,
            },
            target: match (self.contrast, self.score) {
                (Some(label), _) => TargetKind::Contrast(label),
                (None, Score::Margin) => TargetKind::Margin,
                (None, Score::Logit) => TargetKind::Logit,
                (None, Score::Probability) => TargetKind::Probability,
                (None, Score::LogProbability) => TargetKind::LogProbability,
            },
            class: Some(self.target).filter(|label| label != "predicted"),
            operator: self.operator.map(|erase| match erase {
                Erase::Mask => Operator::Mask,
                Erase::Attend => Operator::Attend,
                Erase::Delete => Operator::Delete,
                Erase::Pad => Operator::Pad,
                Erase::Zero => Operator::Zero,
            }),
            baseline: Baseline::Mask,
            only: Vec::new(),
            effort: match self.effort {
                Spend::Quick => Effort::Quick,
                Spend::Standard => Effort::Standard,
                Spend::Thorough => Effort::Thorough,
            },
            sites: Vec::new(),
            seed: self.seed,
            threads: self.threads.map(NonZeroUsize::get),
            maps: false,
            thresholds: Thresholds::default(),
        };
        let format = match self.format {
            Print::Text => Format::Text,
            Print::Json => Format::Json,
        };
        Job { plan, output: Output { format, path: self.output, colour }, quiet }
    }
}
