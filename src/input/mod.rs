//! Where the examples come from: a file per format, each turning what it reads into [`Example`]s.
//!
//! [`read`] opens a file or standard input, unpacks it where it is compressed, finds out its format and hands it on.
//! Formats with fields all end in one reading of a record (`form`), so that a label or an id means the same in each.
//!
//! Reading goes no further than the limit. Up to there every malformed line is told in one error
//! ([`InputError::Malformed`]): nothing is left out in silence.

mod columns;
mod detect;
mod document;
mod eraser;
mod error;
mod fault;
mod form;
mod gather;
mod hint;
mod jsonl;
mod kind;
mod label;
mod lines;
mod looks;
mod near;
mod options;
mod pairs;
mod parquet;
mod rationale;
mod record;
mod rows;
mod shape;
mod source;
mod stream;
mod table;
mod text;
mod utf16;

use std::io;
use std::ops::Range;
use std::path::Path;

pub use eraser::{documents_beside, names_document};
pub use error::InputError;
pub use fault::{DocumentFault, Fault, FaultKind, PlaceUnit, RationaleFault};
pub use label::Label;
pub use looks::Looks;
pub use near::near;
pub use options::{FieldRole, Fields, Format, Options};
pub use pairs::{
    First, Gold, GoldLinks, GoldOptions, Link, Pair, PairFormat, PairOptions, Pairs, read_gold, read_pairs,
    read_pairs_from,
};
use record::{Names, Reading};
use rows::Kind;
use source::Source;

/// One thing to audit: a text, or a pair of texts, with what its author says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Stable name within the input: what the input calls it, else the number of its line; of its item in a JSON document,
    /// of its row in parquet. No two are the same.
    pub id: String,
    /// 1-based line on which the example begins; its row in parquet. Of a JSON document several may be on one line.
    pub line: usize,
    /// What is classified, exactly as it was written (without line end and byte-order mark). Where nothing is written
    /// there, it is empty or white space, and cannot be audited.
    pub text: String,
    /// Second sequence of a sentence-pair task; `None` for plain text. May be empty as the text may.
    pub pair: Option<String>,
    /// Gold label; `None` where there is none.
    pub label: Option<Label>,
    /// The class to explain, where the input names one.
    pub target: Option<Label>,
    /// What people marked: byte spans of `text` in its order, none empty, at character boundaries; they may overlap.
    /// `None` where nobody looked, without spans where somebody looked and marked nothing.
    pub rationale: Option<Vec<Range<usize>>>,
    /// What a language model is asked to have written after the text, exactly as it was written and never empty; only
    /// white space is nothing to be asked of.
    pub continuation: Option<String>,
    /// The class that the explained one is set against, where the input names one.
    pub foil: Option<Label>,
}

/// What an input holds, in its own order. Without an example only under a limit of 0; else that is
/// [`InputError::Empty`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examples {
    /// The examples, in the order of the input, at most as many as the limit.
    pub examples: Vec<Example>,
    /// Lines left out because they hold nothing but whitespace, up to where reading stopped.
    pub empty_lines: usize,
    /// What a reader of the report should know of how the input was read.
    pub notes: Vec<String>,
    /// What to call the input in a report: the path as it was given, or `stdin`.
    pub name: String,
}

/// Where ERASER keeps its documents.
const DOCS: &str = "docs";

/// Reads the examples of `path`, or of standard input where it is `-`; no more than `limit` of them, and nothing of the
/// input beyond them but for a JSON document, which is read whole.
///
/// The input is UTF-8, or UTF-16 with a byte-order mark; it may be compressed by gzip or zstd. Documents of ERASER's form
/// are looked for in the folder `docs` beside the file.
pub fn read(path: &Path, options: &Options, limit: Option<usize>) -> Result<Examples, InputError> {
    if path == Path::new("-") {
        return read_from(io::stdin().lock(), "stdin", options, limit);
    }
    let source = source::open(path, options.format.is_some())?;
    let docs = documents_beside(path);
    parse(source, detect::named(path), options, &docs, limit)
}

/// Reads the examples of an open stream that a report calls `name`.
/// Documents of ERASER's form are looked for in the folder `docs` of the working folder.
pub fn read_from(
    stream: impl io::Read,
    name: &str,
    options: &Options,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let source = Source::of(Box::new(stream), name.to_owned(), None, options.format.is_some())?;
    parse(source, None, options, Path::new(DOCS), limit)
}

fn parse(
    mut source: Source,
    named: Option<Format>,
    options: &Options,
    docs: &Path,
    limit: Option<usize>,
) -> Result<Examples, InputError> {
    let name = source.name.clone();
    let format = match options.format {
        // What is no text can be read in one way only.
        _ if source.parquet => Format::Parquet,
        Some(format) => format,
        None if limit == Some(0) => named.unwrap_or(Format::Text),
        None => detect::detect(&mut source, named, options)?,
    };
    let fieldless = |flag| InputError::Fieldless { name: name.clone(), format: format.name(), flag };
    let field = FieldRole::ALL.into_iter().find(|role| options.fields.named(*role).is_some());
    match (format, field) {
        (Format::Text, Some(role)) => return Err(fieldless(role.flag())),
        (Format::Csv, _) => {}
        (_, _) if options.delimiter.is_some() => return Err(fieldless("--delimiter")),
        (Format::Tsv, _) => {}
        _ if !options.header => return Err(fieldless("--no-header")),
        _ => {}
    }
    let reading = Reading { fields: &options.fields, docs, names: Names::new() };
    match format {
        Format::Text => text::parse(&mut source, limit),
        Format::Json => document::parse(&mut source, reading, limit, options.format.is_some()),
        Format::Jsonl => jsonl::parse(&mut source, &reading, limit),
        Format::Csv => {
            let kind = Kind::Quoted(options.delimiter.unwrap_or(b','));
            table::parse(&mut source, kind, &reading, options, limit)
        }
        Format::Tsv => table::parse(&mut source, Kind::Tabs, &reading, options, limit),
        Format::Parquet if source.parquet => parquet::parse(&mut source, reading, limit),
        Format::Parquet => Err(InputError::NotParquet { name }),
    }
}
