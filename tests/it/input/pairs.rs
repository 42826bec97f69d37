//! Pairs of sentences and the links between their words.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use attncheck::input::{
    First, Gold, GoldLinks, GoldOptions, InputError, Pair, PairFormat, PairOptions, Pairs, read_gold,
    read_pairs, read_pairs_from,
};
use proptest::prelude::*;
use tempfile::NamedTempFile;

fn of(bytes: impl AsRef<[u8]>) -> Result<Pairs, InputError> {
    read_pairs_from(bytes.as_ref(), "pairs", &PairOptions::default(), None)
}

fn with(options: &PairOptions, bytes: &str) -> Result<Pairs, InputError> {
    read_pairs_from(bytes.as_bytes(), "pairs", options, None)
}

fn texts(pairs: &Pairs) -> Vec<(&str, &str)> {
    pairs.pairs.iter().map(|pair| (pair.source.as_str(), pair.target.as_str())).collect()
}

fn told(error: &InputError) -> String {
    assert!(error.hint().is_some(), "{error}");
    error.to_string()
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn links(
    pairs: &Pairs,
    sure: &str,
    possible: Option<&str>,
    first: Option<First>,
) -> Result<GoldLinks, InputError> {
    let (sure, possible) = (file(sure), possible.map(file));
    read_gold(sure.path(), possible.as_ref().map(NamedTempFile::path), pairs, &GoldOptions { first })
}

#[test]
fn every_form_gives_the_same_pairs() {
    let expected = [("a b", "c d e"), ("\u{e9} \"x\"", "|| y")];
    for text in [
        "a b ||| c d e\n\u{e9} \"x\" ||| || y\n",
        "\u{feff}  a b   |||c d e  \r\n\u{e9} \"x\"|||  || y",
        "a b\tc d e\n\u{e9} \"x\"\t|| y\n\n  \n",
        "target\tnote\tsource\nc d e\t1\ta b\n|| y\t2\t\u{e9} \"x\"\n",
        "{\"text\": \"a b\", \"translation\": \"c d e\", \"source\": \"a book\"}\n{\"text\": \"\u{e9} \\\"x\\\"\", \"translation\": \"|| y\"}\n",
        "{\"source\": \"a b\", \"target\": \"c d e\"}\n{\"source\": \"\u{e9} \\\"x\\\"\", \"target\": \"|| y\"}",
    ] {
        let pairs = of(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(texts(&pairs), expected, "{text:?}");
        assert!(pairs.is_whole);
    }
    let pairs = of("{\"id\": \"p1\", \"text\": \"a\", \"translation\": \"b\"}\n{\"text\": \"a\", \"translation\": \"b\"}").unwrap();
    let names: Vec<(&str, usize)> = pairs.pairs.iter().map(|pair| (pair.id.as_str(), pair.line)).collect();
    assert_eq!(names, [("p1", 1), ("2", 2)]);
}

#[test]
fn fields_and_columns_are_named() {
    let own = |source: &str, target: &str| PairOptions {
        source: Some(source.to_owned()),
        target: Some(target.to_owned()),
        ..PairOptions::default()
    };
    let nested = "{\"translation\": {\"en\": \"a\", \"fr\": \"b\"}}";
    assert_eq!(texts(&with(&own("translation.en", "translation.fr"), nested).unwrap()), [("a", "b")]);
    assert_eq!(texts(&with(&own("fr", "en"), "en\tfr\nb\ta\n").unwrap()), [("a", "b")]);
    assert_eq!(texts(&with(&own("3", "1"), "b\t0\ta\n").unwrap()), [("a", "b")]);
    // A header that is asked for, or that is none.
    let header = |header| PairOptions { header: Some(header), ..PairOptions::default() };
    assert_eq!(texts(&with(&header(false), "text\ttranslation\n").unwrap()), [("text", "translation")]);
    assert_eq!(told(&with(&header(true), "a\tb\n").unwrap_err()), "pairs has no field \"text\"");
    assert!(told(&with(&own("4", "1"), "b\ta\n").unwrap_err()).contains("no column \"4\", only 1 to 2"));
    let bars = PairOptions { format: Some(PairFormat::Bars), ..own("a", "b") };
    assert!(told(&with(&bars, "a ||| b").unwrap_err()).starts_with("--source-field does not go with pairs"));
}

#[test]
fn the_end_of_the_name_tells_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.tsv");
    fs::write(&path, "a ||| b\tc\n").unwrap();
    let pairs = read_pairs(&path, &PairOptions::default(), None).unwrap();
    assert_eq!(texts(&pairs), [("a ||| b", "c")]);
    let missing = read_pairs(Path::new("none/such"), &PairOptions::default(), None).unwrap_err();
    assert!(matches!(missing, InputError::Missing { .. }));
}

#[test]
fn a_limit_reads_no_further() {
    let text = "a ||| b\nc ||| d\nno pair\n";
    let pairs = read_pairs_from(text.as_bytes(), "pairs", &PairOptions::default(), Some(2)).unwrap();
    assert_eq!((pairs.pairs.len(), pairs.is_whole), (2, false));
    let pairs = read_pairs_from(&text.as_bytes()[..16], "pairs", &PairOptions::default(), Some(2)).unwrap();
    assert_eq!((pairs.pairs.len(), pairs.is_whole), (2, true));
}

#[test]
fn what_is_no_pair_is_told_line_by_line() {
    for (text, said) in [
        ("a ||| b\nc\nd ||| e ||| f\n ||| g\nh ||| \n", "pairs has 4 malformed lines"),
        ("a ||| b\nc\n", "line 2: expected two texts with ||| between them, found 1"),
        ("a ||| b\nd ||| e ||| f\n", "line 2: expected two texts with ||| between them, found 3"),
        ("\u{3000} ||| g\n", "line 1: expected a source, found nothing"),
        ("h ||| \n", "line 1: expected a target, found nothing"),
        ("a\tb\nc\td\te\n", "line 2: expected two texts with a tab between them, found 3"),
        ("text\ttranslation\n\tb\n", "line 2: expected a source, found nothing"),
        ("\na ||| b\n", "line 1: expected a pair of texts, found an empty line"),
        ("a ||| b\n \t\nc ||| d\n", "line 2: expected a pair of texts, found an empty line"),
        ("{\"text\": \"a\"}\n", "expected the field \"translation\", which is missing"),
        (
            "{\"text\": \"a\", \"translation\": {\"fr\": \"b\"}}\n",
            "expected a string in the field \"translation\"",
        ),
        ("{\"text\": null, \"translation\": \"b\"}\n", "expected a source, found nothing"),
        ("{\"text\": \"a\", \"translation\": \"b\"}\n[1]\n", "expected a JSON object"),
        ("{\"text\": \"a\"\n", "invalid JSON"),
        (
            "{\"id\": 1, \"text\": \"a\", \"translation\": \"b\"}\n{\"id\": \"1\", \"text\": \"a\", \"translation\": \"b\"}\n",
            "line 2: expected an id of its own",
        ),
        ("a b c\n", "pairs holds no pairs"),
        ("", "pairs holds no example"),
        ("\n\n", "pairs holds no example"),
        ("a ||| b\0\n", "it holds a NUL"),
    ] {
        let error = of(text).unwrap_err();
        assert!(error.to_string().contains(said), "{text:?}: {error}");
    }
    assert!(matches!(of(b"a ||| \xff\n"), Err(InputError::NotUtf8 { line: 1, column: 7, .. })));
    assert!(matches!(of(b"PAR1 a ||| b\n"), Err(InputError::NoPairs { .. })));
    assert!(of(b"\x1f\x8b broken").is_err());
}

#[test]
fn words_are_counted_from_what_the_links_tell() {
    let pairs = of("a b c ||| d e\nf ||| g h\n").unwrap();
    let expected = vec![
        Gold { sure: vec![(0, 0), (2, 1)], possible: vec![(0, 0), (1, 1), (2, 1)] },
        Gold { sure: vec![], possible: vec![(0, 1)] },
    ];
    // Word 0, and the word behind the last.
    for (text, first) in [
        ("0-0 1p1 2-1 0-0\n0?1\n", First::Zero),
        ("3-2 2?2 1-1\n1p2\n", First::One),
        ("2-1 1p1 0-0\n0p1", First::Zero),
    ] {
        let gold = links(&pairs, text, None, None).unwrap();
        assert_eq!((&gold.links, gold.first), (&expected, first), "{text:?}");
    }
    // Where they tell nothing they are not guessed.
    let unknown = links(&pairs, "1-1 2-1\n\n", None, None).unwrap_err();
    assert!(told(&unknown).contains("do not tell whether words are counted from 0 or from 1"));
    assert!(unknown.hint().unwrap().contains("--gold-first 0 or --gold-first 1"));
    let gold = |first| links(&pairs, "1-1 2-1\n\n", None, Some(first)).unwrap().links[0].sure.clone();
    assert_eq!(gold(First::Zero), [(1, 1), (2, 1)]);
    assert_eq!(gold(First::One), [(0, 0), (1, 0)]);
}

#[test]
fn possible_links_may_have_a_file_of_their_own() {
    let pairs = of("a b c ||| d e\nf ||| g h\n").unwrap();
    let gold = links(&pairs, "1-1\n1-1\n", Some("1-1 3-2 2-1\n\n"), None).unwrap();
    assert_eq!(gold.first, First::One);
    assert_eq!(gold.links[0], Gold { sure: vec![(0, 0)], possible: vec![(0, 0), (1, 0), (2, 1)] });
    assert_eq!(gold.links[1], Gold { sure: vec![(0, 0)], possible: vec![(0, 0)] });
    // Both are counted from one number.
    let error = links(&pairs, "0-0\n\n", Some("3-2\n\n"), None).unwrap_err();
    assert!(error.to_string().contains("the link 3-2 names a word that is not there"), "{error}");
}

#[test]
fn links_that_belong_to_no_word_are_told() {
    let pairs = of("a b c ||| d e\nf ||| g h\n").unwrap();
    for (text, first, said) in [
        (
            "1-1 4-2\n1-1\n",
            None,
            "line 1: the link 4-2 names a word that is not there: the source has 3 words and the target 2, counted from 1",
        ),
        (
            "0-0\n0-2\n",
            None,
            "line 2: the link 0-2 names a word that is not there: the source has 1 words and the target 2, counted from 0",
        ),
        ("1-1\n0p1\n", Some(First::One), "line 2: the link 0p1 names a word that is not there"),
        ("1-1\n1-1\n", Some(First::Zero), "line 2: the link 1-1 names a word that is not there"),
        ("1-1 2\n\n", None, "line 1: expected links such as 3-4, 3p4 or 3?4, found \"2\""),
        ("1-1 -2-1\n\n", None, "found \"-2-1\""),
        ("1-1 2-1-3\n\n", None, "found \"2-1-3\""),
        ("1-1 1x1\n\n", None, "found \"1x1\""),
        ("1-+1\n\n", None, "found \"1-+1\""),
        ("1-99999999999999999999999\n\n", None, "found \"1-99999999999999999999999\""),
        ("1-1\u{e9}\n\n", None, "found \"1-1\u{e9}\""),
        ("1\u{e9}1\n\n", None, "found \"1\u{e9}1\""),
        ("1-1\n", None, "has 1 lines, and pairs 2 pairs"),
        ("", None, "has 0 lines, and pairs 2 pairs"),
        ("1-1\n\n1-1\n", None, "has 3 lines, and pairs 2 pairs"),
        ("\n\n", None, "holds no link"),
        ("\n\n", Some(First::One), "holds no link"),
    ] {
        let error = links(&pairs, text, None, first).unwrap_err();
        assert!(error.to_string().contains(said), "{text:?}: {error}");
        assert!(
            error.hint().is_some() || said.starts_with("line 1: expected links") || said.starts_with("found"),
            "{error}"
        );
    }
    // Empty lines at the end are none.
    assert_eq!(links(&pairs, "0-0\n\n\n \n", None, None).unwrap().links.len(), 2);
    // Under a limit the links of what is left out are not looked at.
    let some =
        read_pairs_from(&b"a ||| b\nc ||| d\n"[..], "pairs", &PairOptions::default(), Some(1)).unwrap();
    assert_eq!(links(&some, "0-0\n7-7\n", None, None).unwrap().links.len(), 1);
}

/// The pairs that are kept beside the repository; any other run passes over them.
#[test]
fn pairs_of_parliament_and_their_links_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/wordalign_enfr");
    if !folder.exists() {
        return;
    }
    let pairs = read_pairs(&folder.join("enfr.src-tgt"), &PairOptions::default(), None).unwrap();
    let gold = read_gold(&folder.join("enfr.gold"), None, &pairs, &GoldOptions::default()).unwrap();
    assert_eq!((pairs.pairs.len(), gold.links.len(), gold.first), (447, 447, First::One));
    let count = |of: fn(&Gold) -> usize| gold.links.iter().map(of).sum::<usize>();
    let (sure, possible) = (count(|gold| gold.sure.len()), count(|gold| gold.possible.len()));
    assert_eq!((sure, possible), (4038, 17438));
    assert_eq!(gold.links[0].sure, [(0, 0), (1, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// What is written is read, in every form, and links are the same from 0 and from 1.
    #[test]
    fn pairs_and_links_are_read_as_they_are_written(
        sentences in prop::collection::vec(
            (prop::collection::vec("[a-z\u{e9}.,{'\"-]{1,5}", 1..7), prop::collection::vec("[a-z\u{e9}.,'\"-]{1,5}", 1..7)), 1..6),
        picks in prop::collection::vec((0_usize..64, 0_usize..64, 0_u8..3), 1..30),
    ) {
        let joined: Vec<(String, String)> =
            sentences.iter().map(|(source, target)| (source.join(" "), target.join(" "))).collect();
        let written = |line: &dyn Fn(&str, &str) -> String| -> String {
            joined.iter().flat_map(|(source, target)| [line(source, target), "\n".to_owned()]).collect()
        };
        let bars = written(&|source, target| format!("{source} ||| {target}"));
        let tabs = written(&|source, target| format!("{source}\t{target}"));
        let lines =
            written(&|source, target| serde_json::json!({"text": source, "translation": target}).to_string());
        let mut all = Vec::new();
        for (format, text) in [(PairFormat::Bars, bars), (PairFormat::Tsv, tabs), (PairFormat::Jsonl, lines)] {
            let header = (format == PairFormat::Tsv).then_some(false);
            let pairs = with(&PairOptions { format: Some(format), header, ..PairOptions::default() }, &text).unwrap();
            prop_assert_eq!(texts(&pairs), joined.iter().map(|(s, t)| (s.as_str(), t.as_str())).collect::<Vec<_>>());
            all.push(pairs);
        }
        prop_assert_eq!(&all[0].pairs, &all[2].pairs);
        let counts: Vec<(usize, usize)> = sentences.iter().map(|(source, target)| (source.len(), target.len())).collect();
        let pair_of = |pair: &Pair| (pair.source_words().count(), pair.target_words().count());
        prop_assert_eq!(all[0].pairs.iter().map(pair_of).collect::<Vec<_>>(), counts.clone());

        // The last words are linked, so that 1 is told, and the first, so that 0 is.
        let mut written = vec![vec![]; counts.len()];
        for (place, (source, target, mark)) in picks.into_iter().enumerate() {
            let line = place % counts.len();
            written[line].push((source % counts[line].0, target % counts[line].1, ["-", "p", "?"][usize::from(mark)]));
        }
        written[0].extend([(0, 0, "-"), (counts[0].0 - 1, counts[0].1 - 1, "-")]);
        let of = |first: usize| -> String {
            let line = |links: &Vec<(usize, usize, &str)>| {
                let links: Vec<String> =
                    links.iter().map(|(s, t, mark)| format!("{}{mark}{}", s + first, t + first)).collect();
                links.join(" ") + "\n"
            };
            written.iter().map(line).collect()
        };
        let [zero, one] = [0, 1].map(|first| links(&all[0], &of(first), None, None).unwrap());
        prop_assert_eq!((zero.first, one.first), (First::Zero, First::One));
        prop_assert_eq!(&zero.links, &one.links);
        for (gold, written) in zero.links.iter().zip(&written) {
            prop_assert!(gold.sure.iter().all(|link| gold.possible.contains(link)));
            prop_assert!(gold.possible.is_sorted_by(|a, b| a < b) && gold.sure.is_sorted_by(|a, b| a < b));
            for (source, target, mark) in written {
                prop_assert!(gold.possible.contains(&(*source, *target)));
                prop_assert!(*mark != "-" || gold.sure.contains(&(*source, *target)));
            }
        }
    }

    /// Whatever stands in a file, it is read or told.
    #[test]
    fn hostile_files_break_nothing(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "([|\t\n\r {}\":a0-9p?-]|\\PC|text|translation|\\|\\|\\|){0,60}".prop_map(String::into_bytes),
        ],
        links_of in "([0-9p?\n -]|\\PC){0,40}",
    ) {
        for format in [None, Some(PairFormat::Bars), Some(PairFormat::Tsv), Some(PairFormat::Jsonl)] {
            let options = PairOptions { format, ..PairOptions::default() };
            if let Ok(pairs) = read_pairs_from(&bytes[..], "pairs", &options, None) {
                prop_assert!(pairs.pairs.iter().all(|pair| pair.source_words().count() > 0 && pair.target_words().count() > 0));
                for first in [None, Some(First::Zero), Some(First::One)] {
                    if let Ok(gold) = links(&pairs, &links_of, None, first) {
                        prop_assert_eq!(gold.links.len(), pairs.pairs.len());
                        for (gold, pair) in gold.links.iter().zip(&pairs.pairs) {
                            let lengths = (pair.source_words().count(), pair.target_words().count());
                            prop_assert!(gold.possible.iter().all(|(s, t)| *s < lengths.0 && *t < lengths.1));
                        }
                    }
                }
            }
        }
    }
}
