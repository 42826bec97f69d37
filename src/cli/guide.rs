//! `attncheck guide`

use attncheck::guide::{self, TOPICS, Topic};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

const EXAMPLES: &str = "\
Examples:
  attncheck guide                    the topics
  attncheck guide verdicts | less

Exit status: 0 printed, 2 not.";

/// Explain: what a verdict rests on, every number, formats, gates, and more.
///
/// Prints a topic in Markdown, wrapped to the terminal and never wider than 100 columns; tables and code stay as they
/// are.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct GuideArgs {
    /// What is to be explained; the list of topics where it is left out
    #[arg(value_name = "TOPIC", value_parser = topic())]
    topic: Option<&'static Topic>,
}

impl GuideArgs {
    /// The topic that is wanted.
    pub fn topic(&self) -> Option<&'static Topic> {
        self.topic
    }
}

/// A name that no topic has.
#[derive(Debug, thiserror::Error)]
#[error("no topic is called so")]
struct Unknown;

/// The names as possible values, so that help, completions and the error for any other list them.
fn topic() -> impl TypedValueParser<Value = &'static Topic> {
    let names = TOPICS.iter().map(|topic| PossibleValue::new(topic.name).help(topic.about));
    PossibleValuesParser::new(names).try_map(|name| guide::find(&name).ok_or(Unknown))
}
