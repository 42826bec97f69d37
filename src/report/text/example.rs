//! One example: prediction, words, evidence, verdict.

use super::flow::{Piece, flow};
use super::names;
use super::notes;
use super::page::Text;
use super::paint::{self, BOLD, PLAIN};
use super::{evidence, plausibility, words};
use crate::report::erasure::WeightErasure;
use crate::report::example::{ExampleReport, ReadingReport};
use crate::report::say::notes::Notes;
use crate::report::say::number::{fine, plain, signed};
use crate::report::say::{asked, count, reading, scalar, visible};
use crate::report::settings::Settings;
use crate::report::verdict::VerdictWord;

pub(super) fn example(text: Text, settings: &Settings, example: &ExampleReport) -> String {
    let mut notes = Notes::of("example");
    let mut out = text.title('─', &names::example(&example.id, example.line));
    out.push_str(&prediction(text, settings, example));
    if let Some(found) = &example.asked {
        out.push_str(&text.paragraph("asked       ", &asked::asked(found)));
    }
    if let Some(origin) = &example.origin {
        out.push_str(&text.paragraph("origin      ", &asked::origin(origin, &settings.target)));
    }
    for warning in &example.warnings {
        out.push_str(&text.paragraph("warning: ", warning));
    }
    out.push('\n');
    out.push_str(&words::words(text, example));
    out.push('\n');
    out.push_str(&evidence::readings(text, example, &mut notes));
    out.push('\n');
    out.push_str(&evidence::references(text, settings, example, &mut notes));
    if let Some(weights) = example.shown().and_then(|r| r.erasure.value.as_ref()?.weights.as_ref()) {
        out.push_str(&text.paragraph("weights     ", &erased_weights(weights)));
    }
    out.push_str(&evidence::beyond(text, example));
    let swaps = evidence::swaps(text, settings, example, &mut notes);
    if !swaps.is_empty() {
        out.push('\n');
        out.push_str(&swaps);
    }
    if let Some(found) = &example.plausibility {
        out.push('\n');
        out.push_str(&plausibility::example(text, found, example.shown(), &mut notes));
    }
    out.push_str(&notes::below(&notes, text.columns));
    if let Some(reading) = example.shown() {
        out.push('\n');
        out.push_str(&verdict(text, reading));
    }
    out
}

fn prediction(text: Text, settings: &Settings, example: &ExampleReport) -> String {
    let said = &example.prediction;
    let explained = if said.explained == said.label {
        String::new()
    } else {
        format!("{} is explained; ", said.explained)
    };
    let against = said.against.as_ref().map(|other| format!(" over {other}")).unwrap_or_default();
    let scalar = scalar(&settings.target);
    let words = match &example.window {
        Some(window) => format!("{} of {}", window.kept_words, count(window.all_words, settings.unit())),
        None => count(example.words.len(), settings.unit()),
    };
    let gold = match &example.gold {
        Some(gold) if gold.correct => ", which is the gold label".to_owned(),
        Some(gold) => format!(", while the gold label is {}", gold.label),
        None => String::new(),
    };
    let about = format!(
        " with probability {}{gold}; {explained}{scalar} {}{against}; {words}, {}",
        fine(said.probability),
        signed(example.target),
        count(example.tokens, "token")
    );
    let pieces = [
        Piece { text: "predicted ", style: PLAIN },
        Piece { text: &said.label, style: BOLD },
        Piece { text: &about, style: PLAIN },
    ];
    flow("", &pieces, text.columns, text.paint)
}

/// Serrano & Smith's erasure of attention weights, in a sentence.
fn erased_weights(found: &WeightErasure) -> String {
    let flips = |flips: bool| if flips { "flips" } else { "does not flip" };
    let mut orders: Vec<(&str, usize, usize, f64)> = Vec::new();
    for flip in &found.flip_fraction {
        if orders.last().is_none_or(|last| last.0 != flip.order) {
            orders.push((&flip.order, 0, 0, 0.0));
        }
        let Some(last) = orders.last_mut() else { continue };
        last.1 += 1;
        if let Some(fraction) = flip.fraction {
            last.2 += 1;
            last.3 += fraction;
        }
    }
    let told = orders.iter().map(|(order, all, flipped, sum)| match (flipped, all) {
        (0, _) => format!("{order} never"),
        (1, 1) => format!("{order} {}", plain(*sum)),
        _ if flipped == all => format!("{order} {} (mean of {all})", plain(sum / *all as f64)),
        _ => format!("{order} in {flipped} of {all} orders"),
    });
    let told: Vec<String> = told.collect();
    format!(
        "zeroing the top one {} the decision (JSD {}), a random one {} it (JSD {}); share zeroed until it flips: {}",
        flips(found.top_flips),
        fine(found.top_jsd),
        flips(found.random_flips),
        fine(found.random_jsd),
        told.join(", ")
    )
}

fn verdict(text: Text, reading: &ReadingReport) -> String {
    let found = &reading.verdict;
    let style = match found.verdict {
        VerdictWord::Inert | VerdictWord::Inconclusive | VerdictWord::Insufficient => BOLD,
        other => paint::verdict(other),
    };
    let rung = format!("; rung {} of 3: {}", found.rung, reading::rung(found.rung));
    let lead = format!("VERDICT on {}: ", visible(&reading.method));
    let pieces = [
        Piece { text: &lead, style: BOLD },
        Piece { text: found.verdict.name(), style },
        Piece { text: &rung, style: PLAIN },
    ];
    let mut out = flow("", &pieces, text.columns, text.paint);
    let findings = format!(
        "consistency {}, causal relevance {}, robustness {}",
        reading::finding(found.consistency),
        reading::finding(found.causal_relevance),
        reading::finding(found.robustness)
    );
    out.push_str(&text.paragraph("  ", &findings));
    for reason in &found.reasons {
        out.push_str(&text.paragraph("  - ", reason));
    }
    out
}
