//! Files that are whole or not there: written beside their place, and put into it at the end.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// What is not finished yet; nothing else of the program's is ever left behind.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is not finished, where the process is about to end.
pub fn abandon() {
    if let Some(path) = unfinished().take() {
        // It may be whole by now, and in its place.
        let _ = fs::remove_file(path);
    }
}

/// Where a file's bytes are until they are all there.
enum Stage {
    /// In the same folder, so that it takes its place in one step.
    Beside(NamedTempFile),
    /// In another, since that folder takes no new file: the bytes are copied at the end.
    Apart(File),
}

/// Writes the file at `path`, which is no link, as a whole: where `write` fails, what was there stays as it was.
///
/// A file that is there keeps its permissions and its owner; a new one has what the umask gives.
pub fn write<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut stage = Stage::open(path)?;
    let done = stage.fill(write);
    let kept = done.and_then(|()| Ok(stage.finish(path)?));
    *unfinished() = None;
    kept
}

/// Whether a file could be written there.
pub fn check(path: &Path) -> io::Result<()> {
    Stage::open(path).map(|_| ())?;
    *unfinished() = None;
    Ok(())
}

impl Stage {
    fn open(path: &Path) -> io::Result<Self> {
        let there = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if there.is_some() {
            // A folder that can be written would let a file be replaced that cannot.
            OpenOptions::new().append(true).open(path)?;
        }
        match (beside(path, there.as_ref()), there) {
            (Ok(temp), _) => {
                *unfinished() = Some(temp.path().to_path_buf());
                Ok(Self::Beside(temp))
            }
            (Err(_), Some(_)) => Ok(Self::Apart(tempfile::tempfile()?)),
            (Err(error), None) => Err(error),
        }
    }

    fn fill<E: From<io::Error>>(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut out = BufWriter::new(match self {
            Self::Beside(temp) => temp.as_file_mut(),
            Self::Apart(file) => file,
        });
        write(&mut out)?;
        Ok(out.flush()?)
    }

    fn finish(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Apart(mut file) => copy(&mut file, path),
            Self::Beside(temp) => match temp.persist(path) {
                Ok(_) => Ok(()),
                // Such as a file that a container has mounted: its name cannot be given to another.
                Err(failed) if path.is_file() => {
                    let mut file = failed.file;
                    copy(file.as_file_mut(), path).map_err(|_| failed.error)
                }
                Err(failed) => Err(failed.error),
            },
        }
    }
}

/// An empty file in the same folder, with the permissions and the owner that the file at `path` has or would have.
fn beside(path: &Path, there: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".attncheck-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let temp = builder.tempfile_in(folder)?;
    if let Some(there) = there {
        own(temp.as_file(), there)?;
        temp.as_file().set_permissions(there.permissions())?;
    }
    Ok(temp)
}

/// Gives a file the owner that another has.
#[cfg(unix)]
fn own(file: &File, there: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata()?;
    if (found.uid(), found.gid()) == (there.uid(), there.gid()) {
        return Ok(());
    }
    std::os::unix::fs::fchown(file, Some(there.uid()), Some(there.gid()))
}

#[cfg(not(unix))]
fn own(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Copies all of `from` over the file at `path`.
fn copy(from: &mut File, path: &Path) -> io::Result<()> {
    from.rewind()?;
    let mut to = OpenOptions::new().write(true).open(path)?;
    let length = io::copy(from, &mut to)?;
    to.set_len(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_fails_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        let fails = |out: &mut dyn Write| {
            out.write_all(&vec![b'x'; 100_000])?;
            Err(io::Error::other("no room"))
        };
        assert!(write(&path, fails).is_err());
        assert!(names(folder.path()).is_empty());
        fs::write(&path, "good").unwrap();
        assert!(write(&path, fails).is_err());
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("good", 1));
        write(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
    }

    #[test]
    fn what_cannot_be_renamed_is_copied_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        fs::write(&path, "a longer one than the next").unwrap();
        let mut stage = Stage::Apart(tempfile::tempfile().unwrap());
        stage.fill(|out: &mut dyn Write| out.write_all(b"short")).unwrap();
        stage.finish(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "short");
    }

    #[test]
    fn looking_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        check(&folder.path().join("new.txt")).unwrap();
        assert!(names(folder.path()).is_empty());
        assert!(check(folder.path()).is_err());
        assert!(check(&folder.path().join("none/new.txt")).is_err());
    }
}
