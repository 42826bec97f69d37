//! From the hub into the cache.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use super::super::layout::Layout;
use super::super::names::{is_commit, is_inner_path};
use super::super::{Progress, SourceError, shards};
use super::cache::Snapshot;
use super::client::{About, Client};
use super::transfer::Transfer;
use super::{HubError, HubSettings};

/// How often a file is tried whose transfer breaks off; each try goes on where the last one ended.
const TRIES: u32 = 4;

/// The most that a file other than weights may have: vocabularies of a million words are a tenth of it.
const SMALL: u64 = 256 << 20;

pub(super) struct Fetch<'a> {
    repo: &'a str,
    revision: &'a str,
    settings: &'a HubSettings,
    progress: &'a dyn Progress,
    client: Client<'a>,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(
        repo: &'a str,
        revision: &'a str,
        settings: &'a HubSettings,
        progress: &'a dyn Progress,
    ) -> Result<Self, HubError> {
        Ok(Self { repo, revision, settings, progress, client: Client::new(settings, progress)? })
    }

    /// Fetches every file of the model that the cache lacks, all of one commit, and remembers the commit.
    pub(super) fn run(&self) -> Result<Snapshot, SourceError> {
        let (commit, names) = self.list()?;
        let layout = Layout::of(&names, self.repo)?;
        let snapshot = Snapshot::of(&self.settings.cache, self.repo, &commit);
        for file in layout.small() {
            self.file(&snapshot, &file, Some(SMALL))?;
        }
        let weights = layout.weights;
        self.file(&snapshot, weights.name, weights.is_index.then_some(SMALL))?;
        if weights.is_index {
            let shards = shards::named_by(&snapshot.folder.join(weights.name))?;
            let missing: Vec<_> = shards.iter().filter(|shard| !names.contains(*shard)).cloned().collect();
            if !missing.is_empty() {
                let (place, index) = (self.repo.to_owned(), weights.name.to_owned());
                return Err(SourceError::NoShards { place, index, missing });
            }
            for shard in &shards {
                self.file(&snapshot, shard, None)?;
            }
        }
        if self.revision != snapshot.commit {
            snapshot.remember(self.revision)?;
        }
        Ok(snapshot)
    }

    /// The commit of the revision and the names of its files, checked. What could not be a file of a model is passed over.
    fn list(&self) -> Result<(String, BTreeSet<String>), HubError> {
        let about = self.about("");
        let listing = self.client.list(about)?;
        if !is_commit(&listing.commit) {
            return Err(self.client.strange(about, "something that is no commit"));
        }
        if is_commit(self.revision) && self.revision != listing.commit {
            return Err(self.client.strange(about, "another commit than was asked for"));
        }
        let names = listing.siblings.into_iter().map(|sibling| sibling.name);
        Ok((listing.commit, names.filter(|name| is_inner_path(name)).collect()))
    }

    fn about(&self, file: &'a str) -> About<'a> {
        About { repo: self.repo, revision: self.revision, file }
    }

    /// One file; nothing to do where the snapshot has it.
    fn file(&self, snapshot: &Snapshot, name: &str, limit: Option<u64>) -> Result<(), HubError> {
        if snapshot.folder.join(name).is_file() {
            return Ok(());
        }
        let begun = Instant::now();
        let came = Came { to: self.progress, bytes: Cell::new(0) };
        let mut attempt = 1;
        loop {
            match self.attempt(snapshot, name, limit, &came) {
                Err(error) if error.is_passing() && attempt < TRIES && self.is_quick(begun, &came) => {
                    thread::sleep(Duration::from_millis(100 << attempt));
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// Whether trying again is worth it: little time was spent, or it brought something.
    fn is_quick(&self, begun: Instant, came: &Came) -> bool {
        let (spent, patience) = (begun.elapsed(), self.settings.patience);
        spent < patience.silence || came.bytes.get() as f64 >= patience.least as f64 * spent.as_secs_f64()
    }

    fn attempt(
        &self,
        snapshot: &Snapshot,
        name: &str,
        limit: Option<u64>,
        came: &Came,
    ) -> Result<(), HubError> {
        let about = About { repo: self.repo, revision: self.revision, file: name };
        let file = self.client.describe(&snapshot.commit, about)?;
        let limit = match (file.size, limit) {
            (None, None) => return Err(self.client.strange(about, "no size")),
            (Some(size), Some(limit)) if size > limit => {
                return Err(HubError::TooLong { file: name.to_owned(), limit });
            }
            (Some(size), _) => size,
            (None, Some(limit)) => limit,
        };
        let slot = snapshot.slot(name, &file);
        let _lock = slot.lock(2 * self.settings.patience.window, about, self.progress)?;
        // Another program may have fetched it meanwhile.
        if slot.is_filled() {
            return Ok(());
        }
        if !slot.has_blob(&file)? {
            let transfer = Transfer {
                client: &self.client,
                progress: came,
                about,
                commit: &snapshot.commit,
                file: &file,
                slot: &slot,
                limit,
            };
            transfer.run()?;
        }
        slot.fill()
    }
}

/// Passes progress on, and counts what came.
struct Came<'a> {
    to: &'a dyn Progress,
    bytes: Cell<u64>,
}

impl Progress for Came<'_> {
    fn begin(&self, file: &str, bytes: u64) {
        self.to.begin(file, bytes);
    }

    fn advance(&self, bytes: u64) {
        self.bytes.set(self.bytes.get() + bytes);
        self.to.advance(bytes);
    }

    fn finish(&self) {
        self.to.finish();
    }

    fn is_stopped(&self) -> bool {
        self.to.is_stopped()
    }
}
