//! `attncheck controls`

use attncheck::controls::Grid;
use attncheck::controls::grid::REPORT_SEED;

use super::shared::Output;
use super::values;

const EXAMPLES: &str = "\
Examples:
  attncheck controls
  attncheck controls --full --format json --output controls.json

Exit status: 0 every goal reached, 1 a goal missed, 2 could not run, 130 interrupted
(what was done is reported).";

/// Audit the audit: on models whose weights are written by hand, so that it is known which words decide, how often
/// is each verdict wrong, and how often is it found where it is right?
///
/// Every planted text gets the very examination that `attncheck audit` gives by default.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Controls {
    /// Every number of words, dial and number of heads, in place of a quick set: minutes in place of seconds
    #[arg(long, help_heading = "Running")]
    full: bool,

    /// The seed of the first planted model; thresholds were chosen on seeds below 20000
    #[arg(long, value_name = "N", default_value_t = REPORT_SEED, help_heading = "Running")]
    seed: u64,

    /// Worker threads; all cores where absent. No number depends on it
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = "Running")]
    pub threads: Option<usize>,

    #[command(flatten)]
    pub output: Output,
}

impl Controls {
    /// What will be tried.
    pub fn grid(&self) -> Grid {
        if self.full { Grid::full(self.seed) } else { Grid::quick(self.seed) }
    }
}
