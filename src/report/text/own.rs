//! The checks of a user's own model, for reading.

use super::names::{abbreviated, short};
use super::page::Text;
use super::paint::{BOLD, PLAIN};
use super::table::grid;
use crate::report::measure::Measure;
use crate::report::own::{Cascade, Check, ChoiceAgreement, MapVerdicts, ModelReport};
use crate::report::say::count;
use crate::report::say::number::plain;
use crate::report::verdict::VerdictWord;

/// More stages than these make a table too wide; the first, the last and some between are shown.
const STAGES: usize = 6;

pub(super) fn model(text: Text, report: &ModelReport) -> String {
    let (settings, checked) = (&report.settings, &report.checked);
    let mut out = text.title('═', &format!("how far an audit of {} can be trusted", settings.model.name));
    let told = format!(
        "{} of {}; {} layers of {} heads; the {} of the {} class, words erased by {}; seed {}",
        count(checked.texts, "text"),
        settings.input.name,
        settings.model.layers,
        settings.model.heads,
        settings.target,
        settings.class,
        settings.operator,
        settings.seed
    );
    out.push_str(&text.paragraph("", &told));
    for warning in &report.warnings {
        out.push_str(&text.paragraph("warning: ", &format!("line {}: {}", warning.line, warning.text)));
    }
    out.push('\n');
    out.push_str(&text.paint.on(BOLD, text.paragraph("", &checked.sentence).trim_end()));
    out.push('\n');
    for check in &checked.checks {
        out.push('\n');
        out.push_str(&one(text, check));
    }
    out.push('\n');
    out.push_str(&agreements(text, "leave-one-out by two ways of erasing: tau", &checked.operators));
    out.push('\n');
    out.push_str(&agreements(text, "integrated gradients from two baselines: tau", &checked.baselines));
    out.push('\n');
    out.push_str(&cascade(text, &checked.randomisation));
    out.push('\n');
    out.push_str(&maps(text, &checked.maps));
    out
}

/// A check, what came out and what would have been right.
fn one(text: Text, check: &Check) -> String {
    let holds = match check.holds {
        Some(true) => "passed",
        Some(false) => "FAILED",
        None => "open",
    };
    let style = if check.holds == Some(false) { BOLD } else { PLAIN };
    let mut out = format!("{}: {}\n", text.paint.on(BOLD, &check.name), text.paint.on(style, holds));
    out.push_str(&text.paragraph("  measured ", &check.measured));
    out.push_str(&text.paragraph("  trusted  ", &check.expected));
    if check.holds == Some(false) {
        out.push_str(&text.paragraph("  so       ", &check.otherwise));
    }
    out
}

fn agreements(text: Text, title: &str, pairs: &[ChoiceAgreement]) -> String {
    let mut out = text.title('─', title);
    let mut lines = vec![["pair", "tau", "95 %", "texts"].map(str::to_owned).to_vec()];
    let mut reasons: Vec<&str> = Vec::new();
    for pair in pairs {
        if let Some(reason) = &pair.tau.reason {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
            continue;
        }
        let interval = pair.low.zip(pair.high);
        lines.push(vec![
            format!("{}, {}", pair.first, pair.second),
            figure(&pair.tau),
            interval.map_or_else(|| "–".to_owned(), |(low, high)| format!("{low:.2}…{high:.2}")),
            pair.texts.to_string(),
        ]);
    }
    out.push_str(&grid(text, &lines));
    for reason in reasons {
        out.push_str(&text.paragraph("others: ", reason));
    }
    out
}

/// A number with two decimals, or a dash where it is missing.
fn figure(measure: &Measure<f64>) -> String {
    measure.value.map_or_else(|| "–".to_owned(), plain)
}

fn cascade(text: Text, cascade: &Cascade) -> String {
    let mut out = text.title('─', "likeness to itself as weights become random from the top");
    let last = cascade.stages.len().saturating_sub(1);
    let mut shown: Vec<usize> = match last {
        0..STAGES => (0..=last).collect(),
        _ => (0..STAGES).map(|i| i * last / (STAGES - 1)).collect(),
    };
    shown.dedup();
    let mut lines = vec![vec!["random down to".to_owned()]];
    lines[0].extend(shown.iter().filter_map(|&i| cascade.stages.get(i).cloned()));
    for method in cascade.methods.iter().filter(|m| !m.method.starts_with("head:")) {
        let mut line = vec![abbreviated(&method.method)];
        line.extend(shown.iter().filter_map(|&i| Some(figure(&method.stages.get(i)?.absolute))));
        lines.push(line);
    }
    out.push_str(&grid(text, &lines));
    out.push_str(&text.paragraph(
        "",
        "Spearman's rho of sizes with those of the trained model, mean over texts; attention is computed below the \
         head and cannot change with it",
    ));
    out
}

fn maps(text: Text, maps: &[MapVerdicts]) -> String {
    let mut out = text.title('─', "what is said of whose map");
    let mut lines = vec![vec!["map of".to_owned()]];
    lines[0].extend(VerdictWord::ALL.iter().map(|word| short(*word)));
    for donor in maps {
        let mark = if donor.foreign { "*" } else { "" };
        let mut line = vec![format!("{}{mark}", donor.donor)];
        line.extend(VerdictWord::ALL.iter().map(|word| {
            let found = donor.verdicts.iter().find(|(of, _)| of == word);
            found.map_or_else(String::new, |(_, count)| count.to_string())
        }));
        lines.push(line);
    }
    out.push_str(&grid(text, &lines));
    out.push_str(&text.paragraph(
        "",
        &format!(
            "*: cannot be faithful, so {} is a false alarm; of integrated gradients {} would be one",
            VerdictWord::Supported.name(),
            VerdictWord::Contradicted.name()
        ),
    ));
    out
}
