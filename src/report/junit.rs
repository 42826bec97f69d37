//! JUnit's XML, which CI services show as tests: one suite of texts with a case per text, one of gates.
//!
//! A case goes by the verdict on the reading that people would show (`raw`, else the first that was run):
//!
//! | verdict | case |
//! | --- | --- |
//! | supported, mixed | passes; a mixed one says why in `system-out` |
//! | contradicted | `failure` |
//! | inert, inconclusive, insufficient | `skipped`: there was nothing to hold the map to |
//! | none, the text could not be audited | `error` |
//!
//! A suite's properties are the settings and the sentences of the verdict on the file. Gates that do not hold are failures of the second suite, which is absent where
//! none was asked for. There are no times: they are not in a report. The document is valid by the schema that Jenkins
//! holds such files to (`junit-10.xsd` of its xUnit plugin), which allows a case no file and no line, so the line is in the
//! case's name.
//!
//! Cases are written one by one; what a suite counts stands before them, so the examples are read twice.

use std::borrow::Cow;
use std::io::Write;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::example::{ExampleReport, FailureReport};
use super::gate::GateResult;
use super::render::{Render, RenderError};
use super::say::reference::{unconverged, why};
use super::say::{clip, remark, visible};
use super::settings::Settings;
use super::verdict::VerdictWord;
use super::whole::Report;

/// Columns of a text in the name of its case.
const NAMED: usize = 80;

/// The printer of JUnit's XML.
#[derive(Debug, Clone, Copy, Default)]
pub struct Junit;

impl Render<Report> for Junit {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        let texts = counted(report)?;
        let gates = Counts {
            tests: report.gates.len(),
            failures: report.gates.iter().filter(|gate| !gate.passed).count(),
            ..Counts::default()
        };
        let mut xml = Xml(Writer::new_with_indent(&mut *out, b' ', 2));
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.open(
            "testsuites",
            &[
                ("name", "attncheck".into()),
                ("tests", (texts.tests + gates.tests).to_string().into()),
                ("failures", (texts.failures + gates.failures).to_string().into()),
                ("errors", texts.errors.to_string().into()),
            ],
        )?;
        xml.open("testsuite", &texts.attributes(&report.settings.input.name))?;
        xml.properties(&properties(report))?;
        let mut failures = report.failures.iter().peekable();
        for example in report.examples.iter() {
            let example = example?;
            while let Some(failure) = failures.next_if(|failure| failure.line < example.line) {
                xml.failed(&report.settings, failure)?;
            }
            xml.example(&report.settings, &example)?;
        }
        failures.try_for_each(|failure| xml.failed(&report.settings, failure))?;
        xml.close("testsuite")?;
        if !report.gates.is_empty() {
            xml.open("testsuite", &gates.attributes("gates"))?;
            report.gates.iter().try_for_each(|gate| xml.gate(gate))?;
            xml.close("testsuite")?;
        }
        xml.close("testsuites")?;
        Ok(out.write_all(b"\n")?)
    }
}

/// What becomes of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Passed,
    Failed,
    Skipped,
}

impl Case {
    fn of(example: &ExampleReport) -> Self {
        match example.shown().map(|reading| reading.verdict.verdict) {
            Some(VerdictWord::Supported | VerdictWord::Mixed) => Self::Passed,
            Some(VerdictWord::Contradicted) => Self::Failed,
            Some(VerdictWord::Inert | VerdictWord::Inconclusive | VerdictWord::Insufficient) | None => {
                Self::Skipped
            }
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn attributes<'a>(&self, name: &'a str) -> [(&'static str, Cow<'a, str>); 5] {
        [
            ("name", name.into()),
            ("tests", self.tests.to_string().into()),
            ("failures", self.failures.to_string().into()),
            ("errors", self.errors.to_string().into()),
            ("skipped", self.skipped.to_string().into()),
        ]
    }
}

fn counted(report: &Report) -> Result<Counts, RenderError> {
    let errors = report.failures.len();
    let mut counts = Counts { tests: report.examples.len() + errors, errors, ..Counts::default() };
    for example in report.examples.iter() {
        match Case::of(&example?) {
            Case::Passed => {}
            Case::Failed => counts.failures += 1,
            Case::Skipped => counts.skipped += 1,
        }
    }
    Ok(counts)
}

/// The settings as `model.name`, `thresholds.margin` and so on, the verdict on the file as `answer.raw`, and whether the run was interrupted.
fn properties(report: &Report) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let settings = serde_json::to_value(&report.settings).unwrap_or_default();
    flat("", &settings, &mut found);
    for (name, answer) in report.summary.verdicts() {
        found.push((format!("answer.{name}"), answer.sentence));
    }
    found.push(("interrupted".to_owned(), report.interrupted.to_string()));
    found
}

fn flat(name: &str, value: &serde_json::Value, found: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flat(&name, value, found);
            }
        }
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        other => found.push((name.to_owned(), other.to_string())),
    }
}

type Attributes<'a> = [(&'a str, Cow<'a, str>)];

/// Writes elements; what XML cannot hold is written out as `\u{…}`, as in the report for reading.
struct Xml<W: Write>(Writer<W>);

impl<W: Write> Xml<W> {
    fn event(&mut self, event: Event<'_>) -> Result<(), RenderError> {
        Ok(self.0.write_event(event)?)
    }

    fn start<'a>(name: &'a str, attributes: &Attributes<'_>) -> BytesStart<'a> {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, held(value).as_ref()));
        }
        start
    }

    fn open(&mut self, name: &str, attributes: &Attributes<'_>) -> Result<(), RenderError> {
        self.event(Event::Start(Self::start(name, attributes)))
    }

    fn empty(&mut self, name: &str, attributes: &Attributes<'_>) -> Result<(), RenderError> {
        self.event(Event::Empty(Self::start(name, attributes)))
    }

    fn close(&mut self, name: &str) -> Result<(), RenderError> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    /// An element with lines of text in it.
    fn text(&mut self, name: &str, attributes: &Attributes<'_>, lines: &[String]) -> Result<(), RenderError> {
        let lines: Vec<Cow<'_, str>> = lines.iter().map(|line| held(line)).collect();
        self.open(name, attributes)?;
        self.event(Event::Text(BytesText::new(&lines.join("\n"))))?;
        self.close(name)
    }

    fn properties(&mut self, properties: &[(String, String)]) -> Result<(), RenderError> {
        self.open("properties", &[])?;
        for (name, value) in properties {
            self.empty("property", &[("name", name.into()), ("value", value.into())])?;
        }
        self.close("properties")
    }

    fn example(&mut self, settings: &Settings, example: &ExampleReport) -> Result<(), RenderError> {
        let attributes = case(settings, &example.id, example.line, &example.text);
        let Some(reading) = example.shown() else {
            self.open("testcase", &attributes)?;
            self.empty("skipped", &[("message", "no reading was audited".into())])?;
            return self.close("testcase");
        };
        if reading.verdict.verdict == VerdictWord::Supported && unconverged(example).next().is_none() {
            return self.empty("testcase", &attributes);
        }
        let mut lines = vec![example.text.clone()];
        lines.extend(example.pair.clone());
        lines.push(format!(
            "predicted {} with probability {:.3}",
            example.prediction.label, example.prediction.probability
        ));
        lines.extend(reading.verdict.reasons.iter().map(|reason| format!("- {reason}")));
        // Reasons name them too, where the audit gave any.
        lines.extend(unconverged(example).map(|reference| format!("no evidence: {}", why(reference))));
        lines.extend(example.warnings.iter().map(|warning| format!("warning: {warning}")));
        let message = format!("{}: {}", remark::judged(reading), remark::reasons(reading));
        self.open("testcase", &attributes)?;
        match Case::of(example) {
            Case::Failed => {
                let kind = reading.verdict.verdict.name().into();
                self.text("failure", &[("type", kind), ("message", message.into())], &lines)?;
            }
            Case::Skipped => self.empty("skipped", &[("message", message.into())])?,
            Case::Passed => {
                lines.push(remark::judged(reading));
                self.text("system-out", &[], &lines)?;
            }
        }
        self.close("testcase")
    }

    fn failed(&mut self, settings: &Settings, failure: &FailureReport) -> Result<(), RenderError> {
        self.open("testcase", &case(settings, &failure.id, failure.line, &failure.text))?;
        let mut lines = vec![failure.text.clone()];
        lines.extend(failure.pair.clone());
        lines.extend(failure.hint.iter().map(|hint| format!("hint: {hint}")));
        self.text(
            "error",
            &[("type", "not-audited".into()), ("message", failure.error.as_str().into())],
            &lines,
        )?;
        self.close("testcase")
    }

    fn gate(&mut self, gate: &GateResult) -> Result<(), RenderError> {
        let attributes = [("name", gate.gate.as_str().into()), ("classname", "gates".into())];
        let told = remark::found(gate);
        self.open("testcase", &attributes)?;
        if gate.passed {
            self.text("system-out", &[], &[told])?;
        } else {
            self.text("failure", &[("type", "gate".into()), ("message", told.clone().into())], &[told])?;
        }
        self.close("testcase")
    }
}

/// What XML can hold: without what steers a terminal, and without the two other characters that it forbids.
fn held(text: &str) -> Cow<'_, str> {
    const FORBIDDEN: [char; 2] = ['\u{fffe}', '\u{ffff}'];
    let shown = visible(text);
    if !shown.contains(FORBIDDEN) {
        return shown;
    }
    let mut out = String::with_capacity(shown.len() + 8);
    for c in shown.chars() {
        if FORBIDDEN.contains(&c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The attributes of a text's case: a name that no other case has, and the file as its class.
fn case<'a>(settings: &'a Settings, id: &str, line: usize, text: &str) -> [(&'static str, Cow<'a, str>); 2] {
    let id = if id == line.to_string() { String::new() } else { format!(" ({id})") };
    let name = format!("line {line}{id}: {}", clip(&visible(text), NAMED));
    [("name", name.into()), ("classname", settings.input.name.as_str().into())]
}
