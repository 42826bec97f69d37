//! `attncheck controls`

use std::path::PathBuf;

use attncheck::audit::{Effort, Plan};
use attncheck::controls::Grid;
use attncheck::controls::grid::REPORT_SEED;
use attncheck::controls::model::Texts;
use attncheck::model::Device;
use attncheck::model::source::HubSettings;

use super::output::Output;
use super::reading::ReadingArgs;
use super::shared::Loading;
use super::values;

const EXAMPLES: &str = "\
Examples:
  attncheck controls
  attncheck controls --full --format json --output controls.json
  attncheck controls --model ./my-classifier reviews.txt

Exit status: 0 every goal reached, or a model checked; 1 a goal missed, 2 could not run, 130 interrupted
(what was done of planted models is reported).";

/// Audit the audit: on models of which it is known which words decide, how often is each verdict wrong, and how
/// often is it found where it is right? With --model: how far can an audit of this model be trusted?
///
/// Weights are written by hand, and every planted text gets the very examination that `attncheck audit` gives by
/// default; or small classifiers are trained until a rare word decides. Of a model of your own nobody knows what
/// decides, but it can be seen whether references agree with themselves, change when weights are made random,
/// and whether another text's attention is supported.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ControlsArgs {
    /// The texts that --model is checked on, as for `attncheck audit`; `-` for standard input; some film reviews where
    /// absent
    #[arg(value_name = "FILE", requires = "model")]
    file: Option<PathBuf>,

    /// Take only the first N texts; each costs several audits
    #[arg(
        long,
        value_name = "N",
        default_value = "16",
        value_parser = values::count(),
        help_heading = "Input"
    )]
    limit: usize,

    #[command(flatten)]
    reading: ReadingArgs,

    #[command(flatten)]
    loading: Loading,

    /// Every number of words, dial and number of heads, in place of a quick set: minutes in place of seconds
    #[arg(long, conflicts_with = "model", help_heading = "Running")]
    full: bool,

    /// The seed of the first planted model, or of all that is random in the checks of a model; thresholds were chosen
    /// on seeds below 20000
    #[arg(long, value_name = "N", default_value_t = REPORT_SEED, help_heading = "Running")]
    seed: u64,

    /// Worker threads; all cores where absent. No number depends on it
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = "Running")]
    pub threads: Option<usize>,

    /// Where the model runs: cpu, or cuda (cuda:N for another than the first GPU) in a build that has CUDA
    #[arg(long, value_name = "cpu|cuda[:N]", default_value = "cpu", value_parser = values::device,
          requires = "model", help_heading = "Running")]
    device: Device,

    #[command(flatten)]
    pub output: Output,
}

impl ControlsArgs {
    /// What will be tried on planted models.
    pub fn grid(&self) -> Grid {
        if self.full { Grid::full(self.seed) } else { Grid::quick(self.seed) }
    }

    /// What will be checked on a model of the user's; `None` where none was named.
    pub fn plan(&self) -> Option<(Plan, Texts)> {
        self.loading.model.as_ref()?;
        let texts = if self.file.is_some() { Texts::Given } else { Texts::BuiltIn };
        let plan = Plan {
            limit: Some(self.limit),
            reading: self.reading.options(),
            device: self.device,
            effort: Effort::Quick,
            seed: self.seed,
            threads: self.threads,
            ..self.loading.plan(self.file.clone().unwrap_or_default())
        };
        Some((plan, texts))
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.loading.hub()
    }
}
