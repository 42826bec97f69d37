//! Where requests go: the endpoint, the addresses under it, and what a redirect leads to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::HubError;

/// The base address of a hub. A name and password in it are kept apart, so that what is shown never has them.
#[derive(Clone)]
pub(super) struct Endpoint {
    base: Url,
    /// `Authorization` by name and password, where the address has them.
    pub login: Option<String>,
}

impl Endpoint {
    /// Reads what `HF_ENDPOINT` says.
    pub(super) fn parse(said: &str) -> Result<Self, HubError> {
        let refused = |what| HubError::Endpoint { what };
        let mut base = Url::parse(said).map_err(|_| refused("is no address of the form https://host"))?;
        if !is_http(&base) {
            return Err(refused("is neither an http nor an https address"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(refused("has a query (?) or a fragment (#) in it"));
        }
        let login = (!base.username().is_empty() || base.password().is_some()).then(|| {
            let mut pair: Vec<u8> = percent_decode_str(base.username()).collect();
            pair.push(b':');
            pair.extend(percent_decode_str(base.password().unwrap_or_default()));
            format!("Basic {}", STANDARD.encode(pair))
        });
        anonymous(&mut base);
        Ok(Self { base, login })
    }

    /// To be shown: without name, password and a slash at the end.
    pub(super) fn shown(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }

    /// Where the files of a revision are listed.
    pub(super) fn list(&self, repo: &str, revision: &str) -> Url {
        self.under(["api", "models"].into_iter().chain(repo.split('/')).chain(["revision", revision]))
    }

    /// Where a file of a commit is.
    pub(super) fn file(&self, repo: &str, commit: &str, file: &str) -> Url {
        self.under(repo.split('/').chain(["resolve", commit]).chain(file.split('/')))
    }

    /// The address with these parts after the endpoint's own path; a slash within a part is written out.
    fn under<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Url {
        let mut url = self.base.clone();
        // Only addresses without a host, such as mailto:, have no path; `parse` takes none of them.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    /// Whether an address has the endpoint's scheme, host and port: only then may it see the token.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        self.base.scheme() == url.scheme()
            && self.base.host() == url.host()
            && self.base.port_or_known_default() == url.port_or_known_default()
    }
}

/// Where a redirect from `from` leads.
pub(super) fn follow(from: &Url, location: &str) -> Result<Url, &'static str> {
    if location.trim().is_empty() {
        return Err("a redirect without a location");
    }
    let mut to = from.join(location).map_err(|_| "a redirect to no valid address")?;
    if !is_http(&to) {
        return Err("a redirect to neither an http nor an https address");
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err("a redirect from https to http");
    }
    anonymous(&mut to);
    to.set_fragment(None);
    Ok(to)
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// The address without a name and a password.
fn anonymous(url: &mut Url) {
    // Both fail only where there is no host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn addresses_are_under_the_endpoint() {
        for (said, list, file) in [
            (
                "https://hub",
                "https://hub/api/models/o/n/revision/refs%2Fpr%2F1",
                "https://hub/o/n/resolve/c/f.json",
            ),
            (
                "http://h:8/p/q/",
                "http://h:8/p/q/api/models/o/n/revision/refs%2Fpr%2F1",
                "http://h:8/p/q/o/n/resolve/c/f.json",
            ),
        ] {
            let endpoint = Endpoint::parse(said).unwrap();
            assert_eq!(endpoint.list("o/n", "refs/pr/1").as_str(), list);
            assert_eq!(endpoint.file("o/n", "c", "f.json").as_str(), file);
            assert_eq!(endpoint.shown(), said.trim_end_matches('/'));
        }
        let legacy = Endpoint::parse("https://hub").unwrap();
        assert_eq!(legacy.list("bert", "main").as_str(), "https://hub/api/models/bert/revision/main");
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_showing_it() {
        for said in [
            "",
            "nonsense",
            "user:secret@host",
            "ftp://user:secret@x",
            "http://",
            "http://user:secret@",
            "http://a secret b",
            "file:///secret",
            "mailto:secret",
            "http://user:se/cret@host:x",
            "https://host/?token=secret",
            "http://host#secret",
        ] {
            let error = Endpoint::parse(said).err().unwrap_or_else(|| panic!("{said}"));
            assert!(matches!(error, HubError::Endpoint { .. }));
            assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("secret"), "{said}");
        }
    }

    #[test]
    fn a_password_is_sent_and_not_shown() {
        let endpoint = Endpoint::parse("http://us%65r:p%40ss@host/x").unwrap();
        assert_eq!(
            endpoint.login.as_deref(),
            Some(format!("Basic {}", STANDARD.encode("user:p@ss")).as_str())
        );
        assert_eq!(endpoint.shown(), "http://host/x");
        assert!(!endpoint.list("o/n", "main").as_str().contains('@'));
        assert_eq!(Endpoint::parse("http://host").unwrap().login, None);
    }

    #[test]
    fn redirects_lead_where_the_standard_says() {
        let from = url("https://hub:8443/a/b/c?q=1");
        for (location, to) in [
            ("/x", "https://hub:8443/x"),
            ("x", "https://hub:8443/a/b/x"),
            ("../x", "https://hub:8443/a/x"),
            ("../../../../x", "https://hub:8443/x"),
            ("//host/x", "https://host/x"),
            ("?q", "https://hub:8443/a/b/c?q"),
            ("#f", "https://hub:8443/a/b/c?q=1"),
            ("*", "https://hub:8443/a/b/*"),
            ("https://cdn/x#f", "https://cdn/x"),
            ("HTTPS://CDN:443/x", "https://cdn/x"),
            ("https://me:secret@cdn/x", "https://cdn/x"),
            ("https:\\\\evil\\x", "https://evil/x"),
        ] {
            assert_eq!(follow(&from, location).unwrap().as_str(), to, "{location}");
        }
        for location in [
            "",
            "  ",
            "http://hub/x",
            "file:///etc/passwd",
            "ftp://x",
            "data:,x",
            "mailto:a@b",
            "https://",
            "https://[",
            "https://a:b",
        ] {
            assert!(follow(&from, location).is_err(), "{location}");
        }
        assert!(follow(&url("http://hub/x"), "https://hub/x").is_ok());
    }

    #[test]
    fn home_is_scheme_host_and_port() {
        let endpoint = Endpoint::parse("https://hub/prefix").unwrap();
        for at_home in ["https://hub/", "https://HUB:443/x", "https://hub/other?q"] {
            assert!(endpoint.is_home(&url(at_home)), "{at_home}");
        }
        for away in [
            "http://hub/",
            "https://hub:8443/",
            "https://hub.evil/",
            "https://evil/hub",
            "https://hub./",
            "http://hub:443/",
        ] {
            assert!(!endpoint.is_home(&url(away)), "{away}");
        }
        let by_address = Endpoint::parse("http://127.0.0.1:8000").unwrap();
        assert!(!by_address.is_home(&url("http://localhost:8000")));
        assert!(!by_address.is_home(&url("http://127.0.0.1:8001")));
    }

    proptest! {
        /// What is asked of the network is the very address that was judged: it reads back as itself.
        #[test]
        fn a_redirect_never_leaves_http_nor_falls_from_https(location in r"[a-z:/?#@\\.*\[\]%0-9 \t-]{0,24}|(https?|ftp|file):[/\\]{0,3}[a-z.:@\\]{1,8}[/a-z?#]{0,6}") {
            let home = Endpoint::parse("https://user:secret@hub/p").unwrap();
            if let Ok(to) = follow(&home.file("o/n", "c", "f"), &location) {
                prop_assert_eq!(to.scheme(), "https");
                prop_assert!(to.username().is_empty() && to.password().is_none() && to.fragment().is_none());
                prop_assert_eq!(&Url::parse(to.as_str()).unwrap(), &to);
                if let Ok(sent) = to.as_str().parse::<ureq::http::Uri>() {
                    prop_assert_eq!(sent.host(), to.host_str());
                    prop_assert_eq!(sent.port_u16(), to.port());
                }
            }
        }
    }
}
