//! SARIF 2.1.0, which code scanning services show beside the lines of a file.
//!
//! A result for each gate that does not hold and each text with something to remark on, by the verdict on the reading that
//! people would show (`raw`, else the first that was run):
//!
//! | rule | level |
//! | --- | --- |
//! | `attention/contradicted`, `audit/failed`, `audit/gate` | `error` |
//! | `attention/mixed`, `attention/inert` | `warning` |
//! | `attention/inconclusive`, `attention/insufficient`, `reference/not-converged` | `note` |
//!
//! A supported map is no result; references that did not converge are one of their own, whatever the verdict. A result's place is the text's line, a gate's the file; that of texts from
//! standard input is called `stdin`, since services refuse a result without a place. Its fingerprint `attncheckText/v1` is made of the rule, the text and how often that text has had that rule
//! before, but not of the line, so that a text that moves stays the same result. Examples that could not be audited are
//! notifications of the invocation too. The run's properties hold the answer for the
//! file and the settings.
//!
//! Results are written one by one; only the fingerprints' counts are kept, some bytes a result.

mod document;

use std::collections::BTreeMap;
use std::io::Write;

use serde::ser::{Error as _, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::render::{Render, RenderError};
use super::say::json;
use super::say::remark::{self, Remark, Rule, Severity};
use super::settings::Settings;
use super::whole::Report;
use document::{
    Artifact, Driver, Fingerprints, Invocation, Location, Message, Notification, Region, ReportingRule,
    Result as Finding, TextFile, Tool, Uri,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The printer of SARIF.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sarif;

impl Render<Report> for Sarif {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        json::document(&Log(report), out)
    }
}

/// The document. It is walked twice, once for numbers that are not finite.
struct Log<'a>(&'a Report);

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut log = serializer.serialize_struct("Log", 3)?;
        log.serialize_field("$schema", SCHEMA)?;
        log.serialize_field("version", "2.1.0")?;
        log.serialize_field("runs", &[Run(self.0)])?;
        log.end()
    }
}

struct Run<'a>(&'a Report);

/// What is in a run's property bag.
#[derive(Serialize)]
struct Properties<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    answer: &'a [String],
    settings: &'a Settings,
    interrupted: bool,
}

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let place = TextFile::of(&report.settings.input.name);
        let mut run = serializer.serialize_struct("Run", 6)?;
        run.serialize_field("tool", &tool())?;
        run.serialize_field("invocations", &[invocation(report, &place)])?;
        run.serialize_field("artifacts", &[Artifact { location: place.uri() }])?;
        run.serialize_field("columnKind", "unicodeCodePoints")?;
        run.serialize_field("results", &Results { report, place })?;
        let Report { answer, settings, interrupted, .. } = report;
        run.serialize_field("properties", &Properties { answer, settings, interrupted: *interrupted })?;
        run.end()
    }
}

fn tool() -> Tool {
    let rules = Rule::ALL.map(|rule| ReportingRule {
        id: rule.id(),
        short_description: Message { text: rule.title().into() },
        full_description: Message { text: rule.meaning().into() },
        default_configuration: document::Configuration { level: level(rule) },
    });
    let version = env!("CARGO_PKG_VERSION");
    Tool { driver: Driver { name: "attncheck", version, semantic_version: version, rules: rules.to_vec() } }
}

fn invocation(report: &Report, place: &TextFile) -> Invocation {
    let notifications = report.failures.iter().map(|failure| {
        let remark = remark::of_failure(failure);
        Notification {
            level: level(remark.rule),
            message: Message { text: remark.message.clone() },
            locations: locations(place, &remark),
        }
    });
    Invocation {
        execution_successful: !report.interrupted,
        tool_execution_notifications: notifications.collect(),
    }
}

/// The results, each made when it is written.
struct Results<'a> {
    report: &'a Report,
    place: TextFile,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.report;
        let mut list = serializer.serialize_seq(None)?;
        let mut seen = BTreeMap::new();
        let mut tell = |remark: &Remark<'_>, id: Option<&str>| {
            list.serialize_element(&self.finding(remark, id, &mut seen))
        };
        report
            .gates
            .iter()
            .filter_map(|gate| Some((remark::of_gate(gate)?, gate)))
            .try_for_each(|(remark, gate)| tell(&Remark { text: &gate.gate, ..remark }, None))?;
        let mut failures = report.failures.iter().peekable();
        for example in report.examples.iter() {
            let example = example.map_err(S::Error::custom)?;
            while let Some(failure) = failures.next_if(|failure| failure.line < example.line) {
                tell(&remark::of_failure(failure), Some(&failure.id))?;
            }
            for remark in remark::of_example(&example).iter().chain(&remark::of_references(&example)) {
                tell(remark, Some(&example.id))?;
            }
        }
        for failure in failures {
            tell(&remark::of_failure(failure), Some(&failure.id))?;
        }
        list.end()
    }
}

impl Results<'_> {
    fn finding(
        &self,
        remark: &Remark<'_>,
        id: Option<&str>,
        seen: &mut BTreeMap<[u8; 16], usize>,
    ) -> Finding {
        let mut hash = Sha256::new();
        hash.update(remark.rule.id());
        hash.update([0]);
        hash.update(remark.text);
        hash.update([0]);
        hash.update(remark.pair.unwrap_or_default());
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        let before = seen.entry(short).or_insert(0);
        *before += 1;
        Finding {
            rule_id: remark.rule.id(),
            rule_index: remark.rule as usize,
            level: level(remark.rule),
            message: Message { text: remark.message.clone() },
            locations: locations(&self.place, remark),
            partial_fingerprints: Fingerprints {
                text: format!("{:032x}:{before}", u128::from_be_bytes(short)),
            },
            properties: id.map(|id| document::ExampleName { id: id.to_owned() }),
        }
    }
}

fn level(rule: Rule) -> &'static str {
    match rule.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The text's line, or the file's first.
fn locations(place: &TextFile, remark: &Remark<'_>) -> [Location; 1] {
    let snippet = remark.line.map(|_| Message { text: remark.text.to_owned() });
    let region = Region { start_line: remark.line.unwrap_or(1), snippet };
    [Location {
        physical_location: document::Physical {
            artifact_location: Uri { uri: place.uri().uri, index: Some(0) },
            region,
        },
    }]
}
