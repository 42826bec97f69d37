//! No bytes make a format panic, and what is read obeys its laws.

use attncheck::input::{Examples, Format, InputError, Options, read_from};
use proptest::prelude::*;

/// Every format, and the contents' own.
const FORMATS: [Option<Format>; 7] = [
    None,
    Some(Format::Text),
    Some(Format::Json),
    Some(Format::Jsonl),
    Some(Format::Csv),
    Some(Format::Tsv),
    Some(Format::Parquet),
];

/// What must hold of everything that is read.
fn check(bytes: &[u8], format: Option<Format>, header: bool, limit: Option<usize>) {
    let options = Options { format, header, ..Options::default() };
    let Examples { examples, .. } = match read_from(bytes, "test", &options, limit) {
        Ok(examples) => examples,
        Err(error) => {
            let (said, hint) = (error.to_string(), error.hint());
            assert!(said.lines().count() <= 22, "{said}");
            if let InputError::Malformed { faults, malformed, .. } = error {
                assert!(!faults.is_empty() && faults.len() == malformed.min(20), "{said}");
                assert!(faults.windows(2).all(|pair| pair[0].line <= pair[1].line), "{said}");
            } else {
                assert!(hint.is_some(), "{said}");
            }
            return;
        }
    };
    assert!(limit.is_none_or(|limit| examples.len() <= limit));
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    let mut ids: Vec<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), examples.len());
    assert!(examples.windows(2).all(|pair| pair[0].line < pair[1].line || format != Some(Format::Text)));
    for example in &examples {
        assert!((1..=lines).contains(&example.line));
        assert!(!example.text.trim().is_empty() || format != Some(Format::Text));
        for span in example.rationale.iter().flatten() {
            assert!(!span.is_empty() && example.text.get(span.clone()).is_some());
        }
    }
}

/// Bytes that often come near a format.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: [&[u8]; 28] = [
        b"text",
        b"label",
        b"id",
        b"rationale",
        b"text_pair",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b"\"\"",
        b",",
        b"\t",
        b":",
        b"\n",
        b"\r\n",
        b"\r",
        b"0",
        b"-1",
        b"1e999",
        b"null",
        b"true",
        b"\\ud800",
        b"\xff",
        b"\xef\xbb\xbf",
        b" ",
        b"{\"text\": \"a b\", \"rationale\": [[0, ",
        b"text,label\n",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_a_format_panic(bytes in prop::collection::vec(any::<u8>(), 0..96), header in any::<bool>(), limit in prop::option::of(0_usize..3)) {
        for format in FORMATS {
            check(&bytes, format, header, limit);
        }
    }

    #[test]
    fn nor_do_bytes_that_come_near(bytes in bytes(), header in any::<bool>(), limit in prop::option::of(0_usize..3)) {
        for format in FORMATS {
            check(&bytes, format, header, limit);
        }
    }

    /// What is written as the standard says is read back, on the line where it begins.
    #[test]
    fn tables_are_read_back(rows in prop::collection::vec(("[a-z \",\n\r\té]{0,8}x", "[a-z\"\n,]{0,3}"), 1..6), ends in any::<bool>()) {
        let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let end = if ends { "\r\n" } else { "\n" };
        let mut table = format!("text,label{end}");
        let mut lines = Vec::new();
        for (text, label) in &rows {
            lines.push(table.replace("\r\n", "\n").matches(['\n', '\r']).count() + 1);
            table.extend([quote(text), quote(label)].join(",").chars().chain(end.chars()));
        }
        let options = Options { format: Some(Format::Csv), ..Options::default() };
        let read = read_from(table.as_bytes(), "test", &options, None).unwrap();
        prop_assert_eq!(read.empty_lines, 0);
        prop_assert_eq!(read.examples.len(), rows.len());
        for ((example, (text, _)), line) in read.examples.iter().zip(&rows).zip(lines) {
            prop_assert_eq!(&example.text, text);
            prop_assert_eq!(example.line, line);
        }
    }
}
