//! Files made to break the reader, fill the memory or never end: each is an error that names the file, and soon.

use std::time::{Duration, Instant};

use attncheck::tokens::{TokenError, Tokenizer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::tokenizers::{BYTE_BPE, UNIGRAM, WORDPIECE, bytes};

/// What a case changes in a tokenizer.json.
type Change = Box<dyn FnOnce(&mut Value)>;

const TEXT: &str = "a café film , unbelievably dull and long";

fn file(base: &str) -> Value {
    serde_json::from_slice(&bytes(base)).unwrap()
}

/// Loads the file and encodes the text, in good time.
#[track_caller]
fn read(json: &Value, text: &str) -> Result<usize, TokenError> {
    let start = Instant::now();
    let tokens = Tokenizer::from_bytes(json.to_string().as_bytes(), None).and_then(|t| t.encode(text));
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    tokens.map(|tokens| tokens.len())
}

#[track_caller]
fn refused(base: &str, change: impl FnOnce(&mut Value)) -> TokenError {
    let mut json = file(base);
    change(&mut json);
    let error = read(&json, TEXT).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("tokenizer.json") || said.contains("word of"), "{said}");
    assert!(error.hint().is_some(), "{said}");
    error
}

fn replace(regex: &str, content: &str) -> Value {
    json!({"type": "Replace", "pattern": {"Regex": regex}, "content": content})
}

fn nested(depth: usize, kind: &str, list: &str, inner: Value) -> Value {
    (0..depth).fold(inner, |step, _| json!({"type": kind, list: [step]}))
}

/// A `SentencePiece` table in which `a` stands for `content`.
fn table(content: &str) -> String {
    let mut units = vec![0_u32; 512];
    units[0] = 256 << 10;
    units[256 ^ 0x61] = 0x61 | 1 << 8 | 1 << 10;
    let mut bytes = (4 * units.len() as u32).to_le_bytes().to_vec();
    bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    bytes.extend_from_slice(content.as_bytes());
    bytes.push(0);
    STANDARD.encode(bytes)
}

#[test]
fn what_panics_inside_the_library_is_an_error() {
    let cases: Vec<(&str, Change)> = vec![
        (
            "fixed length 0",
            Box::new(|json| json["pre_tokenizer"] = json!({"type": "FixedLength", "length": 0})),
        ),
        (
            "empty table",
            Box::new(|json| json["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": ""})),
        ),
        (
            "no base64",
            Box::new(|json| json["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": "%"})),
        ),
        (
            "lookahead",
            Box::new(|json| {
                json["normalizer"] = replace("(?=a)", "zz");
                json["pre_tokenizer"] = json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true});
            }),
        ),
        (
            "second text alone",
            Box::new(|json| {
                json["post_processor"] = json!({
            "type": "TemplateProcessing", "special_tokens": {}, "pair": [],
            "single": [{"Sequence": {"id": "B", "type_id": 0}}]});
            }),
        ),
        ("no such special", Box::new(|json| json["post_processor"]["special_tokens"] = json!({}))),
        (
            "ids without tokens",
            Box::new(|json| json["post_processor"]["special_tokens"]["[CLS]"]["tokens"] = json!([])),
        ),
        (
            "prefix of merges",
            Box::new(|json| {
                json["model"] = json!({
            "type": "BPE", "vocab": {"f": 0, "i": 1, "fi": 2}, "merges": [["f", "i"]], "unk_token": "f",
            "continuing_subword_prefix": "##"});
            }),
        ),
        (
            "piece of a trie that is not there",
            Box::new(|json| {
                json["normalizer"] = json!({
            "type": "Precompiled", "precompiled_charsmap": STANDARD.encode([4, 0, 0, 0, 0, 255, 255, 255])});
            }),
        ),
    ];
    for (name, change) in cases {
        let error = refused(WORDPIECE, change);
        assert!(!matches!(error, TokenError::Growth { .. }), "{name}: {error}");
    }
}

#[test]
fn no_step_may_grow_a_text_without_bound() {
    let grown = |json: &Value, text: &str, name: &str| {
        let error = read(json, text).unwrap_err();
        assert!(matches!(error, TokenError::Growth { .. }), "{name}: {error}");
    };
    let with = |normalizer: Value| {
        let mut json = file(WORDPIECE);
        json["normalizer"] = normalizer;
        json
    };
    let all = |step: Value, times: usize| json!({"type": "Sequence", "normalizers": vec![step; times]});
    grown(&with(all(replace(".", "aaaaaaaaaa"), 9)), TEXT, "replace");
    grown(&with(all(replace("", "aa"), 40)), TEXT, "replace nothing");
    grown(&with(replace(".", &"a".repeat(1 << 20))), TEXT, "replace by much");
    grown(&with(json!({"type": "Prepend", "prepend": "a".repeat(1 << 20)})), TEXT, "prepend");
    grown(&with(all(json!({"type": "ByteLevel"}), 60)), TEXT, "bytes");
    let precompiled = json!({"type": "Precompiled", "precompiled_charsmap": table(&"b".repeat(1 << 18))});
    grown(&with(precompiled.clone()), TEXT, "table");
    grown(&with(nested(40, "Sequence", "normalizers", all(replace(".", "aaaaaaaaaa"), 9))), TEXT, "nested");
    // Every stretch between two added tokens is normalised by itself.
    let mut json = with(json!({"type": "Prepend", "prepend": "z".repeat(40_000)}));
    json["added_tokens"] = json!([{"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true}]);
    grown(&json, &"a[PAD]".repeat(50), "stretches");
    // Added tokens are normalised when they are added.
    let mut json = with(all(replace(".", "aaaaaaaaaa"), 9));
    json["added_tokens"][0]["normalized"] = json!(true);
    grown(&json, "", "added");
    // What is put before every piece doubles with every cut into characters.
    let cut = json!({"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false});
    let step = |letter: &str| json!({"type": "Metaspace", "replacement": letter, "prepend_scheme": "always", "split": false});
    let mut json = file(WORDPIECE);
    let steps: Vec<Value> = (0..30).flat_map(|i| [cut.clone(), step(["x", "y"][i % 2])]).collect();
    json["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": steps});
    grown(&json, TEXT, "metaspace");
    let bytes =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    json["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": vec![bytes; 60]});
    grown(&json, TEXT, "bytes of bytes");
    // What grows as usual is no growth.
    let usual = json!([{"type": "NFKC"}, replace(" {2,}", " "), {"type": "ByteLevel"}, precompiled_usual()]);
    let json = with(json!({"type": "Sequence", "normalizers": usual}));
    let text = "\u{fdfa}中文é  a".repeat(2000);
    assert!(read(&json, &text).is_ok());
}

fn precompiled_usual() -> Value {
    json!({"type": "Precompiled", "precompiled_charsmap": table("b")})
}

#[test]
fn what_would_fill_the_memory_or_the_stack_is_refused() {
    refused(WORDPIECE, |json| {
        let ids: Vec<u32> = vec![2; 2000];
        let tokens = vec!["[CLS]"; 2000];
        json["post_processor"]["special_tokens"]["[CLS]"] =
            json!({"id": "[CLS]", "ids": ids, "tokens": tokens});
    });
    refused(WORDPIECE, |json| {
        let text = json!({"Sequence": {"id": "A", "type_id": 0}});
        json["post_processor"]["single"] = json!(vec![text; 1000]);
    });
    refused(UNIGRAM, |json| {
        json["model"]["vocab"].as_array_mut().unwrap().push(json!(["a".repeat(1 << 20), -1.0]));
    });
    refused(BYTE_BPE, |json| json["model"]["continuing_subword_prefix"] = json!("a".repeat(1 << 20)));
    refused(UNIGRAM, |json| {
        let told = u32::MAX.to_le_bytes();
        json["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": STANDARD.encode(told)});
    });
    refused(WORDPIECE, |json| {
        let steps = vec![json!({"type": "Lowercase"}); 2000];
        json["normalizer"] = json!({"type": "Sequence", "normalizers": steps});
    });
    let mut json = file(WORDPIECE);
    json["model"]["max_input_chars_per_word"] = json!(u64::MAX);
    let error = read(&json, &"a".repeat(200_000)).unwrap_err();
    assert!(matches!(error, TokenError::Word { chars: 200_000, .. }), "{error}");
    assert!(read(&json, &"a".repeat(500)).is_ok());
}

#[test]
fn what_is_nested_deeply_ends() {
    for depth in [20, 60, 100, 5000] {
        for (part, list, inner) in [
            ("normalizer", "normalizers", json!({"type": "Lowercase"})),
            ("pre_tokenizer", "pretokenizers", json!({"type": "BertPreTokenizer"})),
            ("post_processor", "processors", file(WORDPIECE)["post_processor"].clone()),
        ] {
            // Written by hand: a value so deep would overflow the stack of the test.
            let mut json = file(WORDPIECE);
            json[part] = json!("@@");
            let open = format!("{{\"type\":\"Sequence\",\"{list}\":[").repeat(depth);
            let nested = format!("{open}{inner}{}", "]}".repeat(depth));
            let text = json.to_string().replace("\"@@\"", &nested);
            let read = Tokenizer::from_bytes(text.as_bytes(), None).and_then(|t| t.encode(TEXT));
            assert_eq!(read.is_ok(), depth <= 60, "{part} {depth}: {:?}", read.err());
        }
    }
}

#[test]
fn no_pattern_runs_for_ever() {
    let patterns = [
        "(".repeat(10_000),
        format!("a{}", "?".repeat(20_000)),
        format!("{}a{}", "(?:".repeat(200), ")?".repeat(200)),
        "(?:a{1000}){1000}".to_owned(),
        "(?=b)(?:a{1000}){1000}".to_owned(),
        "(?:x+x+)+(?=y)z".to_owned(),
        "(a*)*\\1b".to_owned(),
        "\\p{L}".repeat(20_000),
    ];
    let text = format!("{TEXT} {}", "x".repeat(2000));
    for pattern in patterns {
        for part in ["normalizer", "pre_tokenizer"] {
            let mut json = file(WORDPIECE);
            json[part] = match part {
                "normalizer" => replace(&pattern, "a"),
                _ => {
                    json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false})
                }
            };
            drop(read(&json, &text));
        }
    }
}

#[test]
fn largest_ids_are_numbers_like_any_other() {
    let mut json = file(WORDPIECE);
    json["model"]["vocab"]["zebra"] = json!(u32::MAX);
    let tokenizer = Tokenizer::from_bytes(json.to_string().as_bytes(), None).unwrap();
    assert_eq!(tokenizer.vocab_size(), 1 << 32);
    assert!(tokenizer.encode("a zebra").unwrap().ids.contains(&u32::MAX));
    assert_eq!(tokenizer.piece(u32::MAX).as_deref(), Some("zebra"));
    json["model"]["vocab"]["zebra"] = json!(1_u64 << 32);
    assert!(read(&json, TEXT).is_err());
}
