//! A table for other programs: a row per example and reading, and one per example that could not be audited.
//!
//! # The columns
//!
//! Always these, in this order; later versions add columns at the end alone.
//!
//! ```text
//! id, line            the example
//! status              audited or failed; a failed one has nothing else but error and text
//! label, probability  the prediction
//! gold, correct       the gold label, and whether it was predicted; empty where the input has none
//! explained, against  the class that is explained, and the one it is set against; empty where the target is no margin
//! target              the explained scalar's value
//! words, tokens       content words; tokens in the model
//! ceiling, operators  how far the references may be trusted here
//! method, sinks_removed  the reading
//! verdict, rung, consistency, causal_relevance, robustness
//! tau_loo, tau_loo_p, tau_loo_q   agreement with leave-one-out
//! gradient            the gradient reference that the next three are with
//! tau_gradient, tau_gradient_p, tau_gradient_q
//! excess, excess_low, excess_high, excess_p, excess_q, luck_p
//! comprehensiveness, sufficiency  means over bins (AOPC)
//! violation, violation_random
//! special_mass, sink_mass
//! power_of, power, power_low, power_high
//! row_leverage, row_outcome, row_jsd, row_tvd   swaps in the decision row; the same of an example's readings
//! all_leverage, all_outcome, all_jsd, all_tvd   swaps in all layers
//! token_f1, iou_f1, average_precision   agreement with what people marked, empty where the input does not have it
//! reasons             of the verdict, joined by "; "
//! missing             why cells are empty: "column, column: reason; column: reason"
//! error               why the example could not be audited
//! text, pair          as they were read; empty where there is no second text
//! ```
//!
//! Commas, rows ended by a line feed, UTF-8 without a mark, quotes where needed (RFC 4180). Numbers have all their digits.
//! Any other empty cell is a missing one, with its reason in `missing`.
//!
//! # Texts are data
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and some strip tabs and line ends
//! first. So a cell taken from the texts, the model or an error that begins so (or with a full-width form of these,
//! or with `'`) has a `'` put before it. A reader gets the very text back by taking one leading `'` away. Columns of
//! numbers have no such mark.

use std::borrow::Cow;
use std::io::Write;

use serde::Serialize;

use super::example::{Agreement, Counterfactual, GRADIENTS, ReadingReport, SwapReport};
use super::plausibility::MapPlausibility;
use super::render::{Render, RenderError};
use super::verdict::{Finding, VerdictWord};
use super::{ExampleReport, FailureReport, Measure, Report};
use crate::missing::Missing;

/// The printer of CSV.
#[derive(Debug, Clone, Copy, Default)]
pub struct Csv;

impl Render<Report> for Csv {
    fn render(&self, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
        // The header is written with the first row, so a report without one has it written alone.
        let mut writer = csv::WriterBuilder::new().from_writer(out);
        let mut failures = report.failures.iter().peekable();
        let mut rows = 0;
        for example in report.examples.iter() {
            let example = example?;
            while let Some(failure) = failures.next_if(|failure| failure.line < example.line) {
                writer.serialize(failed(failure)).map_err(refused)?;
                rows += 1;
            }
            for reading in &example.readings {
                writer.serialize(row(&example, reading)).map_err(refused)?;
                rows += 1;
            }
        }
        for failure in failures {
            writer.serialize(failed(failure)).map_err(refused)?;
            rows += 1;
        }
        if rows == 0 {
            header(&mut writer)?;
        }
        Ok(writer.flush()?)
    }
}

/// The header without a row below it.
fn header(writer: &mut csv::Writer<&mut dyn Write>) -> Result<(), RenderError> {
    let mut alone = csv::Writer::from_writer(Vec::new());
    alone.serialize(Record::default()).map_err(refused)?;
    let bytes = alone.into_inner().map_err(|error| RenderError::Write(error.into_error()))?;
    let names = csv::Reader::from_reader(bytes.as_slice()).headers().map_err(refused)?.clone();
    writer.write_record(&names).map_err(refused)
}

/// A row is flat and its cells are plain, so only the place that is written to can refuse it.
fn refused(error: csv::Error) -> RenderError {
    RenderError::Write(error.into())
}

#[derive(Debug, Default, Serialize)]
struct Record<'a> {
    id: Cow<'a, str>,
    line: usize,
    status: &'static str,
    label: Cow<'a, str>,
    probability: Option<f64>,
    gold: Cow<'a, str>,
    correct: Option<bool>,
    explained: Cow<'a, str>,
    against: Cow<'a, str>,
    target: Option<f64>,
    words: Option<usize>,
    tokens: Option<usize>,
    ceiling: Option<f64>,
    operators: Option<f64>,
    method: &'a str,
    sinks_removed: Option<bool>,
    verdict: Option<VerdictWord>,
    rung: Option<u8>,
    consistency: Option<Finding>,
    causal_relevance: Option<Finding>,
    robustness: Option<Finding>,
    tau_loo: Option<f64>,
    tau_loo_p: Option<f64>,
    tau_loo_q: Option<f64>,
    gradient: &'a str,
    tau_gradient: Option<f64>,
    tau_gradient_p: Option<f64>,
    tau_gradient_q: Option<f64>,
    excess: Option<f64>,
    excess_low: Option<f64>,
    excess_high: Option<f64>,
    excess_p: Option<f64>,
    excess_q: Option<f64>,
    luck_p: Option<f64>,
    comprehensiveness: Option<f64>,
    sufficiency: Option<f64>,
    violation: Option<bool>,
    violation_random: Option<f64>,
    special_mass: Option<f64>,
    sink_mass: Option<f64>,
    power_of: Option<VerdictWord>,
    power: Option<f64>,
    power_low: Option<f64>,
    power_high: Option<f64>,
    row_leverage: Option<f64>,
    row_outcome: Option<&'a str>,
    row_jsd: Option<f64>,
    row_tvd: Option<f64>,
    all_leverage: Option<f64>,
    all_outcome: Option<&'a str>,
    all_jsd: Option<f64>,
    all_tvd: Option<f64>,
    token_f1: Option<f64>,
    iou_f1: Option<f64>,
    average_precision: Option<f64>,
    reasons: Cow<'a, str>,
    missing: String,
    error: Cow<'a, str>,
    text: Cow<'a, str>,
    pair: Cow<'a, str>,
}

fn failed(failure: &FailureReport) -> Record<'_> {
    let error = match &failure.hint {
        Some(hint) => data(&format!("{} (hint: {hint})", failure.error)).into_owned().into(),
        None => data(&failure.error),
    };
    Record {
        id: data(&failure.id),
        line: failure.line,
        status: "failed",
        error,
        text: data(&failure.text),
        pair: data(failure.pair.as_deref().unwrap_or_default()),
        ..Record::default()
    }
}

fn row<'a>(example: &'a ExampleReport, reading: &'a ReadingReport) -> Record<'a> {
    let mut gaps = Gaps::default();
    let said = &example.prediction;
    let mut row = Record {
        id: data(&example.id),
        line: example.line,
        status: "audited",
        label: data(&said.label),
        probability: Some(said.probability),
        gold: data(example.gold.as_ref().map(|gold| gold.label.as_str()).unwrap_or_default()),
        correct: example.gold.as_ref().map(|gold| gold.correct),
        explained: data(&said.explained),
        against: data(said.against.as_deref().unwrap_or_default()),
        target: Some(example.target),
        words: Some(example.words.len()),
        tokens: Some(example.tokens),
        ceiling: gaps.of("ceiling", &example.reliability.ceiling),
        operators: gaps.of("operators", &example.reliability.operators),
        method: &reading.method,
        sinks_removed: Some(reading.sinks_removed),
        verdict: Some(reading.verdict.verdict),
        rung: Some(reading.verdict.rung),
        consistency: Some(reading.verdict.consistency),
        causal_relevance: Some(reading.verdict.causal_relevance),
        robustness: Some(reading.verdict.robustness),
        text: data(&example.text),
        pair: data(example.pair.as_deref().unwrap_or_default()),
        ..Record::default()
    };
    row.agreement(reading, &mut gaps);
    row.erasure(reading, &mut gaps);
    row.special_mass = gaps.of("special_mass", &reading.special_mass);
    row.sink_mass = gaps.of("sink_mass", &reading.sink_mass);
    if let Some(power) = gaps.with(&["power_of", "power", "power_low", "power_high"], &reading.verdict.power)
    {
        row.power_of = Some(power.of);
        (row.power, row.power_low, row.power_high) = (Some(power.rate), Some(power.low), Some(power.high));
    }
    let at = |site: &str| example.swaps.iter().find(|swap| swap.site == site);
    (row.row_leverage, row.row_outcome, row.row_jsd, row.row_tvd) =
        swaps(at("row"), ["row_leverage", "row_outcome", "row_jsd", "row_tvd"], &mut gaps);
    (row.all_leverage, row.all_outcome, row.all_jsd, row.all_tvd) =
        swaps(at("all"), ["all_leverage", "all_outcome", "all_jsd", "all_tvd"], &mut gaps);
    let maps = example.plausibility.iter().flat_map(|found| &found.maps);
    let same =
        |map: &&MapPlausibility| (&map.method, map.sinks_removed) == (&reading.method, reading.sinks_removed);
    if let Some(map) = maps.into_iter().find(same) {
        row.token_f1 = gaps.of("token_f1", &map.token_f1);
        row.iou_f1 = gaps.of("iou_f1", &map.iou_f1);
        row.average_precision = gaps.of("average_precision", &map.average_precision);
    }
    row.reasons = Cow::Owned(data(&reading.verdict.reasons.join("; ")).into_owned());
    row.missing = gaps.0;
    row
}

impl<'a> Record<'a> {
    fn agreement(&mut self, reading: &'a ReadingReport, gaps: &mut Gaps) {
        let with = |name: &str| reading.agreement.iter().find(|found| found.reference == name);
        let columns = ["tau_loo", "tau_loo_p", "tau_loo_q"];
        (self.tau_loo, self.tau_loo_p, self.tau_loo_q) = taus(with("loo"), columns, gaps);
        let mut gradients = GRADIENTS.iter().filter_map(|name| with(name));
        // As the verdict has it: the first that there is a tau with.
        let gradient = gradients
            .clone()
            .find(|found| found.tau.value.is_some() && found.tau_p.value.is_some())
            .or_else(|| gradients.next());
        self.gradient = gradient.map(|found| found.reference.as_str()).unwrap_or_default();
        let columns = ["tau_gradient", "tau_gradient_p", "tau_gradient_q"];
        (self.tau_gradient, self.tau_gradient_p, self.tau_gradient_q) = taus(gradient, columns, gaps);
    }

    fn erasure(&mut self, reading: &ReadingReport, gaps: &mut Gaps) {
        const COLUMNS: [&str; 10] = [
            "excess",
            "excess_low",
            "excess_high",
            "excess_p",
            "excess_q",
            "luck_p",
            "comprehensiveness",
            "sufficiency",
            "violation",
            "violation_random",
        ];
        let Some(erasure) = gaps.with(&COLUMNS, &reading.erasure) else { return };
        self.excess = Some(erasure.excess);
        self.excess_low = Some(erasure.excess_low);
        self.excess_high = Some(erasure.excess_high);
        self.excess_p = Some(erasure.excess_p);
        self.excess_q = gaps.of("excess_q", &erasure.excess_q);
        self.luck_p = Some(erasure.luck_p);
        self.comprehensiveness = Some(erasure.aopc_comprehensiveness);
        self.sufficiency = Some(erasure.aopc_sufficiency);
        self.violation = gaps.of("violation", &erasure.violation);
        self.violation_random = gaps.of("violation_random", &erasure.violation_random);
    }
}

type Taus = (Option<f64>, Option<f64>, Option<f64>);

fn taus(found: Option<&Agreement>, columns: [&str; 3], gaps: &mut Gaps) -> Taus {
    let Some(found) = found else {
        gaps.not_asked(&columns);
        return (None, None, None);
    };
    (gaps.of(columns[0], &found.tau), gaps.of(columns[1], &found.tau_p), gaps.of(columns[2], &found.tau_q))
}

type Swaps<'a> = (Option<f64>, Option<&'a str>, Option<f64>, Option<f64>);

fn swaps<'a>(found: Option<&'a SwapReport>, columns: [&str; 4], gaps: &mut Gaps) -> Swaps<'a> {
    let Some(found) = found else {
        gaps.not_asked(&columns);
        return (None, None, None, None);
    };
    let other = |of: fn(&Counterfactual) -> f64| found.counterfactual.value.as_ref().map(of);
    gaps.with(&columns[2..], &found.counterfactual);
    (
        gaps.of(columns[0], &found.leverage),
        gaps.with(&columns[1..2], &found.outcome).map(String::as_str),
        other(|other| other.jsd),
        other(|other| other.tvd),
    )
}

/// Why cells are empty.
#[derive(Debug, Default)]
struct Gaps(String);

impl Gaps {
    fn of<T: Copy>(&mut self, column: &str, measure: &Measure<T>) -> Option<T> {
        self.with(&[column], measure).copied()
    }

    /// The value; where there is none, why the columns that it would fill are empty.
    fn with<'m, T>(&mut self, columns: &[&str], measure: &'m Measure<T>) -> Option<&'m T> {
        if measure.value.is_none() {
            self.tell(columns, measure.reason.as_deref().unwrap_or("no reason was given"));
        }
        measure.value.as_ref()
    }

    fn not_asked(&mut self, columns: &[&str]) {
        self.tell(columns, &Missing::NotAsked.to_string());
    }

    fn tell(&mut self, columns: &[&str], reason: &str) {
        if !self.0.is_empty() {
            self.0.push_str("; ");
        }
        self.0.push_str(&columns.join(", "));
        self.0.push_str(": ");
        self.0.push_str(reason);
    }
}

/// A text that no spreadsheet takes for a formula.
fn data(text: &str) -> Cow<'_, str> {
    const MARKS: [char; 12] = ['=', '+', '-', '@', '\'', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(MARKS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_can_be_taken_away_again() {
        for text in ["=1+1", "+1", "-x", "@x", "'=1", "''", "\t=1", "\r", "＝1", "", "x=1", " =1", "“a”"]
        {
            let cell = data(text);
            assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text);
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
}
