//! What an answer that says no means, and no answer at all.

use std::io::ErrorKind as Kind;
use std::time::Duration;

use ureq::http::Response;
use ureq::{Body, Timeout};

use super::client::{About, Client};
use super::describe::header;
use super::{Broken, HubError};

impl HubError {
    /// An answer that says no.
    pub(super) fn from_status(client: &Client, about: About, answer: &Response<Body>) -> Self {
        let status = answer.status().as_u16();
        let (repo, revision) = (about.repo.to_owned(), about.revision.to_owned());
        let (file, with_token) = (about.file.to_owned(), client.has_token());
        match (status, header(answer.headers(), "x-error-code")) {
            (429, _) => {
                Self::RateLimited { retry_after: header(answer.headers(), "retry-after").and_then(wait) }
            }
            (401 | 403, Some("GatedRepo")) | (403, _) => Self::Forbidden { repo, status, with_token },
            (401, _) => Self::Unauthorized { repo, with_token },
            (404, Some("RevisionNotFound")) => Self::NoRevision { repo, revision },
            (404, code) if !file.is_empty() && code != Some("RepoNotFound") => {
                Self::NoFile { repo, revision, file }
            }
            (404, _) => Self::NoRepo { repo },
            _ => Self::Status { endpoint: client.endpoint.shown(), file, status },
        }
    }

    /// No answer: the hub cannot be reached, or its answer broke off in the headers.
    pub(super) fn from_ureq(client: &Client, about: About, error: &ureq::Error) -> Self {
        if client.is_stopped() {
            return Self::unanswered(about, Broken::Stopped);
        }
        let silence = client.silence();
        match Self::unreached(error, silence) {
            Some(reason) if about.file.is_empty() => Self::Unreachable {
                repo: about.repo.to_owned(),
                endpoint: client.endpoint.shown(),
                // It may quote the server's certificate.
                reason: reason.chars().take(200).collect(),
            },
            _ => match error {
                ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                    client.strange(about, "a redirect to no valid address")
                }
                ureq::Error::Protocol(_) => client.strange(about, "what is no HTTP"),
                ureq::Error::LargeResponseHeader(..) => client.strange(about, "headers without an end"),
                error => Self::unanswered(about, Broken::from_ureq(error, silence)),
            },
        }
    }

    /// Broken off before a byte of the file came.
    pub(super) fn unanswered(about: About, cause: Broken) -> Self {
        Self::Interrupted { file: about.file.to_owned(), cause, received: 0, expected: None, kept: false }
    }

    /// Why there was no connection at all; `None` where there was one. Errors of ureq that may hold a proxy's password
    /// are not quoted.
    fn unreached(error: &ureq::Error, silence: Duration) -> Option<String> {
        use ureq::Error::{
            ConnectProxyFailed, ConnectionFailed, HostNotFound, InvalidProxyUrl, Io, Rustls, Tls,
        };
        Some(match error {
            HostNotFound => "there is no such host".to_owned(),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                format!("no connection within {} s", silence.as_secs_f32())
            }
            Io(error) => match error.kind() {
                Kind::UnexpectedEof
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::BrokenPipe
                | Kind::Interrupted => return None,
                _ => error.to_string(),
            },
            Rustls(error) => format!("no secure connection ({error})"),
            Tls(why) => format!("no secure connection ({why})"),
            ConnectProxyFailed(_) => "the proxy refuses the connection".to_owned(),
            InvalidProxyUrl => "the address of the proxy is none".to_owned(),
            ConnectionFailed => "no connection".to_owned(),
            _ => return None,
        })
    }
}

impl Broken {
    /// Why a body ended early.
    pub(super) fn from_ureq(error: &ureq::Error, silence: Duration) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::Silent(silence),
            ureq::Error::Io(error) => match error.kind() {
                Kind::TimedOut | Kind::WouldBlock => Self::Silent(silence),
                Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
                    Self::Cut
                }
                kind => Self::Network(kind),
            },
            ureq::Error::Protocol(_) => Self::Garbled,
            _ => Self::Network(Kind::Other),
        }
    }
}

/// `Retry-After` as the standard has it: seconds, or a date. All else is nothing to repeat to a user.
fn wait(said: &str) -> Option<String> {
    let is_date = || {
        said.len() <= 40
            && said.ends_with(" GMT")
            && said
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',' | b':' | b'-'))
    };
    let is_number = !said.is_empty() && said.len() <= 9 && said.bytes().all(|byte| byte.is_ascii_digit());
    (is_number || is_date()).then(|| said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_seconds_and_dates_are_repeated() {
        for said in ["7", "120", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wait(said).as_deref(), Some(said));
        }
        for said in
            ["", "soon", "-1", "1e9", "9999999999", "Wed \u{1b}]0;x GMT", "run `rm -rf ~` GMT", "7 ::error::"]
        {
            assert_eq!(wait(said), None, "{said}");
        }
    }
}
