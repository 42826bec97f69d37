//! The hub's cache on this machine, as the Python library lays it out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use hf_hub::{Cache, Repo, RepoType};

use super::super::names::is_plain;
use super::client::About;
use super::describe::Description;
use super::{Broken, HubError, proof};
use crate::model::source::Progress;

/// The files of one commit; perhaps not all of them.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub commit: String,
    pub folder: PathBuf,
    /// Folder of the repository in the cache.
    root: PathBuf,
    locks: PathBuf,
}

impl Snapshot {
    /// What the cache holds of a revision: the commit a branch or tag was last fetched at, or the commit itself.
    pub(super) fn find(cache: &Path, repo: &str, revision: &str) -> Result<Option<Self>, HubError> {
        let path = root(cache, repo).join("refs").join(revision);
        let read = fs::metadata(&path).and_then(|found| {
            if found.is_file() { fs::read_to_string(&path) } else { Err(io::ErrorKind::NotFound.into()) }
        });
        let commit = match read {
            Ok(commit) => commit.trim().to_owned(),
            Err(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                return Err(HubError::Cache { path, source });
            }
            Err(_) => revision.to_owned(),
        };
        // What stands in a file of the cache is a name only if it looks like one.
        Ok(is_plain(&commit).then(|| Self::of(cache, repo, &commit)).filter(|found| found.folder.is_dir()))
    }

    /// Where the files of a commit belong.
    pub(super) fn of(cache: &Path, repo: &str, commit: &str) -> Self {
        Self {
            commit: commit.to_owned(),
            folder: Cache::new(cache.to_path_buf()).repo(model(repo)).pointer_path(commit),
            root: root(cache, repo),
            locks: cache.join(".locks").join(model(repo).folder_name()),
        }
    }

    /// Where a file of the commit belongs.
    pub(super) fn slot(&self, name: &str, file: &Description) -> Slot {
        let blobs = self.root.join("blobs");
        Slot {
            pointer: self.folder.join(name),
            blob: blobs.join(&file.etag),
            part: blobs.join(format!("{}.part", file.etag)),
            lock: self.locks.join(format!("{}.lock", file.etag)),
            up: 2 + name.matches('/').count(),
        }
    }

    /// Remembers that a branch or tag stands for this commit. Other programs read it at any time, so it is put there
    /// whole.
    pub(super) fn remember(&self, revision: &str) -> Result<(), HubError> {
        let path = self.root.join("refs").join(revision);
        let written = || -> io::Result<()> {
            let folder = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder)?;
            let mut new = tempfile::Builder::new().make_in(folder, |path| File::create_new(path))?;
            new.write_all(self.commit.as_bytes())?;
            new.persist(&path).map(drop).map_err(|refused| refused.error)
        };
        written().map_err(|source| HubError::Cache { path: path.clone(), source })
    }
}

fn root(cache: &Path, repo: &str) -> PathBuf {
    cache.join(model(repo).folder_name())
}

/// A model repository as hf-hub names it.
fn model(repo: &str) -> Repo {
    Repo::new(repo.to_owned(), RepoType::Model)
}

/// Where one file of a commit is kept.
pub(super) struct Slot {
    /// Its place in the snapshot: a link to the blob.
    pub pointer: PathBuf,
    /// The file that holds its bytes.
    pub blob: PathBuf,
    /// The file that its bytes are written to while they come.
    pub part: PathBuf,
    /// Locked by whoever fetches it, this program or the Python library.
    lock: PathBuf,
    /// Folders from the file's own up to the repository's.
    up: usize,
}

impl Slot {
    /// Waits until no other program fetches the file. The lock ends with the process, however that ends.
    ///
    /// Another program is waited for as long as its part grows; `patience` is how long it may stand still.
    pub(super) fn lock(
        &self,
        patience: Duration,
        about: About,
        progress: &dyn Progress,
    ) -> Result<File, HubError> {
        let refused = |source| HubError::Cache { path: self.lock.clone(), source };
        let folders = [&self.lock, &self.blob, &self.pointer].map(|path| path.parent());
        for folder in folders.into_iter().flatten() {
            fs::create_dir_all(folder)
                .map_err(|source| HubError::Cache { path: folder.to_path_buf(), source })?;
        }
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&self.lock).map_err(refused)?;
        let (mut seen, mut since) = (self.arrived(), Instant::now());
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                // Some network file systems know no locks; then two programs may fetch a file twice.
                Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Unsupported => {
                    return Ok(file);
                }
                Err(TryLockError::Error(source)) => return Err(refused(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            if progress.is_stopped() {
                return Err(HubError::unanswered(about, Broken::Stopped));
            }
            thread::sleep(Duration::from_millis(50));
            let now = self.arrived();
            if now != seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() > patience {
                return Err(HubError::Locked { path: self.lock.clone(), waited: since.elapsed() });
            }
        }
    }

    /// Bytes that are here of the file: in our part, the Python library's, and the blob.
    fn arrived(&self) -> [Option<u64>; 3] {
        let python = self.blob.with_extension("incomplete");
        [&self.part, &python, &self.blob].map(|path| fs::metadata(path).ok().map(|found| found.len()))
    }

    /// Whether the snapshot has the file.
    pub(super) fn is_filled(&self) -> bool {
        self.pointer.is_file()
    }

    /// Whether the bytes are here already, through another snapshot, and surely the right ones.
    pub(super) fn has_blob(&self, file: &Description) -> Result<bool, HubError> {
        proof::is_proven(&self.blob, file)
            .map_err(|source| HubError::Cache { path: self.blob.clone(), source })
    }

    /// Bytes that are free where the blob will be, and the folder; `None` where the system does not say.
    pub(super) fn free(&self) -> Option<(u64, PathBuf)> {
        let folder = self.blob.parent()?;
        Some((fs4::available_space(folder).ok()?, folder.to_path_buf()))
    }

    /// The repository's folder, from the pointer's.
    fn root(&self) -> PathBuf {
        std::iter::repeat_n("..", self.up).collect()
    }

    /// Makes the snapshot have the blob.
    pub(super) fn fill(&self) -> Result<(), HubError> {
        // A link that leads nowhere would stand in the way.
        remove(&self.pointer)?;
        let etag = self.blob.file_name().unwrap_or_default();
        let linked = link(&self.root().join("blobs").join(etag), &self.pointer);
        // Where there are no links, the file itself is put there, as the Python library does.
        linked
            .or_else(|_| fs::rename(&self.blob, &self.pointer))
            .map_err(|source| HubError::Cache { path: self.pointer.clone(), source })
    }
}

#[cfg(unix)]
fn link(to: &Path, from: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, from)
}

#[cfg(windows)]
fn link(to: &Path, from: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(to, from)
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
