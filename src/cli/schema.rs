//! `attncheck schema`

use attncheck::report::Document;

use super::choices::DocumentChoice;

const EXAMPLES: &str = "\
Examples:
  attncheck schema > audit.schema.json
  attncheck schema lines             of each line of --format jsonl

Exit status: 0 printed, 2 not.";

/// Print the JSON Schema (2020-12) of a JSON document that attncheck writes.
///
/// A document of the same `schema_version` keeps every field that the schema names; new fields may come without a new
/// version, so that a reader should let fields through that it does not know.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {
    /// Which: audit and lines (`attncheck audit` as json and jsonl), heads, controls, controls-model (`attncheck
    /// controls --model`), mixing, compare, seeds, or align
    #[arg(value_enum, value_name = "DOCUMENT", default_value = "audit")]
    document: DocumentChoice,
}

impl SchemaArgs {
    /// The document whose schema is wanted.
    pub fn document(&self) -> Document {
        self.document.into()
    }
}
