//! A model of the hub: from the cache on this machine where it is complete there, else fetched into it.
//!
//! The cache is the Python library's (`models--org--name/{refs,snapshots,blobs}`): what either has fetched, both
//! use. A branch that the cache knows is used at the commit it was fetched at, with no question to the network.
//!
//! A server is not trusted. What it says of a file is asked once, checked, and what was checked is used: the commit, the
//! names, the size. Nothing is written outside the cache, nothing counts as fetched before it is whole and has the hash
//! the hub names it by, no answer may be endless or slow without end, and the token is for the endpoint's host alone.
//!
//! A small file has no SHA-256. On the hub its etag is git's hash of it, but servers in between use other numbers of 40
//! digits, so one that differs is not an error: the connection and the size are believed. It only means that the blob is
//! fetched once more where another snapshot has the same etag.

mod address;
mod cache;
mod client;
mod describe;
mod error;
mod fetch;
mod patience;
mod proof;
mod refusal;
mod settings;
mod transfer;

pub use error::{Broken, HubError};
pub use patience::Patience;
pub use settings::HubSettings;

use super::{Files, Progress, SourceError, folder};
use cache::Snapshot;
use fetch::Fetch;

/// The files of `repo` at `revision`.
pub(super) fn files(
    repo: &str,
    revision: &str,
    settings: &HubSettings,
    progress: &dyn Progress,
) -> Result<Files, SourceError> {
    let cached = Snapshot::find(&settings.cache, repo, revision)?;
    let lacking = match &cached {
        Some(snapshot) => match read(snapshot, repo, revision) {
            Ok(files) => return Ok(files),
            Err(error) => Some(error),
        },
        None => None,
    };
    if settings.offline {
        return Err(HubError::Offline {
            repo: repo.to_owned(),
            revision: revision.to_owned(),
            cache: settings.cache.clone(),
            lacking: lacking.map(Box::new),
        }
        .into());
    }
    let snapshot = Fetch::new(repo, revision, settings, progress)?.run()?;
    read(&snapshot, repo, revision)
}

fn read(snapshot: &Snapshot, repo: &str, revision: &str) -> Result<Files, SourceError> {
    let mut files = folder::read_as(&snapshot.folder, repo)?;
    files.revision = Some(revision.to_owned());
    files.commit = Some(snapshot.commit.clone());
    Ok(files)
}
