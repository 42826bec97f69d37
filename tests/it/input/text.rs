//! Text files to examples.

use std::fs;
use std::path::Path;

use attncheck::input::{Examples, Format, InputError, Options};
use proptest::prelude::*;

fn read(path: &Path, limit: Option<usize>) -> Result<Examples, InputError> {
    attncheck::input::read(path, &Options::default(), limit)
}

fn read_from(bytes: &[u8], name: &str, limit: Option<usize>) -> Result<Examples, InputError> {
    attncheck::input::read_from(bytes, name, &Options::default(), limit)
}

fn parse(bytes: &[u8]) -> Result<Examples, InputError> {
    read_from(bytes, "test", None)
}

fn texts(bytes: &[u8]) -> Vec<(usize, String)> {
    parse(bytes).unwrap().examples.into_iter().map(|example| (example.line, example.text)).collect()
}

#[test]
fn one_example_a_line_with_its_line_number() {
    let examples = parse(b"good\n\n  \t\r\nbad film\r\n").unwrap();
    let told: Vec<_> = examples.examples.iter().map(|e| (e.id.as_str(), e.line, e.text.as_str())).collect();
    assert_eq!(told, [("1", 1, "good"), ("4", 4, "bad film")]);
    assert_eq!(examples.empty_lines, 2);
    assert_eq!(examples.name, "test");
    assert!(examples.examples.iter().all(|e| e.pair.is_none() && e.label.is_none()));
}

#[test]
fn line_ends_and_byte_order_mark_are_no_part_of_the_text() {
    assert_eq!(texts(b"\xef\xbb\xbfone\r\ntwo"), [(1, "one".to_owned()), (2, "two".to_owned())]);
    assert_eq!(texts(b"a\r\r\n b \n"), [(1, "a".to_owned()), (3, " b ".to_owned())]);
    assert_eq!(texts("a\u{feff}b".as_bytes()), [(1, "a\u{feff}b".to_owned())]);
}

#[test]
fn empty_lines_of_unicode_space_are_empty() {
    let examples = parse("\u{a0}\u{3000}\nx".as_bytes()).unwrap();
    assert_eq!((examples.empty_lines, examples.examples[0].line), (1, 2));
}

#[test]
fn nothing_to_read_is_an_error() {
    for (bytes, lines) in [(&b""[..], 0), (b"\xef\xbb\xbf", 0), (b"\n", 1), (b" \n\r\n\t\n", 3)] {
        match parse(bytes) {
            Err(InputError::Empty { empty_lines, .. }) => assert_eq!(empty_lines, lines),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bad_bytes_are_placed_by_line_and_byte() {
    let place = |bytes: &[u8]| match parse(bytes) {
        Err(InputError::NotUtf8 { line, column, offset, byte, .. }) => (line, column, offset, byte),
        other => panic!("{other:?}"),
    };
    assert_eq!(place(b"\xff"), (1, 1, 0, 0xff));
    assert_eq!(place(b"good\nca\xe9 x\n"), (2, 3, 7, 0xe9));
    assert_eq!(place("é\n".as_bytes().split_at(1).0), (1, 1, 0, 0xc3));
    assert_eq!(place(b"\xef\xbb\xbfab\xff"), (1, 3, 5, 0xff));
    let message = parse(b"a\nb\xffc").unwrap_err().to_string();
    assert_eq!(message, "test is not UTF-8: byte 0xff at line 2, byte 2 (byte 3 of the file)");
}

#[test]
fn limit_counts_examples_not_lines() {
    let examples = read_from(&b"\na\n\nb\n\nc\n"[..], "test", Some(2)).unwrap();
    assert_eq!(examples.examples.len(), 2);
    assert_eq!(examples.empty_lines, 2);
    assert!(read_from(&b"a"[..], "test", Some(0)).unwrap().examples.is_empty());
}

#[test]
fn files_are_named_as_given_and_refusals_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reviews.txt");
    fs::write(&path, "fine\n").unwrap();
    let examples = read(&path, None).unwrap();
    assert_eq!(examples.name, path.display().to_string());
    let missing = read(&folder.path().join("none.txt"), None).unwrap_err();
    assert!(matches!(missing, InputError::Missing { .. }), "{missing:?}");
    let directory = read(folder.path(), None).unwrap_err();
    assert!(matches!(directory, InputError::Directory { .. }), "{directory:?}");
    let below = read(&path.join("x"), None).unwrap_err();
    assert!(matches!(below, InputError::Unreadable { .. }), "{below:?}");
    assert!(missing.hint().is_some() && directory.hint().unwrap().starts_with("give one file"));
    fs::write(folder.path().join("state.json"), "{}").unwrap();
    assert!(read(folder.path(), None).unwrap_err().hint().unwrap().contains("load_from_disk"));
    assert!(matches!(read(Path::new(""), None), Err(InputError::Missing { .. })));
}

proptest! {
    #[test]
    fn every_line_is_an_example_or_counted(lines in prop::collection::vec("[^\n\r\0]{0,6}", 1..12), ends in any::<bool>()) {
        let mut joined = lines.join("\n");
        joined.push_str(if ends { "\n" } else { "" });
        let text = Options { format: Some(Format::Text), ..Options::default() };
        let told = attncheck::input::read_from(joined.as_bytes(), "test", &text, None);
        // The mark is no text, and a last line counts only where there is something on it.
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines[0] = lines[0].strip_prefix('\u{feff}').unwrap_or(lines[0]);
        if !ends && lines.last() == Some(&"") {
            lines.pop();
        }
        let empty = lines.iter().filter(|line| line.trim().is_empty()).count();
        match told {
            Ok(examples) => {
                prop_assert_eq!(examples.empty_lines, empty);
                prop_assert_eq!(examples.examples.len() + empty, lines.len());
                for example in &examples.examples {
                    prop_assert_eq!(example.text.as_str(), lines[example.line - 1]);
                }
            }
            Err(InputError::Empty { empty_lines, .. }) => {
                prop_assert_eq!(empty_lines, empty);
                prop_assert_eq!(empty, lines.len());
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let told = parse(&bytes).map_err(|error| (error.to_string(), error.hint()));
        let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        if std::str::from_utf8(&bytes).is_err() && !marked {
            prop_assert!(told.is_err());
        }
    }
}
