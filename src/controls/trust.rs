//! From what was measured on a user's own model to how far an audit of it can be trusted.

use super::foreign::Donor;
use super::own_settings::OwnSettings;
use super::randomise::SAME;
use crate::report::Measure;
use crate::report::example::VerdictWord;
use crate::report::own::{Cascade, Check, ChoiceAgreement, MapVerdicts, SeedRanges};
use crate::stats::interval::wilson;

/// The largest false-alarm rate that the verdicts aim at.
const ALARMS: f64 = 0.05;

/// The largest share of texts whose verdict may hang on the seed.
const RESTLESS: f64 = 0.1;

/// Every check with what was measured, what a trustworthy audit would give, and whether that holds.
pub(super) fn checks(
    operators: &[ChoiceAgreement],
    (first, second): (&str, &str),
    baselines: &[ChoiceAgreement],
    randomisation: &Cascade,
    maps: &[MapVerdicts],
    seeds: &SeedRanges,
    settings: &OwnSettings,
) -> Vec<Check> {
    let least = settings.thresholds.ceiling;
    let by_default = operators
        .iter()
        .find(|p| [&p.first, &p.second].iter().all(|n| [first, second].contains(&n.as_str())));
    vec![
        agreed("operators", by_default, operators, least, "leave-one-out depends on how a word is erased"),
        agreed("baselines", None, baselines, least, "integrated gradients depend on where their path begins"),
        randomised(randomisation),
        alarms(maps),
        contradicted(maps),
        settled(seeds),
    ]
}

/// Agreement of the pair the audit uses where there is one, else of the pair that agrees least.
fn agreed(
    name: &str,
    used: Option<&ChoiceAgreement>,
    all: &[ChoiceAgreement],
    least: f64,
    otherwise: &str,
) -> Check {
    let tau = |pair: &&ChoiceAgreement| pair.tau.value;
    let worst = all
        .iter()
        .filter(|pair| tau(pair).is_some())
        .min_by(|a, b| tau(a).unwrap_or(f64::INFINITY).total_cmp(&tau(b).unwrap_or(f64::INFINITY)));
    let told = |pair: &ChoiceAgreement| match (pair.tau.value, pair.low.zip(pair.high)) {
        (Some(tau), Some((low, high))) => {
            format!(
                "{} and {}: tau {tau:.2} [{low:.2}, {high:.2}], {} texts",
                pair.first, pair.second, pair.texts
            )
        }
        (Some(tau), None) => format!("{} and {}: tau {tau:.2}, {} text", pair.first, pair.second, pair.texts),
        _ => format!("{} and {}: nothing to compare", pair.first, pair.second),
    };
    let mut measured: Vec<String> = used.into_iter().map(told).collect();
    measured.extend(
        worst.filter(|worst| used != Some(worst)).map(|worst| format!("least of all: {}", told(worst))),
    );
    Check {
        name: name.to_owned(),
        measured: if measured.is_empty() { "nothing to compare".to_owned() } else { measured.join("; ") },
        expected: format!("tau of at least {least:.2}"),
        holds: used.or(worst).and_then(|pair| {
            let (tau, high) = (pair.tau.value?, pair.high.unwrap_or(f64::INFINITY));
            decided(tau >= least, high < least)
        }),
        otherwise: otherwise.to_owned(),
    }
}

fn randomised(cascade: &Cascade) -> Check {
    let references: Vec<_> = cascade.methods.iter().filter(|m| m.role == "reference").collect();
    let same: Vec<&str> =
        references.iter().filter(|m| m.insensitive == Some(true)).map(|m| m.method.as_str()).collect();
    let broken = cascade.methods.iter().any(|method| !method.broken.is_empty());
    let last: Vec<f64> =
        references.iter().filter_map(|m| m.stages.last()?.absolute.value).map(f64::abs).collect();
    let most = last.iter().copied().reduce(f64::max);
    let measured = match most {
        None => "no reference could be compared".to_owned(),
        Some(most) if same.is_empty() => {
            format!(
                "with every weight random no reference keeps its order; the most like itself has rho {most:.2}"
            )
        }
        Some(_) => format!("with every weight random the order stays for {}", same.join(", ")),
    };
    Check {
        name: "randomisation".to_owned(),
        measured,
        expected: format!("the intervals of all references' rho reach below {SAME:.2}"),
        holds: most.map(|_| same.is_empty() && !broken),
        otherwise: if broken {
            "attributions changed that could not, which is an error of this program".to_owned()
        } else {
            format!("{} tell of the text more than of the model", same.join(", "))
        },
    }
}

fn alarms(maps: &[MapVerdicts]) -> Check {
    let count = |of: &dyn Fn(&MapVerdicts) -> usize| maps.iter().filter(|m| m.foreign).map(of).sum::<usize>();
    let supported = |m: &MapVerdicts| {
        m.verdicts.iter().filter(|(word, _)| *word == VerdictWord::Supported).map(|(_, n)| *n).sum()
    };
    rate(
        "foreign maps",
        (count(&supported), count(&|m| m.judged)),
        "of other texts' maps are supported where attention has leverage",
        "audits support maps that cannot be faithful",
    )
}

fn contradicted(maps: &[MapVerdicts]) -> Check {
    let own = maps.iter().find(|m| m.donor == Donor::Gradients.name());
    let of = |m: &MapVerdicts| {
        m.verdicts.iter().filter(|(word, _)| *word == VerdictWord::Contradicted).map(|(_, n)| *n).sum()
    };
    rate(
        "gradients as a map",
        (own.map_or(0, of), own.map_or(0, |m| m.judged)),
        "of maps made of integrated gradients are contradicted where attention has leverage",
        "audits contradict maps that rank words as the model's own gradients do",
    )
}

/// A check holds where the estimate is on the right side, fails where the whole interval is on the wrong one, and is
/// open between.
fn decided(right: bool, wrong: bool) -> Option<bool> {
    match (right, wrong) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// The check that a false-alarm rate is at most [`ALARMS`].
fn rate(name: &str, (found, of): (usize, usize), what: &str, otherwise: &str) -> Check {
    let interval = wilson(found, of).and_then(|i| Some((i.estimate, i.bounds?)));
    Check {
        name: name.to_owned(),
        measured: match interval {
            Some((rate, (low, high))) => {
                format!(
                    "{found} of {of} ({:.0} %, interval {:.0}–{:.0} %) {what}",
                    100.0 * rate,
                    100.0 * low,
                    100.0 * high
                )
            }
            None => "no text on which attention has leverage and words are enough".to_owned(),
        },
        expected: format!("at most {:.0} %", 100.0 * ALARMS),
        holds: interval.and_then(|(rate, (low, _))| decided(rate <= ALARMS, low > ALARMS)),
        otherwise: otherwise.to_owned(),
    }
}

fn settled(seeds: &SeedRanges) -> Check {
    let told =
        |measure: &Measure<f64>| measure.value.map_or("unknown".to_owned(), |value| format!("{value:.3}"));
    let changes = seeds.verdict_changes.value;
    Check {
        name: "seeds".to_owned(),
        measured: format!(
            "over {} seeds the verdict on raw attention changes on {} of texts; excess moves by {} and the \
             counterfactual's JSD by {}",
            seeds.seeds,
            changes.map_or("an unknown share".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
            told(&seeds.excess),
            told(&seeds.jsd),
        ),
        expected: format!("the verdict changes on at most {:.0} % of texts", 100.0 * RESTLESS),
        holds: changes.and_then(|share| {
            decided(share <= RESTLESS, seeds.verdict_interval.is_some_and(|(low, _)| low > RESTLESS))
        }),
        otherwise: "verdicts on single texts hang on the seed".to_owned(),
    }
}

/// One sentence: what fails, and what stays open.
pub(super) fn sentence(checks: &[Check], texts: usize) -> String {
    let failed: Vec<&str> =
        checks.iter().filter(|c| c.holds == Some(false)).map(|c| c.otherwise.as_str()).collect();
    let open: Vec<&str> = checks.iter().filter(|c| c.holds.is_none()).map(|c| c.name.as_str()).collect();
    let rest = if open.is_empty() { String::new() } else { format!("; undecided: {}", open.join(", ")) };
    let on = format!("On {texts} text{}", if texts == 1 { "" } else { "s" });
    match failed.as_slice() {
        [] if open.len() == checks.len() => {
            format!("{on} it does not show how far an audit of this model can be trusted.")
        }
        [] => format!("{on} nothing speaks against trusting an audit of this model{rest}."),
        failed => format!("{on} an audit of this model is limited: {}{rest}.", failed.join("; ")),
    }
}
