//! The table, as people read it.

use std::fmt;
use std::fmt::Write;

use crate::PARTS;
use crate::contest::What;

/// One measured row.
#[derive(Debug)]
pub struct Row {
    /// What was measured.
    pub what: What,
    /// Threads on both sides.
    pub threads: usize,
    /// Pairs that were measured.
    pub pairs: usize,
    /// Median seconds of the peer.
    pub peer: f64,
    /// Median seconds of attncheck.
    pub own: f64,
    /// Median of the pairwise ratios peer / attncheck; above 1 attncheck is faster.
    pub ratio: f64,
    /// The worst difference of the results.
    pub worst: f64,
}

/// A line below the table: what, found, and the goal with whether it was met.
#[derive(Debug)]
pub struct Note {
    /// What was found.
    pub text: String,
    /// Whether the goal was met; none where there is none.
    pub met: Option<bool>,
}

impl Row {
    /// Whether both sides found the same.
    pub fn agrees(&self) -> bool {
        self.worst <= self.what.agree
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goal = self.what.goal.map_or_else(String::new, |goal| told(self.ratio, goal));
        let mark = if self.agrees() { "" } else { " DIFFERS" };
        write!(
            f,
            "| {} | {} | {} | {} | {} | {:.2}× | {:.1e}{mark} | {} | {goal} |",
            self.what.part,
            self.what.shape,
            self.threads,
            milliseconds(self.peer),
            milliseconds(self.own),
            self.ratio,
            self.worst,
            self.pairs,
        )
    }
}

fn milliseconds(seconds: f64) -> String {
    let ms = 1e3 * seconds;
    match ms {
        _ if ms < 10.0 => format!("{ms:.2}"),
        _ if ms < 1000.0 => format!("{ms:.1}"),
        _ => format!("{ms:.0}"),
    }
}

fn told(ratio: f64, goal: f64) -> String {
    format!("{goal}× {}", if ratio >= goal { "met" } else { "missed" })
}

/// The rows by part, the geometric means of their groups, and what else was found.
pub fn markdown(rows: &[Row], notes: &[Note]) -> String {
    let mut out = String::from(
        "| part | shape | threads | torch ms | attncheck ms | ratio | worst difference | pairs | goal |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    // A row's part begins with its name in PARTS.
    let place = |row: &Row| PARTS.iter().position(|part| row.what.part.starts_with(part));
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| place(row));
    for row in sorted {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{row}");
    }
    let mut means: Vec<(&str, f64, Vec<f64>)> = Vec::new();
    for row in rows {
        let Some((group, goal)) = row.what.mean else { continue };
        match means.iter_mut().find(|(name, ..)| *name == group) {
            Some((.., logs)) => logs.push(row.ratio.ln()),
            None => means.push((group, goal, vec![row.ratio.ln()])),
        }
    }
    out.push('\n');
    for (group, goal, logs) in means {
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        let _ = writeln!(
            out,
            "- {group}, geometric mean of {} rows: {mean:.2}× (goal {})",
            logs.len(),
            told(mean, goal)
        );
    }
    for note in notes {
        let goal = note.met.map_or("", |met| if met { ": met" } else { ": missed" });
        let _ = writeln!(out, "- {}{goal}", note.text);
    }
    out
}
