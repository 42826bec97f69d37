//! The files that a tokenizer is read from.

/// A file of a tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `tokenizer_config.json`
    TokenizerConfig,
    /// `special_tokens_map.json`, which is read where `tokenizer_config.json` has no `added_tokens_decoder`. All that it says
    /// counts as if it stood in that file.
    SpecialTokensMap,
    /// `added_tokens.json`, read under the same condition. Its fields are the tokens themselves.
    AddedTokens,
    /// `tokenizer.json`
    TokenizerJson,
    /// `config.json`, the model's.
    Config,
    /// `chat_template.jinja`, which counts before the template in `tokenizer_config.json`.
    ChatTemplate,
    /// The files in `additional_chat_templates`, templates that have names; with any of them, or the one above, those in
    /// `tokenizer_config.json` do not count.
    NamedTemplates,
}

impl File {
    /// The file's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TokenizerConfig => "tokenizer_config.json",
            Self::SpecialTokensMap => "special_tokens_map.json",
            Self::AddedTokens => "added_tokens.json",
            Self::TokenizerJson => "tokenizer.json",
            Self::Config => "config.json",
            Self::ChatTemplate => "chat_template.jinja",
            Self::NamedTemplates => "additional_chat_templates",
        }
    }
}
