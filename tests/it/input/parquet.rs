//! Parquet, as pyarrow and polars write it.

use std::fs;
use std::path::{Path, PathBuf};

use attncheck::input::{Example, Examples, Fields, InputError, Label, Options, read, read_from};
use proptest::prelude::*;

use super::{marked, told};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts/parquet").join(name)
}

fn fields(text: &str, label: &str, id: &str, rationale: Option<&str>) -> Options {
    let fields = Fields {
        text: Some(text.to_owned()),
        label: Some(label.to_owned()),
        id: Some(id.to_owned()),
        rationale: rationale.map(str::to_owned),
        ..Fields::default()
    };
    Options { fields, ..Options::default() }
}

fn whole(name: &str) -> Vec<Example> {
    read(&file(name), &fields("text", "label", "id", Some("spans")), None).unwrap().examples
}

fn names(examples: &[Example]) -> Vec<Option<&str>> {
    examples.iter().map(|example| example.label.as_ref().map(|label| label.name.as_str())).collect()
}

#[test]
fn every_codec_and_encoding_gives_the_same_rows() {
    let expected = whole("none.parquet");
    let texts: Vec<&str> = expected.iter().map(|example| example.text.as_str()).collect();
    let good = "a thoroughly enjoyable film";
    assert_eq!(
        texts,
        [good, "dull , and far too long", "naïve 👍🏽 \"quoted\",\tand\ntwo lines", "", good],
        "null is a text that is not there"
    );
    assert_eq!(names(&expected), [Some("1"), Some("0"), Some("-1"), Some("1"), None]);
    let ids: Vec<_> = expected.iter().map(|example| (example.id.as_str(), example.line)).collect();
    assert_eq!(ids, [("10", 1), ("11", 2), ("12", 3), ("13", 4), ("14", 5)]);
    let spans =
        |example: &Example| example.rationale.as_ref().map(|spans| marked(&example.text, spans).join("|"));
    let spans: Vec<_> = expected.iter().map(spans).collect();
    assert_eq!(
        spans,
        [Some("thoroughly".into()), Some(String::new()), None, None, Some("a|thoroughly".into())]
    );
    for name in ["snappy", "gzip", "zstd", "lz4", "groups", "delta", "named", "polars"] {
        let found = whole(&format!("{name}.parquet"));
        if name == "named" {
            let texts: Vec<&str> = found.iter().map(|example| example.text.as_str()).collect();
            assert_eq!(texts, expected.iter().map(|example| example.text.as_str()).collect::<Vec<_>>());
        } else {
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn numbers_booleans_and_floats_are_labels() {
    let of = |label: &str| {
        let found = read(&file("snappy.parquet"), &fields("text", label, "id", None), None).unwrap().examples;
        names(&found).into_iter().map(|name| name.map(str::to_owned)).collect::<Vec<_>>()
    };
    let owned = |names: [Option<&str>; 5]| names.map(|name| name.map(str::to_owned)).to_vec();
    assert_eq!(of("share"), owned([Some("0.5"), Some("1"), None, Some("0"), Some("2")]));
    assert_eq!(of("good"), owned([Some("true"), Some("false"), None, Some("true"), Some("true")]));
    let (error, _) = told(read(&file("snappy.parquet"), &fields("text", "spans", "id", None), None));
    assert!(error.starts_with("") && error.contains("\n  row 1: expected a label's name"), "{error}");
}

#[test]
fn classes_have_the_names_that_the_data_set_gives_them() {
    let found = whole("named.parquet");
    assert_eq!(names(&found), [Some("positive"), Some("negative"), Some("-1"), Some("positive"), None]);
    assert_eq!(found[0].label, Some(Label { name: "positive".into(), number: Some(1), spaced: false }));
}

#[test]
fn fields_within_fields_and_texts_of_bytes_are_found() {
    let found = read(
        &file("nested.parquet"),
        &Options {
            fields: Fields {
                text: Some("data.text".into()),
                label: Some("data.label".into()),
                ..Fields::default()
            },
            ..Options::default()
        },
        None,
    )
    .unwrap()
    .examples;
    assert_eq!((found[1].text.as_str(), names(&found)[1]), ("dull , and far too long", Some("0")));
    let found = read(&file("bytes.parquet"), &Options::default(), None).unwrap().examples;
    assert_eq!(
        (found[2].text.as_str(), found[3].text.as_str()),
        ("naïve 👍🏽 \"quoted\",\tand\ntwo lines", "")
    );
    let (error, _) = told(read(&file("no_text.parquet"), &Options::default(), None));
    assert!(error.contains("row 1: expected a string in the field \"text\", found a list"), "{error}");
}

#[test]
fn a_stream_is_read_as_the_file_is_and_no_further_than_the_limit() {
    let bytes = fs::read(file("groups.parquet")).unwrap();
    let options = fields("text", "label", "id", Some("spans"));
    let found = read_from(bytes.as_slice(), "test", &options, Some(3)).unwrap().examples;
    assert_eq!(found, whole("groups.parquet")[..3]);
    // By whatever name, and packed once more.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.csv");
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read(&path, &options, None).unwrap().examples, whole("groups.parquet"));
}

#[test]
fn what_is_wrong_is_told() {
    let (error, hint) = told(read(&file("brotli.parquet"), &Options::default(), None));
    assert!(error.contains("the column \"text\" of ") && error.contains("compressed by brotli"), "{error}");
    assert!(hint.contains("compression='zstd'"), "{hint}");
    let wrong =
        Options { fields: Fields { text: Some("txt".into()), ..Fields::default() }, ..Options::default() };
    let (error, hint) = told(read(&file("zstd.parquet"), &wrong, None));
    assert!(
        error.ends_with("has no field \"txt\"") && hint.starts_with("did you mean \"text\"?"),
        "{error} {hint}"
    );
    assert!(matches!(
        read(&file("empty.parquet"), &Options::default(), None),
        Err(InputError::Empty { empty_lines: 0, .. })
    ));
    let bytes = fs::read(file("zstd.parquet")).unwrap();
    let cut = read_from(&bytes[..bytes.len() / 2], "test", &Options::default(), None);
    assert!(matches!(cut, Err(InputError::Parquet { .. })), "{cut:?}");
}

fn any_change(bytes: &[u8], changes: &[(usize, u8)]) -> Result<Examples, InputError> {
    let mut bytes = bytes.to_vec();
    for (at, to) in changes {
        let at = at % bytes.len();
        bytes[at] = *to;
    }
    read_from(bytes.as_slice(), "test", &Options::default(), None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is changed in a file, it is read or told.
    #[test]
    fn no_bytes_make_it_panic(
        name in prop::sample::select(vec!["none", "snappy", "zstd", "groups", "delta", "named", "nested", "lz4"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let bytes = fs::read(file(&format!("{name}.parquet"))).unwrap();
        let changes: Vec<_> = changes.into_iter().map(|(at, to)| (at.index(bytes.len() - 4) + 4, to)).collect();
        if let Err(error) = any_change(&bytes, &changes) {
            prop_assert!(!error.to_string().is_empty() && error.hint().is_some());
        }
    }
}
