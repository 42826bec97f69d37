//! What the first bytes of a file say it is.

/// What a file is that is not simply text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows in columns, which are read.
    Parquet,
    /// A compressed file, whose contents are read.
    Packed(Packing),
    /// A file of something else.
    Foreign {
        /// What the file is.
        what: &'static str,
        /// How its texts are got out.
        mend: &'static str,
        /// It is written in letters, so that somebody may want it read as text all the same.
        letters: bool,
    },
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

const fn foreign(what: &'static str, mend: &'static str) -> Kind {
    Kind::Foreign { what, mend, letters: false }
}

const fn letters(what: &'static str, mend: &'static str) -> Kind {
    Kind::Foreign { what, mend, letters: true }
}

/// A page of the hub in the place of a file, or any other.
const PAGE: Kind = letters(
    "a web page",
    "a file of the hub is downloaded from the address with /resolve/ in it, or by `hf download NAME --repo-type dataset`",
);
const OFFICE: &str = "save the sheet as CSV UTF-8, or `python -c \"import pandas; pandas.read_excel('FILE').to_csv('texts.csv', index=False)\"`";
const IMAGE: Kind = foreign("an image", "give the text itself; attncheck reads no images");

/// First bytes and what they say; of two that fit, the longer.
const MAGIC: &[(&[u8], Kind)] = &[
    (b"PAR1", Kind::Parquet),
    (b"\x1f\x8b", Kind::Packed(Packing::Gzip)),
    (b"\x28\xb5\x2f\xfd", Kind::Packed(Packing::Zstd)),
    (
        b"PARE",
        foreign("an encrypted parquet file", "write it without encryption, by pyarrow.parquet.write_table"),
    ),
    (
        b"ARROW1",
        foreign(
            "an Arrow file",
            "write parquet of it: `python -c \"import pandas; pandas.read_feather('FILE').to_parquet('texts.parquet')\"`",
        ),
    ),
    (b"\xff\xff\xff\xff", ARROW),
    (
        b"FEA1",
        foreign(
            "a feather file",
            "`python -c \"import pandas; pandas.read_feather('FILE').to_parquet('texts.parquet')\"`",
        ),
    ),
    (
        b"ORC",
        foreign(
            "an ORC file",
            "`python -c \"import pandas; pandas.read_orc('FILE').to_parquet('texts.parquet')\"`",
        ),
    ),
    (b"Obj\x01", foreign("an Avro file", "write its rows as JSON lines")),
    (
        b"SQLite format 3\0",
        foreign(
            "an SQLite database",
            "`sqlite3 -header -csv FILE 'select text, label from TABLE' > texts.csv` writes a table of it",
        ),
    ),
    (
        b"\x89HDF\r\n\x1a\n",
        foreign(
            "an HDF5 file",
            "`python -c \"import pandas; pandas.read_hdf('FILE').to_csv('texts.csv', index=False)\"`",
        ),
    ),
    (
        b"\x93NUMPY",
        foreign(
            "a NumPy array",
            "`python -c \"import json, numpy; json.dump(numpy.load('FILE').tolist(), open('texts.json', 'w'))\"`",
        ),
    ),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", foreign("a document of an old office program (xls, doc)", OFFICE)),
    (
        b"%PDF-",
        foreign("a PDF document", "`pdftotext FILE texts.txt` takes its text out; write one text a line"),
    ),
    (b"BZh", foreign("compressed by bzip2", "unpack it: `bunzip2 -c FILE | attncheck audit -`")),
    (b"\xfd7zXZ\0", foreign("compressed by xz", "unpack it: `xz -dc FILE | attncheck audit -`")),
    (b"\x04\x22\x4d\x18", foreign("compressed by lz4", "unpack it: `lz4 -dc FILE | attncheck audit -`")),
    (b"7z\xbc\xaf\x27\x1c", foreign("a 7-Zip archive", "unpack it, and give the file of texts in it")),
    (b"Rar!\x1a\x07", foreign("a RAR archive", "unpack it, and give the file of texts in it")),
    (b"\x89PNG\r\n\x1a\n", IMAGE),
    (b"\xff\xd8\xff", IMAGE),
    (b"GIF87a", IMAGE),
    (b"GIF89a", IMAGE),
    (b"II*\0", IMAGE),
    (b"MM\0*", IMAGE),
    (b"\x7fELF", foreign("a program", "give a file of texts")),
    (b"GGUF", foreign("a model", "give the texts first; a model is named by --model")),
    (
        b"version https://git-lfs.github.com/spec/",
        letters("a pointer of Git LFS, not the file itself", "fetch the file: `git lfs pull`"),
    ),
    (b"<!DOCTYPE html", PAGE),
    (b"<!doctype html", PAGE),
    (b"<html", PAGE),
    (b"<?xml", letters("an XML document", "write its texts one a line, or as JSON lines")),
    (b"{\\rtf", letters("a rich text document", "save it as plain text, one text a line")),
];

/// The stream of Arrow, which the library datasets saves.
const ARROW: Kind = foreign(
    "an Arrow stream",
    "write parquet of it: `python -c \"import datasets; datasets.Dataset.from_file('FILE').to_parquet('texts.parquet')\"`",
);
const PICKLE: Kind = foreign(
    "a Python pickle",
    "pickles run code when they are read, so attncheck reads none; write JSON lines of it in Python, as with \
     pandas.read_pickle('FILE').to_json('texts.jsonl', orient='records', lines=True)",
);
const ZIP: Kind = foreign("a zip archive", "unpack it, and give the file of texts in it");

/// What the first bytes say; `None` for what may be text.
pub(super) fn of(head: &[u8]) -> Option<Kind> {
    let fits = MAGIC.iter().filter(|(magic, _)| head.starts_with(magic));
    let kind = fits.max_by_key(|(magic, _)| magic.len()).map(|(_, kind)| *kind);
    match kind {
        Some(kind) if kind == ZIP => Some(zip(head)),
        // Two letters and a digit are no proof; the block's own mark is.
        Some(_) if head.starts_with(b"BZh") && head.get(4..10) != Some(b"1AY&SY") => None,
        Some(_) if head.starts_with(b"ORC") && !head.contains(&0) => None,
        None if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") => Some(IMAGE),
        None if head.get(257..262) == Some(b"ustar") => {
            Some(foreign("a tar archive", "unpack it: `tar -xf FILE`, and give the file of texts in it"))
        }
        kind => kind,
    }
}

/// Whether more bytes may still say what it is.
pub(super) fn undecided(head: &[u8]) -> bool {
    MAGIC.iter().any(|(magic, _)| magic.len() > head.len() && magic.starts_with(head))
        || (head.len() < 10 && b"BZh91AY&SY".starts_with(head.get(..3).unwrap_or(head)))
        || (head.len() < 12 && b"RIFF".starts_with(head.get(..4).unwrap_or(head)))
}

/// What kind of archive, by the name of the first file in it.
fn zip(head: &[u8]) -> Kind {
    let name = head.get(30..).unwrap_or_default();
    let holds = |part: &[u8]| head.windows(part.len()).any(|window| window == part);
    if name.starts_with(b"[Content_Types].xml") || name.starts_with(b"_rels/") || holds(b"xl/") {
        foreign("an office document (a spreadsheet or the like)", OFFICE)
    } else if name.starts_with(b"mimetype") {
        foreign("an office document (OpenDocument)", OFFICE)
    } else if holds(b"/data.pkl") {
        foreign("a checkpoint of PyTorch", "give the texts first; a model is named by --model")
    } else if holds(b".npy") {
        foreign("an archive of NumPy arrays", "write its texts as JSON lines in Python")
    } else {
        ZIP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_stays_decided() {
        for (magic, kind) in MAGIC {
            for length in 0..magic.len() {
                assert!(undecided(&magic[..length]), "{:?}", &magic[..length]);
            }
            let more = [magic, b"91AY&SY\0 and more".as_slice()].concat();
            let found = of(&more);
            assert!(found.is_some() && (found == Some(*kind) || *kind == ZIP || magic == b"BZh"), "{kind:?}");
        }
    }

    #[test]
    fn prose_is_no_file_of_another_kind() {
        for prose in
            ["ORCs are green", "BZh is no word", "PK is short", "GIF or JPEG", "Objective", "%PD", "RIFFRAFF"]
        {
            assert_eq!(of(prose.as_bytes()), None, "{prose}");
        }
    }
}
