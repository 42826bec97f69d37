//! Tokenizers changed at random: whatever a file says, reading it and a text ends with tokens or with an error.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use attncheck::tokens::{FIELDS, Tokenizer, TokenizerFiles, TruncationSide, Vocabulary};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::tokenizers::{BYTE_BPE, PAIRS, UNIGRAM, WORDPIECE, bytes};

pub(super) const TEXTS: [&str; 4] = [
    "",
    "a café film, <mask> [MASK]x  unbelievably dull",
    "\u{1f468}\u{200d}\u{1f469}\u{fdfa}中文\u{301}",
    "aaaa\n\tA.",
];

/// Values to draw from, by what they may stand for.
struct Parts {
    normalizers: Vec<Value>,
    cutters: Vec<Value>,
    processors: Vec<Value>,
    strings: Vec<Value>,
    numbers: Vec<Value>,
    any: Vec<Value>,
}

impl Parts {
    fn new() -> Self {
        let replace = |pattern: Value, content: &str| json!({"type": "Replace", "pattern": pattern, "content": content});
        let split = |regex: &str, behavior: &str, invert: bool| json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert});
        let bytes = |prefix: bool, regex: bool| json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true, "use_regex": regex});
        let kinds = |kinds: &[&str]| kinds.iter().map(|kind| json!({"type": kind})).collect::<Vec<_>>();
        let mut normalizers =
            kinds(&["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel"]);
        normalizers.extend([
            replace(json!({"Regex": ""}), "zz"),
            replace(json!({"Regex": "(?=a)"}), "é"),
            replace(json!({"Regex": "a|$"}), ""),
            replace(json!({"String": "a"}), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            replace(json!({"String": ""}), "é"),
            json!({"type": "Prepend", "prepend": "▁a"}),
            json!({"type": "Strip", "strip_left": true, "strip_right": true}),
        ]);
        let mut cutters = kinds(&["BertPreTokenizer", "Whitespace", "WhitespaceSplit", "UnicodeScripts"]);
        cutters.extend([bytes(true, true), bytes(false, false)]);
        cutters.extend([
            split("a|", "MergedWithNext", true),
            split("", "Isolated", false),
            split("(?=a)", "Removed", true),
        ]);
        cutters.extend([split(".", "MergedWithPrevious", false), split("\\s", "Contiguous", true)]);
        cutters.extend([
            json!({"type": "Metaspace", "replacement": "a", "prepend_scheme": "first", "split": true}),
            json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": false}),
            json!({"type": "Punctuation", "behavior": "Contiguous"}),
            json!({"type": "Digits", "individual_digits": true}),
            json!({"type": "FixedLength", "length": 3}),
            json!({"type": "FixedLength", "length": 0}),
        ]);
        let text = |id: &str| json!({"Sequence": {"id": id, "type_id": 7}});
        let processors = vec![
            json!({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["a", 9]}),
            json!({"type": "RobertaProcessing", "sep": ["", 3], "cls": ["a", 9], "trim_offsets": true, "add_prefix_space": true}),
            bytes(true, true),
            json!({"type": "TemplateProcessing", "single": [text("A")], "pair": [text("B"), text("A")], "special_tokens": {}}),
            json!({"type": "TemplateProcessing", "single": [text("A")], "pair": [text("A"), text("B")], "special_tokens": {}}),
        ];
        let strings =
            ["", "a", "##", "é\u{301}", "Always", "[UNK]", "▁", "left", "\u{0}"].map(Value::from).to_vec();
        let numbers = vec![
            json!(0),
            json!(1),
            json!(3),
            json!(699),
            json!(4_294_967_295_u32),
            json!(-1),
            json!(0.5),
            json!(1e300),
        ];
        let any = vec![Value::Null, json!(true), json!([]), json!({}), json!(["a"]), json!({"a": 0})];
        Self { normalizers, cutters, processors, strings, numbers, any }
    }

    /// Something in the place of `value`, mostly of its own kind.
    fn draw(&self, place: &str, value: &Value, rng: &mut ChaCha8Rng) -> Value {
        let own = match value {
            _ if rng.random_bool(0.1) => &self.any,
            Value::Object(_) | Value::Null if place.starts_with("/normalizer") => &self.normalizers,
            Value::Object(_) | Value::Null if place.starts_with("/pre_tokenizer") => &self.cutters,
            Value::Object(_) | Value::Null if place.starts_with("/post_processor") => &self.processors,
            Value::Bool(flag) => return json!(!flag),
            Value::Number(_) => &self.numbers,
            Value::String(_) => &self.strings,
            _ => &self.any,
        };
        own.choose(rng).cloned().unwrap_or_default()
    }
}

/// The places of a value, of long lists and maps the first few.
fn places(value: &Value, path: &str, into: &mut Vec<String>) {
    into.push(path.to_owned());
    match value {
        Value::Object(map) => map.iter().take(12).for_each(|(key, value)| {
            places(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), into);
        }),
        Value::Array(list) => {
            list.iter()
                .take(4)
                .enumerate()
                .for_each(|(i, value)| places(value, &format!("{path}/{i}"), into));
        }
        _ => {}
    }
}

fn mutate(json: &mut Value, parts: &Parts, rng: &mut ChaCha8Rng) {
    let mut all = Vec::new();
    let part = ["normalizer", "pre_tokenizer", "post_processor", "added_tokens", "model"]
        .choose(rng)
        .copied()
        .unwrap();
    places(&json[part], &format!("/{part}"), &mut all);
    let place = all.choose(rng).cloned().unwrap();
    let Some(value) = json.pointer_mut(&place) else { return };
    match (rng.random_range(0..6), value) {
        (0, Value::Array(list)) => list.truncate(1),
        (1, Value::Array(list)) if !list.is_empty() => {
            let again = list.choose(rng).cloned().unwrap();
            list.extend(vec![again; 40]);
        }
        (2 | 3, value)
            if matches!(part, "normalizer" | "pre_tokenizer" | "post_processor")
                && place.len() == part.len() + 1 =>
        {
            let list = match part {
                "normalizer" => "normalizers",
                "pre_tokenizer" => "pretokenizers",
                _ => "processors",
            };
            let (first, second) = (value.take(), parts.draw(&place, &Value::Null, rng));
            *value = json!({"type": "Sequence", list: [second.clone(), first, second]});
        }
        (_, value) => *value = parts.draw(&place, value, rng),
    }
}

/// A tokenizer with few pieces, which loads in no time.
fn small(base: &str) -> Value {
    let mut json: Value = serde_json::from_slice(&bytes(base)).unwrap();
    if let Some(vocab) = json["model"]["vocab"].as_object_mut() {
        vocab.retain(|_, id| id.as_u64() < Some(700));
    }
    json
}

/// How many to try; more with `ATTNCHECK_MUTATIONS=N`.
pub(super) fn count(usual: u64) -> u64 {
    std::env::var("ATTNCHECK_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

#[test]
fn every_file_gives_tokens_or_an_error() {
    let count = count(400);
    let (parts, bases) = (Parts::new(), [WORDPIECE, BYTE_BPE, UNIGRAM, PAIRS].map(small));
    let (mut loaded, mut encoded) = (0, 0);
    for seed in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut json = bases[seed as usize % 4].clone();
        for _ in 0..rng.random_range(1..4) {
            mutate(&mut json, &parts, &mut rng);
        }
        let start = Instant::now();
        if let Ok(tokenizer) = Tokenizer::from_bytes(json.to_string().as_bytes(), None) {
            loaded += 1;
            encoded += u64::from(TEXTS.iter().any(|text| try_text(&tokenizer, text, seed)));
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{seed}: {:?}", start.elapsed());
    }
    // Most changes leave a tokenizer that works, or the test would try nothing.
    assert!(loaded * 3 > count && encoded * 2 > loaded, "{encoded} of {loaded} of {count}");
}

/// Settings drawn for every field that the table names, of kinds that fit and that do not.
fn settings(rng: &mut ChaCha8Rng) -> Value {
    let classes = [
        "BertTokenizer",
        "RobertaTokenizerFast",
        "AlbertTokenizer",
        "CamembertTokenizer",
        "XLMRobertaTokenizer",
        "GPT2TokenizerFast",
        "GPTNeoXTokenizer",
        "Qwen2Tokenizer",
        "LlamaTokenizer",
        "GemmaTokenizer",
        "TokenizersBackend",
        "Own",
    ];
    let token = json!({"__type": "AddedToken", "content": "fi", "lstrip": true, "special": true, "normalized": false});
    let values = [
        json!(true),
        json!(false),
        Value::Null,
        json!("left"),
        json!("[MASK]"),
        json!("new"),
        json!(""),
        json!(7),
        json!(1e30),
        token.clone(),
        json!([token, "film", "[UNK]"]),
        json!([3, null]),
        json!({"5": token, "9": {"content": "film", "single_word": true}}),
        json!({"a_token": "film"}),
        json!({}),
        json!([]),
    ];
    let mut settings = serde_json::Map::new();
    for _ in 0..rng.random_range(0..5) {
        let name = FIELDS.choose(rng).unwrap().name.to_owned();
        settings.insert(name, values.choose(rng).cloned().unwrap());
    }
    if rng.random_bool(0.7) {
        settings.insert("tokenizer_class".to_owned(), json!(classes.choose(rng).unwrap()));
    }
    Value::Object(settings)
}

#[test]
fn every_setting_gives_tokens_or_an_error() {
    let bases = [WORDPIECE, BYTE_BPE, UNIGRAM, PAIRS].map(small);
    let lines = bytes("tokenizers/vocab.txt");
    let mut encoded = 0;
    let count = count(600);
    for seed in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let file = |rng: &mut ChaCha8Rng| {
            rng.random_bool(0.5).then(|| Cow::Owned(settings(rng).to_string().into_bytes()))
        };
        let json = Cow::Owned(bases[seed as usize % 4].to_string().into_bytes());
        let files = TokenizerFiles {
            vocabulary: match rng.random_range(0..5) {
                0 => Vocabulary::WordPiece(Cow::Owned(lines.clone())),
                1 => Vocabulary::Pairs { vocab: json, merges: Cow::Borrowed(b"a b\n") },
                _ => Vocabulary::Json(json),
            },
            config: file(&mut rng),
            special_tokens_map: file(&mut rng),
            added_tokens: file(&mut rng),
            chat_template: None,
            named_templates: Vec::new(),
        };
        let families = [
            "bert",
            "roberta",
            "albert",
            "camembert",
            "xlm-roberta",
            "gpt2",
            "gpt_neox",
            "qwen2",
            "gemma2",
            "llama",
        ];
        let family = families.choose(&mut rng).unwrap();
        let model = json!({"model_type": family}).to_string();
        match Tokenizer::from_files(&files, model.as_bytes()) {
            Ok(tokenizer) => {
                encoded += u64::from(
                    TEXTS.iter().any(|text| try_text(&tokenizer.clone().for_rows(600), text, seed)),
                );
            }
            Err(error) => assert!(error.hint().is_some(), "{seed}: {error}"),
        }
    }
    assert!(encoded * 10 > count, "{encoded} of {count}");
}

/// Whether there are tokens; if so, their lists belong together.
fn try_text(tokenizer: &Tokenizer, text: &str, seed: u64) -> bool {
    let mut any = false;
    for pair in [None, Some("b film")] {
        let Ok(tokens) = tokenizer.encode_pair(text, pair) else { continue };
        any = true;
        let count = tokens.len();
        let lists = [tokens.pieces.len(), tokens.type_ids.len(), tokens.offsets.len(), tokens.special.len()];
        assert!(lists.iter().all(|&list| list == count), "{seed}: {lists:?}");
        assert!(tokens.words.iter().all(|word| word.pieces.end <= count && word.start < word.end), "{seed}");
        for side in [TruncationSide::Left, TruncationSide::Right] {
            let (kept, window) = tokens.window(3, side);
            assert_eq!(kept.words.len(), window.kept_words, "{seed}");
        }
    }
    any
}
