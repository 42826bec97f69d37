//! What can be wrong with a tokenizer.

use thiserror::Error;

/// Why there is no tokenizer, or no tokens.
#[derive(Debug, Error)]
pub enum TokenError {
    /// `tokenizer.json` is not one, or of a kind that is not known.
    #[error("cannot read tokenizer.json")]
    Load {
        /// What the tokenizers library says.
        source: tokenizers::Error,
    },
    /// A file beside it is not JSON.
    #[error("{file} is not JSON")]
    Json {
        /// Name of the file.
        file: &'static str,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// `vocab.txt` is not UTF-8.
    #[error("vocab.txt is not UTF-8 (byte {offset})")]
    VocabUtf8 {
        /// 0-based place of the first bad byte.
        offset: usize,
    },
    /// `vocab.txt` alone does not say how this kind of tokenizer works.
    #[error("vocab.txt alone is not enough for a {class}")]
    VocabClass {
        /// `tokenizer_class` of `tokenizer_config.json`.
        class: String,
    },
    /// `vocab.txt` lacks a token that BERT needs.
    #[error("vocab.txt does not hold the {role} token {token:?}")]
    VocabToken {
        /// What the token is for.
        role: &'static str,
        /// The token that was looked for.
        token: String,
    },
    /// The tokenizer refused a text.
    #[error("the tokenizer cannot encode the text")]
    Encode {
        /// What the tokenizers library says.
        source: tokenizers::Error,
    },
}

/// How a folder gets its `tokenizer.json`.
pub(crate) const CONVERT: &str = "write a tokenizer.json with Python: `from transformers import AutoTokenizer; \
     AutoTokenizer.from_pretrained(\"MODEL\").save_pretrained(\"FOLDER\")`";

impl TokenError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Load { .. } | Self::VocabUtf8 { .. } | Self::VocabClass { .. } | Self::VocabToken { .. } => {
                Some(CONVERT.to_owned())
            }
            Self::Json { file, .. } => Some(format!("fetch {file} again; it may have been cut off")),
            Self::Encode { .. } => Some(
                "a text with unknown characters needs an unknown token in the vocabulary; leave such lines out"
                    .to_owned(),
            ),
        }
    }
}
