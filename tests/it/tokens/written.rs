//! What a decoder wrote is a target; what cannot be translated is one clear error.

use attncheck::tokens::{Cut, Languages, Side, TokenError, Tokenizer, Translator};

use super::translation::{WORDS, check_words, folder, translator};

#[test]
fn what_cannot_be_translated_is_one_error() {
    let said = |error: TokenError| {
        assert!(error.hint().is_some(), "{error}");
        error.to_string()
    };
    let as_told = |name: &str, source: Option<&str>, target: Option<&str>| {
        let (folder, own) = (folder(name), |code: &str| code.to_owned());
        let languages = Languages { source: source.map(own), target: target.map(own) };
        said(Translator::from_files(&folder.files(), &folder.config(), &languages).unwrap_err())
    };
    let unsaid = as_told("mbart", None, None);
    assert!(unsaid.starts_with("the language of the target is not told; it has ar_AR, cs_CZ, "), "{unsaid}");
    assert!(unsaid.ends_with("and 13 more"), "{unsaid}");
    assert!(
        as_told("mbart", Some("en"), Some("fr_XX"))
            .starts_with("the tokenizer has no language \"en\" for the source")
    );
    assert!(
        as_told("m2m", None, Some("xx"))
            .starts_with("the tokenizer has no language \"__xx__\" for the target")
    );
    // A piece of the vocabulary is no language.
    assert!(as_told("nllb-json", None, Some("the")).contains("it has eng_Latn, fra_Latn, zho_Hans"));
    assert!(as_told("t5", None, Some("fr")).contains("has no codes of languages"));
    assert!(as_told("bart", Some("en"), None).contains("has no codes of languages"));
    assert!(as_told("marian", Some("en"), None).contains("has no codes of languages"));
    assert_eq!(
        as_told("marian", None, Some("fr")),
        "the tokenizer has no language \">>fr<<\" for the target; it has none"
    );

    let translator = translator("m2m").for_positions(Some(12), Some(6));
    let encode = |source: &str, target: &str| translator.encode(source, target, WORDS).map(drop);
    assert_eq!(said(encode("", "le").unwrap_err()), "the source is empty");
    assert_eq!(said(encode("the", " \u{3000}\t").unwrap_err()), "the target is empty");
    let long = encode("the", "le le le le le le le").unwrap_err();
    assert!(matches!(long, TokenError::LongSide { side: Side::Target, most: 6, .. }), "{long}");
    assert!(said(encode(&"the ".repeat(12), "le").unwrap_err()).ends_with("the model takes 12"));
    encode("the", "le").unwrap();

    let folder = folder("t5");
    let error = Translator::from_files(&folder.files(), br#"{"model_type": "t5"}"#, &Languages::default());
    assert!(said(error.unwrap_err()).contains("decoder_start_token_id"));
    // The file alone is not enough for every class.
    let error = Tokenizer::from_files(&folder.files(), br#"{"model_type": "albert"}"#).unwrap_err();
    assert!(said(error).starts_with("spiece.model alone is not enough for a AlbertTokenizer"));
}

#[test]
fn what_a_decoder_wrote_is_a_target() {
    for name in ["marian-pairs", "m2m", "t5", "mbart", "nllb-json", "marian-bytes"] {
        let translator = translator(name);
        let target = translator.encode_target("Les enfants jouent.", WORDS).unwrap();
        let from = target.labels.special.iter().position(|special| !special).unwrap();
        let mut ids = target.labels.ids[from..target.labels.text_end()].to_vec();
        ids.push(translator.end().unwrap());
        let written = translator.written(&ids, WORDS).unwrap().unwrap();
        assert_eq!(written.labels.ids, target.labels.ids, "{name}");
        assert_eq!(written.inputs, target.inputs, "{name}");
        // Other pieces than the text would be cut into are kept as they are.
        let end = ids.len() - 1;
        ids.swap(0, end - 1);
        let other = translator.written(&ids, Cut::Blanks).unwrap().unwrap();
        assert_eq!(other.labels.ids[from..other.labels.text_end()], ids[..end], "{name}");
        let text = translator.target().decode(&ids[..end]).unwrap();
        check_words(name, &text, &other.labels);
    }
}
