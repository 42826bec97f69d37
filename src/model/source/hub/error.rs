//! What can go wrong between here and the hub.

use std::io;
use std::path::PathBuf;

use hf_hub::api::sync::ApiError;
use thiserror::Error;
use ureq::Body;
use ureq::http::Response;

use super::super::SourceError;
use super::HubSettings;
use super::remote::header;

/// Why a model of the hub could not be had.
#[derive(Debug, Error)]
pub enum HubError {
    /// The network may not be used, and the cache does not have the model whole.
    #[error(
        "{repo}@{revision} is not {} the cache at {}, and the network is off",
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
    #[error("{repo} does not exist or is private (401)")]
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
        /// HTTP status.
        status: u16,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// There is no such repository.
    #[error("the hub has no model {repo} (404)")]
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
    /// Any other refusal.
    #[error("{endpoint} answers with status {status} for {}", if file.is_empty() { "the model" } else { file })]
    Status {
        /// Base URL of the hub.
        endpoint: String,
        /// Name of the file; empty for the list of files.
        file: String,
        /// HTTP status.
        status: u16,
    },
    /// No connection could be made.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// Base URL of the hub.
        endpoint: String,
        /// What the system says.
        reason: String,
    },
    /// The transfer broke off.
    #[error("the transfer of {} broke off: {reason}", if file.is_empty() { "the list of files" } else { file })]
    Interrupted {
        /// Name of the file; empty for the list of files.
        file: String,
        /// What the system says.
        reason: String,
    },
    /// The file that came has another size than the hub said.
    #[error("{file} has {got} bytes where the hub says {expected}")]
    Size {
        /// Name of the file.
        file: String,
        /// Bytes by the hub.
        expected: u64,
        /// Bytes that came.
        got: u64,
    },
    /// The file that came has other contents than the hub said.
    #[error("{file} has SHA-256 {got} where the hub says {expected}")]
    Checksum {
        /// Name of the file.
        file: String,
        /// By the hub.
        expected: String,
        /// Of what came.
        got: String,
        /// Whether it was put together from an earlier, broken transfer.
        resumed: bool,
    },
    /// The server does not speak as the hub does.
    #[error("{endpoint} does not answer as the hub does: {what} {}", if file.is_empty() { "for the model" } else { file })]
    BadAnswer {
        /// Base URL of the hub.
        endpoint: String,
        /// Name of the file; empty for the list of files.
        file: String,
        /// What is strange.
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
    /// Another program is fetching the same file.
    #[error("another program holds {}", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
}

impl HubError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Offline { repo, .. } => format!(
                "fetch it once without --offline and HF_HUB_OFFLINE, set HF_HOME to where it is, or give a model \
                 folder (no folder {repo} is here)"
            ),
            Self::Unauthorized { repo, with_token: false } => format!(
                "check the name, or set HF_TOKEN for a private model; if a folder was meant, no folder {repo} is here"
            ),
            Self::Unauthorized { with_token: true, .. } => "check the name, and that HF_TOKEN is valid".into(),
            Self::Forbidden { repo, with_token: false, .. } => {
                format!("ask for access on the page of {repo}, then set HF_TOKEN")
            }
            Self::Forbidden { repo, .. } => {
                format!("ask for access on the page of {repo}, with the account that HF_TOKEN is of")
            }
            Self::NoRepo { repo } => {
                format!("check the name; if a folder was meant, no folder {repo} is here")
            }
            Self::NoRevision { .. } => "give a branch, tag or full commit of the model after the @".into(),
            Self::RateLimited { retry_after: Some(wait) } if wait.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("try again in {wait} seconds; with HF_TOKEN set, the limit is higher")
            }
            Self::RateLimited { retry_after: Some(date) } => format!("try again after {date}"),
            Self::RateLimited { retry_after: None } => {
                "try again later; with HF_TOKEN set, the limit is higher".into()
            }
            Self::Unreachable { .. } => {
                "check the network and HF_ENDPOINT; without a network, use --offline with a cached model, or give a \
                 model folder"
                    .into()
            }
            Self::Interrupted { .. } => "run it again: it goes on where it broke off".into(),
            Self::Size { .. } | Self::Checksum { .. } => {
                "nothing of it was kept; run it again, and suspect a proxy if it happens again".into()
            }
            Self::BadAnswer { .. } => "check HF_ENDPOINT".into(),
            Self::Cache { .. } => "check the folder's permissions and free space, or set HF_HOME to another".into(),
            Self::Locked { .. } => "wait until it is done, then run it again".into(),
            Self::Status { status: 500.., .. } => "the hub has trouble of its own; try again later".into(),
            Self::NoFile { .. } | Self::Status { .. } => return None,
        };
        Some(hint)
    }

    /// Whether trying again at once may help.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Interrupted { .. } | Self::Size { .. } | Self::Checksum { resumed: true, .. })
            || matches!(self, Self::Status { status: 500.., .. })
    }

    /// An answer that says no. `file` is `None` where the list of files was asked for.
    pub(super) fn from_status(
        settings: &HubSettings,
        repo: &str,
        revision: &str,
        file: Option<&str>,
        answer: &Response<Body>,
    ) -> Self {
        let status = answer.status().as_u16();
        let (repo, with_token) = (repo.to_owned(), settings.token.is_some());
        match (status, header(answer, "x-error-code")) {
            (429, _) => Self::RateLimited { retry_after: header(answer, "retry-after").map(str::to_owned) },
            (401 | 403, Some("GatedRepo")) | (403, _) => Self::Forbidden { repo, status, with_token },
            (401, _) => Self::Unauthorized { repo, with_token },
            (404, Some("RevisionNotFound")) => Self::NoRevision { repo, revision: revision.to_owned() },
            (404, code) => match file {
                Some(file) if code != Some("RepoNotFound") => {
                    Self::NoFile { repo, revision: revision.to_owned(), file: file.to_owned() }
                }
                _ => Self::NoRepo { repo },
            },
            _ => {
                let file = file.unwrap_or_default().to_owned();
                Self::Status { endpoint: settings.endpoint.clone(), file, status }
            }
        }
    }

    /// No answer at all, or one cut short.
    pub(super) fn from_ureq(settings: &HubSettings, file: &str, error: ureq::Error) -> Self {
        use io::ErrorKind as Kind;
        let (endpoint, file) = (settings.endpoint.clone(), file.to_owned());
        match error {
            ureq::Error::StatusCode(429) => Self::RateLimited { retry_after: None },
            ureq::Error::StatusCode(status) => Self::Status { endpoint, file, status },
            ureq::Error::Io(error) => match error.kind() {
                Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
                    Self::Interrupted { file, reason: error.to_string() }
                }
                _ => Self::Unreachable { endpoint, reason: error.to_string() },
            },
            ureq::Error::Protocol(error) => Self::Interrupted { file, reason: error.to_string() },
            error => Self::Unreachable { endpoint, reason: error.to_string() },
        }
    }

    /// What hf-hub says.
    pub(super) fn from_api(settings: &HubSettings, file: &str, error: ApiError) -> Self {
        use io::ErrorKind as Kind;
        match error {
            ApiError::RequestError(error) => Self::from_ureq(settings, file, *error),
            ApiError::LockAcquisition(path) => Self::Locked { path },
            ApiError::TooManyRetries(error) => Self::from_api(settings, file, *error),
            // While a body is read, a broken connection comes as an I/O error like those of the disk.
            ApiError::IoError(source) => match source.kind() {
                Kind::UnexpectedEof
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::TimedOut
                | Kind::Other => Self::Interrupted { file: file.to_owned(), reason: source.to_string() },
                _ => Self::Cache { path: settings.cache.clone(), source },
            },
            _ => {
                let what = "headers that do not fit";
                Self::BadAnswer { endpoint: settings.endpoint.clone(), file: file.to_owned(), what }
            }
        }
    }
}
