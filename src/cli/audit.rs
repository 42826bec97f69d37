//! `attncheck audit`.

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;

use super::common::Common;
use crate::app::{Colour, Job};
use crate::attribution::{ALL, Baseline, Compute};
use crate::report::settings::Thresholds;
use crate::swap::Site;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  attncheck audit reviews.txt
  attncheck audit reviews.txt --model ./my-classifier --format json --output report.json
  attncheck audit reviews.txt --model org/name@main --only raw,rollout,loo,integrated-gradients
  head -5 reviews.txt | attncheck audit - --effort quick")]
pub(super) struct Args {
    #[command(flatten)]
    common: Common,

    /// Run only these methods (see `attncheck methods`)
    #[arg(long, value_name = "METHOD,…", value_delimiter = ',', value_parser = names(), hide_possible_values = true, help_heading = "Run")]
    only: Vec<String>,

    /// Swap the patterns of this site too: row, head:L.H, layer:L or all; may be repeated
    #[arg(long = "site", value_name = "SITE", value_parser = site, help_heading = "Run")]
    sites: Vec<Site>,

    /// Where integrated gradients start
    #[arg(long, value_enum, default_value_t = Start::Mask, help_heading = "What is explained")]
    baseline: Start,

    /// Keep every attention pattern in the report
    #[arg(long, help_heading = "Output")]
    maps: bool,

    /// The least excess comprehensiveness, in probability, that counts
    #[arg(long, default_value_t = 0.05, value_name = "P", value_parser = share, help_heading = "Conventions of the verdict")]
    margin: f64,

    /// The TVD up to which two predictions count as the same
    #[arg(long, default_value_t = 0.05, value_name = "TVD", value_parser = share, help_heading = "Conventions of the verdict")]
    epsilon: f64,

    /// The JSD in nats from which two maps count as very different, at most 0.693
    #[arg(long, default_value_t = 0.4, value_name = "JSD", value_parser = divergence, help_heading = "Conventions of the verdict")]
    jsd: f64,

    /// The agreement of references below which nothing is concluded
    #[arg(long, default_value_t = 0.5, value_name = "TAU", value_parser = share, help_heading = "Conventions of the verdict")]
    ceiling: f64,

    /// The number of content words below which nothing is concluded
    #[arg(long, default_value_t = 8, value_name = "N", help_heading = "Conventions of the verdict")]
    min_words: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Start {
    /// The mask token in every word's place
    Mask,
    /// The padding token in every word's place
    Pad,
    /// Zero word embeddings
    Zero,
}

impl Args {
    pub fn job(self, colour: Colour, quiet: bool) -> Job {
        let mut job = self.common.job(colour, quiet);
        job.plan.only = self.only;
        job.plan.sites = self.sites;
        job.plan.maps = self.maps;
        job.plan.baseline = match self.baseline {
            Start::Mask => Baseline::Mask,
            Start::Pad => Baseline::Pad,
            Start::Zero => Baseline::Zero,
        };
        job.plan.thresholds = Thresholds {
            margin: self.margin,
            epsilon: self.epsilon,
            jsd: self.jsd,
            ceiling: self.ceiling,
            words: self.min_words,
            ..Thresholds::default()
        };
        job
    }
}

/// The methods an audit runs; single heads have their own subcommand and sites.
fn names() -> PossibleValuesParser {
    let whole = ALL.iter().filter(|method| matches!(method.compute, Compute::Whole(_)));
    PossibleValuesParser::new(whole.map(|method| method.name))
}

fn site(text: &str) -> Result<Site, String> {
    text.parse().map_err(|error: crate::swap::SiteError| match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    })
}

fn share(text: &str) -> Result<f64, String> {
    within(text, 1.0)
}

fn divergence(text: &str) -> Result<f64, String> {
    within(text, std::f64::consts::LN_2)
}

fn within(text: &str, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if (0.0..=most).contains(&x) => Ok(x),
        _ => Err(format!("{text:?} is no number from 0 to {most:.3}")),
    }
}
