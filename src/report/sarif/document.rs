//! The parts of SARIF 2.1.0 (OASIS standard, errata 01) that are written, by the standard's names.

use serde::Serialize;

/// `tool` (3.18).
#[derive(Debug, Serialize)]
pub(super) struct Tool {
    pub driver: Driver,
}

/// `toolComponent` (3.19).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub name: &'static str,
    pub version: &'static str,
    pub semantic_version: &'static str,
    pub rules: Vec<ReportingRule>,
}

/// `reportingDescriptor` (3.49).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportingRule {
    pub id: &'static str,
    pub short_description: Message,
    pub full_description: Message,
    pub default_configuration: Configuration,
}

/// `reportingConfiguration` (3.50).
#[derive(Debug, Clone, Serialize)]
pub(super) struct Configuration {
    pub level: &'static str,
}

/// `message` (3.11), `multiformatMessageString` (3.12) and `artifactContent` (3.3): plain text in all of them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Message {
    pub text: String,
}

/// `invocation` (3.20).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub execution_successful: bool,
    pub tool_execution_notifications: Vec<Notification>,
}

/// `notification` (3.58).
#[derive(Debug, Serialize)]
pub(super) struct Notification {
    pub level: &'static str,
    pub message: Message,
    pub locations: [Location; 1],
}

/// `artifact` (3.24).
#[derive(Debug, Serialize)]
pub(super) struct Artifact {
    pub location: Uri,
}

/// `artifactLocation` (3.4).
#[derive(Debug, Serialize)]
pub(super) struct Uri {
    pub uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

/// `result` (3.27).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Result {
    pub rule_id: &'static str,
    pub rule_index: usize,
    pub level: &'static str,
    pub message: Message,
    pub locations: [Location; 1],
    pub partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<ExampleName>,
}

/// `result.partialFingerprints` (3.27.18).
#[derive(Debug, Serialize)]
pub(super) struct Fingerprints {
    #[serde(rename = "attncheckText/v1")]
    pub text: String,
}

/// `propertyBag` (3.8).
#[derive(Debug, Serialize)]
pub(super) struct ExampleName {
    /// The example's name.
    pub id: String,
}

/// `location` (3.28).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub physical_location: Physical,
}

/// `physicalLocation` (3.29).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Physical {
    pub artifact_location: Uri,
    pub region: Region,
}

/// `region` (3.30).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Message>,
}

/// The file of the texts; `stdin` for standard input, since services refuse a result without a place.
#[derive(Debug, Clone)]
pub(super) struct TextFile(String);

impl TextFile {
    pub fn of(name: &str) -> Self {
        Self(uri(if name == "-" { "stdin" } else { name }))
    }

    pub fn uri(&self) -> Uri {
        Uri { uri: self.0.clone(), index: None }
    }
}

/// A path as a URI reference (RFC 3986): relative as it is, absolute with `file://`, what a URI cannot hold in per cent.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    // Only Windows has drives, and there a backslash parts folders.
    let bytes = path.as_bytes();
    let drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    let path = if drive || cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let mut out = String::from(if drive {
        "file:///"
    } else if path.starts_with('/') {
        "file://"
    } else {
        ""
    });
    for byte in path.strip_prefix("./").unwrap_or(&path).bytes() {
        let kept = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
        if kept {
            out.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_uri_references() {
        for (path, expected) in [
            ("reviews.txt", "reviews.txt"),
            ("./texts/a b.txt", "texts/a%20b.txt"),
            ("/data/é.txt", "file:///data/%C3%A9.txt"),
            ("C:\\texts\\a.txt", "file:///C%3A/texts/a.txt"),
            ("a:b#c?d%e.txt", "a%3Ab%23c%3Fd%25e.txt"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
