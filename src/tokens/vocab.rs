//! A BERT tokenizer from `vocab.txt`, for folders from before `tokenizer.json`.

use serde_json::{Map, Value, json};

use super::TokenError;
use super::special::name;

/// Tokenizers that are BERT's, under whichever name.
const CLASSES: [&str; 5] =
    ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer", "LxmertTokenizer"];

/// The same tokenizer as `tokenizer.json`.
///
/// What `tokenizer_config.json` does not say is as in the transformers library: lower case, accents stripped where
/// lower case is, Chinese characters apart, and BERT's five special tokens.
pub(super) fn to_json(lines: &[u8], config: Option<&Value>) -> Result<Vec<u8>, TokenError> {
    let lines =
        std::str::from_utf8(lines).map_err(|error| TokenError::VocabUtf8 { offset: error.valid_up_to() })?;
    let setting = |key: &str| config.and_then(|config| config.get(key));
    if let Some(class) = setting("tokenizer_class").and_then(Value::as_str)
        && !CLASSES.contains(&class.strip_suffix("Fast").unwrap_or(class))
    {
        return Err(TokenError::VocabClass { class: class.to_owned() });
    }
    let mut vocab = Map::new();
    for (id, line) in lines.split_terminator('\n').enumerate() {
        vocab.insert(line.strip_suffix('\r').unwrap_or(line).to_owned(), json!(id));
    }
    let token =
        |key: &str, usual: &str| config.and_then(|config| name(config, key)).unwrap_or(usual).to_owned();
    let needed = |role: &'static str, token: String| match vocab.get(&token) {
        Some(id) => Ok((token, id.clone())),
        None => Err(TokenError::VocabToken { role, token }),
    };
    let unk = needed("unknown", token("unk_token", "[UNK]"))?;
    let cls = needed("classification", token("cls_token", "[CLS]"))?;
    let sep = needed("separator", token("sep_token", "[SEP]"))?;
    let optional = [token("pad_token", "[PAD]"), token("mask_token", "[MASK]")];
    let optional = optional.into_iter().filter_map(|token| Some((token.clone(), vocab.get(&token)?.clone())));
    let added: Vec<Value> = [unk.clone(), cls.clone(), sep.clone()]
        .into_iter()
        .chain(optional)
        .map(|(content, id)| {
            json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                   "normalized": false, "special": true})
        })
        .collect();
    let flag = |key: &str| setting(key).and_then(Value::as_bool);
    let tokenizer = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": flag("tokenize_chinese_chars").unwrap_or(true),
            "strip_accents": flag("strip_accents"),
            "lowercase": flag("do_lower_case").unwrap_or(true),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": sep, "cls": cls},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": unk.0,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    });
    Ok(tokenizer.to_string().into_bytes())
}
