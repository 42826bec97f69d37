//! The audit of the audit, for reading.

use super::controls_readings as readings;
use super::names::{abbreviated, short};
use super::page::Text;
use super::paint::{BOLD, PLAIN};
use super::shortcut;
use super::table::{Align, Cell, Table, grid};
use crate::report::controls::{
    ControlsReport, ControlsSettings, Level, MarginLevel, PlantedPrecision, Rates, VerdictRates,
};
use crate::report::measure::{Estimate, Measure};
use crate::report::say::number::{percent, plain, share};

pub(super) fn controls(text: Text, report: &ControlsReport) -> String {
    let settings = &report.settings;
    let mut out =
        text.title('═', &format!("controls, {} set: {} planted texts", settings.set, report.trials));
    if report.interrupted {
        out.push_str(&text.paragraph("warning: ", "interrupted; these are the trials that were done"));
    }
    let told = format!(
        "{} kinds of models whose deciding words are known by construction, {} to {} words, 1 to {} heads, made-up and \
         natural texts, models from seed {}; examined as `attncheck audit` does by default",
        settings.kinds.len(),
        settings.words.first().copied().unwrap_or_default(),
        settings.words.last().copied().unwrap_or_default(),
        settings.heads.last().copied().unwrap_or_default(),
        settings.seed
    );
    out.push_str(&text.paragraph("", &told));
    if settings.tuning_seeds > 0 {
        out.push_str(&text.paragraph("", &chosen_on(settings)));
    }
    for section in
        [goals, alarms, powers, readings::texts, readings::files, doses, confusion, truth, divergences]
    {
        let section = section(text, report);
        if !section.is_empty() {
            out.push('\n');
            out.push_str(&section);
        }
    }
    if !report.shortcuts.is_empty() {
        out.push('\n');
        out.push_str(&shortcut::shortcuts(text, &report.shortcuts));
    }
    out
}

/// On what rules and thresholds were chosen, and on what they were not.
fn chosen_on(settings: &ControlsSettings) -> String {
    let kinds = match settings.held_out.as_slice() {
        [] => "none of these kinds was held out".to_owned(),
        kinds => format!("no rule was chosen on {}", kinds.join(", ")),
    };
    format!("rules and thresholds were chosen on models of seeds below {}; {kinds}", settings.tuning_seeds)
}

fn goals(text: Text, report: &ControlsReport) -> String {
    let mut table = Table::new(&[
        (Align::Left, "goal"),
        (Align::Right, "limit"),
        (Align::Left, "found, 95 %"),
        (Align::Left, "at"),
        (Align::Left, ""),
    ]);
    for goal in &report.goals {
        let (limit, found) = match &goal.found {
            Some(found) => (percent(goal.limit), share(found)),
            None => (String::new(), String::new()),
        };
        let style = if goal.holds { PLAIN } else { BOLD };
        let holds = Cell::styled(if goal.holds { "reached" } else { "MISSED" }, style);
        table.row(vec![
            goal.name.as_str().into(),
            limit.into(),
            found.into(),
            goal.at.as_str().into(),
            holds,
        ]);
    }
    table.print(text)
}

/// One row a verdict, one column a level.
fn by(text: Text, heading: &'static str, rows: &[(String, &[Level])], unit: &str) -> String {
    let Some((_, levels)) = rows.iter().max_by_key(|(_, levels)| levels.len()) else { return String::new() };
    let ats: Vec<f64> = levels.iter().map(|level| level.at).collect();
    let headings: Vec<String> = ats.iter().map(|at| format!("{unit} {at}")).collect();
    let mut lines = vec![vec![heading.to_owned()]];
    lines[0].extend(headings);
    for (name, levels) in rows {
        let mut line = vec![name.clone()];
        line.extend(ats.iter().map(|at| {
            let found = levels.iter().find(|level| (level.at - at).abs() < 1e-9);
            found.map_or_else(String::new, |level| brief(&level.rate))
        }));
        lines.push(line);
    }
    grid(text, &lines)
}

/// A rate with its interval, in per cent: `97 90–99`.
pub(super) fn brief(measure: &Measure<Estimate>) -> String {
    let Some(found) = &measure.value else { return "–".to_owned() };
    match (found.low, found.high) {
        (Some(low), Some(high)) => {
            format!("{:.0} {:.0}–{:.0}", 100.0 * found.estimate, 100.0 * low, 100.0 * high)
        }
        _ => format!("{:.0}", 100.0 * found.estimate),
    }
}

fn alarms(text: Text, report: &ControlsReport) -> String {
    rates(text, report, "false alarms, %", |rates| &rates.false_alarms)
}

fn powers(text: Text, report: &ControlsReport) -> String {
    rates(text, report, "power, %", |rates| &rates.power)
}

fn rates(text: Text, report: &ControlsReport, title: &str, get: fn(&VerdictRates) -> &Rates) -> String {
    type Axis = (&'static str, fn(&Rates) -> &Vec<Level>);
    const AXES: [Axis; 5] = [
        ("n", |r| &r.words),
        ("λ", |r| &r.lambda),
        ("H", |r| &r.heads),
        ("m", |r| &r.examples),
        ("L", |r| &r.layers),
    ];
    let mut out = text.title('─', title);
    let varied = report.verdicts.iter().any(|v| get(v).layers.len() > 1);
    for (i, (unit, axis)) in AXES.into_iter().enumerate().filter(|(_, (unit, _))| varied || *unit != "L") {
        if i > 0 {
            out.push('\n');
        }
        let rows: Vec<(String, &[Level])> =
            report.verdicts.iter().map(|v| (v.verdict.clone(), axis(get(v)).as_slice())).collect();
        out.push_str(&by(text, "", &rows, unit));
    }
    if report.verdicts.iter().any(|v| get(v).margins.len() > 1) {
        out.push('\n');
        out.push_str(&margins(text, report, get));
    }
    let depth = if varied { ", L layers, and margins with and without the deciding words," } else { "," };
    out.push_str(&text.paragraph(
        "",
        &format!(
            "n words, λ strength of the planted effect, H heads, m texts of one model judged by what most of them \
             got{depth} behind each rate its 95 % interval over models"
        ),
    ));
    out
}

/// One row a pair of margins, one column a verdict.
fn margins(text: Text, report: &ControlsReport, get: fn(&VerdictRates) -> &Rates) -> String {
    let mut lines = vec![vec!["margins".to_owned()]];
    lines[0].extend(report.verdicts.iter().map(|v| v.verdict.clone()));
    let longest = report.verdicts.iter().map(|v| &get(v).margins).max_by_key(|levels| levels.len());
    for level in longest.into_iter().flatten() {
        let mut line = vec![format!("{:+} {:+}", level.whole, level.without)];
        line.extend(report.verdicts.iter().map(|v| {
            let same = |other: &&MarginLevel| {
                [other.whole - level.whole, other.without - level.without].iter().all(|gap| gap.abs() < 1e-9)
            };
            let found = get(v).margins.iter().find(same);
            found.map_or_else(String::new, |found| brief(&found.rate))
        }));
        lines.push(line);
    }
    grid(text, &lines)
}

fn doses(text: Text, report: &ControlsReport) -> String {
    let mut out = text.title('─', "dose and response, %");
    let rows: Vec<(String, &[Level])> = report
        .doses
        .iter()
        .map(|d| (format!("{} {}", d.kind, d.verdict.name()), d.levels.as_slice()))
        .collect();
    out.push_str(&by(text, "", &rows, "λ"));
    out
}

fn confusion(text: Text, report: &ControlsReport) -> String {
    let mut out = text.title('─', "verdict on raw × truth, λ = 1");
    let verdicts: Vec<_> = report.confusion.first().map(|row| row.verdicts.clone()).unwrap_or_default();
    let mut lines = vec![vec!["planted".to_owned()]];
    lines[0].extend(verdicts.iter().map(|count| short(count.verdict)));
    lines[0].push("right".to_owned());
    for row in &report.confusion {
        let mut line = vec![row.kind.clone()];
        let all: usize = row.verdicts.iter().map(|count| count.count).sum();
        let right: usize =
            row.verdicts.iter().filter(|c| row.allowed.contains(&c.verdict)).map(|c| c.count).sum();
        line.extend(row.verdicts.iter().map(|count| {
            let mark = if row.allowed.contains(&count.verdict) { "*" } else { "" };
            if count.count == 0 && mark.is_empty() { String::new() } else { format!("{}{mark}", count.count) }
        }));
        line.push(if all == 0 {
            "–".to_owned()
        } else {
            format!("{:.0}", 100.0 * right as f64 / all as f64)
        });
        lines.push(line);
    }
    out.push_str(&grid(text, &lines));
    out.push_str(
        &text.paragraph("", "*: what the truth allows; right: its share in per cent; few: insufficient"),
    );
    out
}

fn truth(text: Text, report: &ControlsReport) -> String {
    let mut out = text.title('─', "first word decides, %, λ = 1");
    for role in ["reading", "reference"] {
        let methods: Vec<&PlantedPrecision> =
            report.truth.iter().filter(|m| (m.role == "reading") == (role == "reading")).collect();
        let mut lines = vec![vec!["planted".to_owned()]];
        lines[0].extend(methods.iter().map(|m| abbreviated(&m.method)));
        for kind in &report.settings.kinds {
            let mut line = vec![kind.clone()];
            line.extend(methods.iter().map(|method| {
                let found = method.kinds.iter().find(|k| k.kind == *kind);
                found
                    .and_then(|k| k.first.value.as_ref())
                    .map_or("–".to_owned(), |e| format!("{:.0}", 100.0 * e.estimate))
            }));
            if line[1..].iter().any(|cell| cell != "–") {
                lines.push(line);
            }
        }
        out.push_str(&grid(text, &lines));
        out.push('\n');
    }
    out.push_str(&text.paragraph(
        "",
        "ig integrated gradients, × times input or gradient, cut with every pattern held constant",
    ));
    out
}

fn divergences(text: Text, report: &ControlsReport) -> String {
    let mut out = text.title('─', "maps with a counterpart so different, %, λ = 1");
    let mut lines = vec![vec!["JSD at least".to_owned()]];
    lines[0].extend(report.divergences.iter().map(|d| plain(d.threshold)));
    for (name, get) in [("exclusive maps", true), ("redundant maps", false)] {
        let mut line = vec![name.to_owned()];
        line.extend(report.divergences.iter().map(|d| {
            let found = if get { &d.exclusive } else { &d.redundant };
            found.value.as_ref().map_or("–".to_owned(), |e| format!("{:.0}", 100.0 * e.estimate))
        }));
        lines.push(line);
    }
    out.push_str(&grid(text, &lines));
    out
}
