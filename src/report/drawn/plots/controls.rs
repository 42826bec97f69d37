//! The plots of the controls: how often verdicts are wrong, and how often they are found.

use super::super::lines::{Lines, Series, lines};
use super::super::matrix::{Cell, Matrix, matrix};
use super::super::plot::Plot;
use crate::report::controls::{Confusion, ControlsReport, Level, PlantedPrecision, Rates, VerdictRates};
use crate::report::measure::Estimate;
use crate::report::say::number::{percent, plain};
use crate::report::shortcut::ShortcutReport;
use crate::report::verdict::VerdictWord;

/// All of them, in the order of the page.
pub(in crate::report) fn plots(report: &ControlsReport) -> Vec<Plot<'_>> {
    let mut plots: Vec<Plot<'_>> = [
        rates(report, "false-alarms-words", "False alarms by words", "words of a text", |v| {
            &v.false_alarms.words
        }),
        rates(report, "power-words", "Power by words", "words of a text", |v| &v.power.words),
        rates(report, "power-strength", "Power by strength", "strength λ of the planted effect", |v| {
            &v.power.lambda
        }),
        doses(report),
        confusion(report),
        truth(report, true),
        truth(report, false),
        divergences(report),
    ]
    .into_iter()
    .flatten()
    .collect();
    plots.extend(shortcuts(report));
    plots
}

fn at(levels: &[Level], at: f64) -> Option<Estimate> {
    levels.iter().find(|level| (level.at - at).abs() < 1e-9)?.rate.value.clone()
}

fn rates<'a>(
    report: &'a ControlsReport,
    name: &'static str,
    caption: &'static str,
    across: &'static str,
    get: fn(&VerdictRates) -> &Vec<Level>,
) -> Option<Plot<'a>> {
    let longest = report.verdicts.iter().map(get).max_by_key(|levels| levels.len())?;
    let places: Vec<f64> = longest.iter().map(|level| level.at).collect();
    if places.len() < 2 {
        return None;
    }
    let series: Vec<Series> = report
        .verdicts
        .iter()
        .map(|verdict| Series {
            name: verdict.verdict.clone(),
            found: places.iter().map(|place| at(get(verdict), *place)).collect(),
        })
        .collect();
    Some(Plot::new(name, caption, move |page| {
        let found = Lines {
            title: format!("{caption}, of each verdict, with 95 % intervals; the numbers are in the table."),
            places: places.iter().map(ToString::to_string).collect(),
            across,
            series: &series,
            limits: Vec::new(),
        };
        lines(page, &found)
    }))
}

/// The rate of the right verdict as the effect grows.
fn doses(report: &ControlsReport) -> Option<Plot<'_>> {
    let longest = report.doses.iter().max_by_key(|dose| dose.levels.len())?;
    let places: Vec<f64> = longest.levels.iter().map(|level| level.at).collect();
    let share =
        |e: Estimate| Cell { value: e.estimate, told: format!("{:.0}", 100.0 * e.estimate), framed: false };
    let found = Matrix {
        title: "How often the right verdict is given, in per cent, as the planted effect grows".to_owned(),
        rows: report.doses.iter().map(|dose| format!("{} {}", dose.kind, dose.verdict.name())).collect(),
        columns: places.iter().map(|place| format!("λ {place}")).collect(),
        cells: report
            .doses
            .iter()
            .map(|dose| places.iter().map(|place| at(&dose.levels, *place).map(share)).collect())
            .collect(),
        end: 1.0,
        scale: Some(("rate", percent)),
    };
    Some(Plot::new("doses", "Dose and response, %", move |page| matrix(page, &found)))
}

/// Verdict × truth: what the truth allows is framed.
fn confusion(report: &ControlsReport) -> Option<Plot<'_>> {
    report.confusion.first()?;
    let row = |row: &Confusion| {
        let all: usize = row.verdicts.iter().map(|count| count.count).sum();
        let cell = |word: VerdictWord| {
            let count =
                row.verdicts.iter().find(|count| count.verdict == word).map_or(0, |count| count.count);
            let value = if all > 0 { count as f64 / all as f64 } else { 0.0 };
            let told = if count > 0 { count.to_string() } else { String::new() };
            Some(Cell { value, told, framed: row.allowed.contains(&word) })
        };
        VerdictWord::ALL.map(cell).to_vec()
    };
    let found = Matrix {
        title: "How many planted texts of each kind got each verdict on raw; framed is what the truth allows"
            .to_owned(),
        rows: report.confusion.iter().map(|row| row.kind.clone()).collect(),
        columns: VerdictWord::ALL.map(|word| word.name().to_owned()).to_vec(),
        cells: report.confusion.iter().map(row).collect(),
        end: 1.0,
        scale: Some(("share of the row", percent)),
    };
    Some(Plot::new("confusion", "Verdict on raw × truth (framed: allowed)", move |page| {
        matrix(page, &found)
    }))
}

/// How often each method's first word decides.
fn truth(report: &ControlsReport, readings: bool) -> Option<Plot<'_>> {
    let methods: Vec<&PlantedPrecision> =
        report.truth.iter().filter(|method| (method.role == "reading") == readings).collect();
    methods.first()?;
    let first = |method: &PlantedPrecision, kind: &str| {
        let found = method.kinds.iter().find(|k| k.kind == kind)?.first.value.as_ref()?;
        Some(Cell { value: found.estimate, told: format!("{:.0}", 100.0 * found.estimate), framed: false })
    };
    let row = |kind: &String| methods.iter().map(|method| first(method, kind)).collect::<Vec<_>>();
    let known: Vec<&String> =
        report.settings.kinds.iter().filter(|kind| row(kind).iter().any(Option::is_some)).collect();
    let found = Matrix {
        title: "How often the first word of each method decides, in per cent, by kind of model".to_owned(),
        rows: known.iter().map(|kind| (*kind).clone()).collect(),
        columns: methods.iter().map(|method| method.method.clone()).collect(),
        cells: known.iter().map(|kind| row(kind)).collect(),
        end: 1.0,
        scale: Some(("rate", percent)),
    };
    let (name, caption) = if readings {
        ("truth-readings", "First word decides, %: readings")
    } else {
        ("truth-references", "First word decides, %: references and control")
    };
    Some(Plot::new(name, caption, move |page| matrix(page, &found)))
}

/// What a threshold of divergence tells apart.
fn divergences(report: &ControlsReport) -> Option<Plot<'_>> {
    if report.divergences.len() < 2 {
        return None;
    }
    let places: Vec<String> = report.divergences.iter().map(|d| plain(d.threshold)).collect();
    let series = [
        Series {
            name: "exclusive maps".to_owned(),
            found: report.divergences.iter().map(|d| d.exclusive.value.clone()).collect(),
        },
        Series {
            name: "redundant maps".to_owned(),
            found: report.divergences.iter().map(|d| d.redundant.value.clone()).collect(),
        },
    ];
    Some(Plot::new("divergences", "Maps with a counterpart so different", move |page| {
        let found = Lines {
            title: "How often a map has a counterpart that is so different, with 95 % intervals".to_owned(),
            places: places.clone(),
            across: "JSD at least, nats",
            series: &series,
            limits: Vec::new(),
        };
        lines(page, &found)
    }))
}

/// How the methods find what decides trained classifiers, a column per classifier.
fn shortcuts(report: &ControlsReport) -> Option<Plot<'_>> {
    let models: Vec<&ShortcutReport> = report.shortcuts.iter().filter_map(|m| m.value.as_ref()).collect();
    let rows: Vec<&String> = models
        .first()?
        .methods
        .iter()
        .map(|row| &row.method)
        .filter(|name| !name.starts_with("head:"))
        .collect();
    let cell = |model: &&ShortcutReport, name: &str| {
        let value = model.methods.iter().find(|row| row.method == name)?.precision?;
        Some(Cell { value, told: format!("{:.0}", 100.0 * value), framed: false })
    };
    let found = Matrix {
        title:
            "The share of deciding words among the first k of each method, in per cent, by trained classifier"
                .to_owned(),
        rows: rows.iter().map(|name| (*name).clone()).collect(),
        columns: models.iter().map(|model| format!("{} {}", model.kind, model.seed)).collect(),
        cells: rows.iter().map(|name| models.iter().map(|model| cell(model, name)).collect()).collect(),
        end: 1.0,
        scale: Some(("precision", percent)),
    };
    Some(Plot::new("shortcuts", "Trained to decide by rare words: precision, %", move |page| {
        matrix(page, &found)
    }))
}

/// What is taken of rates.
type Levels = fn(&Rates) -> &Vec<Level>;

/// Every axis that rates are given by, for the tables.
pub(in crate::report) const AXES: [(&str, Levels); 4] = [
    ("words", |rates| &rates.words),
    ("λ", |rates| &rates.lambda),
    ("heads", |rates| &rates.heads),
    ("texts", |rates| &rates.examples),
];
