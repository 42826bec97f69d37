//! Why a model's files could not be had.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{HubError, Impostor};
use crate::model::error::MERGE;
use crate::tokens::CONVERT;

/// Why there are no files of a model.
#[derive(Debug, Error)]
pub enum SourceError {
    /// What was typed is a path, and nothing is there.
    #[error("no such folder: {}", path.display())]
    NoFolder {
        /// The path, `~` expanded.
        path: PathBuf,
    },
    /// What was typed is neither a folder that exists nor a name the hub could have.
    #[error(
        "{typed:?} is neither an existing folder nor a hub id of the form org/name[@revision] or name[@revision]"
    )]
    NeitherReading {
        /// The model as it was typed.
        typed: String,
    },
    /// What was typed is a file.
    #[error("{} is a file, not a model folder", path.display())]
    NotAFolder {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The system refuses to read a file or a folder.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no `config.json`.
    #[error("{place} has no config.json; it holds {}", list(found))]
    NoConfig {
        /// Folder or hub id.
        place: String,
        /// The files that are there.
        found: Vec<String>,
    },
    /// There is no tokenizer of any kind.
    #[error("{place} has no tokenizer.json; it holds {}", list(found))]
    NoTokenizer {
        /// Folder or hub id.
        place: String,
        /// The files that are there.
        found: Vec<String>,
    },
    /// There is a tokenizer, of a kind that needs converting.
    #[error("{place} has no tokenizer.json, and {file} cannot be read directly")]
    TokenizerKind {
        /// Folder or hub id.
        place: String,
        /// The name of the tokenizer's file that is there.
        file: String,
    },
    /// There are no weights.
    #[error("{place} has no weights (model.safetensors); it holds {}", list(found))]
    NoWeights {
        /// Folder or hub id.
        place: String,
        /// The files that are there.
        found: Vec<String>,
    },
    /// A file that is something else than its name says.
    #[error("{} is {kind}", path.display())]
    Impostor {
        /// The file.
        path: PathBuf,
        /// What stands in its place.
        kind: Impostor,
    },
    /// An adapter, which changes another model's weights.
    #[error("{place} holds an adapter of PEFT, not a model")]
    Adapter {
        /// Folder or hub id.
        place: String,
    },
    /// The index of the shards is not one.
    #[error("{} is not an index of weight shards", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The index names no shard at all.
    #[error("{} names no shard", path.display())]
    EmptyIndex {
        /// The index.
        path: PathBuf,
    },
    /// The index names something that is no plain file name.
    #[error("{} names {shard:?}, which is not a plain file name", path.display())]
    ShardName {
        /// The index.
        path: PathBuf,
        /// The name that the index gives to a shard.
        shard: String,
    },
    /// Shards that the index names are missing.
    #[error("{place} lacks {} of the shards that {index} names: {}", missing.len(), list(missing))]
    NoShards {
        /// Folder or hub id.
        place: String,
        /// Name of the index.
        index: String,
        /// The shards that are missing.
        missing: Vec<String>,
    },
    /// The hub or its cache.
    #[error(transparent)]
    Hub(#[from] HubError),
}

impl SourceError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let save = || {
            "a model folder is what `save_pretrained` of the transformers library writes: config.json, \
             tokenizer.json and model.safetensors"
                .to_owned()
        };
        match self {
            Self::NoFolder { .. } => Some(
                "give the path of a model folder, or a hub id such as org/name without ./ or / before it"
                    .into(),
            ),
            Self::NeitherReading { typed } => Some(format!(
                "read as a folder, nothing is at {typed:?}; read as a hub id, it must be org/name or a name alone, and perhaps @revision"
            )),
            Self::Impostor { kind: Impostor::LfsPointer, .. } => {
                Some("run `git lfs pull` in the folder, or download the file again".into())
            }
            Self::Impostor { .. } => {
                Some("download the file again; the page may say why it was not given".into())
            }
            Self::Adapter { .. } => Some(MERGE.to_owned()),
            Self::NotAFolder { .. } => Some("give the folder that holds the file".into()),
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("check the permissions".into())
            }
            Self::Read { .. } => None,
            Self::NoWeights { found, .. } if found.iter().any(|file| is_foreign(file)) => Some(
                "weights of TensorFlow or JAX are not read: load them with transformers 4 (`from_tf=True`, `from_flax=True`) \
                 and save them with `save_pretrained`"
                    .into(),
            ),
            Self::NoConfig { .. } | Self::NoWeights { .. } => Some(save()),
            Self::NoTokenizer { .. } | Self::TokenizerKind { .. } => Some(CONVERT.to_owned()),
            Self::Index { .. } | Self::EmptyIndex { .. } | Self::ShardName { .. } => {
                Some("save the model again with `save_pretrained`".into())
            }
            Self::NoShards { .. } => Some("fetch the missing files; the copy is not complete".into()),
            Self::Hub(error) => error.hint(),
        }
    }
}

/// Whether a file holds weights of TensorFlow or JAX.
fn is_foreign(file: &str) -> bool {
    matches!(file, "tf_model.h5" | "flax_model.msgpack")
}

/// A folder may hold thousands of files; the first dozen tell what it is.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    match names.len() {
        0 => "nothing".to_owned(),
        n if n > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
        _ => names.join(", "),
    }
}
