//! Folders whose files say more than tokenizer.json or vocab.txt, against the transformers library.

use std::borrow::Cow;
use std::collections::BTreeSet;

use attncheck::tokens::{
    Duty, FIELDS, File, TokenError, Tokenizer, TokenizerFiles, Tokens, TruncationSide, Vocabulary,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::support::tokenizers::{BYTE_BPE, WORDPIECE, bytes};

#[derive(Deserialize)]
struct Golden {
    pair: [String; 2],
    variants: Vec<Variant>,
}

/// A folder as a golden has it.
#[derive(Deserialize)]
pub struct Folder {
    pub name: String,
    base: Option<String>,
    changes: Value,
    pub files: Map<String, Value>,
}

#[derive(Deserialize)]
struct Variant {
    #[serde(flatten)]
    folder: Folder,
    mask: Option<u32>,
    #[serde(default)]
    cases: Vec<Case>,
    pair: Option<Encoded>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    #[serde(flatten)]
    encoded: Encoded,
}

#[derive(Deserialize)]
struct Encoded {
    ids: Vec<u32>,
    types: Vec<u32>,
    offsets: Vec<[usize; 2]>,
    special: Vec<u8>,
    pieces: Vec<Option<String>>,
}

/// What transformers reads and this does not: each is an error that names the reason.
const REFUSED: [&str; 4] = [
    "vocab-custom",
    "wordpiece-versions",
    "wordpiece-mpnet",
    // Its own tokens would stand beyond every row of an embedding.
    "wordpiece-of-roberta",
];
/// What transformers gives up on, and whose tokenizer.json is whole.
const WHOLE: [&str; 1] = ["wordpiece-of-albert"];

fn golden() -> Golden {
    serde_json::from_slice(&bytes("golden/token_folders.json")).unwrap()
}

fn merge(base: &mut Value, changes: &Value) {
    for (key, value) in changes.as_object().unwrap() {
        if key == "model" {
            merge(&mut base[key], value);
        } else {
            base[key] = value.clone();
        }
    }
}

fn owned(value: &Value) -> Cow<'static, [u8]> {
    Cow::Owned(value.to_string().into_bytes())
}

impl Folder {
    pub fn read(&self) -> Result<Tokenizer, TokenError> {
        let vocabulary = match self.base.as_deref() {
            None => Vocabulary::WordPiece(Cow::Owned(bytes("tokenizers/vocab.txt"))),
            Some("pair") => {
                let file: Value = serde_json::from_slice(&bytes(BYTE_BPE)).unwrap();
                let merges = file["model"]["merges"].as_array().unwrap().iter().map(|merge| match merge {
                    Value::String(line) => line.clone(),
                    pair => format!("{} {}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()),
                });
                let merges: Vec<String> = ["#version: 0.2".to_owned()].into_iter().chain(merges).collect();
                let merges = Cow::Owned((merges.join("\n") + "\n").into_bytes());
                Vocabulary::Pairs { vocab: owned(&file["model"]["vocab"]), merges }
            }
            Some(base) => {
                let mut file: Value = serde_json::from_slice(&bytes(base)).unwrap();
                merge(&mut file, &self.changes);
                Vocabulary::Json(owned(&file))
            }
        };
        let file = |name: &str| self.files.get(name).map(owned);
        let files = TokenizerFiles {
            vocabulary,
            config: file("tokenizer_config"),
            special_tokens_map: file("special_tokens_map"),
            added_tokens: file("added_tokens"),
            chat_template: self
                .files
                .get("chat_template")
                .map(|template| Cow::Owned(template.as_str().unwrap().as_bytes().to_vec())),
            named_templates: Vec::new(),
        };
        Tokenizer::from_files(&files, &file("config").unwrap_or(Cow::Borrowed(b"{}")))
    }
}

fn check(name: &str, tokens: &Tokens, of: &Encoded) {
    let pieces: Vec<&str> = of.pieces.iter().map(|piece| piece.as_deref().unwrap()).collect();
    assert_eq!(tokens.pieces, pieces, "{name}");
    assert_eq!(tokens.ids, of.ids, "{name}");
    assert_eq!(tokens.type_ids, of.types, "{name}");
    let offsets: Vec<_> = tokens.char_offsets.iter().map(|range| [range.start, range.end]).collect();
    assert_eq!(offsets, of.offsets, "{name}: {pieces:?}");
    let special: Vec<u8> = tokens.special.iter().map(|&special| u8::from(special)).collect();
    assert_eq!(special, of.special, "{name}");
}

/// transformers cuts anywhere; here the word that would be cut in two is left out as well.
fn check_cut(name: &str, tokens: &Tokens, max: usize, side: TruncationSide, of: &Encoded) {
    let (kept, window) = tokens.window(max, side);
    assert_eq!(window.side, side);
    let content = |tokens: &Tokens| -> Vec<u32> {
        (0..tokens.len()).filter(|&at| !tokens.special[at]).map(|at| tokens.ids[at]).collect()
    };
    let theirs: Vec<u32> =
        of.ids.iter().zip(&of.special).filter(|(_, special)| **special == 0).map(|(id, _)| *id).collect();
    let ours = content(&kept);
    let fits = if side == TruncationSide::Left { theirs.ends_with(&ours) } else { theirs.starts_with(&ours) };
    assert!(fits, "{name}: {:?}", kept.pieces);
    let longest = tokens.words.iter().map(|word| word.pieces.len()).max().unwrap_or(0);
    assert!(theirs.len() - ours.len() < longest.max(1), "{name}: {ours:?} of {theirs:?}");
}

#[test]
fn every_folder_is_read_as_transformers_reads_it_or_refused() {
    let golden = golden();
    assert!(golden.variants.len() > 75);
    for variant in &golden.variants {
        let name = &variant.folder.name;
        let read = variant.folder.read();
        if REFUSED.contains(&name.as_str()) {
            let error = read.unwrap_err();
            assert!(error.hint().is_some(), "{name}: {error}");
            continue;
        }
        if variant.error.is_some() && !WHOLE.contains(&name.as_str()) {
            let encoded = read.and_then(|tokenizer| tokenizer.encode("Nobody knows \u{4e2d}").map(drop));
            let error = encoded.unwrap_err();
            assert!(error.hint().is_some(), "{name}: {error}");
            continue;
        }
        let tokenizer = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Some(mask) = variant.mask.filter(|mask| (*mask as usize) < tokenizer.vocab_size()) {
            assert_eq!(tokenizer.special_ids().mask, Some(mask), "{name}");
        }
        for case in &variant.cases {
            let tokens = tokenizer.encode(&case.text).unwrap();
            match tokenizer.max_tokens() {
                Some(max) if max < 100 => check_cut(name, &tokens, max, tokenizer.side(), &case.encoded),
                _ => check(name, &tokens, &case.encoded),
            }
        }
        if let Some(of) = variant.pair.as_ref().filter(|_| tokenizer.max_tokens().is_none()) {
            check(name, &tokenizer.encode_pair(&golden.pair[0], Some(&golden.pair[1])).unwrap(), of);
        }
    }
}

/// A row that no golden sets would be a promise that nobody keeps.
#[test]
fn every_field_that_is_honoured_has_a_golden() {
    let (golden, decoders) = (golden(), super::decoders::folders());
    let sides = super::translation::settings();
    let set: BTreeSet<&str> = golden
        .variants
        .iter()
        .map(|variant| &variant.folder)
        .chain(&decoders)
        .flat_map(|folder| &folder.files)
        .chain(&sides)
        .filter_map(|(file, values)| Some((file, values.as_object()?)))
        .flat_map(|(file, values)| match file.as_str() {
            "tokenizer_config" | "config" => values.keys().map(String::as_str).collect(),
            _ => vec![],
        })
        .collect();
    let rows =
        FIELDS.iter().filter(|field| field.file == File::TokenizerConfig && field.duty == Duty::Honoured);
    let unset: Vec<&str> = rows.map(|field| field.name).filter(|name| !set.contains(name)).collect();
    assert_eq!(unset, Vec::<&str>::new());
    let names: BTreeSet<(&str, &str)> = FIELDS.iter().map(|field| (field.file.name(), field.name)).collect();
    assert_eq!(names.len(), FIELDS.len());
    assert!(FIELDS.iter().all(|field| !field.why.is_empty()));
}

fn with(config: &Value) -> Result<Tokenizer, TokenError> {
    Tokenizer::from_bytes(&bytes(WORDPIECE), Some(config.to_string().as_bytes()))
}

#[test]
fn what_cannot_be_honoured_is_refused_by_name() {
    for (config, said) in [
        (json!({"auto_map": ["tokenization.Own", null]}), "sets auto_map to [\"tokenization.Own\",null]"),
        (json!({"auto_map": {"AutoTokenizer": "tokenization.Own"}}), "cannot be honoured"),
        (json!({"fast_tokenizer_files": ["tokenizer.4.0.0.json"]}), "fast_tokenizer_files"),
        (json!({"vocab": {"a": 0}}), "sets vocab"),
        (json!({"tokenizer_class": "BertJapaneseTokenizer"}), "names a BertJapaneseTokenizer"),
        (json!({"tokenizer_class": "CohereTokenizerFast"}), "names a CohereTokenizerFast"),
        (json!({"fix_mistral_regex": true}), "cuts a text by another pattern"),
        (json!({"chat_template": "x", "chat_control_tokens": "<a>"}), "a list of tokens"),
        (json!({"tokenizer_class": "XLMRobertaTokenizer"}), "has no scores"),
        (json!({"tokenizer_class": 3}), "has 3 as tokenizer_class"),
        (json!({"tokenizer_class": "BertTokenizer", "do_lower_case": "no"}), "has \"no\" as do_lower_case"),
        (json!({"truncation_side": "both"}), "left or right was expected"),
        (json!({"model_max_length": "512"}), "a number of tokens"),
        (json!({"model_input_names": "input_ids"}), "a list of names"),
        (json!({"added_tokens_decoder": {"x": {"content": "a"}}}), "tokens by their ids"),
        (json!({"added_tokens_decoder": {"1": "a"}}), "tokens by their ids"),
        (json!({"extra_special_tokens": "a"}), "a list of tokens"),
        (json!({"cls_token": 7}), "has 7 as cls_token"),
        (json!([1]), "as a whole"),
    ] {
        let error = with(&config).unwrap_err();
        assert!(error.to_string().contains(said), "{config}: {error}");
        assert!(error.to_string().contains("tokenizer_config.json") || said == "has no scores", "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    // What says nothing is nothing.
    for config in [
        json!({"auto_map": {"AutoModel": "modeling.Own"}, "fast_tokenizer_files": ["tokenizer.json"], "vocab": null}),
        json!({"init_inputs": [], "tokenizer_class": null, "model_max_length": 1e30, "do_lower_case": "no"}),
    ] {
        assert!(with(&config).is_ok(), "{config}");
    }
}

#[test]
fn a_side_is_cut_by_whole_words() {
    let tokenizer = with(&json!({"truncation_side": "left", "model_max_length": 6})).unwrap();
    assert_eq!((tokenizer.side(), tokenizer.max_tokens()), (TruncationSide::Left, Some(6)));
    let tokens = tokenizer.encode("a dull film is unbelievably dull").unwrap();
    let (kept, window) = tokens.window(6, TruncationSide::Left);
    assert_eq!(kept.words.last().map(|word| word.text.as_str()), Some("dull"));
    assert_eq!(kept.words.len(), window.kept_words);
    assert!(kept.len() <= 6 && kept.words.iter().all(|word| !word.text.contains("film")));
    // Both texts of a pair lose their first words.
    let pair = tokenizer.encode_pair("a dull film is here", Some("it is a good film")).unwrap();
    let (kept, window) = pair.window(9, TruncationSide::Left);
    let of = |sequence| -> Vec<&str> {
        kept.words.iter().filter(|word| word.text_index == sequence).map(|word| word.text.as_str()).collect()
    };
    assert_eq!((of(0), of(1)), (vec!["film", "is", "here"], vec!["a", "good", "film"]));
    assert_eq!((window.kept_words, window.second), (6, (3, 5)));
    assert!(pair.window(3, TruncationSide::Left).0.words.is_empty());
}
