//! Two audits side by side: one text in both, and the texts that were not audited in both.

use std::fmt::Write;

use super::names;
use super::notes;
use super::page::Text;
use super::paint::{BOLD, PLAIN};
use super::table::{Align, Cell, Table};
use crate::report::compare::{Likeness, PairReport, Presence, SideReport, Unpaired, VerdictPair};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, p, percent, plain, signed};
use crate::report::say::{clip, visible};

/// Words of one side that are shown of those that the other lacks.
const LISTED: usize = 8;

/// One text in both audits.
pub(super) fn pair(text: Text, pair: &PairReport) -> String {
    let mut notes = Notes::of("example");
    let mut out = text.title('─', &names::example(&pair.id, pair.line));
    out.push_str(&text.paragraph("", &pair.text));
    if let Some(second) = &pair.pair {
        out.push_str(&text.paragraph("", second));
    }
    out.push_str(&text.paragraph("predicted  ", &predicted(pair, &mut notes)));
    out.push_str(&text.paragraph("words      ", &words(pair)));
    out.push('\n');
    let mut table = Table::new(&[
        (Align::Left, "A against B"),
        (Align::Right, "tau"),
        (Align::Right, "p"),
        (Align::Right, "rho"),
        (Align::Right, "top"),
        (Align::Right, "JSD"),
        (Align::Left, "verdict A → B"),
    ]);
    for (likeness, verdict) in pair.readings.iter().map(|l| (l, of(pair, l))) {
        if !likeness.sinks_removed {
            table.row(row(likeness, verdict, &mut notes));
        }
    }
    for likeness in &pair.references {
        table.row(row(likeness, None, &mut notes));
    }
    out.push_str(&table.print(text));
    out.push_str(&notes::below(&notes, text.columns));
    out
}

fn of<'p>(pair: &'p PairReport, likeness: &Likeness) -> Option<&'p VerdictPair> {
    pair.verdicts.iter().find(|v| v.method == likeness.method && v.sinks_removed == likeness.sinks_removed)
}

fn row(likeness: &Likeness, verdict: Option<&VerdictPair>, notes: &mut Notes) -> Vec<Cell> {
    // A reference is no map; what has signs neither: an empty cell says so better than a note on every row.
    let jsd = likeness.jsd.value.map(plain).unwrap_or_default();
    let verdict = match verdict {
        Some(VerdictPair { a, b, .. }) if a == b => Cell::styled(a.name(), PLAIN),
        Some(VerdictPair { a, b, .. }) => Cell::styled(&format!("{} → {}", a.name(), b.name()), BOLD),
        None => "".into(),
    };
    vec![
        likeness.method.clone().into(),
        notes.show(&likeness.tau, signed).into(),
        notes.show(&likeness.tau_p, p).into(),
        notes.show(&likeness.spearman, signed).into(),
        notes.show(&likeness.overlap, percent).into(),
        jsd.into(),
        verdict,
    ]
}

fn predicted(pair: &PairReport, notes: &mut Notes) -> String {
    let side = |name: &str, side: &SideReport| {
        let explained = if side.explained == side.label {
            String::new()
        } else {
            format!(" ({} is explained)", side.explained)
        };
        format!("{name} {} {}{explained}", side.label, fine(side.probability))
    };
    let same = if pair.same_label { "" } else { ": not the same" };
    format!(
        "{}, {}{same}; TVD {}; ceiling A {}, B {}",
        side("A", &pair.a),
        side("B", &pair.b),
        notes.show(&pair.tvd, fine),
        notes.show(&pair.a.ceiling, signed),
        notes.show(&pair.b.ceiling, signed)
    )
}

fn words(pair: &PairReport) -> String {
    let found = &pair.alignment;
    let mut out = format!("{} compared", count(found.shared, "word"));
    if found.merged > 0 {
        let _ = write!(out, ", {} of them several words on a side", found.merged);
    }
    for (name, only) in [("A", &found.only_a), ("B", &found.only_b)] {
        if !only.is_empty() {
            let more = only.len().saturating_sub(LISTED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let listed: Vec<&str> = only.iter().take(LISTED).map(String::as_str).collect();
            let _ = write!(out, "; only {name} has {}{more}", listed.join(" "));
        }
    }
    for (name, side) in [("A", &pair.a), ("B", &pair.b)] {
        if let Some(window) = &side.window {
            let _ = write!(out, "; {name} takes {} of {} words", window.kept_words, window.all_words);
        }
    }
    out
}

/// The texts that were not audited on both sides.
pub(super) fn unpaired(text: Text, unpaired: &[Unpaired]) -> String {
    if unpaired.is_empty() {
        return String::new();
    }
    let mut out = text.title('─', &format!("not compared: {}", count(unpaired.len(), "text")));
    let told = |name: &str, presence: &Presence| match presence {
        Presence::Audited => None,
        Presence::Failed { error } => Some(format!("{name} could not audit it: {error}")),
        Presence::Absent => Some(format!("{name} does not have it")),
    };
    for one in unpaired {
        let why: Vec<String> = [told("A", &one.a), told("B", &one.b)].into_iter().flatten().collect();
        let shown = visible(&one.text);
        let line = format!("{}: {}", clip(&shown, 40), why.join("; "));
        out.push_str(&text.paragraph(&format!("line {:<5}", one.line), &line));
    }
    out.push('\n');
    out
}
