//! Both sides of translation models, against transformers and against their own laws.

use std::borrow::Cow;
use std::path::Path;

use attncheck::tokens::{
    Cut, Languages, TokenError, Tokenizer, TokenizerFiles, Tokens, Translator, Units, Vocabulary,
};
use base64::Engine as _;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub(super) const WORDS: Cut = Cut::Units(Units::Words);

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    folders: Vec<Folder>,
}

#[derive(Deserialize)]
pub(super) struct Folder {
    name: String,
    class: String,
    files: Map<String, Value>,
    languages: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    source: Vec<u32>,
    labels: Vec<u32>,
    inputs: Option<Vec<u32>>,
}

fn golden() -> Golden {
    serde_json::from_slice(&file("fixtures/golden/token_translation.json")).unwrap()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The files of every folder, for the table of fields.
pub fn settings() -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    for (file, values) in golden().folders.into_iter().flat_map(|folder| folder.files) {
        let own = all.entry(file).or_insert_with(|| json!({}));
        if let (Some(own), Value::Object(values)) = (own.as_object_mut(), values) {
            own.extend(values);
        }
    }
    all
}

impl Folder {
    fn bytes(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        let value = self.files.get(name)?;
        Some(Cow::Owned(match value["base64"].as_str() {
            Some(text) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
            None => value.to_string().into_bytes(),
        }))
    }

    pub(super) fn files(&self) -> TokenizerFiles {
        let of = |name| self.bytes(name);
        let both = ["sentencepiece.bpe.model", "spiece.model"];
        let model = || both.into_iter().find_map(|file| Some((file, of(file)?)));
        let vocabulary = match (of("vocab"), of("source.spm"), of("tokenizer")) {
            (Some(vocab), Some(source), _) => Vocabulary::Numbered {
                vocab,
                target_vocab: of("target_vocab"),
                source: ("source.spm", source),
                target: of("target.spm"),
            },
            (Some(vocab), None, _) => {
                Vocabulary::Numbered { vocab, target_vocab: None, source: model().unwrap(), target: None }
            }
            (None, _, Some(file)) => Vocabulary::Json(file),
            (None, _, None) => {
                let (file, model) = model().unwrap();
                Vocabulary::Scored { file, model }
            }
        };
        TokenizerFiles {
            vocabulary,
            config: of("tokenizer_config"),
            special_tokens_map: of("special_tokens_map"),
            added_tokens: of("added_tokens"),
            chat_template: None,
            named_templates: Vec::new(),
        }
    }

    pub(super) fn config(&self) -> Cow<'static, [u8]> {
        self.bytes("config").unwrap()
    }

    fn languages(&self) -> Languages {
        let of = |side: &str| self.languages.get(side).and_then(Value::as_str).map(str::to_owned);
        Languages { source: of("src"), target: of("tgt") }
    }

    fn read(&self) -> Result<Translator, TokenError> {
        Translator::from_files(&self.files(), &self.config(), &self.languages())
    }
}

pub(super) fn folder(name: &str) -> Folder {
    golden().folders.into_iter().find(|folder| folder.name == name).unwrap()
}

pub(super) fn translator(name: &str) -> Translator {
    folder(name).read().unwrap()
}

/// Texts that are read otherwise here, by the folder, with what they hold: transformers gives a `<pad>` in a target the number
/// of the source's vocabulary, and of Pegasus's two gaps the one the number of the other.
const OTHERWISE: [(&str, &str); 2] = [("marian-separate", "<pad>"), ("pegasus-offset", "<mask_1>")];

#[test]
fn both_sides_are_encoded_as_transformers_does() {
    let golden = golden();
    assert!(golden.folders.len() > 24);
    let mut wrong = Vec::new();
    for folder in &golden.folders {
        let (name, read) = (&folder.name, folder.read());
        let translator = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(folder.cases.len(), golden.texts.len());
        for (text, case) in golden.texts.iter().zip(&folder.cases) {
            let source = translator.encode_source(text, WORDS).unwrap();
            let target = translator.encode_target(text, WORDS).unwrap();
            let is_otherwise = OTHERWISE.iter().any(|(folder, held)| folder == name && text.contains(held));
            if is_otherwise {
                assert_ne!(target.labels.ids, case.labels, "{name} {text:?}");
                assert_eq!(target.labels.len(), case.labels.len());
                continue;
            }
            if source.ids != case.source || target.labels.ids != case.labels {
                wrong.push(format!(
                    "{name} ({}) {text:?}\n  {:?}\n  {:?}\n  {:?}\n  {:?}",
                    folder.class, source.ids, case.source, target.labels.ids, case.labels
                ));
                continue;
            }
            assert_eq!(target.inputs.len(), target.labels.len());
            if let Some(inputs) = &case.inputs {
                assert_eq!(&target.inputs, inputs, "{name} {text:?}");
            }
            check_words(name, text, &source);
            check_words(name, text, &target.labels);
        }
        // By itself a text is read as a source is.
        let alone = Tokenizer::from_files(&folder.files(), &folder.config());
        if folder.languages.is_empty() {
            let alone = alone.unwrap();
            assert_eq!(alone.encode(&golden.texts[0]).unwrap().ids, folder.cases[0].source, "{name}");
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}

/// Words are in order, hold every piece of the text, and stand where they say.
pub(super) fn check_words(name: &str, text: &str, tokens: &Tokens) {
    let mut at = tokens.special.iter().position(|special| !special).unwrap_or(0);
    for word in &tokens.words {
        assert_eq!(word.text, text[word.start..word.end], "{name} {text:?}");
        assert_eq!(word.pieces.start, at, "{name} {text:?}");
        at = word.pieces.end;
    }
    let end = tokens.text_end();
    assert!(tokens.words.is_empty() || at == end, "{name} {text:?}: {at} of {end}");
}

/// The translation model that is developed beside the repository; any other run passes over it.
fn real() -> Option<Translator> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/enfr-tatoeba-marian");
    let of = |name: &str| std::fs::read(folder.join(name)).ok().map(Cow::Owned);
    let files = TokenizerFiles {
        vocabulary: Vocabulary::Numbered {
            vocab: of("vocab.json")?,
            target_vocab: None,
            source: ("source.spm", of("source.spm")?),
            target: of("target.spm"),
        },
        config: of("tokenizer_config.json"),
        special_tokens_map: None,
        added_tokens: None,
        chat_template: None,
        named_templates: Vec::new(),
    };
    Some(Translator::from_files(&files, &of("config.json")?, &Languages::default()).unwrap())
}

#[test]
fn a_trained_translation_model_cuts_as_sentencepiece_does() {
    #[derive(Deserialize)]
    struct Real {
        texts: Vec<String>,
        cases: Vec<Case>,
    }
    let golden: Real = serde_json::from_slice(&file("fixtures/golden/enfr_tatoeba.json")).unwrap();
    assert!(golden.cases.len() >= 400);
    let Some(translator) = real() else { return };
    assert_eq!(translator.opening().unwrap(), [4000]);
    assert_eq!(translator.end().unwrap(), 0);
    for (text, case) in golden.texts.iter().zip(&golden.cases) {
        let source = translator.encode_source(text, WORDS).unwrap();
        let target = translator.encode_target(text, WORDS).unwrap();
        assert_eq!((&source.ids, &target.labels.ids), (&case.source, &case.labels), "{text:?}");
        assert_eq!(case.inputs.as_ref().unwrap_or(&target.inputs), &target.inputs, "{text:?}");
        check_words("real", text, &source);
    }
    // A character that becomes several stands whole behind each of its pieces.
    let tokens = translator.encode_source("the \u{fb01}rst \u{2026} \u{bd} café", WORDS).unwrap();
    let words: Vec<&str> = tokens.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, ["the", "\u{fb01}rst", "\u{2026}", "\u{bd}", "café"]);
}

#[test]
fn words_that_are_given_are_kept() {
    for name in ["marian-pairs", "m2m", "t5", "mbart50", "bart", "nllb-json", "marian-suffix"] {
        let translator = translator(name);
        let text = "the children , are  n't\tplaying in le\u{200b} \u{200b} jardin .";
        let given: Vec<&str> = text.split_whitespace().collect();
        for cut in [Cut::Blanks, Cut::Apart] {
            let target = translator.encode_target(text, cut).unwrap().labels;
            let words: Vec<&str> = target.words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, given, "{name} {cut:?}");
            check_words(name, text, &target);
        }
        // By blanks the pieces are those of the whole.
        let [blanks, whole, apart] =
            [Cut::Blanks, WORDS, Cut::Apart].map(|cut| translator.encode_source(text, cut).unwrap());
        assert_eq!(blanks.ids, whole.ids, "{name}");
        // Apart they are those of each word as a sentence.
        for word in &apart.words {
            let alone = translator.encode_source(&word.text, WORDS).unwrap();
            let content = |tokens: &Tokens| -> Vec<u32> {
                let own = tokens.ids.iter().zip(&tokens.special);
                own.filter(|(_, special)| !**special).map(|(id, _)| *id).collect()
            };
            let own = &apart.ids[word.pieces.clone()];
            if content(&alone).is_empty() {
                assert_eq!(own, [translator.source().special_ids().unk.unwrap()], "{name} {word:?}");
            } else {
                assert_eq!(own, content(&alone), "{name} {word:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// However a side is cut, words and pieces cover each other.
    #[test]
    fn words_between_blanks_are_those_of_the_text(
        text in "([a-zé.,'@ \u{3000}\u{200b}\u{fb01}\u{1f600}]|the |den|\\PC){0,24}",
        which in 0_usize..4,
    ) {
        let translator = LAWS.with(|all| all[which].clone());
        for cut in [Cut::Blanks, Cut::Apart] {
            for tokens in [translator.encode_source(&text, cut).unwrap(), translator.encode_target(&text, cut).unwrap().labels] {
                let words: Vec<&str> = tokens.words.iter().map(|word| word.text.as_str()).collect();
                prop_assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
                check_words("law", &text, &tokens);
                for word in &tokens.words {
                    let own = tokens.offsets[word.pieces.clone()].iter();
                    for offset in own.filter(|offset| !text[(*offset).clone()].trim().is_empty()) {
                        // A piece may reach beyond its word, and not before it.
                        let from = offset.start + text[offset.clone()].find(|c: char| !c.is_whitespace()).unwrap();
                        prop_assert!((word.start..word.end).contains(&from), "{word:?} {offset:?} {text:?}");
                    }
                }
            }
        }
    }
}

thread_local! {
    static LAWS: Vec<Translator> =
        ["marian-bytes", "marian-suffix", "m2m", "t5"].into_iter().map(translator).collect();
}

#[test]
fn a_decoder_begins_with_its_start_and_language() {
    let piece = |translator: &Translator, ids: Vec<u32>| -> Vec<String> {
        ids.into_iter().map(|id| translator.target().piece(id).unwrap()).collect()
    };
    for (name, opening, languages) in [
        ("t5", &["<pad>"][..], [None, None]),
        ("bart", &["</s>", "<s>"], [None, None]),
        ("mbart", &["fr_XX"], [Some("en_XX"), Some("fr_XX")]),
        ("mbart50", &["</s>", "uk_UA"], [Some("en_XX"), Some("uk_UA")]),
        ("m2m", &["</s>", "__fr__"], [Some("__en__"), Some("__fr__")]),
        ("nllb-json", &["</s>", "fra_Latn"], [Some("eng_Latn"), Some("fra_Latn")]),
        ("nllb-legacy", &["</s>"], [Some("fra_Latn"), Some("eng_Latn")]),
    ] {
        let translator = translator(name);
        if name != "bart" {
            assert_eq!(piece(&translator, translator.opening().unwrap()), opening, "{name}");
        }
        assert_eq!(translator.languages(), languages, "{name}");
        if name != "bart" {
            assert_eq!(piece(&translator, vec![translator.end().unwrap()]), ["</s>"], "{name}");
        }
    }
}

#[test]
fn a_code_is_put_before_the_source_of_many_targets() {
    let folder = folder("marian-codes");
    let with = |target: &str| {
        let languages = Languages { source: None, target: Some(target.to_owned()) };
        Translator::from_files(&folder.files(), &folder.config(), &languages)
    };
    let plain = folder.read().unwrap();
    let typed = plain.encode_source(">>deu<< the garden", WORDS).unwrap();
    for language in ["deu", ">>deu<<"] {
        let translator = with(language).unwrap();
        let source = translator.encode_source("the garden", WORDS).unwrap();
        assert_eq!(source.ids, typed.ids);
        assert!(source.special[0] && source.words[0].text == "the");
        let target = translator.encode_target("le jardin", WORDS).unwrap();
        assert_eq!(target, plain.encode_target("le jardin", WORDS).unwrap());
    }
    let error = with("deo").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tokenizer has no language \">>deo<<\" for the target; it has >>deu<<, >>fra<<"
    );
    assert_eq!(error.hint().unwrap(), "did you mean >>deu<<?");
}
