//! How the hub is reached and where its cache is.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::Patience;
use super::address::Endpoint;

/// Where the hub is, as whom it is asked, and where its files are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// Base URL, without a slash at its end; there may be a name and a password in it.
    pub endpoint: String,
    /// Access token, for private and gated models.
    pub token: Option<String>,
    /// Folder of the cache, as the Python library lays it out.
    pub cache: PathBuf,
    /// Use the cache alone.
    pub offline: bool,
    /// When a server is given up.
    pub patience: Patience,
}

/// The token and a password in the endpoint stay out of logs and panics.
impl fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSettings")
            .field(
                "endpoint",
                &Endpoint::parse(&self.endpoint).map_or("…".to_owned(), |endpoint| endpoint.shown()),
            )
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("cache", &self.cache)
            .field("offline", &self.offline)
            .field("patience", &self.patience)
            .finish()
    }
}

impl HubSettings {
    /// From the environment, by the Python library's variables and in its order:
    ///
    /// - endpoint: `HF_ENDPOINT`;
    /// - cache: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME/hub`, `XDG_CACHE_HOME/huggingface/hub`,
    ///   `~/.cache/huggingface/hub`;
    /// - token: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file `HF_TOKEN_PATH` or `token` in `HF_HOME`;
    /// - offline: `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` is 1, `ON`, `YES` or `TRUE`.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| env::var(name).ok(), env::home_dir().as_deref())
    }

    /// The same from any source of variables; `home` is the user's folder. An empty variable counts as not set.
    #[must_use]
    pub fn from_vars(get: impl Fn(&str) -> Option<String>, home: Option<&Path>) -> Self {
        let set =
            |name: &str| get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let path = |name: &str| set(name).map(|path| expand(&path, home));
        let hf_home = path("HF_HOME").unwrap_or_else(|| {
            let user = path("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")));
            // A user without a home folder keeps the cache where the program runs.
            user.unwrap_or_else(|| PathBuf::from(".cache")).join("huggingface")
        });
        let token_file = path("HF_TOKEN_PATH").unwrap_or_else(|| hf_home.join("token"));
        let is_on = |name: &str| {
            set(name).is_some_and(|value| ["1", "ON", "YES", "TRUE"].contains(&value.to_uppercase().as_str()))
        };
        Self {
            endpoint: set("HF_ENDPOINT")
                .map_or("https://huggingface.co".to_owned(), |url| url.trim_end_matches('/').to_owned()),
            token: set("HF_TOKEN")
                .or_else(|| set("HUGGING_FACE_HUB_TOKEN"))
                .or_else(|| token_in(&token_file)),
            cache: path("HF_HUB_CACHE")
                .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
                .unwrap_or_else(|| hf_home.join("hub")),
            offline: is_on("HF_HUB_OFFLINE") || is_on("TRANSFORMERS_OFFLINE"),
            patience: Patience::default(),
        }
    }
}

fn expand(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

fn token_in(file: &Path) -> Option<String> {
    let token = fs::read_to_string(file).ok()?;
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}
