//! Trained classifiers and who finds the words they decide by, for reading.

use super::names::abbreviated;
use super::page::Text;
use super::table::grid;
use crate::attribution::PLOTTED;
use crate::report::answer::Grade;
use crate::report::controls::Standing;
use crate::report::measure::Measure;
use crate::report::say::count;
use crate::report::say::number::plain;
use crate::report::shortcut::{MethodPrecision, ShortcutReport, TrainedReading};

/// From this difference between the classes on, a reading's precision is told for each.
const APART: f64 = 0.2;

pub(super) fn shortcuts(text: Text, all: &[Measure<ShortcutReport>]) -> String {
    let mut out = text.title('─', "trained to decide by rare words: first k words decide, %");
    let mut kinds: Vec<&str> = all.iter().filter_map(|m| Some(m.value.as_ref()?.kind.as_str())).collect();
    kinds.dedup();
    for (i, kind) in kinds.into_iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let models: Vec<_> =
            all.iter().filter_map(|m| m.value.as_ref()).filter(|model| model.kind == kind).collect();
        out.push_str(&table(text, kind, &models));
    }
    for reason in all.iter().filter_map(|measure| measure.reason.as_deref()) {
        out.push_str(&text.paragraph("missing: ", reason));
    }
    out.push_str(&text.paragraph(
        "",
        "behind each precision its 95 % interval; 1/rank: mean of 1 / rank of the first deciding word; a word that \
         ties with others stands behind them",
    ));
    out
}

/// One row a method, for each model a precision and a rank.
fn table(text: Text, kind: &str, models: &[&ShortcutReport]) -> String {
    let mut lines = vec![vec![kind.to_owned()]];
    for model in models {
        lines[0].extend([format!("seed {}", model.seed), "1/rank".to_owned()]);
    }
    let names = models.first().map(|model| whole(model)).into_iter().flatten().map(|row| &row.method);
    for name in names {
        let mut line = vec![abbreviated(name)];
        for model in models {
            let row = model.methods.iter().find(|row| row.method == *name);
            line.push(row.map_or_else(|| "–".to_owned(), precision));
            let rank = row.and_then(|row| row.reciprocal_rank);
            line.push(rank.map_or_else(|| "–".to_owned(), plain));
        }
        lines.push(line);
    }
    let mut chance = vec!["chance".to_owned()];
    for model in models {
        chance.extend([format!("{:.0}", 100.0 * model.chance), String::new()]);
    }
    lines.push(chance);
    let mut out = grid(text, &lines);
    for model in models {
        let learned = &model.learned;
        let told = format!(
            "seed {}, k {}: {} layers of {} heads, {} of training; on held-out sentences right and sure in {:.0} %, \
             undecided without the rare words in {:.0} %; {} of {:.0} words explained{}",
            model.seed,
            model.deciding,
            model.layers,
            model.heads,
            count(learned.steps, "step"),
            100.0 * learned.accuracy,
            100.0 * learned.undecided,
            count(model.texts, "text"),
            model.words,
            by_class(model)
        );
        out.push_str(&text.paragraph("", &told));
        if let Some(told) = judged(model) {
            out.push_str(&text.paragraph("", &told));
        }
    }
    out
}

/// What an audit says of the whole readings, each with what its ranking makes of the truth.
fn judged(model: &ShortcutReport) -> Option<String> {
    let texts = model.readings.first()?.texts;
    let of = |found: &TrainedReading| {
        let standing = found.standing.map_or("unknown", Standing::name);
        let file = found.file.map_or("unknown", Grade::name);
        format!(
            "{} ({standing}) {} supported, {} contradicted, {file}",
            abbreviated(&found.reading),
            found.supported,
            found.contradicted
        )
    };
    let told: Vec<String> = model.readings.iter().filter(|found| !found.sinks_removed).map(of).collect();
    let mass = model.learned.mass.map_or_else(String::new, |mass| {
        format!(
            "; trained to keep attention off the rare words, {:.1} % of the mass is on them",
            100.0 * mass
        )
    });
    Some(format!("audited, {} as one file: {}{mass}", count(texts, "text"), told.join("; ")))
}

/// Every method but the single heads.
fn whole(model: &ShortcutReport) -> impl Iterator<Item = &MethodPrecision> {
    model.methods.iter().filter(|row| !row.method.starts_with("head:"))
}

/// A precision with its interval, in per cent: `97 90–99`.
fn precision(row: &MethodPrecision) -> String {
    match (row.precision, row.low, row.high) {
        (Some(precision), Some(low), Some(high)) => {
            format!("{:.0} {:.0}–{:.0}", 100.0 * precision, 100.0 * low, 100.0 * high)
        }
        _ => "–".to_owned(),
    }
}

/// What raw attention finds of each class, where that differs: a word may decide by its absence.
fn by_class(model: &ShortcutReport) -> String {
    match model.methods.iter().find(|row| row.method == PLOTTED).map(|row| row.by_label) {
        Some([Some(first), Some(second)]) if (first - second).abs() >= APART => {
            format!(
                "; raw in {:.0} % of texts of the first class and {:.0} % of the second",
                100.0 * first,
                100.0 * second
            )
        }
        _ => String::new(),
    }
}
