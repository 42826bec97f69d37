//! What was measured on one example, in tables.

use super::page::Text;
use super::paint;
use super::table::{Align, Cell, Table};
use crate::report::erasure::Erasure;
use crate::report::example::{ExampleReport, ReadingReport, SwapReport};
use crate::report::measure::Measure;
use crate::report::say::count;
use crate::report::say::notes::{Noted, Notes};
use crate::report::say::number::{fine, p, plain, signed, span};
use crate::report::say::reading::{cut_from, name, no_word_is_a_sink, not_identifiable};
use crate::report::say::reference::accuracy;
use crate::report::settings::Settings;
use crate::shift::Scale;

/// A row per reading.
pub(super) fn readings(text: Text, example: &ExampleReport, notes: &mut Notes) -> String {
    let mut table = Table::new(&[
        (Align::Left, "reading"),
        (Align::Left, "verdict"),
        (Align::Right, "tau"),
        (Align::Right, "p"),
        (Align::Right, "excess"),
        (Align::Left, "95 %"),
        (Align::Left, "viol"),
        (Align::Right, "spec"),
    ]);
    let mut before = "";
    let mut same = false;
    for reading in &example.readings {
        if reading.sinks_removed && no_word_is_a_sink(example, &reading.method) {
            same = true;
            continue;
        }
        let named = if reading.sinks_removed && before == reading.method {
            "  −sinks".to_owned()
        } else {
            name(&reading.method, reading.sinks_removed)
        };
        before = &reading.method;
        let mut cells = vec![named.into(), verdict(reading)];
        cells.extend(numbers(reading, notes));
        table.row(cells);
    }
    let mut out = table.print(text);
    let mut erasures = example.readings.iter().filter_map(|reading| reading.erasure.value.as_ref());
    if erasures.any(is_in_log_odds) {
        let note = "excess in log-odds, as a share of what all words hold: erasing words hardly moves so sure a probability";
        out.push_str(&text.paragraph("", note));
    }
    if same {
        out.push_str(&text.paragraph("", "no word is a sink: taking sinks out changes no ranking"));
    }
    out
}

/// The excess that the verdict rests on, with its interval.
fn judged(erasure: &Erasure) -> (String, String) {
    let log_odds = [&erasure.excess_log_odds, &erasure.excess_log_odds_low, &erasure.excess_log_odds_high];
    match log_odds.map(|measure| measure.value) {
        [Some(excess), Some(low), Some(high)] if is_in_log_odds(erasure) => (signed(excess), span(low, high)),
        _ => (signed(erasure.excess), span(erasure.excess_low, erasure.excess_high)),
    }
}

fn is_in_log_odds(erasure: &Erasure) -> bool {
    erasure.scale == Scale::LogOdds.name()
}

fn verdict(reading: &ReadingReport) -> Cell {
    let word = reading.verdict.verdict;
    Cell::styled(word.name(), paint::verdict(word))
}

fn numbers(reading: &ReadingReport, notes: &mut Notes) -> [Cell; 6] {
    let loo = reading.with_leave_one_out();
    let (tau, tau_p) = match loo {
        Some(loo) => (notes.show(&loo.tau, signed), notes.show(&loo.tau_p, p)),
        None => (notes.missing("leave-one-out was not run"), Noted::default()),
    };
    let (excess, interval, violation) = match &reading.erasure.value {
        Some(e) => (
            judged(e).0.into(),
            judged(e).1,
            notes.show(&e.violation, |raised| if raised { "yes" } else { "no" }.to_owned()),
        ),
        None => (notes.missing(reading.erasure.why()), String::new(), Noted::default()),
    };
    let special =
        if reading.sinks_removed { Noted::default() } else { notes.show(&reading.special_mass, plain) };
    [tau.into(), tau_p.into(), excess.into(), interval.into(), violation.into(), special.into()]
}

/// How far the references may be trusted.
pub(super) fn references(
    text: Text,
    settings: &Settings,
    example: &ExampleReport,
    notes: &mut Notes,
) -> String {
    let found = &example.reliability;
    let mut parts = vec![
        match &found.ceiling_pair {
            Some((a, b)) => format!("ceiling {} ({a} and {b})", notes.show(&found.ceiling, signed)),
            None => format!("ceiling {}", notes.show(&found.ceiling, signed)),
        },
        format!(
            "erasure by {} and by {} agree {}",
            settings.operator,
            settings.second_operator,
            notes.show(&found.operators, signed)
        ),
        format!("detectable tau {}", notes.show(&found.detectable_tau, plain)),
        format!("excess that a reference's own order reaches {}", notes.show(&found.attainable, signed)),
    ];
    for reference in &example.references {
        if let Some(accuracy) = accuracy(reference) {
            let steps = reference.steps.map(|steps| format!(", {steps} steps")).unwrap_or_default();
            let end = if reference.converged == Some(false) { ", not converged" } else { "" };
            parts.push(format!("{accuracy}{steps}{end}"));
        }
    }
    text.paragraph("references  ", &parts.join("; "))
}

/// What is shown beside erasure in order of the reading that people plot; nothing where the effort paid for none of it.
pub(super) fn beyond(text: Text, example: &ExampleReport) -> String {
    let Some(erasure) = example.shown().and_then(|reading| reading.erasure.value.as_ref()) else {
        return String::new();
    };
    let mut parts = Vec::new();
    if let Some(soft) = &erasure.soft.value {
        parts.push(format!(
            "each word in proportion to its weight, excess {} {} (p {}), of which magnitudes {}",
            signed(soft.excess),
            span(soft.excess_low, soft.excess_high),
            p(soft.p),
            signed(soft.magnitudes)
        ));
    }
    if let Some(capped) = &erasure.capped.value {
        let words = count(capped.words, "top word");
        parts.push(format!("{words} at a time, excess {} (p {})", signed(capped.excess), p(capped.p)));
    }
    if let Some(found) = &erasure.in_distribution.value {
        parts.push(format!(
            "{} {} without the top words and {} without random ones; at equal probabilities {} (p {})",
            found.measure,
            signed(found.erased),
            signed(found.random),
            signed(found.stranger),
            p(found.stranger_p)
        ));
    }
    if let Some(found) = &erasure.knockout.value {
        parts.push(format!(
            "edges {} to {} cut in {} at a time, excess {} {} (p {}), most at layer {}",
            cut_from(&found.rows),
            count(found.words, "top word"),
            count(found.window, "layer"),
            signed(found.excess),
            span(found.excess_low, found.excess_high),
            p(found.p),
            found.strongest
        ));
    }
    if parts.is_empty() { String::new() } else { text.paragraph("erased      ", &parts.join("; ")) }
}

/// A row per swapped site.
pub(super) fn swaps(text: Text, settings: &Settings, example: &ExampleReport, notes: &mut Notes) -> String {
    if example.swaps.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        (Align::Left, "swap at"),
        (Align::Right, "leverage"),
        (Align::Right, "log-odds"),
        (Align::Right, "uniform"),
        (Align::Right, "permuted"),
        (Align::Right, "one-hot"),
        (Align::Right, "JSD"),
        (Align::Right, "TVD"),
        (Align::Left, "outcome"),
    ]);
    for swap in &example.swaps {
        let mut tvd = |measure: &Measure<f64>| Cell::from(notes.show(measure, fine));
        let mut cells = vec![
            swap.site.as_str().into(),
            tvd(&swap.leverage),
            tvd(&swap.leverage_log_odds),
            tvd(&swap.uniform_tvd),
            tvd(&swap.permuted_median_tvd),
            tvd(&swap.one_hot_max_tvd),
        ];
        match &swap.counterfactual.value {
            Some(found) => cells.extend([plain(found.jsd).into(), fine(found.tvd).into()]),
            None => cells.extend([notes.missing(swap.counterfactual.why()).into(), "".into()]),
        }
        cells.push(outcome(swap, notes));
        table.row(cells);
    }
    let mut out = table.print(text);
    if let Some(note) = not_identifiable(example, settings.model.head_width) {
        out.push_str(&text.paragraph("", &note));
    }
    for swap in &example.swaps {
        if let (Some(rows), Some(moving)) = (swap.rows, swap.rows_moving)
            && moving < rows
        {
            let note = format!(
                "at {} {moving} of {rows} rows of attention can move: the others see fewer than two words",
                swap.site
            );
            out.push_str(&text.paragraph("", &note));
        }
    }
    out
}

fn outcome(swap: &SwapReport, notes: &mut Notes) -> Cell {
    match &swap.outcome.value {
        Some(outcome) => outcome.replace('-', " ").replace("non exclusive", "non-exclusive").into(),
        None => notes.missing(swap.outcome.why()).into(),
    }
}
