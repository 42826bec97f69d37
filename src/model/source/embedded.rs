//! The model compiled into the program, so that an audit works anywhere with no files and no network.

use std::borrow::Cow;

use super::{Files, WeightFile, Weights};
use crate::tokens::{TokenizerFiles, Vocabulary};

/// BERT, 4 layers of 4 heads, trained on movie-review sentences: negative or positive.
pub(super) const NAME: &str = "sst2-tiny-s1";

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/sst2-tiny-s1/", $name))
            .as_slice()
    };
}

pub(super) fn files() -> Files {
    Files {
        name: format!("{NAME} (embedded)"),
        revision: None,
        commit: None,
        config: Cow::Borrowed(file!("config.json")),
        generation: None,
        tokenizer: TokenizerFiles {
            vocabulary: Vocabulary::Json(Cow::Borrowed(file!("tokenizer.json"))),
            config: Some(Cow::Borrowed(file!("tokenizer_config.json"))),
            special_tokens_map: None,
            added_tokens: None,
            chat_template: None,
            named_templates: Vec::new(),
        },
        weights: Weights::Safetensors(vec![WeightFile::Static {
            name: "model.safetensors",
            bytes: file!("model.safetensors"),
        }]),
    }
}
