//! Where a model's files come from.

use crate::model::source::Files;

/// Which files a model was loaded from.
#[derive(Debug, Clone)]
pub(crate) struct Provenance {
    /// The folder, hub name or embedded model.
    pub name: String,
    /// The hub's commit.
    pub commit: Option<String>,
    pub config_sha256: String,
    pub tokenizer_sha256: String,
}

impl Provenance {
    /// Of these files; the weights' hash is the loaded model's.
    pub fn of(files: &Files) -> Self {
        Self {
            name: files.name.clone(),
            commit: files.commit.clone(),
            config_sha256: files.config_sha256(),
            tokenizer_sha256: files.tokenizer.sha256(),
        }
    }
}
