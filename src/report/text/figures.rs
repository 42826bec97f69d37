//! The table of figures.

use super::page::Text;
use super::paint::DIM;

/// A figure that gates can be put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureRow {
    /// Its name; what stands in capitals is chosen.
    pub name: &'static str,
    /// Which way is better.
    pub better: &'static str,
    /// What it says, with its range and unit.
    pub what: &'static str,
}

/// Every figure under what it is of, and how names are made.
#[must_use]
pub fn figures(text: Text, sections: &[(&'static str, Vec<FigureRow>)]) -> String {
    let mut out = String::new();
    for (of, rows) in sections {
        out.push_str(&text.title('─', of));
        out.push_str(&text.paint.on(DIM, &format!("{:<19} {:<8} what it says", "figure", "better")));
        out.push('\n');
        for row in rows {
            let lead = format!("{:<19} {:<8} ", row.name, row.better);
            out.push_str(&text.paragraph(&lead, row.what));
        }
        out.push('\n');
    }
    let names = "READING is a method (`attncheck methods`), raw where it is left out; METHOD-without-sinks is its \
                 variant without sinks and special tokens. REFERENCE is loo where it is left out. SITE is row, all, \
                 layer:L or head:L.H, row where it is left out. `change.` before a name is its change against \
                 --baseline. Shares have Wilson's interval, means a bootstrap over the examples that have the figure.";
    out.push_str(&text.paragraph("", names));
    out
}
