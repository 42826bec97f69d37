//! Where a model comes from: compiled in, a folder, the hub's cache on this machine, or the hub.
//!
//! [`open`] finds the files and reads the small ones; the weights stay where they are, for `weights` to map.
//! The network is used only for a hub id, and only where the cache lacks a file.

mod embedded;
mod error;
mod folder;
mod hub;
mod impostor;
mod layout;
mod names;
mod reads;
mod reference;
mod shards;

use std::borrow::Cow;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::tokens::TokenizerFiles;

pub use error::SourceError;
pub use hub::{Broken, HubError, HubSettings, Patience};
pub use impostor::Impostor;
pub use reads::files_of;
pub use reference::ModelRef;

/// The files of one model.
#[derive(Debug, Clone)]
pub struct Files {
    /// What to call the model in a report: the folder as it was given, the hub id, or the embedded model's name.
    pub name: String,
    /// Branch, tag or commit that was asked for; `None` unless from the hub.
    pub revision: Option<String>,
    /// Commit the files are of; `None` unless from the hub.
    pub commit: Option<String>,
    /// `config.json`
    pub config: Cow<'static, [u8]>,
    /// `generation_config.json`, where there is one.
    pub generation: Option<Cow<'static, [u8]>>,
    /// What the tokenizer is made of.
    pub tokenizer: TokenizerFiles,
    /// Files of tensors, in whichever format the folder has.
    pub weights: Weights,
}

impl Files {
    /// SHA-256 of config.json, in hexadecimal: what `sha256sum config.json` says.
    #[must_use]
    pub fn config_sha256(&self) -> String {
        format!("{:x}", Sha256::digest(&self.config))
    }
}

/// The weights of a model, in one of the two formats there are; never empty.
#[derive(Debug, Clone)]
pub enum Weights {
    /// Safetensors: one file, or the shards in the order of their names.
    Safetensors(Vec<WeightFile>),
    /// Pickled tensors of `PyTorch`, given only where there are no safetensors.
    Torch(Vec<WeightFile>),
}

/// One file of weights.
#[derive(Debug, Clone)]
pub enum WeightFile {
    /// A file to be mapped in memory.
    Path(PathBuf),
    /// Bytes compiled into the program.
    Static {
        /// Name of the file they are of.
        name: &'static str,
        /// The file's contents.
        bytes: &'static [u8],
    },
}

/// Told how a download goes, so that who prints is decided elsewhere. Called from one thread at a time.
pub trait Progress {
    /// A file of so many bytes begins.
    fn begin(&self, file: &str, bytes: u64);
    /// So many more bytes of it are here; after an interruption, those that were kept come first.
    fn advance(&self, bytes: u64);
    /// The file is complete, or has been given up.
    fn finish(&self);
    /// Whether whoever watches wants no more of it; asked now and then.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Tells nobody of any progress.
impl Progress for () {
    fn begin(&self, _file: &str, _bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
    fn finish(&self) {}
}

/// Finds the files of a model, fetching from the hub what is not on this machine.
pub fn open(model: &ModelRef, hub: &HubSettings, progress: &dyn Progress) -> Result<Files, SourceError> {
    match model {
        ModelRef::Embedded => Ok(embedded::files()),
        ModelRef::Folder(path) => folder::read(path),
        ModelRef::Hub { repo, revision } => hub::files(repo, revision, hub, progress),
    }
}
