//! The hub's cache on this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hf_hub::{Cache, Repo, RepoType};

use super::HubError;

/// The files of one commit; perhaps not all of them.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub commit: String,
    pub folder: PathBuf,
}

impl Snapshot {
    /// What the cache holds of a revision: the commit a branch or tag was last fetched at, or the commit itself.
    pub(super) fn find(cache: &Path, repo: &str, revision: &str) -> Option<Self> {
        let root = root(cache, repo);
        let commit = match fs::read_to_string(root.join("refs").join(revision)) {
            Ok(commit) => commit.trim().to_owned(),
            Err(_) => revision.to_owned(),
        };
        let snapshot = Self::of(cache, repo, &commit)?;
        snapshot.folder.is_dir().then_some(snapshot)
    }

    /// Where the files of a commit belong; `None` for what is no name of a commit.
    pub(super) fn of(cache: &Path, repo: &str, commit: &str) -> Option<Self> {
        let folder = root(cache, repo).join("snapshots").join(commit);
        is_name(commit).then(|| Self { commit: commit.to_owned(), folder })
    }
}

fn root(cache: &Path, repo: &str) -> PathBuf {
    cache.join(model(repo, "main").folder_name())
}

/// A model repository as hf-hub names it.
pub(super) fn model(repo: &str, revision: &str) -> Repo {
    Repo::with_revision(repo.to_owned(), RepoType::Model, revision.to_owned())
}

/// Where the bytes with this etag are kept, and where while they are still coming.
pub(super) fn blob(cache: &Path, repo: &str, etag: &str) -> (PathBuf, PathBuf) {
    let blob = Cache::new(cache.to_path_buf()).repo(model(repo, "main")).blob_path(etag);
    let part = blob.with_extension("part");
    (blob, part)
}

/// Remembers which commit a branch or tag stands for.
pub(super) fn remember(cache: &Path, repo: &str, revision: &str, commit: &str) -> Result<(), HubError> {
    Cache::new(cache.to_path_buf())
        .repo(model(repo, revision))
        .create_ref(commit)
        .map_err(|source| HubError::Cache { path: root(cache, repo).join("refs").join(revision), source })
}

/// Removes a file or a link, also one that leads nowhere; it need not be there.
pub(super) fn remove(path: &Path) -> Result<(), HubError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(HubError::Cache { path: path.to_path_buf(), source })
        }
        _ => Ok(()),
    }
}

/// Whether a commit or etag that a server sent can be the name of one file in the cache.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.starts_with('.') && !name.is_empty() && name.len() <= 128 && name.bytes().all(plain)
}
