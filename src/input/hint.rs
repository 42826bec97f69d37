//! How an input is mended.

use std::io;

use super::error::InputError;
use super::fault::FaultKind;
use super::looks::Looks;
use super::near::near;

impl InputError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { .. } => "give the path of a file of texts, or `-` for standard input".into(),
            Self::Directory { saved: true, .. } => {
                "write parquet of a data set in it: `python -c \"import datasets; \
                 datasets.load_from_disk('FOLDER').to_parquet('texts.parquet')\"`"
                    .into()
            }
            Self::Directory { .. } => {
                "give one file: one text a line, JSON, JSON lines, a csv or tsv table, or parquet".into()
            }
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "check the permissions of the file".into()
            }
            Self::Unreadable { .. } => return None,
            Self::NotUtf8 { name, looks, .. } => not_utf8(name, *looks),
            Self::Encoded { name, encoding } => {
                format!("convert it first: `iconv -f {encoding} -t UTF-8 {name} > utf8.txt`")
            }
            Self::NotUtf16 { .. } | Self::Damaged { .. } => "fetch or write the file again".into(),
            Self::Nul { .. } => {
                "a file of another kind cannot be read as text; text in UTF-16 is converted by \
                 `iconv -f UTF-16LE -t UTF-8 FILE > utf8.txt`"
                    .into()
            }
            Self::Foreign { mend, .. } => (*mend).to_owned(),
            Self::TooMuch { .. } => "--limit N reads no further than N examples".into(),
            Self::LongLine { .. } => "a file of texts has one text a line".into(),
            Self::Json { .. } => {
                "mend it there; --input-format text reads it as prose, one text a line, and --input-format jsonl as one \
                 object a line"
                    .into()
            }
            Self::Python { .. } => {
                "write it by json.dump(data, file), not by print or str; --input-format text reads it as prose, one text a \
                 line"
                    .into()
            }
            Self::NoRows { keys, lists, .. } => no_rows(keys, lists),
            Self::Uneven { .. } => "write one object an example, as a list or a line each".into(),
            Self::Parquet { .. } | Self::Broken { .. } => {
                "fetch or write the file again; where other programs read it, write it as JSON lines: \
                 `python -c \"import pandas; pandas.read_parquet('FILE').to_json('texts.jsonl', orient='records', \
                 lines=True)\"`"
                    .into()
            }
            Self::NotParquet { .. } => {
                "a parquet file begins with PAR1; fetch it again, or say by --input-format what it is".into()
            }
            Self::Codec { .. } => {
                "write it with another: `python -c \"import pyarrow.parquet as p; p.write_table(p.read_table('FILE'), \
                 'texts.parquet', compression='zstd')\"`"
                    .into()
            }
            Self::Delimiter { found, .. } => match found {
                b'\t' => "--input-format tsv reads it, or --delimiter '\\t' where quotation marks hold cells together".into(),
                b',' => "--input-format csv reads it".into(),
                found => format!("--delimiter '{}' reads it", char::from(*found)),
            },
            Self::Empty { .. } => "write one example a line".into(),
            Self::Malformed { faults, .. } => return faults.iter().find_map(|fault| malformed(&fault.what)),
            Self::NoField { field, flag, there, .. } => no_field(field, flag, there),
            Self::NoColumn { flag, .. } => {
                format!("with --no-header, {flag} is the number of a column, from 1")
            }
            Self::TwoColumns { .. } => "rename one of them".into(),
            Self::NoPairs { .. } => {
                "write a pair a line: `source ||| target`, two columns parted by a tab, or JSON with text and translation"
                    .into()
            }
            Self::Lines { .. } => "give the links of these very pairs, a line each, in their order".into(),
            Self::NoLinks { .. } => "a line holds the links of a pair, such as `1-1 2-3 3p2`".into(),
            Self::First { .. } => {
                "say it: --gold-first 0 or --gold-first 1; a look at a pair whose last words are linked tells".into()
            }
            Self::Fieldless { format, .. } => format!(
                "the format is told by the contents and the end of the path (.json, .jsonl, .csv, .tsv, .parquet), or by \
                 --input-format; {format} has no {}",
                if *format == "text" { "fields or columns" } else { "header or delimiter" }
            ),
        })
    }
}

fn malformed(what: &FaultKind) -> Option<String> {
    match what {
        FaultKind::Json { .. } | FaultKind::NotObject { .. } => Some(
            "jsonl is one JSON object a line; --input-format json reads a list of objects, and --input-format text prose, \
             one text a line"
                .into(),
        ),
        FaultKind::Columns { .. } | FaultKind::OpenQuote => Some(
            "in csv, a field that holds a comma, a line end or a quotation mark stands in quotation marks, \
             and those within it are doubled; in tsv none is special, so a table of tabs with quotation marks is read by \
             --delimiter '\\t'"
                .into(),
        ),
        FaultKind::SameId { .. } => {
            Some("ids name examples in the report, so each has its own; --id-field names another field".into())
        }
        FaultKind::EmptyLine | FaultKind::EmptySide { .. } => {
            Some("write a text on both sides, or take the line out of every file that belongs to it".into())
        }
        FaultKind::Parts { .. } => Some("a line holds one pair, and its texts hold no mark that parts them".into()),
        FaultKind::LinkPast { first, .. } => Some(format!(
            "words are what stands between white space; --gold-first {} counts them from {}",
            1 - first.number(),
            1 - first.number()
        )),
        FaultKind::Truncated { .. } => Some("fetch the parquet file of the data set in its place".into()),
        _ => None,
    }
}

fn not_utf8(name: &str, looks: Looks) -> String {
    let iconv = |from: &str| format!("`iconv -f {from} -t UTF-8 {name} > utf8.txt`");
    match looks {
        Looks::Latin1 => format!("it looks like Latin-1; convert it first: {}", iconv("LATIN1")),
        Looks::Windows1252 => {
            format!("it looks like Windows-1252; convert it first: {}", iconv("WINDOWS-1252"))
        }
        Looks::Text => {
            format!("convert it first: {}, with the encoding that it was written in", iconv("ENCODING"))
        }
        Looks::Binary => "it looks like no text at all; give a file of texts".to_owned(),
        Looks::Cut => "its last character is cut off; fetch or write the file again".to_owned(),
    }
}

fn quoted<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 20;
    let mut quoted: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
    let more = quoted.len().saturating_sub(SHOWN);
    quoted.truncate(SHOWN);
    let shown = quoted.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// What there is, and what may have been meant.
fn no_field(field: &str, flag: &str, there: &[String]) -> String {
    let near = near(field, there.iter().map(String::as_str));
    let meant = if near.is_empty() { String::new() } else { format!("did you mean {}? ", quoted(near)) };
    format!(
        "{meant}it has {}; name one with {flag}. Where the first line of a table is an example already, give \
         --no-header and the numbers of the columns, such as --text-field 1; --input-format text reads lines as they stand",
        quoted(there.iter().map(String::as_str))
    )
}

fn no_rows(keys: &[String], lists: &[String]) -> String {
    let has = format!("it has {}", quoted(keys.iter().map(String::as_str)));
    match lists {
        [] => format!("{has}; write the examples as a list of objects, or one object a line"),
        [one, ..] => format!(
            "{has}, of which {} hold lists; take one out, as by `jq '.[{one:?}]' FILE > list.json`",
            quoted(lists.iter().map(String::as_str))
        ),
    }
}
