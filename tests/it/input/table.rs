//! Comma- and tab-separated values.

use std::fs;

use attncheck::input::{Example, Fields, Format, InputError, Label, Options, read, read_from};

use super::{parse, told, with};

fn rows(format: Format, bytes: &str) -> Vec<Example> {
    parse(format, bytes.as_bytes()).unwrap().examples
}

fn places(examples: &[Example]) -> Vec<(usize, &str)> {
    examples.iter().map(|example| (example.line, example.text.as_str())).collect()
}

#[test]
fn lines_are_those_of_the_file() {
    let table = "\u{feff}text,label\r\n\"two\r\nlines\",1\r\n\r\n\"a \"\"word\"\"\",0\r\n\n\nlast,\n\n";
    let read = parse(Format::Csv, table.as_bytes()).unwrap();
    assert_eq!(places(&read.examples), [(2, "two\r\nlines"), (5, "a \"word\""), (8, "last")]);
    assert_eq!(read.empty_lines, 4);
    let labels: Vec<_> = read.examples.iter().map(|example| example.label.clone()).collect();
    assert_eq!(labels, [Label::of("1"), Label::of("0"), None]);
    assert_eq!(read.examples[1].id, "5");
}

#[test]
fn blank_lines_before_the_names_count() {
    let read = parse(Format::Csv, b"\n\r\ntext\na\n").unwrap();
    assert_eq!((places(&read.examples), read.empty_lines), (vec![(4, "a")], 2));
    assert!(matches!(parse(Format::Csv, b"text\n\n\n"), Err(InputError::Empty { empty_lines: 2, .. })));
    assert!(matches!(parse(Format::Csv, b"\n\n"), Err(InputError::Empty { empty_lines: 2, .. })));
    assert!(matches!(parse(Format::Tsv, b""), Err(InputError::Empty { empty_lines: 0, .. })));
}

#[test]
fn tabs_part_and_quotes_are_ordinary() {
    let read = rows(Format::Tsv, "label\ttext\tid\n1\t\"quoted\tone\n0\tan \" inside\ttwo\n");
    assert_eq!(places(&read), [(2, "\"quoted"), (3, "an \" inside")]);
    assert_eq!(read[1].id, "two");
}

#[test]
fn quotation_marks_that_stand_as_in_csv_are_noted() {
    let notes = |table: &str| parse(Format::Tsv, table.as_bytes()).unwrap().notes;
    let noted = notes("text\n\"a \"\"dull\"\" film\"\nb\n");
    assert!(noted[0].contains("--delimiter '\\t'"), "{noted:?}");
    assert!(notes("text\n\"a\" b\n\"c\"\n").is_empty() && notes("text\na\n").is_empty());
    let (_, hint) = told(parse(Format::Tsv, b"text\tlabel\n\"a\nb\"\t1\n"));
    assert!(hint.contains("--delimiter '\\t'"), "{hint}");
}

#[test]
fn every_column_is_read() {
    let table = "id,text,text_pair,label,target,rationale\nx,a film,b,positive,negative,\"[0, 2, 3]\"\n";
    let read = rows(Format::Csv, table);
    assert_eq!((read[0].id.as_str(), read[0].pair.as_deref()), ("x", Some("b")));
    assert_eq!(read[0].label, Label::of("positive"));
    assert_eq!(read[0].target, Label::of("negative"));
    assert_eq!(read[0].rationale, Some(vec![0..1, 2..4]));
}

#[test]
fn ragged_rows_are_told() {
    let (error, hint) = told(parse(Format::Csv, b"text,label\na,1\nb\nc,1,2\n\"d\n\",1\n,1\n"));
    let expected = "test has 2 malformed lines\n  \
        line 3: expected 2 columns as on the first line, found 1\n  \
        line 4: expected 2 columns as on the first line, found 3";
    assert_eq!(error, expected);
    assert!(hint.contains("quotation marks"), "{hint}");
}

#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens() {
    let (error, _) = told(parse(Format::Csv, b"text,label\na,1\n\"b,1\nc,1\nd,1\n"));
    assert_eq!(
        error,
        "test has a malformed line\n  line 3: expected a closing quotation mark before the end of the file"
    );
    let (error, _) = told(parse(Format::Csv, b"label,text\n1,a\n1,\"b\n"));
    assert!(error.contains("line 3: expected a closing quotation mark"), "{error}");
    // An inch is no quotation.
    assert_eq!(rows(Format::Csv, "text\na 5\" disk\n")[0].text, "a 5\" disk");
}

#[test]
fn a_wrong_column_is_told_with_those_there_are() {
    let fields = Fields { text: Some("sentense".into()), ..Fields::default() };
    let (error, hint) = told(with(Format::Csv, fields, b"idx,sentence,label\n1,a,0\n"));
    assert_eq!(error, "test has no field \"sentense\"");
    assert!(
        hint.starts_with("did you mean \"sentence\"? it has \"idx\", \"sentence\", \"label\"; "),
        "{hint}"
    );
    let (error, hint) = told(parse(Format::Tsv, b"one long string\t0\n"));
    assert_eq!(error, "test has no field \"text\"");
    assert!(hint.contains("--no-header"), "{hint}");
    let (error, _) = told(parse(Format::Csv, b"text,label,text\n"));
    assert_eq!(error, "test has two columns \"text\", the 1. and the 3.");
}

#[test]
fn without_names_columns_have_numbers() {
    let options = |text: Option<&str>, label: Option<&str>| Options {
        format: Some(Format::Tsv),
        fields: Fields {
            text: text.map(str::to_owned),
            label: label.map(str::to_owned),
            ..Fields::default()
        },
        header: false,
        ..Options::default()
    };
    let table = b"one long string\t0\nanother\t1\n";
    let read = read_from(&table[..], "test", &options(None, Some("2")), None).unwrap().examples;
    assert_eq!(places(&read), [(1, "one long string"), (2, "another")]);
    assert_eq!(read[1].label, Label::of("1"));
    let read = read_from(&table[..], "test", &options(Some("2"), None), None).unwrap().examples;
    assert_eq!((places(&read), &read[0].label), (vec![(1, "0"), (2, "1")], &None));
    for wrong in ["3", "0", "text", ""] {
        let (error, hint) = told(read_from(&table[..], "test", &options(Some(wrong), None), None));
        assert_eq!(error, format!("test has no column {wrong:?}, only 1 to 2"));
        assert!(hint.contains("the number of a column"), "{hint}");
    }
}

#[test]
fn the_end_of_the_path_says_the_format_where_the_contents_do_not() {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents, text) in [
        ("a.jsonl", "{\"text\": \"x\"}", "x"),
        ("a.NDJSON", "{\"text\": \"x\"}", "x"),
        ("a.csv", "label,text\n1,x", "x"),
        ("a.Tsv", "label\ttext\n1\tx", "x"),
        ("a.json", "{\"text\": \"x\"}", "x"),
        ("a", "text", "text"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, contents).unwrap();
        assert_eq!(read(&path, &Options::default(), None).unwrap().examples[0].text, text, "{name}");
    }
    let path = folder.path().join("a.jsonl");
    let text = Options { format: Some(Format::Text), ..Options::default() };
    assert_eq!(read(&path, &text, None).unwrap().examples[0].text, "{\"text\": \"x\"}");
}

#[test]
fn an_empty_cell_is_left_to_the_example_and_an_empty_row_left_out() {
    let read = parse(Format::Csv, b"text,label,id\n,1,\n\"\",,x\n,,\n , , \nlast,,\n").unwrap();
    assert_eq!(places(&read.examples), [(2, ""), (3, ""), (6, "last")]);
    assert_eq!((read.empty_lines, read.examples[1].id.as_str()), (2, "x"));
    assert_eq!(rows(Format::Tsv, "text\tlabel\n\t1\n")[0].text, "");
}

#[test]
fn another_delimiter_is_told_and_can_be_said() {
    for (table, format, parted, mend) in [
        ("text;label\n\"a; b\";1\n", Format::Csv, "by semicolons, not by commas", "--delimiter ';'"),
        ("id|text\n1|a\n", Format::Csv, "by '|', not by commas", "--delimiter '|'"),
        ("text\tlabel\na\t1\n", Format::Csv, "by tabs, not by commas", "--input-format tsv"),
        ("text,label\na,1\n", Format::Tsv, "by commas, not by tabs", "--input-format csv"),
    ] {
        let (error, hint) = told(parse(format, table.as_bytes()));
        assert_eq!(error, format!("the columns of test are parted {parted}"));
        assert!(hint.contains(mend), "{hint}");
    }
    let options = |delimiter, format| Options { delimiter: Some(delimiter), format, ..Options::default() };
    let table = b"label;text\n1;\"a; b\"\n";
    for format in [None, Some(Format::Csv)] {
        let read = read_from(&table[..], "test", &options(b';', format), None).unwrap().examples;
        assert_eq!((places(&read), &read[0].label), (vec![(2, "a; b")], &Label::of("1")));
    }
    let (error, _) = told(read_from(&table[..], "test", &options(b';', Some(Format::Jsonl)), None));
    assert_eq!(error, "--delimiter does not go with test, which is read as jsonl");
    let numbered = Options {
        fields: Fields { label: Some("2".into()), ..Fields::default() },
        header: false,
        format: Some(Format::Csv),
        ..Options::default()
    };
    let (error, _) = told(read_from(&b"a b;1\n"[..], "test", &numbered, None));
    assert_eq!(error, "the columns of test are parted by semicolons, not by commas");
    // Without a name that says that it is a table, the names of its columns do.
    let auto = |table: &str| read_from(table.as_bytes(), "test", &Options::default(), None);
    assert_eq!(auto("text,label\na,1\n").unwrap().examples[0].label, Label::of("1"));
    assert_eq!(auto("id\ttext\n1\ta\n").unwrap().examples[0].id, "1");
    assert!(matches!(auto("text;label\na;1\n"), Err(InputError::Delimiter { found: b';', .. })));
    assert!(matches!(auto("sentence\tlabel\na\t1\n"), Err(InputError::NoField { .. })));
    // As pandas writes its index, and spreadsheets what they do not use.
    assert_eq!(auto(",text\n0,a\n").unwrap().examples[0].text, "a");
    assert_eq!(auto("\ttext\tlabel\n0\ta\t1\n").unwrap().examples[0].label, Label::of("1"));
    assert_eq!(auto("text,label,,\na,1,,\n").unwrap().examples.len(), 1);
    assert_eq!(auto("text,\na,\n").unwrap().examples.len(), 2);
    let table = "sep=;\ntext;label\na;1\n";
    assert!(matches!(parse(Format::Csv, table.as_bytes()), Err(InputError::Delimiter { found: b';', .. })));
    let read = read_from(table.as_bytes(), "test", &options(b';', None), None).unwrap();
    assert_eq!((places(&read.examples), read.empty_lines), (vec![(3, "a")], 1));
    assert_eq!(auto("text, he said,\nand label\n").unwrap().examples.len(), 2);
    let tabs = auto("a good film\t1\na bad one\t0\n").unwrap();
    assert!(tabs.notes[0].contains("--input-format tsv") && auto("a b\tc\nd\n").unwrap().notes.is_empty());
}

#[test]
fn a_format_without_fields_refuses_their_flags() {
    let fields = Fields { label: Some("l".into()), ..Fields::default() };
    let (error, hint) = told(with(Format::Text, fields, b"a\n"));
    assert_eq!(error, "--label-field does not go with test, which is read as text");
    assert!(hint.contains("--input-format"), "{hint}");
    let options = Options { format: Some(Format::Jsonl), header: false, ..Options::default() };
    assert!(matches!(read_from(&b"{}"[..], "test", &options, None), Err(InputError::Fieldless { .. })));
}
