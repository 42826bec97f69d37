//! `attncheck audit`

use std::path::PathBuf;

use attncheck::audit::Plan;
use attncheck::input::{First, GoldOptions};
use attncheck::model::source::HubSettings;
use attncheck::report::settings::Thresholds;
use attncheck::swap::Site;

use super::choices::{BaselineChoice, FirstChoice, KnockoutChoice};
use super::gating::{Config, Gating};
use super::output::Outputs;
use super::shared::{self, Question, Running, Source};
use super::values;

const EXAMPLES: &str = "\
Examples:
  attncheck audit reviews.txt
  attncheck audit reviews.txt --model ./my-classifier --limit 20
  attncheck audit reviews.txt --summary
  attncheck audit reviews.txt --format text --format json=audit.json
  attncheck audit reviews.txt --format html=audit.html --plots figures
  attncheck audit corpus.txt --format jsonl=audit.jsonl --resume
  attncheck audit reviews.txt --baseline last.json --gate 'change.contradicted<=0.05'
  attncheck audit reviews.txt --gate 'contradicted<=0.2' --gate 'ceiling>=0.4' --gate-on interval
  attncheck audit - --target positive --contrast negative < reviews.txt
  attncheck audit reviews.txt --site layer:0 --site head:3.1 --effort thorough

Exit status: 0 audited and every gate passed, 1 a gate failed, 2 could not audit, 130 interrupted (what was done
is reported).";

/// Audit the attention maps of each text, and say whether they may be shown as an explanation.
///
/// For each text and each reading of attention (the last layer's mean over heads, rollout, flow and others) the
/// report gives the agreement with independent attributions, what erasing the top words does, what other
/// attention patterns do, and a verdict with its reasons; at the end a summary over all texts.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct AuditArgs {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    question: Question,

    /// Where the path of integrated gradients starts: the mask token, the padding token, or zero embeddings
    #[arg(
        long = "ig-baseline",
        value_enum,
        value_name = "FROM",
        default_value = "mask",
        help_heading = "What is explained"
    )]
    ig_baseline: BaselineChoice,

    #[command(flatten)]
    running: Running,

    /// Links that people made between the words of the texts and of given translations, a line a text: i-j is sure, ipj or
    /// i?j possible
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    gold: Option<PathBuf>,

    /// From what the words of the links are counted, 0 or 1; told by the links where they can tell
    #[arg(
        long,
        value_enum,
        value_name = "0|1",
        requires = "gold",
        hide_possible_values = true,
        help_heading = "Input"
    )]
    gold_first: Option<FirstChoice>,

    /// Run only these methods (see `attncheck methods`); a verdict needs `loo` and a gradient method beside the
    /// readings
    #[arg(long, value_name = "METHOD,…", value_delimiter = ',', value_parser = values::methods(),
          hide_possible_values = true, help_heading = "Running")]
    only: Vec<String>,

    /// Also swap the patterns here: row (the decision row of the last layer, always done), head:LAYER.HEAD,
    /// layer:LAYER or all; may be given several times, layers and heads count from 0
    #[arg(long = "site", value_name = "SITE", value_parser = values::site, help_heading = "Running")]
    sites: Vec<Site>,

    /// Also search for the least and the greatest AOPC of any order of the words, which makes erasure comparable
    /// across models (NAOPC): some 2000 passes for 25 words, with --effort thorough twice that
    #[arg(long, help_heading = "Running")]
    naopc: bool,

    /// Cut the edges to a map's top words, in a few layers at a time, from the decision token or from every token that sees
    /// them (attention knockout), against random words cut off as well; with --effort thorough those from the decision
    /// token are cut anyway
    #[arg(
        long,
        value_enum,
        value_name = "decision|every",
        hide_possible_values = true,
        help_heading = "Running"
    )]
    knockout_from: Option<KnockoutChoice>,

    #[command(flatten)]
    limits: Limits,

    #[command(flatten)]
    pub gating: Gating,

    #[command(flatten)]
    pub output: Outputs,

    /// Take up an earlier run's jsonl report, which was broken off, where it ends; it must have the same settings
    #[arg(long, help_heading = "Running")]
    pub resume: bool,

    /// Exit with 2 where an example cannot be audited; the report is of the others all the same
    #[arg(long, help_heading = "Running")]
    pub strict: bool,

    /// Keep every attention pattern in the JSON document; they are large
    #[arg(long, help_heading = "Output")]
    maps: bool,
}

/// The conventions a verdict rests on.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Conventions of the verdict")]
struct Limits {
    /// The least probability that erasing a map's top words must cost beyond random words, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = values::share)]
    margin: f64,

    /// TVD up to which two predictions count as the same, 0 to 1
    #[arg(long, value_name = "TVD", default_value_t = 0.05, value_parser = values::share)]
    epsilon: f64,

    /// JSD in nats from which two maps count as very different, 0 to 0.693
    #[arg(long, value_name = "NATS", default_value_t = 0.4, value_parser = values::jsd)]
    jsd: f64,

    /// Agreement of the references (tau) below which nothing is concluded, 0 to 1
    #[arg(long, value_name = "TAU", default_value_t = 0.5, value_parser = values::share)]
    ceiling: f64,

    /// Content words below which nothing is concluded
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = values::count())]
    min_words: usize,

    /// The level of every test, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = values::share)]
    alpha: f64,
}

impl AuditArgs {
    /// What will be done, with the gates that were read from the configuration.
    pub fn plan(&self, config: Config) -> Plan {
        let (gates, gate_on) = self.gating.gates(config);
        let limits = &self.limits;
        Plan {
            baseline: self.ig_baseline.into(),
            baseline_report: self.gating.baseline.clone(),
            links: self.gold.clone(),
            counting: GoldOptions { first: self.gold_first.map(First::from) },
            only: self.only.clone(),
            sites: self.sites.clone(),
            maps: self.maps,
            page: self.output.draws(),
            naopc: self.naopc,
            knockout_from: self.knockout_from.map(Into::into),
            thresholds: Thresholds {
                margin: limits.margin,
                epsilon: limits.epsilon,
                jsd: limits.jsd,
                ceiling: limits.ceiling,
                words: limits.min_words,
                alpha: limits.alpha,
            },
            gates,
            gate_on,
            ..shared::plan(&self.source, &self.question, &self.running)
        }
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.source.hub()
    }
}
