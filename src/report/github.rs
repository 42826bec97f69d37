//! GitHub's workflow commands: printed by a step, they become annotations on the lines of the text file.
//!
//! ```text
//! ::error file=reviews.txt,line=8,title=attention map contradicted::raw is contradicted: …
//! ```
//!
//! A gate that does not hold, a contradicted map and a text that could not be audited are errors; a mixed and an inert one
//! warnings; an inconclusive and an insufficient one notices. The verdict is the one on the reading that people would
//! show. The first notice is the verdict on the file, the last counts the verdicts on its
//! texts, and names the lines on which a reference did not converge.
//!
//! GitHub shows the first ten annotations of a kind in a step and drops the others without a word. So where there are more,
//! nine are printed and the tenth says how many are left out; gates come first. The path is the one that the audit was
//! given, and must be relative to the repository's root for an annotation to find its line; texts from standard input are
//! annotated without one.

use std::collections::BTreeMap;
use std::io::Write;

use super::render::{Render, RenderError};
use super::say::reference::unconverged;
use super::say::remark::{self, Remark, Severity};
use super::say::{count, visible};
use super::verdict::VerdictWord;
use super::whole::Report;

/// Annotations of a kind that GitHub shows in a step.
const SHOWN: usize = 10;

/// The printer of workflow commands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Github;

impl Render<Report> for Github {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        let file = Some(report.settings.input.name.as_str()).filter(|name| !["-", "stdin"].contains(name));
        let mut errors = Kind::new("error", SHOWN);
        let mut warnings = Kind::new("warning", SHOWN);
        // Kept for the verdict on the file, where there is one, and for the count of verdicts.
        let kept = 1 + usize::from(report.summary.answer.is_some());
        let mut notices = Kind::new("notice", SHOWN - kept);
        let mut counts = VerdictWord::ALL.map(|verdict| (verdict, 0_usize));
        let mut apart: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut tell = |remark: &Remark<'_>| match remark.rule.severity() {
            Severity::Error => errors.add(file, remark),
            Severity::Warning => warnings.add(file, remark),
            Severity::Note => notices.add(file, remark),
        };
        report.gates.iter().filter_map(remark::of_gate).for_each(|remark| tell(&remark));
        let mut failures = report.failures.iter().peekable();
        for example in report.examples.iter() {
            let example = example?;
            while let Some(failure) = failures.next_if(|failure| failure.line < example.line) {
                tell(&remark::of_failure(failure));
            }
            if let Some(remark) = remark::of_example(&example) {
                tell(&remark);
            }
            for reference in unconverged(&example) {
                apart.entry(reference.method.clone()).or_default().push(example.line);
            }
            let verdict = example.shown().map(|reading| reading.verdict.verdict);
            for (_, count) in counts.iter_mut().filter(|(counted, _)| Some(*counted) == verdict) {
                *count += 1;
            }
        }
        failures.for_each(|failure| tell(&remark::of_failure(failure)));
        if let Some(answer) = &report.summary.answer {
            let told = answer.sentences.join(" ");
            command(out, "notice", &[("title", "answer for the file")], &told)?;
        }
        for kind in [&errors, &warnings, &notices] {
            kind.print(out)?;
        }
        let told = format!("{}{}", counted(report, &counts), no_evidence(&apart));
        Ok(command(out, "notice", &[("title", "attncheck")], &told)?)
    }
}

/// `3 texts audited: 1 supported, 2 contradicted; 1 could not be audited`.
fn counted(report: &Report, counts: &[(VerdictWord, usize)]) -> String {
    let given = counts.iter().filter(|(_, count)| *count > 0);
    let given: Vec<String> = given.map(|(verdict, count)| format!("{count} {}", verdict.name())).collect();
    let texts = report.examples.len();
    let failed = match report.failures.len() {
        0 => String::new(),
        failed => format!("; {failed} could not be audited"),
    };
    let interrupted = if report.interrupted { "; interrupted" } else { "" };
    format!("{} audited: {}{failed}{interrupted}", count(texts, "text"), given.join(", "))
}

/// `; integrated-gradients did not converge on 2 texts (line 4, 9), and is no evidence there`.
fn no_evidence(apart: &BTreeMap<String, Vec<usize>>) -> String {
    let told = apart.iter().map(|(method, lines)| {
        let first: Vec<String> = lines.iter().take(SHOWN).map(usize::to_string).collect();
        let more = if lines.len() > SHOWN { ", …" } else { "" };
        format!(
            "; {method} did not converge on {} (line {}{more}), and is no evidence there",
            count(lines.len(), "text"),
            first.join(", ")
        )
    });
    told.collect()
}

/// The annotations of one kind; of those that GitHub would drop, only how many there are.
struct Kind {
    name: &'static str,
    shown: usize,
    /// The annotations as they are printed, at most `shown`.
    commands: Vec<Vec<u8>>,
    all: usize,
}

impl Kind {
    fn new(name: &'static str, shown: usize) -> Self {
        Self { name, shown, commands: Vec::new(), all: 0 }
    }

    fn add(&mut self, file: Option<&str>, remark: &Remark<'_>) {
        self.all += 1;
        if self.all > self.shown {
            return;
        }
        let line = remark.line.map(|line| line.to_string());
        let mut properties = Vec::new();
        if let (Some(file), Some(line)) = (file, &line) {
            properties.extend([("file", file), ("line", line.as_str())]);
        }
        properties.push(("title", remark.rule.title()));
        let message = match (file, &line) {
            (None, Some(line)) => format!("line {line}: {}", remark.message),
            _ => remark.message.clone(),
        };
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        let _ = command(&mut bytes, self.name, &properties, &message);
        self.commands.push(bytes);
    }

    fn print(&self, out: &mut dyn Write) -> Result<(), RenderError> {
        let whole = if self.all > self.shown { self.shown - 1 } else { self.commands.len() };
        self.commands[..whole].iter().try_for_each(|bytes| out.write_all(bytes))?;
        if self.all > self.shown {
            let message = format!(
                "{} more are left out, since GitHub shows {SHOWN} {}s of a step; the whole report has them",
                self.all - whole,
                self.name
            );
            command(out, self.name, &[("title", "attncheck")], &message)?;
        }
        Ok(())
    }
}

/// One command. A line end, a colon or a comma in a text cannot end it or begin another.
fn command(
    out: &mut dyn Write,
    name: &str,
    properties: &[(&str, &str)],
    message: &str,
) -> std::io::Result<()> {
    write!(out, "::{name}")?;
    for (i, (key, value)) in properties.iter().enumerate() {
        write!(out, "{}{key}={}", if i == 0 { ' ' } else { ',' }, property(value))?;
    }
    writeln!(out, "::{}", data(message))
}

/// What a message is written as: `%`, carriage return and line feed in per cent.
fn data(text: &str) -> String {
    escaped(text, &['%', '\r', '\n'])
}

/// What a property is written as: colons and commas too, since they would end it.
fn property(text: &str) -> String {
    escaped(text, &['%', '\r', '\n', ':', ','])
}

/// The other characters that steer a terminal are written out.
fn escaped(text: &str, which: &[char]) -> String {
    let mut out = text.to_owned();
    // The percent sign comes first in `which`, so that none is written twice.
    for c in which {
        out = out.replace(*c, &format!("%{:02X}", u32::from(*c)));
    }
    visible(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_but_its_own_end() {
        let mut out = Vec::new();
        let hostile = "a,b:c%0A\r\n::error::x";
        command(&mut out, "error", &[("file", hostile), ("line", "1")], hostile).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::error file=a%2Cb%3Ac%250A%0D%0A%3A%3Aerror%3A%3Ax,line=1::a,b:c%250A%0D%0A::error::x\n"
        );
    }
}
