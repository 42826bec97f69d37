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
//! scale               what the verdict and luck_p are on: probability or log-odds
//! excess_log_odds, excess_log_odds_low, excess_log_odds_high   the excess in log-odds, as a share of what all words hold
//! comprehensiveness, sufficiency  means over bins (AOPC)
//! violation, violation_random
//! special_mass, sink_mass
//! power_of, power, power_low, power_high
//! row_leverage, row_leverage_log_odds, row_outcome, row_jsd, row_tvd   swaps in the decision row; the same of an example's readings
//! all_leverage, all_leverage_log_odds, all_outcome, all_jsd, all_tvd   swaps in all layers
//! token_f1, iou_f1, average_precision   agreement with what people marked, empty where the input does not have it
//! reasons             of the verdict, joined by "; "
//! missing             why cells are empty: "column, column: reason; column: reason"
//! error               why the example could not be audited
//! text, pair          as they were read; empty where there is no second text
//! path_converged, path_steps, path_residual, path_gap, path_error   of integrated gradients: what they miss of their sum
//! shapley_converged, shapley_error   the same of Shapley values: the largest standard error
//! soft_excess, soft_excess_low, soft_excess_high, soft_p, soft_magnitudes   erasure in proportion to weights
//! capped_excess, capped_excess_low, capped_excess_high, capped_p   erasure of few words at a time
//! implausible, implausible_random, stranger, stranger_p   how plausible the erased texts are to the model
//! asked_of, asked_place, asked_count, asked_token, log_probability   the token of a continuation; empty where none is asked
//! knockout_excess, knockout_excess_low, knockout_excess_high, knockout_p   edges to the top words cut, layer by layer
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

mod cell;
mod row;
mod swaps;

use std::io::Write;

use super::render::{Render, RenderError};
use super::whole::Report;
use row::CsvRow;

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
                writer.serialize(CsvRow::failed(failure)).map_err(refused)?;
                rows += 1;
            }
            for reading in &example.readings {
                writer.serialize(CsvRow::audited(&example, reading)).map_err(refused)?;
                rows += 1;
            }
        }
        for failure in failures {
            writer.serialize(CsvRow::failed(failure)).map_err(refused)?;
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
    alone.serialize(CsvRow::default()).map_err(refused)?;
    let bytes = alone.into_inner().map_err(|error| RenderError::Write(error.into_error()))?;
    let names = csv::Reader::from_reader(bytes.as_slice()).headers().map_err(refused)?.clone();
    writer.write_record(&names).map_err(refused)
}

/// A row is flat and its cells are plain, so only the place that is written to can refuse it.
fn refused(error: csv::Error) -> RenderError {
    RenderError::Write(match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => std::io::Error::other(format!("{other:?}")),
    })
}
