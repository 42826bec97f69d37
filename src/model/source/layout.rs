//! Which of the files at hand make up the model.

use std::collections::BTreeSet;

use super::SourceError;
use super::names::is_plain;

/// Tokenizer files that only Python can read, the likeliest first.
const OTHER_TOKENIZERS: [&str; 9] = [
    "spm.model",
    "tokenizer.model",
    "bpe.codes",
    "merges.txt",
    "vocab.json",
    "source.spm",
    "vocab.bpe",
    "tekken.json",
    "tiktoken.model",
];

pub(super) const CONFIG: &str = "config.json";
pub(super) const TOKENIZER: &str = "tokenizer.json";
pub(super) const VOCAB: &str = "vocab.txt";
pub(super) const PIECES: &str = "vocab.json";
pub(super) const MERGES: &str = "merges.txt";
/// Of encoder–decoders: what cuts a text, for each side or for both.
pub(super) const SOURCE_SCORES: &str = "source.spm";
pub(super) const TARGET_SCORES: &str = "target.spm";
pub(super) const TARGET_PIECES: &str = "target_vocab.json";
pub(super) const SCORES: [&str; 2] = ["sentencepiece.bpe.model", "spiece.model"];
pub(super) const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
pub(super) const SPECIAL_TOKENS_MAP: &str = "special_tokens_map.json";
pub(super) const ADDED_TOKENS: &str = "added_tokens.json";
/// How a model that writes is searched for a text.
pub(super) const GENERATION: &str = "generation_config.json";
pub(super) const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// The folder of chat templates that have names, each in a file `NAME.jinja`.
pub(super) const CHAT_TEMPLATES: &str = "additional_chat_templates";

/// The names of the files a model consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// `vocab.json` with what cuts a text beside it, else `tokenizer.json`, else `vocab.json` with `merges.txt` beside it, else
    /// `vocab.txt`, else what cuts a text alone.
    pub tokenizer: &'static str,
    /// What cuts a text into the pieces that `vocab.json` numbers.
    pub cutter: Option<&'static str>,
    /// Those of the other files of a tokenizer, and of a search for a text, that are there.
    pub optional: Vec<&'static str>,
    /// The names of the chat templates that have files of their own, in their order.
    pub templates: Vec<String>,
    pub weights: WeightLayout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WeightLayout {
    /// The file, or the index of the files.
    pub name: &'static str,
    pub is_index: bool,
    pub is_torch: bool,
}

/// Safetensors before pickles, one file before shards, as the transformers library chooses.
const WEIGHTS: [WeightLayout; 4] = [
    WeightLayout { name: "model.safetensors", is_index: false, is_torch: false },
    WeightLayout { name: "model.safetensors.index.json", is_index: true, is_torch: false },
    WeightLayout { name: "pytorch_model.bin", is_index: false, is_torch: true },
    WeightLayout { name: "pytorch_model.bin.index.json", is_index: true, is_torch: true },
];

/// The file of the chat template of this name.
pub(super) fn template_file(name: &str) -> String {
    format!("{CHAT_TEMPLATES}/{name}.jinja")
}

impl Layout {
    /// Chooses among the names of the files in `place`.
    pub(super) fn of(names: &BTreeSet<String>, place: &str) -> Result<Self, SourceError> {
        let has = |name: &str| names.contains(name);
        let found = || names.iter().cloned().collect::<Vec<_>>();
        // Beside weights it would change them; alone it is none.
        let weightless = !WEIGHTS.iter().any(|weights| has(weights.name));
        let adapter = ["adapter_model.safetensors", "adapter_model.bin"].into_iter().any(has);
        if has("adapter_config.json") || (weightless && adapter) {
            return Err(SourceError::Adapter { place: place.to_owned() });
        }
        if !has(CONFIG) {
            return Err(SourceError::NoConfig { place: place.to_owned(), found: found() });
        }
        let scores = SCORES.into_iter().find(|&name| has(name));
        let both = has(SOURCE_SCORES) && has(TARGET_SCORES);
        let cutter = if both { Some(SOURCE_SCORES) } else { scores.filter(|&name| name == SCORES[0]) };
        let cutter = cutter.filter(|_| has(PIECES));
        let tokenizer = if cutter.is_some() {
            PIECES
        } else if has(TOKENIZER) {
            TOKENIZER
        } else if has(PIECES) && has(MERGES) {
            PIECES
        } else if has(VOCAB) && !has("bpe.codes") {
            VOCAB
        } else if let Some(scores) = scores {
            scores
        } else if let Some(file) = OTHER_TOKENIZERS.into_iter().find(|&name| has(name)) {
            return Err(SourceError::TokenizerKind { place: place.to_owned(), file: file.to_owned() });
        } else {
            return Err(SourceError::NoTokenizer { place: place.to_owned(), found: found() });
        };
        let weights = WEIGHTS
            .into_iter()
            .find(|weights| has(weights.name))
            .ok_or_else(|| SourceError::NoWeights { place: place.to_owned(), found: found() })?;
        let merges = (tokenizer == PIECES && cutter.is_none()).then_some(MERGES);
        let target: &[&str] =
            if cutter == Some(SOURCE_SCORES) { &[TARGET_SCORES, TARGET_PIECES] } else { &[] };
        let optional = [TOKENIZER_CONFIG, SPECIAL_TOKENS_MAP, ADDED_TOKENS, CHAT_TEMPLATE, GENERATION];
        let optional = optional.into_iter().chain(merges).chain(cutter).chain(target.iter().copied());
        let optional = optional.filter(|&name| has(name)).collect();
        let template = |path: &String| {
            let file = path.strip_prefix(CHAT_TEMPLATES)?.strip_prefix('/').filter(|file| is_plain(file))?;
            file.strip_suffix(".jinja").map(str::to_owned)
        };
        let templates = names.iter().filter_map(template).collect();
        Ok(Self { tokenizer, cutter, optional, templates, weights })
    }

    /// The small files, which come before the weights: where weights are, all else is.
    pub(super) fn small(&self) -> impl Iterator<Item = String> {
        let named = [CONFIG, self.tokenizer].into_iter().chain(self.optional.iter().copied());
        named.map(str::to_owned).chain(self.templates.iter().map(|name| template_file(name)))
    }
}
