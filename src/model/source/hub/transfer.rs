//! The bytes of one file, from the hub into the cache: whole and as described, or not at all.
//!
//! They come into a part beside the blob, and the part becomes the blob when it is whole. A part outlives an
//! interruption only where its SHA-256 is known: then what is put together from two transfers can be checked.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;

use sha2::{Digest as _, Sha256};
use ureq::http::StatusCode;

use super::cache::{self, Slot};
use super::client::{About, Answer, Client};
use super::describe::{Description, content_range};
use super::{Broken, HubError, proof};
use crate::model::source::Progress;

pub(super) struct Transfer<'a> {
    pub client: &'a Client<'a>,
    pub progress: &'a dyn Progress,
    pub about: About<'a>,
    pub commit: &'a str,
    pub file: &'a Description,
    pub slot: &'a Slot,
    /// Size of the file, or the most that it may have where the hub does not say.
    pub limit: u64,
}

/// What of the file is here.
struct Kept {
    part: File,
    bytes: u64,
    /// Of those bytes, where there is one to compare it with.
    hash: Option<Sha256>,
}

impl Transfer<'_> {
    /// Fetches the file, going on with what is there; the part is the blob afterwards.
    pub(super) fn run(&self) -> Result<(), HubError> {
        let begun = self.kept()?;
        let resumed = begun.bytes > 0;
        let kept = if self.file.size == Some(begun.bytes) { begun } else { self.receive(begun)? };
        kept.part.sync_all().map_err(|source| self.unwritten(source))?;
        if let (Some(expected), Some(hash)) = (self.file.sha256(), kept.hash) {
            let got = proof::hex(hash);
            if got != expected {
                cache::remove(&self.slot.part)?;
                let (file, expected) = (self.about.file.to_owned(), expected.to_owned());
                return Err(HubError::Checksum { file, expected, got, resumed });
            }
        }
        fs::rename(&self.slot.part, &self.slot.blob).map_err(|source| self.unwritten(source))
    }

    /// The part of an earlier transfer, else an empty one.
    fn kept(&self) -> Result<Kept, HubError> {
        let part = &self.slot.part;
        let fits = |length: u64| self.is_resumable() && length <= self.limit;
        if !fs::metadata(part).is_ok_and(|found| found.is_file() && fits(found.len())) {
            return self.anew();
        }
        let mut hash = Sha256::new();
        let file = OpenOptions::new().read(true).append(true).open(part);
        let file = file.map_err(|source| self.unwritten(source))?;
        let read = file.try_clone().and_then(|file| proof::digest(file, &mut hash));
        read.map_err(|source| self.unwritten(source))?;
        let bytes = file.metadata().map_err(|source| self.unwritten(source))?.len();
        Ok(Kept { part: file, bytes, hash: Some(hash) })
    }

    fn anew(&self) -> Result<Kept, HubError> {
        cache::remove(&self.slot.part)?;
        let part = OpenOptions::new().create_new(true).append(true).open(&self.slot.part);
        let part = part.map_err(|source| self.unwritten(source))?;
        Ok(Kept { part, bytes: 0, hash: self.file.sha256().map(|_| Sha256::new()) })
    }

    /// Asks for what is lacking. A server that does not go on where it should is asked for the whole.
    fn receive(&self, mut kept: Kept) -> Result<Kept, HubError> {
        let mut answer = match self.client.bytes(self.commit, kept.bytes, self.about) {
            Err(HubError::Status { status: 416, .. }) if kept.bytes > 0 => None,
            Err(error) => return Err(self.given_up(error, kept.bytes)),
            Ok(answer) if answer.status == StatusCode::PARTIAL_CONTENT && kept.bytes > 0 => {
                self.goes_on(&answer, kept.bytes).then_some(answer)
            }
            Ok(answer) => {
                if kept.bytes > 0 {
                    kept = self.anew()?;
                }
                Some(answer)
            }
        };
        if answer.is_none() {
            kept = self.anew()?;
            let whole = self.client.bytes(self.commit, 0, self.about);
            answer = Some(whole.map_err(|error| self.given_up(error, 0))?);
        }
        match answer {
            Some(mut answer) => {
                let done =
                    self.announced(&answer, kept.bytes).and_then(|()| self.write(&mut kept, &mut answer));
                done.map(|()| kept)
            }
            None => Ok(kept),
        }
    }

    fn goes_on(&self, answer: &Answer, start: u64) -> bool {
        content_range(&answer.headers).is_some_and(|(first, last, size)| {
            first == start
                && self
                    .file
                    .size
                    .is_none_or(|whole| last + 1 == whole && size.is_none_or(|size| size == whole))
        })
    }

    /// Compares the length that the answer announces with the one that is due, and with the disk.
    fn announced(&self, answer: &Answer, start: u64) -> Result<(), HubError> {
        if answer.status == StatusCode::PARTIAL_CONTENT && !self.goes_on(answer, start) {
            self.forget()?;
            return Err(self.client.strange(self.about, "another range than was asked for"));
        }
        let length =
            answer.headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
        let length: Option<u64> = length.map(|length: u64| length.saturating_add(start));
        match (self.file.size, length) {
            (Some(expected), Some(got)) if expected != got => {
                self.forget()?;
                return Err(HubError::Size { file: self.about.file.to_owned(), expected, got });
            }
            (None, Some(got)) if got > self.limit => return Err(self.too_long()?),
            _ => {}
        }
        let Some(whole) = self.file.size.or(length) else { return Ok(()) };
        let needed = whole - start.min(whole);
        // A file system that cannot say what is free says so when it is full.
        match self.slot.free() {
            Some((free, folder)) if free < needed => {
                self.forget_unless_resumable(start)?;
                Err(HubError::NoSpace { file: self.about.file.to_owned(), needed, free, folder })
            }
            _ => Ok(()),
        }
    }

    /// Writes what comes to the end, never more than there may be.
    fn write(&self, kept: &mut Kept, answer: &mut Answer) -> Result<(), HubError> {
        self.progress.begin(self.about.file, self.file.size.unwrap_or(0));
        self.progress.advance(kept.bytes);
        let done = self.copy(kept, answer);
        self.progress.finish();
        done
    }

    fn copy(&self, kept: &mut Kept, answer: &mut Answer) -> Result<(), HubError> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match answer.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(cause) => return Err(self.broken(cause, kept.bytes)),
            };
            if kept.bytes + read as u64 > self.limit {
                return Err(self.too_long()?);
            }
            if let Err(source) = kept.part.write_all(&buffer[..read]) {
                self.forget_unless_resumable(kept.bytes)?;
                return Err(self.unwritten(source));
            }
            if let Some(hash) = &mut kept.hash {
                hash.update(&buffer[..read]);
            }
            kept.bytes += read as u64;
            self.progress.advance(read as u64);
        }
        // Without a stated length, a cut looks like the end.
        match self.file.size {
            Some(size) if kept.bytes < size => Err(self.broken(Broken::Cut, kept.bytes)),
            _ => Ok(()),
        }
    }

    fn is_resumable(&self) -> bool {
        self.file.sha256().is_some()
    }

    fn forget(&self) -> Result<(), HubError> {
        cache::remove(&self.slot.part)
    }

    /// Removes the part, unless so many bytes of it are worth going on with; tells whether they are.
    fn forget_unless_resumable(&self, received: u64) -> Result<bool, HubError> {
        let kept = self.is_resumable() && received > 0;
        if !kept {
            self.forget()?;
        }
        Ok(kept)
    }

    fn too_long(&self) -> Result<HubError, HubError> {
        self.forget()?;
        Ok(HubError::TooLong { file: self.about.file.to_owned(), limit: self.limit })
    }

    fn broken(&self, cause: Broken, received: u64) -> HubError {
        match self.forget_unless_resumable(received) {
            Ok(kept) => {
                let (file, expected) = (self.about.file.to_owned(), self.file.size);
                HubError::Interrupted { file, cause, received, expected, kept }
            }
            Err(error) => error,
        }
    }

    /// An error of the question: what is here already counts, if it is one that broke off.
    fn given_up(&self, error: HubError, received: u64) -> HubError {
        match error {
            HubError::Interrupted { cause, .. } => self.broken(cause, received),
            error => self.forget_unless_resumable(received).err().unwrap_or(error),
        }
    }

    fn unwritten(&self, source: std::io::Error) -> HubError {
        HubError::Cache { path: self.slot.part.clone(), source }
    }
}
