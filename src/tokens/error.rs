//! What can be wrong with a tokenizer.

use serde_json::Value;
use thiserror::Error;

use super::file::File;
use super::sides::Side;
use crate::guard::Panicked;
use crate::input::near;

/// Why there is no tokenizer, or no tokens.
#[derive(Debug, Error)]
pub enum TokenError {
    /// `tokenizer.json` is not one, or of a kind that is not known.
    #[error("cannot read tokenizer.json")]
    Load {
        /// What the tokenizers library says.
        source: tokenizers::Error,
    },
    /// The library that reads `tokenizer.json` broke down, while loading it or on a text.
    #[error("cannot use tokenizer.json")]
    Broken(#[from] Panicked),
    /// `tokenizer.json` says what no tokenizer needs, and what would break its reader or fill the memory.
    #[error("cannot use tokenizer.json: its {part} is {found}, where {expected} was expected")]
    Part {
        /// The part of the file.
        part: &'static str,
        /// The value that stands there.
        found: String,
        /// What it may say.
        expected: String,
    },
    /// The tokenizer makes far more of a text than it is.
    #[error("tokenizer.json makes more than {limit} bytes of a text of {bytes}, by its {step}")]
    Growth {
        /// The step at which it does.
        step: &'static str,
        /// Bytes of the text.
        bytes: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// One word is longer than can be searched.
    #[error("a word of {chars} characters is to be cut into pieces; at most {most} can be")]
    Word {
        /// Characters of the word.
        chars: usize,
        /// Characters that are allowed.
        most: usize,
    },
    /// The tokenizer has no place for the second text of a pair.
    #[error("the post_processor of tokenizer.json does not take a pair of texts")]
    Pairs,
    /// A file beside it is not JSON.
    #[error("{file} is not JSON")]
    Json {
        /// Name of the file.
        file: &'static str,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// A vocabulary is not UTF-8.
    #[error("{file} is not UTF-8 (byte {offset})")]
    VocabUtf8 {
        /// Name of the file.
        file: &'static str,
        /// 0-based place of the first bad byte.
        offset: usize,
    },
    /// A line of `merges.txt` is no pair.
    #[error("line {line} of merges.txt does not hold two pieces with one space between them")]
    Merge {
        /// 1-based number of the line.
        line: usize,
    },
    /// A vocabulary alone does not say how this kind of tokenizer works.
    #[error("{file} alone is not enough for a {class}")]
    VocabClass {
        /// Name of the file.
        file: &'static str,
        /// The class that is named, or that the model's type stands for.
        class: String,
    },
    /// The class puts a token around every text, and the vocabulary lacks it.
    #[error("the vocabulary does not hold {token:?}, the {key} of a {class}")]
    VocabToken {
        /// Its key in `tokenizer_config.json`.
        key: &'static str,
        /// The token that was looked for.
        token: String,
        /// The tokenizer's class.
        class: String,
    },
    /// A class of tokenizers that cannot be built.
    #[error("{file} names a {class}, which cannot be built here")]
    Class {
        /// The class that is named.
        class: String,
        /// The file that names it.
        file: &'static str,
    },
    /// A class that is made of pieces with scores, over a vocabulary without.
    #[error("a {class} cannot be built from the vocabulary of tokenizer.json, which has no scores")]
    ClassVocabulary {
        /// The class that is named.
        class: String,
    },
    /// A setting has a value that it cannot have.
    #[error("{file} has {found} {}, where {expected} was expected", at(field))]
    Field {
        /// Name of the file.
        file: &'static str,
        /// The setting; empty for the whole file.
        field: String,
        /// The value that stands there.
        found: String,
        /// What it may say.
        expected: String,
    },
    /// A file of `SentencePiece` that is damaged, or that asks for what cannot be done.
    #[error("cannot use {file}: {said}")]
    Sentence {
        /// Name of the file.
        file: &'static str,
        /// What is wrong with it.
        said: &'static str,
    },
    /// A language that the tokenizer has no code for.
    #[error("the tokenizer has no language {code:?} for the {side}{}", listed(known))]
    Language {
        /// The code that was looked for.
        code: String,
        /// Which text it is of.
        side: Side,
        /// The codes there are, in order.
        known: Vec<String>,
    },
    /// The model translates into several languages, and none is named.
    #[error("the language of the {side} is not told{}", listed(known))]
    Unsaid {
        /// Which text it is of.
        side: Side,
        /// The codes there are, in order.
        known: Vec<String>,
    },
    /// A language was named for a tokenizer that has no codes of languages.
    #[error("the language {language:?} was named, and a {class} has no codes of languages")]
    NoLanguages {
        /// What was named.
        language: String,
        /// The tokenizer's class.
        class: String,
    },
    /// config.json does not tell what a decoder is given first.
    #[error("config.json has no decoder_start_token_id, so nothing begins a target")]
    NoStart,
    /// Nothing puts an end to a target.
    #[error("the tokenizer puts nothing at the end of a target")]
    NoEnd,
    /// One of the texts of a translation says nothing.
    #[error("the {side} is empty")]
    EmptySide {
        /// Which text.
        side: Side,
    },
    /// A word has no piece, and there is none for what is unknown.
    #[error("a word has no piece in the vocabulary, which has no unknown piece either")]
    EmptyWord,
    /// A text is longer than the model takes.
    #[error("the {side} is {tokens} tokens long; the model takes {most}")]
    LongSide {
        /// Which text.
        side: Side,
        /// Its tokens, with those that are put around it.
        tokens: usize,
        /// The most there may be.
        most: usize,
    },
    /// A setting that cannot be honoured.
    #[error("{file} sets {field} to {found}, which cannot be honoured: {why}")]
    Refused {
        /// Name of the file.
        file: &'static str,
        /// The setting.
        field: &'static str,
        /// The value that stands there.
        found: String,
        /// Why that cannot be done.
        why: &'static str,
    },
    /// A chat was asked for, and the model has no template for one.
    #[error("the model has no chat template")]
    NoChat,
    /// There are several templates, and none is the one to take.
    #[error("the model has the chat templates {names:?}, none of which is called {name}")]
    ChatName {
        /// The name that is wanted.
        name: String,
        /// Their names.
        names: Vec<String>,
    },
    /// A template cannot be read, or gives no chat.
    #[error("the chat template in {file} cannot be used: {said}")]
    Chat {
        /// The file it stands in.
        file: &'static str,
        /// What is wrong, on one line.
        said: String,
    },
    /// A template changes the text, leaves it out or repeats it.
    #[error("the chat template in {file} does not give the text whole and once")]
    ChatLost {
        /// The file it stands in.
        file: &'static str,
    },
    /// A user says one text.
    #[error("a chat template takes one text, not a pair")]
    ChatPair,
    /// The tokenizer refused a text.
    #[error("the tokenizer cannot encode the text")]
    Encode {
        /// What the tokenizers library says.
        source: tokenizers::Error,
    },
}

/// The languages there are, as far as a message holds them.
fn listed(known: &[String]) -> String {
    const SHOWN: usize = 12;
    let more = known.len().saturating_sub(SHOWN);
    let shown = known.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (known.len(), more) {
        (0, _) => "; it has none".to_owned(),
        (_, 0) => format!("; it has {shown}"),
        _ => format!("; it has {shown} and {more} more"),
    }
}

fn at(field: &str) -> String {
    if field.is_empty() { "as a whole".to_owned() } else { format!("as {field}") }
}

/// A value as JSON, cut to what a message holds.
pub(super) fn short(value: &Value) -> String {
    const MOST: usize = 60;
    let json = value.to_string();
    if json.chars().count() <= MOST { json } else { json.chars().take(MOST).chain(['\u{2026}']).collect() }
}

/// How a folder gets its `tokenizer.json`.
pub(crate) const CONVERT: &str = "write a tokenizer.json with Python: `from transformers import AutoTokenizer; \
     AutoTokenizer.from_pretrained(\"MODEL\").save_pretrained(\"FOLDER\")`";

/// The class that takes tokenizer.json as it stands.
const WHOLE: &str = "TokenizersBackend";

impl TokenError {
    pub(super) fn field(file: File, field: &str, found: &Value, expected: &str) -> Self {
        let expected = expected.to_owned();
        Self::Field { file: file.name(), field: field.to_owned(), found: short(found), expected }
    }

    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Load { .. } | Self::VocabUtf8 { .. } | Self::Merge { .. } | Self::VocabClass { .. } => {
                Some(CONVERT.to_owned())
            }
            Self::VocabToken { key, .. } => Some(format!("name the token of the vocabulary as {key} in tokenizer_config.json")),
            Self::Class { .. } | Self::ClassVocabulary { .. } => Some(format!(
                "where the class has a tokenizer.json of its own, let it be taken as it stands: save it with Python, \
                 `AutoTokenizer.from_pretrained(\"MODEL\").backend_tokenizer.save(\"tokenizer.json\")`, and name \
                 {WHOLE} as tokenizer_class in tokenizer_config.json; what is Python code alone cannot be read"
            )),
            Self::Field { file, .. } => Some(format!("mend {file}; transformers 5 refuses it too")),
            Self::Refused { file, field, .. } => Some(format!(
                "save the tokenizer anew with `save_pretrained`, or take {field} out of {file} if it is not meant"
            )),
            Self::Broken(_) | Self::Part { .. } | Self::Growth { .. } => Some(format!(
                "the file is damaged, or made to break what reads it; fetch it again from a source you trust, or {CONVERT}"
            )),
            Self::Word { .. } => {
                Some("part the text by spaces, or lower max_input_chars_per_word in tokenizer.json".to_owned())
            }
            Self::NoChat => Some(
                "leave --chat-template out, or save the template as chat_template.jinja beside tokenizer.json"
                    .to_owned(),
            ),
            Self::ChatName { .. } => Some("name the one that is meant, as in --chat-template=NAME".to_owned()),
            Self::Chat { file, .. } | Self::ChatLost { file } => Some(format!(
                "mend {file}, or leave --chat-template out and write the chat into the texts themselves"
            )),
            Self::ChatPair => Some("leave --chat-template out, or audit texts without a second one".to_owned()),
            Self::Pairs => Some("audit texts without a second one, or mend its template for pairs".to_owned()),
            Self::Json { file, .. } => Some(format!("fetch {file} again; it may have been cut off")),
            Self::Sentence { .. } => Some(format!("fetch the file again from a source you trust, or {CONVERT}")),
            Self::Language { code, known, .. } => {
                let near = near(code, known.iter().map(String::as_str));
                Some(match near.first() {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => "name one of its own codes".to_owned(),
                })
            }
            Self::Unsaid { side, .. } => Some(format!("name the {side}'s language by its code")),
            Self::NoLanguages { .. } => Some("leave it out: the model translates between two languages".to_owned()),
            Self::NoStart => Some("write decoder_start_token_id into config.json, as the model was trained with it".to_owned()),
            Self::NoEnd => Some(format!("{CONVERT}, so that it ends a text as the model was trained")),
            Self::EmptyWord | Self::EmptySide { .. } => Some("leave the pair out".to_owned()),
            Self::LongSide { .. } => Some("leave the pair out, or part it into shorter ones".to_owned()),
            Self::Encode { .. } => Some(
                "a text with unknown characters needs an unknown token in the vocabulary; leave such lines out"
                    .to_owned(),
            ),
        }
    }
}
