//! What the defaults must reach, and whether they do.

use crate::report::Measure;
use crate::report::controls::{Dose, FileRates, Goal, Level, ReadingRates, TextRates, VerdictRates};
use crate::report::summary::Estimate;

/// What is taken of a reading.
type Texts = fn(&ReadingRates) -> &TextRates;

/// The highest rate of false support and of false contradiction, at every n.
const ALARMS: f64 = 0.05;

/// The same of what is said of a file.
const FILE_ALARMS: f64 = 0.01;

/// The least power of the shown reading's verdict, at [`WORDS`] words and λ = 1.
const POWER: f64 = 0.9;

/// The number of words at which that is a goal.
const WORDS: usize = 20;

/// The least share of texts that are supported in a file whose reading is right throughout.
const TEXT_POWER: f64 = 0.8;

/// The least share of such files that show what decides.
const FILE_POWER: f64 = 0.95;

/// The words of a text, and the texts of a file, at which those two are goals.
const FILE: (usize, usize) = (12, 20);

/// Whether the worst found must lie below a limit or above it.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    AtMost,
    AtLeast,
}

/// Estimates, each with where it was found.
type Found = Vec<(String, Estimate)>;

/// Every goal; those of readings and files only where something was tried.
pub(super) fn goals(
    verdicts: &[VerdictRates],
    doses: &[Dose],
    readings: &[ReadingRates],
    files: &[FileRates],
) -> Vec<Goal> {
    let mut out = of_the_shown(verdicts);
    out.push(Goal {
        name: "dose–response never falls".to_owned(),
        limit: 0.0,
        found: None,
        at: doses.iter().filter(|d| !d.monotone).map(|d| d.kind.as_str()).collect::<Vec<_>>().join(", "),
        holds: doses.iter().all(|dose| dose.monotone),
    });
    let texts: [(&str, Texts); 2] = [
        ("false supported, every reading and n", |of| &of.false_supported),
        ("false contradicted, every reading and n", |of| &of.false_contradicted),
    ];
    for (name, get) in texts {
        let found =
            readings.iter().flat_map(|of| by_words(&title(&of.reading, of.sinks_removed), &get(of).words));
        out.extend(goal(name, ALARMS, found.collect(), Side::AtMost));
    }
    let of_file = |get: fn(&FileRates) -> &Measure<Estimate>, all_sizes: bool| -> Found {
        let fit = files.iter().filter(|of| all_sizes || of.texts == FILE.1);
        let at = |of: &FileRates| format!("{}, {} texts", title(&of.reading, of.sinks_removed), of.texts);
        fit.filter_map(|of| Some((at(of), get(of).value.clone()?))).collect()
    };
    out.extend(goal(
        "file falsely shows what decides",
        FILE_ALARMS,
        of_file(|of| &of.false_shows, true),
        Side::AtMost,
    ));
    out.extend(goal(
        "file falsely no more than chance",
        FILE_ALARMS,
        of_file(|of| &of.false_chance, true),
        Side::AtMost,
    ));
    let (words, texts) = FILE;
    let name = format!("power on files of {texts} texts, n = {words}");
    out.extend(goal(&name, FILE_POWER, of_file(|of| &of.power_shows, false), Side::AtLeast));
    let name = format!("supported texts in them, n = {words}");
    out.extend(goal(&name, TEXT_POWER, of_file(|of| &of.power_texts, false), Side::AtLeast));
    out
}

/// A reading as goals name it.
fn title(reading: &str, sinks_removed: bool) -> String {
    if sinks_removed { format!("{reading} −sinks") } else { reading.to_owned() }
}

fn by_words(title: &str, levels: &[Level]) -> Found {
    let at = |level: &Level| format!("{title}, n = {}", level.at);
    levels.iter().filter_map(|level| Some((at(level), level.rate.value.clone()?))).collect()
}

/// The worst against the limit; `None` where nothing was tried.
fn goal(name: &str, limit: f64, found: Found, side: Side) -> Option<Goal> {
    let order = |a: &(String, Estimate), b: &(String, Estimate)| a.1.estimate.total_cmp(&b.1.estimate);
    let worst = match side {
        Side::AtMost => found.into_iter().rev().max_by(order),
        Side::AtLeast => found.into_iter().min_by(order),
    };
    let (at, worst) = worst?;
    let holds = if side == Side::AtMost { worst.estimate <= limit } else { worst.estimate >= limit };
    Some(Goal { name: name.to_owned(), limit, found: Some(worst), at, holds })
}

/// The verdicts on the reading that people plot, by the expectations that are written down for each kind.
fn of_the_shown(verdicts: &[VerdictRates]) -> Vec<Goal> {
    let wanted =
        verdicts.iter().filter(|rates| matches!(rates.verdict.as_str(), "supported" | "contradicted"));
    wanted
        .flat_map(|rates| {
            let by_words = |all: &[Level]| -> Vec<(f64, Estimate)> {
                all.iter().filter_map(|level| Some((level.at, level.rate.value.clone()?))).collect()
            };
            let worst = by_words(&rates.false_alarms.words)
                .into_iter()
                .max_by(|a, b| a.1.estimate.total_cmp(&b.1.estimate));
            let power = by_words(&rates.power.words).into_iter().find(|(at, _)| *at as usize == WORDS);
            let goal =
                |name: String, limit: f64, found: Option<(f64, Estimate)>, fits: fn(f64, f64) -> bool| Goal {
                    name,
                    limit,
                    at: found.as_ref().map(|(at, _)| format!("n = {at}")).unwrap_or_default(),
                    holds: found.as_ref().is_some_and(|(_, found)| fits(found.estimate, limit)),
                    found: found.map(|(_, found)| found),
                };
            [
                goal(format!("false {} at every n", rates.verdict), ALARMS, worst, |found, most| {
                    found <= most
                }),
                goal(format!("power of {} at n = {WORDS}", rates.verdict), POWER, power, |found, least| {
                    found >= least
                }),
            ]
        })
        .collect()
}
