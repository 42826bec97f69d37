//! What the hub says of a file before it is fetched. It is asked once, checked here, and from then on it alone counts.

use ureq::http::{HeaderMap, StatusCode};

use super::super::names::{is_hex, is_plain};

/// A file as the hub describes it; every field is fit for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    /// Name of its bytes in the cache: a plain name without a dot, so that it cannot be another file's part or lock.
    pub etag: String,
    /// Size in bytes, where the hub says.
    pub size: Option<u64>,
}

impl Description {
    /// SHA-256 in hex, where the etag is one (large files).
    pub(super) fn sha256(&self) -> Option<&str> {
        self.hash(64)
    }

    /// 40 hexadecimal digits: on the hub itself, git's hash of a small file; elsewhere perhaps some other number.
    pub(super) fn sha1(&self) -> Option<&str> {
        self.hash(40)
    }

    fn hash(&self, digits: usize) -> Option<&str> {
        (self.etag.len() == digits && is_hex(&self.etag)).then_some(self.etag.as_str())
    }
}

/// Gathers a description from an answer and the redirects before it. Each of the three facts is taken from the last that
/// says it; what a redirect says of the file itself (`X-Linked-…`) goes before what a storage server calls it.
#[derive(Debug, Default)]
pub(super) struct Told {
    commit: Option<String>,
    etag: Option<String>,
    linked_etag: Option<String>,
    size: Option<String>,
    linked_size: Option<String>,
}

impl Told {
    pub(super) fn take(&mut self, status: StatusCode, headers: &HeaderMap) {
        let said = |name| header(headers, name).map(str::to_owned);
        let last = |old: &mut Option<String>, new: Option<String>| *old = new.or(old.take());
        last(&mut self.commit, said("x-repo-commit"));
        last(&mut self.etag, said("etag"));
        last(&mut self.linked_etag, said("x-linked-etag"));
        last(&mut self.linked_size, said("x-linked-size"));
        let size = match status {
            StatusCode::PARTIAL_CONTENT => {
                said("content-range").and_then(|range| total(&range).map(str::to_owned))
            }
            // A server that ignores the question for one byte sends all of them.
            StatusCode::OK if is_unpacked(headers) => said("content-length"),
            _ => None,
        };
        last(&mut self.size, size);
    }

    /// Whether a redirect away from the hub need not be followed.
    pub(super) fn is_enough(&self) -> bool {
        self.commit.is_some() && self.linked_etag.as_ref().or(self.etag.as_ref()).is_some()
    }

    /// The description, where it is whole and of this commit.
    pub(super) fn finish(self, commit: &str) -> Result<Description, &'static str> {
        match self.commit {
            None => return Err("no commit"),
            Some(found) if found != commit => return Err("another commit than that of the list of files"),
            Some(_) => {}
        }
        let etag = self.linked_etag.or(self.etag).ok_or("no etag")?;
        // The mark of a weak etag and the quotes are no part of the name, as the Python library has it.
        let etag = etag.strip_prefix("W/").unwrap_or(&etag).trim_matches('"').to_owned();
        if !is_plain(&etag) || etag.contains('.') {
            return Err("an etag that cannot name a file");
        }
        let size = self.linked_size.or(self.size);
        let size = size.map(|size| size.parse().map_err(|_| "a size that is no number")).transpose()?;
        Ok(Description { etag, size })
    }
}

/// The size of the whole file by `Content-Range: bytes 0-0/805`; `*` means that the server does not know.
fn total(range: &str) -> Option<&str> {
    range.rsplit('/').next().filter(|total| *total != "*")
}

/// First and last byte and size of the whole, by `Content-Range`.
pub(super) fn content_range(headers: &HeaderMap) -> Option<(u64, u64, Option<u64>)> {
    let range = header(headers, "content-range")?;
    let (first, rest) = range.strip_prefix("bytes ")?.split_once('-')?;
    let (last, _) = rest.split_once('/')?;
    let size = total(rest).map(str::parse).transpose().ok()?;
    Some((first.parse().ok()?, last.parse().ok()?, size))
}

/// Whether the bytes come as they are; a packed answer was not asked for, and may unpack to any size.
pub(super) fn is_unpacked(headers: &HeaderMap) -> bool {
    headers
        .get("content-encoding")
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderName;

    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn described(pairs: &[(&'static str, &str)]) -> Result<Description, &'static str> {
        let mut told = Told::default();
        let mut all = vec![("x-repo-commit", COMMIT)];
        all.extend_from_slice(pairs);
        told.take(StatusCode::PARTIAL_CONTENT, &headers(&all));
        told.finish(COMMIT)
    }

    #[test]
    fn an_etag_is_the_name_of_a_blob_or_refused() {
        let hash = "a".repeat(64);
        for (said, etag) in
            [("\"abc\"", "abc"), ("W/\"abc\"", "abc"), ("a-b_C9", "a-b_C9"), (hash.as_str(), hash.as_str())]
        {
            assert_eq!(described(&[("etag", said)]).unwrap().etag, etag);
        }
        let long = "x".repeat(5000);
        for said in [
            "", "\"\"", "..", "../x", "/etc/x", "a/b", "a\\b", "a.lock", "a.part", ".x", "a b", "a:b", "NUL",
            "é", &long,
        ] {
            assert!(described(&[("etag", said)]).is_err(), "{said}");
        }
        assert_eq!(described(&[]), Err("no etag"));
    }

    #[test]
    fn what_the_hub_says_of_the_file_goes_before_what_its_storage_says() {
        let mut told = Told::default();
        let linked = [
            ("x-repo-commit", COMMIT),
            ("etag", "redirect"),
            ("x-linked-etag", "\"file\""),
            ("x-linked-size", "7"),
        ];
        told.take(StatusCode::FOUND, &headers(&linked));
        assert!(told.is_enough());
        told.take(
            StatusCode::PARTIAL_CONTENT,
            &headers(&[("etag", "storage"), ("content-range", "bytes 0-0/9")]),
        );
        assert_eq!(told.finish(COMMIT), Ok(Description { etag: "file".to_owned(), size: Some(7) }));
        let mut told = Told::default();
        told.take(StatusCode::TEMPORARY_REDIRECT, &headers(&[("etag", "redirect"), ("content-length", "3")]));
        assert!(!told.is_enough());
        told.take(
            StatusCode::OK,
            &headers(&[("x-repo-commit", COMMIT), ("etag", "file"), ("content-length", "9")]),
        );
        assert_eq!(told.finish(COMMIT), Ok(Description { etag: "file".to_owned(), size: Some(9) }));
    }

    #[test]
    fn the_commit_is_the_lists() {
        for other in ["", "main", "../../x", &"a".repeat(40), &COMMIT[..39]] {
            let mut told = Told::default();
            told.take(StatusCode::OK, &headers(&[("x-repo-commit", other), ("etag", "x")]));
            assert!(told.finish(COMMIT).is_err(), "{other}");
        }
    }

    #[test]
    fn a_size_is_a_number_or_refused() {
        let sized = |range: &str| described(&[("etag", "x"), ("content-range", range)]).map(|file| file.size);
        assert_eq!(sized("bytes 0-0/805"), Ok(Some(805)));
        assert_eq!(sized("bytes 0-0/*"), Ok(None));
        assert_eq!(sized("bytes 0-0/9223372036854775808"), Ok(Some(1 << 63)));
        for range in ["bytes 0-0/-1", "bytes 0-0/99999999999999999999", "bytes 0-0/1e3", "bytes 0-0/", "x"] {
            assert!(sized(range).is_err(), "{range}");
        }
        // A packed answer has another length than the file.
        let mut told = Told::default();
        let packed =
            [("x-repo-commit", COMMIT), ("etag", "x"), ("content-length", "9"), ("content-encoding", "gzip")];
        told.take(StatusCode::OK, &headers(&packed));
        assert_eq!(told.finish(COMMIT).unwrap().size, None);
    }

    #[test]
    fn a_hash_is_known_by_its_length() {
        let hashes = |etag: &str| {
            let file = Description { etag: etag.to_owned(), size: None };
            (file.sha256().is_some(), file.sha1().is_some())
        };
        assert_eq!(hashes(&"a".repeat(64)), (true, false));
        assert_eq!(hashes(&"a".repeat(40)), (false, true));
        assert_eq!(hashes(&"A".repeat(64)), (false, false));
        assert_eq!(hashes("abc"), (false, false));
    }

    #[test]
    fn a_range_is_read_whole() {
        let range = |said: &str| content_range(&headers(&[("content-range", said)]));
        assert_eq!(range("bytes 5-9/10"), Some((5, 9, Some(10))));
        assert_eq!(range("bytes 5-9/*"), Some((5, 9, None)));
        for said in ["", "bytes", "bytes */10", "bytes 5-/10", "5-9/10", "bytes 5-9/x", "bytes a-9/10"] {
            assert_eq!(range(said), None, "{said}");
        }
    }
}
