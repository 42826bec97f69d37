//! The hashes of the small files: every byte of every file counts, and where it stands.

use std::borrow::Cow;
use std::collections::BTreeSet;

use attncheck::model::source::{self, HubSettings, ModelRef};
use attncheck::tokens::{TokenizerFiles, Vocabulary};

#[test]
fn the_config_hash_is_that_of_the_file() {
    let files = source::open(&ModelRef::Embedded, &HubSettings::from_vars(|_| None, None), &()).unwrap();
    assert_eq!(files.config_sha256(), "a9ad6b3893842c51227fa4f1c60d191047e0e390b8e25e1f668e87af1cfe1d14");
}

#[test]
fn every_tokenizer_file_counts() {
    let own = |text: &'static str| Cow::Borrowed(text.as_bytes());
    let with =
        |vocabulary, config: Option<&'static str>, map: Option<&'static str>, added: Option<&'static str>| {
            let [config, special_tokens_map, added_tokens] = [config, map, added].map(|text| text.map(own));
            TokenizerFiles {
                vocabulary,
                config,
                special_tokens_map,
                added_tokens,
                chat_template: None,
                named_templates: Vec::new(),
            }
            .sha256()
        };
    let chat = |text: &'static str, named: &[(&str, &'static str)]| {
        let [config, special_tokens_map, added_tokens] = [None, None, None];
        let vocabulary = Vocabulary::Json(own("a"));
        TokenizerFiles {
            vocabulary,
            config,
            special_tokens_map,
            added_tokens,
            chat_template: Some(own(text)),
            named_templates: named.iter().map(|(name, text)| ((*name).to_owned(), own(text))).collect(),
        }
        .sha256()
    };
    let of = |vocabulary, config, map| with(vocabulary, config, map, None);
    let (json, lines) = (Vocabulary::Json, Vocabulary::WordPiece);
    let numbered = |target_vocab: Option<&'static str>, source, target: Option<&'static str>| {
        let vocabulary = Vocabulary::Numbered {
            vocab: own("a"),
            target_vocab: target_vocab.map(own),
            source: ("source.spm", own(source)),
            target: target.map(own),
        };
        of(vocabulary, None, None)
    };
    let hashes = [
        with(json(own("a")), None, None, Some("b")),
        chat("b", &[]),
        chat("", &[]),
        chat("b", &[("a", "")]),
        chat("b", &[("", "a")]),
        chat("b", &[("a", "b")]),
        chat("b", &[("a", ""), ("b", "")]),
        of(Vocabulary::Pairs { vocab: own("a"), merges: own("b") }, None, None),
        of(Vocabulary::Pairs { vocab: own("ab"), merges: own("") }, None, None),
        of(Vocabulary::Scored { file: "spiece.model", model: own("ab") }, None, None),
        of(Vocabulary::Scored { file: "sentencepiece.bpe.model", model: own("ab") }, None, None),
        numbered(None, "b", None),
        numbered(Some("b"), "b", None),
        numbered(None, "bb", None),
        numbered(None, "b", Some("b")),
        numbered(None, "", Some("b")),
        of(json(own("ab")), None, None),
        of(lines(own("ab")), None, None),
        of(json(own("a")), Some("b"), None),
        of(json(own("a")), None, Some("b")),
        of(json(own("ab")), Some(""), None),
        of(json(own("ab")), None, Some("")),
        of(json(own("")), Some("ab"), None),
    ];
    assert_eq!(hashes.iter().collect::<BTreeSet<_>>().len(), hashes.len(), "{hashes:?}");
    assert_eq!(hashes[16], of(json(own("ab")), None, None));
}
