//! Whether bytes are those that the hub means: large files are named by their SHA-256, small ones by git's hash.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::describe::Description;

/// Whether the name of a blob that is in the cache proves its bytes. Else it may be half of a file, or what another hub
/// calls by the same name.
pub(super) fn is_proven(blob: &Path, file: &Description) -> io::Result<bool> {
    let found = match File::open(blob) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?,
    };
    let length = found.metadata()?.len();
    if file.size.is_some_and(|size| size != length) {
        return Ok(false);
    }
    if let Some(expected) = file.sha256() {
        let mut hash = Sha256::new();
        digest(found, &mut hash)?;
        return Ok(hex(hash) == expected);
    }
    if let Some(expected) = file.sha1() {
        let mut hash = Sha1::new();
        hash.update(format!("blob {length}\0"));
        digest(found, &mut hash)?;
        return Ok(hex(hash) == expected);
    }
    Ok(false)
}

/// Adds the bytes of a file, from where it stands, to a hash.
pub(super) fn digest(mut file: File, hash: &mut impl Digest) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => hash.update(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn hex(hash: impl Digest) -> String {
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_name_that_is_a_hash_proves_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let blob = folder.path().join("blob");
        let proven = |etag: &str, size: Option<u64>| {
            is_proven(&blob, &Description { etag: etag.to_owned(), size }).unwrap()
        };
        // By `git hash-object` and `sha256sum`.
        let git = "ce013625030ba8dba906f756967f9e9ca394464a";
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        assert!(!proven(git, None), "nothing is there");
        fs::write(&blob, "hello\n").unwrap();
        assert!(proven(git, None) && proven(git, Some(6)));
        assert!(proven(sha256, None) && proven(sha256, Some(6)));
        assert!(!proven(sha256, Some(7)) && !proven(git, Some(5)));
        assert!(!proven("name", Some(6)), "the name says nothing");
        fs::write(&blob, "hellO\n").unwrap();
        assert!(!proven(git, Some(6)) && !proven(sha256, Some(6)));
    }
}
