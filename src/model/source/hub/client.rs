//! The three questions to a hub: what files a revision has, what a file is, and its bytes.
//!
//! Redirects are followed here and not by ureq, for the token goes to the endpoint's own host alone.

use std::io::Read as _;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderValue, LOCATION, RANGE};
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body, BodyReader};
use url::Url;

use super::address::{self, Endpoint};
use super::describe::{Description, Told, is_unpacked};
use super::patience::Meter;
use super::{Broken, HubError, HubSettings, Patience};
use crate::model::source::Progress;

/// How many redirects are followed.
const HOPS: usize = 10;

/// Names and a commit only: a longer list of files is not a model's.
const LIST_LIMIT: u64 = 16 << 20;

/// The commit of a revision and the files it has, as the hub says it: not checked.
#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(rename = "sha")]
    pub commit: String,
    pub siblings: Vec<Sibling>,
}

/// One file of a [`Listing`].
#[derive(Deserialize)]
pub(super) struct Sibling {
    #[serde(rename = "rfilename")]
    pub name: String,
}

/// What a question is about, for its errors.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    /// `org/name`
    pub repo: &'a str,
    /// Branch, tag or commit.
    pub revision: &'a str,
    /// Name of the file; empty for the list of files.
    pub file: &'a str,
}

pub(super) struct Client<'a> {
    agent: Agent,
    pub endpoint: Endpoint,
    /// `Authorization`, for the endpoint's host alone.
    authorization: Option<HeaderValue>,
    patience: Patience,
    /// Says when to stop.
    progress: &'a dyn Progress,
}

impl<'a> Client<'a> {
    pub(super) fn new(settings: &HubSettings, progress: &'a dyn Progress) -> Result<Self, HubError> {
        let endpoint = Endpoint::parse(&settings.endpoint)?;
        // A name and password are meant for this very endpoint; the token may be that of another.
        let secret =
            endpoint.login.clone().or(settings.token.as_ref().map(|token| format!("Bearer {token}")));
        let secret = secret.map(|secret| HeaderValue::from_str(&secret).map_err(|_| HubError::Token));
        let authorization = secret.transpose()?.map(|mut secret| {
            secret.set_sensitive(true);
            secret
        });
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("attncheck/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: agent.into(), endpoint, authorization, patience: settings.patience, progress })
    }

    /// Which commit a revision is, and which files it has.
    pub(super) fn list(&self, about: About) -> Result<Listing, HubError> {
        let url = self.endpoint.list(about.repo, about.revision);
        let mut answer = self.ask(url, None, about, |_, _, _| false)?;
        let mut body = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = answer.read(&mut buffer).map_err(|cause| HubError::Interrupted {
                file: String::new(),
                cause,
                received: body.len() as u64,
                expected: None,
                kept: false,
            })?;
            body.extend_from_slice(&buffer[..read]);
            if body.len() as u64 > LIST_LIMIT {
                return Err(self.strange(about, "a list without an end"));
            }
            if read == 0 {
                break;
            }
        }
        serde_json::from_slice(&body).map_err(|_| self.strange(about, "something else"))
    }

    /// What the hub says of a file of `commit`.
    pub(super) fn describe(&self, commit: &str, about: About) -> Result<Description, HubError> {
        let url = self.endpoint.file(about.repo, commit, about.file);
        let mut told = Told::default();
        // Behind a redirect to elsewhere is the storage, which knows nothing that is not known then.
        let answer = self.ask(url, Some("bytes=0-0"), about, |status, headers, next| {
            told.take(status, headers);
            told.is_enough() && !self.endpoint.is_home(next)
        })?;
        told.take(answer.status, &answer.headers);
        told.finish(commit).map_err(|what| self.strange(about, what))
    }

    /// The bytes of a file of `commit`, from `start` on.
    pub(super) fn bytes(&self, commit: &str, start: u64, about: About) -> Result<Answer<'a>, HubError> {
        let url = self.endpoint.file(about.repo, commit, about.file);
        let range = (start > 0).then(|| format!("bytes={start}-"));
        let answer = self.ask(url, range.as_deref(), about, |_, _, _| false)?;
        if !is_unpacked(&answer.headers) {
            return Err(self.strange(about, "packed bytes, which were not asked for"));
        }
        Ok(answer)
    }

    /// Asks, and follows redirects until there is an answer or `stop` says that the redirect is one.
    fn ask(
        &self,
        mut url: Url,
        range: Option<&str>,
        about: About,
        mut stop: impl FnMut(StatusCode, &HeaderMap, &Url) -> bool,
    ) -> Result<Answer<'a>, HubError> {
        let meter = Meter::new(self.patience);
        for _ in 0..=HOPS {
            if self.is_stopped() {
                return Err(HubError::unanswered(about, Broken::Stopped));
            }
            let left = meter.left().map_err(|cause| HubError::unanswered(about, cause))?;
            let response = self.send(&url, range, left.min(self.patience.silence));
            let response = response.map_err(|error| match (&error, meter.left()) {
                // The time for all redirects together is over.
                (ureq::Error::Timeout(_), Err(cause)) => HubError::unanswered(about, cause),
                _ => HubError::from_ureq(self, about, &error),
            })?;
            match response.status().as_u16() {
                200 | 206 => return Ok(Answer::new(response, meter, self.progress)),
                301..=303 | 307 | 308 => {
                    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                    let next = address::follow(&url, location.unwrap_or_default());
                    let next = next.map_err(|what| self.strange(about, what))?;
                    if stop(response.status(), response.headers(), &next) {
                        return Ok(Answer::new(response, meter, self.progress));
                    }
                    url = next;
                }
                _ => return Err(HubError::from_status(self, about, &response)),
            }
        }
        Err(self.strange(about, "more than 10 redirects"))
    }

    /// One request, with the token where the address is the endpoint's.
    fn send(&self, url: &Url, range: Option<&str>, limit: Duration) -> Result<Response<Body>, ureq::Error> {
        let limit = Some(limit);
        let mut request = self
            .agent
            .get(url.as_str())
            .config()
            .timeout_resolve(limit)
            .timeout_connect(limit)
            .timeout_send_request(limit)
            .timeout_recv_response(limit)
            .timeout_per_read(Some(self.patience.silence))
            .build()
            .header(ACCEPT_ENCODING, "identity");
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        if let Some(secret) = self.authorization.as_ref().filter(|_| self.endpoint.is_home(url)) {
            request = request.header(AUTHORIZATION, secret);
        }
        request.call()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }

    pub(super) fn has_token(&self) -> bool {
        self.authorization.is_some()
    }

    /// How long a server may be silent.
    pub(super) fn silence(&self) -> Duration {
        self.patience.silence
    }

    /// An answer that is not the hub's.
    pub(super) fn strange(&self, about: About, what: &'static str) -> HubError {
        HubError::BadAnswer { endpoint: self.endpoint.shown(), file: about.file.to_owned(), what }
    }
}

/// An answer whose body is read under the eye of a [`Meter`].
pub(super) struct Answer<'a> {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: BodyReader<'static>,
    meter: Meter,
    progress: &'a dyn Progress,
}

impl<'a> Answer<'a> {
    fn new(response: Response<Body>, meter: Meter, progress: &'a dyn Progress) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body: body.into_reader(), meter, progress }
    }

    /// The next bytes; none at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        loop {
            if self.progress.is_stopped() {
                return Err(Broken::Stopped);
            }
            match self.body.read(buffer) {
                Ok(0) => return Ok(0),
                Ok(read) => {
                    self.meter.add(read as u64)?;
                    return Ok(read);
                }
                // A signal came; perhaps the one that stops.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken::from_ureq(&ureq::Error::from(error), self.meter.silence())),
            }
        }
    }
}
