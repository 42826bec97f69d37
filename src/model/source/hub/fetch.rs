//! From the hub into the cache.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hf_hub::Cache;
use hf_hub::api::RepoInfo;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo};
use sha2::{Digest, Sha256};

use super::super::layout::Layout;
use super::super::{Progress, SourceError, shards};
use super::cache::{self, Snapshot};
use super::remote::{self, PATIENCE, Remote};
use super::{HubError, HubSettings};

/// How often a file is tried whose transfer breaks off; each try goes on where the last one ended.
const TRIES: u32 = 4;

/// Files with names and commits only: a longer list is not a model's.
const LIST_LIMIT: u64 = 16 << 20;

pub(super) struct Fetch<'a> {
    repo: &'a str,
    revision: &'a str,
    settings: HubSettings,
    progress: &'a dyn Progress,
    api: Api,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(
        repo: &'a str,
        revision: &'a str,
        settings: &HubSettings,
        progress: &'a dyn Progress,
    ) -> Result<Self, HubError> {
        let mut settings = settings.clone();
        // hf-hub links blobs by relative paths, which it can only work out between absolute ones.
        settings.cache = std::path::absolute(&settings.cache)
            .map_err(|source| HubError::Cache { path: settings.cache.clone(), source })?;
        let api = ApiBuilder::from_cache(Cache::new(settings.cache.clone()))
            .with_endpoint(settings.endpoint.clone())
            .with_token(settings.token.clone())
            .with_progress(false)
            .with_user_agent("attncheck", env!("CARGO_PKG_VERSION"))
            .build()
            .map_err(|error| HubError::from_api(&settings, "", error))?;
        Ok(Self { repo, revision, settings, progress, api })
    }

    /// Fetches every file of the model that the cache lacks, all of one commit, and remembers the commit.
    pub(super) fn run(&self) -> Result<Snapshot, SourceError> {
        let info = self.info()?;
        let snapshot = Snapshot::of(&self.settings.cache, self.repo, &info.sha)
            .ok_or_else(|| self.strange("", "a commit that cannot name a folder"))?;
        let names: BTreeSet<String> = info.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        let layout = Layout::of(&names, self.repo)?;
        let at_commit = self.api.repo(cache::model(self.repo, &snapshot.commit));
        for file in layout.small() {
            self.file(&at_commit, &snapshot, file)?;
        }
        let weights = layout.weights;
        self.file(&at_commit, &snapshot, weights.name)?;
        if weights.is_index {
            let shards = shards::named_by(&snapshot.folder.join(weights.name))?;
            let missing: Vec<_> = shards.iter().filter(|shard| !names.contains(*shard)).cloned().collect();
            if !missing.is_empty() {
                let (place, index) = (self.repo.to_owned(), weights.name.to_owned());
                return Err(SourceError::NoShards { place, index, missing });
            }
            for shard in &shards {
                self.file(&at_commit, &snapshot, shard)?;
            }
        }
        if self.revision != snapshot.commit {
            cache::remember(&self.settings.cache, self.repo, self.revision, &snapshot.commit)?;
        }
        Ok(snapshot)
    }

    /// Which commit the revision is, and which files it has.
    fn info(&self) -> Result<RepoInfo, HubError> {
        let request = self.api.repo(cache::model(self.repo, self.revision)).info_request();
        let request = request
            .config()
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .build();
        let mut answer = request.call().map_err(|error| HubError::from_ureq(&self.settings, "", error))?;
        if !answer.status().is_success() {
            return Err(HubError::from_status(&self.settings, self.repo, self.revision, None, &answer));
        }
        let body = answer.body_mut().with_config().limit(LIST_LIMIT).read_to_vec();
        let body = body.map_err(|error| HubError::from_ureq(&self.settings, "", error))?;
        serde_json::from_slice(&body).map_err(|_| self.strange("", "no list of the model's files"))
    }

    /// One file; nothing to do where the snapshot has it.
    fn file(&self, at_commit: &ApiRepo, snapshot: &Snapshot, file: &str) -> Result<(), HubError> {
        let path = snapshot.folder.join(file);
        if path.exists() {
            return Ok(());
        }
        // A link that leads nowhere would stand in the way.
        cache::remove(&path)?;
        let mut attempt = 1;
        loop {
            match self.attempt(at_commit, snapshot, file) {
                Err(error) if error.is_passing() && attempt < TRIES => {
                    thread::sleep(Duration::from_millis(100 << attempt));
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    fn attempt(&self, at_commit: &ApiRepo, snapshot: &Snapshot, file: &str) -> Result<(), HubError> {
        let url = at_commit.url(file);
        let remote = remote::ask(&self.settings, self.repo, &snapshot.commit, file, &url)?;
        let (blob, part) = cache::blob(&self.settings.cache, self.repo, &remote.etag);
        // Going on is worth it where the result can be checked. And a part as long as the file must go: hf-hub would
        // ask the server for the bytes after the last one.
        let can_go_on = |part: fs::Metadata| remote.size.is_some_and(|size| part.len() < size);
        if remote.sha256.is_none() || !fs::metadata(&part).is_ok_and(can_go_on) {
            cache::remove(&part)?;
        }
        let resumed = part.exists();
        let told = Told { to: self.progress, begun: Cell::new(false) };
        let path = at_commit.download_with_progress(file, &told);
        if told.begun.get() {
            self.progress.finish();
        }
        let path = path.map_err(|error| match error {
            ApiError::RequestError(error) if matches!(*error, ureq::Error::StatusCode(416)) => {
                // The part that was kept does not fit; begin anew.
                drop(cache::remove(&part));
                HubError::Interrupted {
                    file: file.to_owned(),
                    reason: "the server refused to go on".to_owned(),
                }
            }
            error => HubError::from_api(&self.settings, file, error),
        })?;
        let checked = check(&path, &remote, file, resumed);
        if checked.is_err() {
            cache::remove(&path)?;
            cache::remove(&blob)?;
        }
        checked
    }

    fn strange(&self, file: &str, what: &'static str) -> HubError {
        HubError::BadAnswer { endpoint: self.settings.endpoint.clone(), file: file.to_owned(), what }
    }
}

/// hf-hub does not look at what it wrote. A server that ignores the request to go on in the middle sends the
/// beginning once more, and a connection without a stated length may end early without an error.
fn check(path: &PathBuf, remote: &Remote, file: &str, resumed: bool) -> Result<(), HubError> {
    let failed = |source| HubError::Cache { path: path.clone(), source };
    let got = fs::metadata(path).map_err(failed)?.len();
    if let Some(expected) = remote.size.filter(|&size| size != got) {
        return Err(HubError::Size { file: file.to_owned(), expected, got });
    }
    if let Some(expected) = &remote.sha256 {
        let got = sha256(path).map_err(failed)?;
        if got != *expected {
            return Err(HubError::Checksum {
                file: file.to_owned(),
                expected: expected.clone(),
                got,
                resumed,
            });
        }
    }
    Ok(())
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(format!("{:x}", hash.finalize()))
}

/// hf-hub's progress, told on. It begins twice for a file; once is passed on.
struct Told<'a> {
    to: &'a dyn Progress,
    begun: Cell<bool>,
}

impl hf_hub::api::Progress for &Told<'_> {
    fn init(&mut self, size: usize, file: &str) {
        if !self.begun.replace(true) {
            self.to.begin(file, size as u64);
        }
    }

    fn update(&mut self, size: usize) {
        self.to.advance(size as u64);
    }

    fn finish(&mut self) {}
}
