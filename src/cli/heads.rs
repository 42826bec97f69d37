//! `attncheck heads`.

use crate::app::{Colour, Job};

use super::common::Common;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  attncheck heads reviews.txt
  attncheck heads reviews.txt --model ./my-classifier --format json")]
pub(super) struct Args {
    #[command(flatten)]
    common: Common,
}

impl Args {
    pub fn job(self, colour: Colour, quiet: bool) -> Job {
        self.common.job(colour, quiet)
    }
}
