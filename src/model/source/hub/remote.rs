//! What the hub says of a file before it is fetched.
//!
//! hf-hub asks the same, but drops the headers of an answer that says no (which of repository, revision and file
//! is missing; how long to wait), and trusts an etag as a file name. So we ask first.

use std::time::Duration;

use ureq::http::{Response, Uri};
use ureq::{Agent, Body};

use super::cache::is_name;
use super::{HubError, HubSettings};

/// A silent server is given up after this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How many redirects within the hub's own host are followed.
const HOPS: usize = 5;

/// A file as the hub describes it.
pub(super) struct Remote {
    /// Name of its bytes in the cache.
    pub etag: String,
    /// Size in bytes, where the hub says.
    pub size: Option<u64>,
    /// SHA-256 in hex, where the etag is one (large files).
    pub sha256: Option<String>,
}

/// Asks about `file` of `repo`, at `url`.
pub(super) fn ask(
    settings: &HubSettings,
    repo: &str,
    revision: &str,
    file: &str,
    url: &str,
) -> Result<Remote, HubError> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .build()
        .into();
    let strange = |what: &'static str| HubError::BadAnswer {
        endpoint: settings.endpoint.clone(),
        file: file.to_owned(),
        what,
    };
    let mut url = url.to_owned();
    for _ in 0..HOPS {
        let mut request = agent.get(&url).header("Range", "bytes=0-0");
        if let Some(token) = &settings.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let answer = request.call().map_err(|error| HubError::from_ureq(settings, file, error))?;
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(HubError::from_status(settings, repo, revision, Some(file), &answer));
        }
        if status.is_redirection() {
            let location =
                header(&answer, "location").ok_or_else(|| strange("a redirect without a location"))?;
            if location.starts_with('/') {
                url = absolute(&url, location).ok_or_else(|| strange("a redirect to no valid address"))?;
                continue;
            }
            if !location.starts_with("http://") && !location.starts_with("https://") {
                return Err(strange("a redirect to no valid address"));
            }
        }
        return describe(&answer).map_err(strange);
    }
    Err(strange("redirects without an end"))
}

fn describe(answer: &Response<Body>) -> Result<Remote, &'static str> {
    let etag = header(answer, "x-linked-etag").or_else(|| header(answer, "etag")).ok_or("no etag")?;
    // As hf-hub names the file; the mark of a weak etag becomes a folder.
    let etag = etag.replace('"', "");
    if !is_name(etag.strip_prefix("W/").unwrap_or(&etag)) {
        return Err("an etag that cannot name a file");
    }
    let commit = header(answer, "x-repo-commit").ok_or("no commit")?;
    if !is_name(commit) {
        return Err("a commit that cannot name a folder");
    }
    let total = || header(answer, "content-range")?.rsplit('/').next();
    let size = header(answer, "x-linked-size").or_else(total).and_then(|size| size.parse().ok());
    let is_hex = etag.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let sha256 = (etag.len() == 64 && is_hex).then(|| etag.clone());
    Ok(Remote { etag, size, sha256 })
}

/// A path on the host of another URL.
fn absolute(base: &str, path: &str) -> Option<String> {
    let mut parts = base.parse::<Uri>().ok()?.into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Some(Uri::from_parts(parts).ok()?.to_string())
}

pub(super) fn header<'a>(answer: &'a Response<Body>, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}
