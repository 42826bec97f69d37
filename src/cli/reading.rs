//! How the examples are written, and which field is what.

use attncheck::input::{Fields, Format, Options};

/// The formats of examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum InputFormat {
    /// One text a line
    Text,
    /// A JSON document: a list of objects or strings, an object that holds one, or columns
    Json,
    /// One JSON object a line; also annotations of the ERASER benchmark
    Jsonl,
    /// Comma-separated, with quotation marks
    Csv,
    /// Tab-separated, without
    Tsv,
    /// Apache Parquet, as the hub's data sets are kept
    Parquet,
}

/// How the examples are written.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Input")]
pub struct ReadingArgs {
    /// How the examples are written. Without it the contents say whether they are JSON, parquet or compressed by gzip or
    /// zstd, by whatever name; else the end of the path does (.json, .jsonl or .ndjson, .csv, .tsv, .parquet), or the names
    /// in the first line of a table; all else is text
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true,
        help = "How the examples are written: text, json, jsonl, csv, tsv or parquet; else their contents say it, or the \
                  end of the path, and all else is text; gzip and zstd are unpacked"
    )]
    input_format: Option<InputFormat>,

    /// The field or column of the text; in JSON and parquet OUTER.INNER is a field within a field [default: text]
    #[arg(long, value_name = "FIELD")]
    text_field: Option<String>,

    /// Of the second text of a pair [default: `text_pair`]
    #[arg(long, value_name = "FIELD", help = "Of the second text of a pair [default: text_pair]")]
    pair_field: Option<String>,

    /// Of the gold label: its name, the index of its class, or true and false of two [default: label]
    #[arg(long, value_name = "FIELD")]
    label_field: Option<String>,

    /// Of the example's own name [default: id]
    #[arg(long, value_name = "FIELD")]
    id_field: Option<String>,

    /// Of the class to explain, which goes before --target [default: target]
    #[arg(long, value_name = "FIELD")]
    target_field: Option<String>,

    /// Of what people marked in the text: [start, end] pairs or indices of characters, or objects with `start` and `end` or
    /// `start_token` and `end_token` [default: rationale]
    #[arg(
        long,
        value_name = "FIELD",
        help = "Of what people marked in the text: [start, end] pairs or indices of characters, or objects with start \
                  and end or start_token and end_token [default: rationale]"
    )]
    rationale_field: Option<String>,

    /// Of what a language model is asked to have written after the text, or of its translation; it goes before --continuation
    /// [default: continuation or translation]
    #[arg(long, value_name = "FIELD")]
    continuation_field: Option<String>,

    /// Of the class or token that the explained one is set against, which goes before --foil [default: foil]
    #[arg(long, value_name = "FIELD")]
    foil_field: Option<String>,

    /// What a class is called by the model where the input has another name for it; may be given several times
    #[arg(long, value_name = "NAME=LABEL,…", value_delimiter = ',', value_parser = renamed)]
    label_map: Vec<(String, String)>,

    /// The first line of a table is an example already; fields are numbers of columns, from 1, the text the first
    #[arg(long)]
    no_header: bool,

    /// What parts the columns of a csv table in the place of the comma, such as ';' or '\t'
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
}

/// No character that can part columns.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected one ASCII character that is no letter, digit, quotation mark or line end, such as ';' or '\\t'"
)]
struct NoDelimiter;

fn delimiter(text: &str) -> Result<u8, NoDelimiter> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [one] if one.is_ascii_punctuation() && *one != b'"' || matches!(*one, b'\t' | b' ') => Ok(*one),
        _ => Err(NoDelimiter),
    }
}

/// A --label-map that is not two names with `=` between them.
#[derive(Debug, thiserror::Error)]
#[error("expected NAME=LABEL")]
struct NoPair;

fn renamed(text: &str) -> Result<(String, String), NoPair> {
    let (name, label) = text.split_once('=').ok_or(NoPair)?;
    Ok((name.to_owned(), label.to_owned()))
}

impl ReadingArgs {
    /// The same for the library.
    pub fn options(&self) -> Options {
        Options {
            format: self.input_format.map(|format| match format {
                InputFormat::Text => Format::Text,
                InputFormat::Json => Format::Json,
                InputFormat::Jsonl => Format::Jsonl,
                InputFormat::Csv => Format::Csv,
                InputFormat::Tsv => Format::Tsv,
                InputFormat::Parquet => Format::Parquet,
            }),
            fields: Fields {
                text: self.text_field.clone(),
                pair: self.pair_field.clone(),
                label: self.label_field.clone(),
                id: self.id_field.clone(),
                target: self.target_field.clone(),
                rationale: self.rationale_field.clone(),
                continuation: self.continuation_field.clone(),
                foil: self.foil_field.clone(),
            },
            renamed: self.label_map.clone(),
            header: !self.no_header,
            delimiter: self.delimiter,
        }
    }
}
