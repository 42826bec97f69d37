//! What can go wrong between here and the hub.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::super::SourceError;

/// Why a model of the hub could not be had.
#[derive(Debug, Error)]
pub enum HubError {
    /// `HF_ENDPOINT` is none. What it says is not shown, for there may be a password in it.
    #[error("HF_ENDPOINT {what}")]
    Endpoint {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The token cannot be sent.
    #[error("the token of HF_TOKEN has characters in it that no token has")]
    Token,
    /// The network may not be used, and the cache does not have the model whole.
    #[error(
        "{}{repo}@{revision} is not {} the cache at {}, and the network is off",
        if lacking.is_some() { String::new() } else { format!("no folder {repo} is here, ") },
        if lacking.is_some() { "complete in" } else { "in" }, cache.display()
    )]
    Offline {
        /// `org/name`
        repo: String,
        /// Branch, tag or commit.
        revision: String,
        /// Folder of the cache.
        cache: PathBuf,
        /// What the cached copy lacks; `None` where there is none.
        #[source]
        lacking: Option<Box<SourceError>>,
    },
    /// 401: private, gated, or not there at all; the hub does not tell strangers which.
    #[error("no folder {repo} is here, and on the hub it does not exist or is private (401)")]
    Unauthorized {
        /// `org/name`
        repo: String,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// 403, or a gated model.
    #[error("no access to {repo}: it is gated or restricted ({status})")]
    Forbidden {
        /// `org/name`
        repo: String,
        /// The HTTP status of the answer.
        status: u16,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// There is no such repository.
    #[error("no folder {repo} is here, and the hub has no model of that name (404)")]
    NoRepo {
        /// `org/name`
        repo: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("{repo} has no revision {revision:?} (404)")]
    NoRevision {
        /// `org/name`
        repo: String,
        /// What was asked for.
        revision: String,
    },
    /// The revision has no such file.
    #[error("{repo}@{revision} has no file {file} (404)")]
    NoFile {
        /// `org/name`
        repo: String,
        /// What was asked for.
        revision: String,
        /// Name of the file.
        file: String,
    },
    /// 429: asked too often.
    #[error("the hub asks to slow down (429)")]
    RateLimited {
        /// How long to wait, as the hub says it: seconds or a date.
        retry_after: Option<String>,
    },
    /// Refused with any other status.
    #[error("{endpoint} answers with status {status} for {}", named(file))]
    Status {
        /// Base URL of the hub.
        endpoint: String,
        /// Name of the file; empty for the list of files.
        file: String,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// No connection could be made.
    #[error(
        "no folder {repo} is here, the cache does not have it whole, and {endpoint} cannot be reached: {reason}"
    )]
    Unreachable {
        /// `org/name`
        repo: String,
        /// Base URL of the hub.
        endpoint: String,
        /// What the system says.
        reason: String,
    },
    /// The transfer broke off.
    #[error("the transfer of {} broke off after {received} {}: {cause}", named(file), of(*expected))]
    Interrupted {
        /// Name of the file; empty for the list of files.
        file: String,
        /// Why the transfer ended early.
        cause: Broken,
        /// Bytes that are here, those of earlier transfers included.
        received: u64,
        /// Bytes by the hub, where it says.
        expected: Option<u64>,
        /// Whether what came is kept, for the next run to go on with.
        kept: bool,
    },
    /// The server has fewer bytes, or says that it will send another number of them.
    #[error("{file} comes with {got} bytes where the hub says {expected}")]
    Size {
        /// Name of the file.
        file: String,
        /// Bytes by the hub.
        expected: u64,
        /// Bytes that came, or that were announced.
        got: u64,
    },
    /// More bytes come than there may be.
    #[error("the hub sends more than the {limit} bytes that {file} may have")]
    TooLong {
        /// Name of the file.
        file: String,
        /// Bytes by the hub, or the most that such a file may have.
        limit: u64,
    },
    /// The file does not fit on the disk.
    #[error("{file} has {needed} bytes to come, and only {free} are free at {}", folder.display())]
    NoSpace {
        /// Name of the file.
        file: String,
        /// Bytes still to come.
        needed: u64,
        /// Bytes that are free.
        free: u64,
        /// Folder of the cache.
        folder: PathBuf,
    },
    /// The file that came has other contents than the hub said.
    #[error("{file} has SHA-256 {got} where the hub says {expected}")]
    Checksum {
        /// Name of the file.
        file: String,
        /// The SHA-256 that the hub says.
        expected: String,
        /// The SHA-256 of what came.
        got: String,
        /// Whether it was put together from an earlier, broken transfer.
        resumed: bool,
    },
    /// The server does not speak as the hub does.
    #[error("{endpoint} does not answer as the hub does: asked for {}, it gives {what}", named(file))]
    BadAnswer {
        /// Base URL of the hub.
        endpoint: String,
        /// Name of the file; empty for the list of files.
        file: String,
        /// What is strange in the answer.
        what: &'static str,
    },
    /// The cache cannot be written or read.
    #[error("cannot use the cache at {}", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another program is fetching the same file, and does not get on.
    #[error("another program holds {}, and nothing has come for {} s", path.display(), waited.as_secs_f32())]
    Locked {
        /// The lock file that the other program holds.
        path: PathBuf,
        /// For how long nothing of the file has come.
        waited: Duration,
    },
}

/// Why a transfer broke off.
#[derive(Debug, Error)]
pub enum Broken {
    /// Nothing came any more.
    #[error("nothing came for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// Fewer bytes came than must.
    #[error("fewer than {least} bytes a second came over {} s", window.as_secs_f32())]
    Slow {
        /// Bytes a second that must come at least.
        least: u64,
        /// The time over which they are counted.
        window: Duration,
    },
    /// The other side ended the connection.
    #[error("the connection was cut")]
    Cut,
    /// The user wants no more of it.
    #[error("it was stopped")]
    Stopped,
    /// What came is no HTTP.
    #[error("the answer is no HTTP")]
    Garbled,
    /// The network failed.
    #[error("{0}")]
    Network(io::ErrorKind),
}

fn named(file: &str) -> &str {
    if file.is_empty() { "the list of files" } else { file }
}

fn of(expected: Option<u64>) -> String {
    expected.map_or("bytes".to_owned(), |expected| format!("of {expected} bytes"))
}

impl HubError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Endpoint { .. } => "set it to an address such as https://huggingface.co, or unset it".into(),
            Self::Token => "copy the token again; it begins with hf_".into(),
            Self::Offline { .. } => {
                "check the path, if a folder was meant; else fetch it once without --offline and HF_HUB_OFFLINE, or set \
                 HF_HOME to where it is"
                    .into()
            }
            Self::Unauthorized { with_token: false, .. } => {
                "check the path, if a folder was meant, or the name; for a private model, set HF_TOKEN".into()
            }
            Self::Unauthorized { with_token: true, .. } => {
                "check the path, if a folder was meant, or the name, and that HF_TOKEN is valid".into()
            }
            Self::Forbidden { repo, with_token: false, .. } => {
                format!("ask for access on the page of {repo}, then set HF_TOKEN")
            }
            Self::Forbidden { repo, .. } => {
                format!("ask for access on the page of {repo}, with the account that HF_TOKEN is of")
            }
            Self::NoRepo { .. } => "check the path, if a folder was meant, or the name".into(),
            Self::NoRevision { .. } => "give a branch, tag or full commit of the model after the @".into(),
            Self::RateLimited { retry_after: Some(wait) } if wait.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("try again in {wait} seconds; with HF_TOKEN set, the limit is higher")
            }
            Self::RateLimited { retry_after: Some(date) } => format!("try again after {date}"),
            Self::RateLimited { retry_after: None } => {
                "try again later; with HF_TOKEN set, the limit is higher".into()
            }
            Self::Unreachable { .. } => {
                "check the path, if a folder was meant, else the network and HF_ENDPOINT; without a network, use \
                 --offline with a cached model"
                    .into()
            }
            Self::Interrupted { kept: true, .. } => "run it again: it goes on where it broke off".into(),
            Self::Interrupted { .. } => "run it again; if it happens again, check the network and HF_ENDPOINT".into(),
            Self::Size { .. } | Self::TooLong { .. } | Self::Checksum { .. } => {
                "nothing of it was kept; run it again, and suspect HF_ENDPOINT or a proxy if it happens again".into()
            }
            Self::NoSpace { .. } => {
                "free some space, or set HF_HOME to a folder on a larger disk; if the size cannot be true, suspect \
                 HF_ENDPOINT"
                    .into()
            }
            Self::BadAnswer { .. } => "check HF_ENDPOINT".into(),
            Self::Cache { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space, or set HF_HOME to a folder on a larger disk, and run it again".into()
            }
            Self::Cache { .. } => "check the folder's permissions, or set HF_HOME to another".into(),
            Self::Locked { .. } => "wait until it is done or end it, then run it again".into(),
            Self::Status { status: 500.., .. } => "the hub has trouble of its own; try again later".into(),
            Self::NoFile { .. } | Self::Status { .. } => return None,
        };
        Some(hint)
    }

    /// Whether the user stopped it.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Interrupted { cause: Broken::Stopped, .. })
    }

    /// Whether trying again at once may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Interrupted { cause: Broken::Cut | Broken::Network(_), .. })
            || matches!(self, Self::Checksum { resumed: true, .. } | Self::Status { status: 500.., .. })
    }
}
