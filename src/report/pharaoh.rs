//! Links alone, as programs read them: a line a pair, `i-j` for each link, source before target, both counted from 0.
//!
//! The links are those of the chosen reading, or those made of both directions. A pair without links has an empty line, and so
//! has one that could not be aligned, so that line and pair stay together: the other formats say why.

use std::collections::BTreeMap;
use std::io::Write;

use super::align::AlignReport;
use super::render::{Render, RenderError};

/// The printer of Pharaoh's format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pharaoh;

impl Render<AlignReport> for Pharaoh {
    fn render(&self, report: &AlignReport, out: &mut dyn Write) -> Result<(), RenderError> {
        let mut lines: BTreeMap<usize, &[(usize, usize)]> =
            report.failures.iter().map(|failure| (failure.line, &[][..])).collect();
        lines.extend(report.pairs.iter().map(|pair| (pair.line, pair.written(&report.chosen))));
        for links in lines.values() {
            let links: Vec<String> = links.iter().map(|(i, j)| format!("{i}-{j}")).collect();
            writeln!(out, "{}", links.join(" "))?;
        }
        Ok(())
    }
}
