//! What the user typed for a model.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use super::SourceError;

/// How files of models and texts end.
const FILES: [&str; 10] =
    [".json", ".jsonl", ".safetensors", ".bin", ".pt", ".ckpt", ".txt", ".csv", ".onnx", ".gguf"];

/// Which model is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelRef {
    /// The one compiled into the program.
    Embedded,
    /// A folder on this machine.
    Folder(PathBuf),
    /// A repository of the hub.
    Hub {
        /// `org/name`, or `name` alone.
        repo: String,
        /// Branch, tag or commit; `main` where none was typed.
        revision: String,
    },
}

impl ModelRef {
    /// Reads what was typed; nothing typed means the embedded model.
    ///
    /// A path that exists is a folder, and so is whatever begins like a path (`./`, `../`, `/`, `~/`). Else
    /// `org/name` or `org/name@revision` is the hub's, and `name` too: the first models have no organisation.
    pub fn parse(typed: Option<&str>) -> Result<Self, SourceError> {
        let Some(typed) = typed else { return Ok(Self::Embedded) };
        let path = expand_home(typed);
        if path.exists() {
            return Ok(Self::Folder(path));
        }
        let is_path = typed.starts_with(['.', '/', '~']) || Path::new(typed).is_absolute();
        if is_path {
            return Err(SourceError::NoFolder { path });
        }
        let (repo, revision) = typed.split_once('@').unwrap_or((typed, "main"));
        if is_repo(repo) && is_revision(revision) {
            return Ok(Self::Hub { repo: repo.to_owned(), revision: revision.to_owned() });
        }
        Err(SourceError::NeitherReading { typed: typed.to_owned() })
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str(super::embedded::NAME),
            Self::Folder(path) => path.display().fmt(f),
            Self::Hub { repo, revision } => write!(f, "{repo}@{revision}"),
        }
    }
}

/// A shell leaves `~` alone inside quotes and after `=`.
fn expand_home(typed: &str) -> PathBuf {
    let rest = if typed == "~" { Some("") } else { typed.strip_prefix("~/") };
    match (rest, env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(typed),
    }
}

/// `org/name` or `name` by the hub's own rules, so that it can be part of a URL and of a folder's name. A name alone that
/// ends like a file is a file that is not there.
fn is_repo(repo: &str) -> bool {
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty()
            && part.bytes().all(plain)
            && !part.starts_with(['-', '.'])
            && !part.ends_with(['-', '.'])
    };
    let doubled = repo.contains("--") || repo.contains("..");
    let named = match repo.split_once('/') {
        Some((org, name)) => part(org) && part(name),
        None => part(repo) && !FILES.iter().any(|end| repo.to_ascii_lowercase().ends_with(end)),
    };
    repo.len() <= 96 && !doubled && named
}

/// Names git allows that can stand in a URL as they are; no step upwards, for it names a file in the cache.
fn is_revision(revision: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+');
    revision.bytes().all(plain)
        && !revision.contains("..")
        && revision.split('/').all(|part| !part.is_empty() && part != ".")
}
