//! From evidence to verdict: a pure function, so that the controls can audit it.
//!
//! The rules are SCIENCE's graded answer. Significance alone never passes: support needs an effect of at
//! least the margin, that luck would not give, and a map that is not interchangeable. Every claim to the
//! contrary needs evidence that could have found support: reliable references and attention with leverage.

use crate::missing::Measured;
use crate::report::example::{Finding, VerdictWord};
use crate::report::settings::Thresholds;
use crate::shift::{Scale, Shift};

/// What is known about one reading on one example.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// Content words.
    pub words: usize,
    /// Whether the map distinguishes no words.
    pub flat: bool,
    /// Best agreement between two references of different kinds: leave-one-out, Shapley values, gradients.
    pub ceiling: Measured<f64>,
    /// Agreement of the two erasure operators.
    pub operators: Measured<f64>,
    /// Whether erasure bears out the reference that is named beforehand: its own order costs the margin beyond luck.
    pub borne_out: bool,
    /// tau and p against leave-one-out.
    pub loo: Measured<(f64, f64)>,
    /// tau and p against the gradient reference.
    pub gradient: Measured<(f64, f64)>,
    /// The least tau that this many words would show in 80 % of cases.
    pub detectable: Measured<f64>,
    /// The least p that any map could have against the two references: ties leave little to be told.
    pub least_p: Measured<f64>,
    /// The largest excess comprehensiveness that a reference's own order reaches, on the scale of `erasure`.
    pub attainable: Measured<f64>,
    /// Erasing what it highlights.
    pub erasure: Measured<Causal>,
    /// Swaps at the site the reading is read from.
    pub swap: Measured<Swaps>,
    /// References that are no evidence, each with its reason.
    pub left_out: &'a [String],
}

/// What erasing words in a reading's order changes, beyond what random orders do, on the scale that the text is judged on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Causal {
    /// Excess comprehensiveness.
    pub excess: f64,
    /// Its 95 % interval over the random orders: lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How likely a random order does as well on both sides of erasure: its rank among those drawn, in (0, 1].
    pub luck_p: f64,
    /// Whether removing the top word alone raises the prediction, where not every word does.
    pub violated: bool,
    /// What all of these are in: probability, or shares of the log-odds' span.
    pub scale: Scale,
}

/// What the swaps at a reading's site found, by the reading's own map.
#[derive(Debug, Clone, PartialEq)]
pub struct Swaps {
    /// The site, for the reasons.
    pub site: String,
    /// The largest distances of any plain swap.
    pub leverage: Shift,
    /// The scale on which the prediction stays or moves; none where no plain swap moves it on any.
    pub scale: Option<Scale>,
    /// Whether a pattern with the same prediction was searched for by an optimiser, which drives the site's own map away
    /// from the observed one. Where not, that nothing was found does not speak for the map.
    pub searched: bool,
    /// JSD of, and the prediction's move under, the pattern with the same prediction under which the reading's own map is most different, where there
    /// is one that is different enough.
    pub non_exclusive: Option<(f64, Shift)>,
}

/// The answer to one reading on one example; the power of the audit is no part of it, since it is no evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The answer.
    pub verdict: VerdictWord,
    /// How far up the reader's ladder, 0 to 3.
    pub rung: u8,
    /// Does it rank the words as independent attributions do?
    pub consistency: Finding,
    /// Does erasing what it highlights change the prediction more than chance?
    pub causal_relevance: Finding,
    /// Does no very different pattern give the same prediction?
    pub robustness: Finding,
    /// Why, in words, strongest first.
    pub reasons: Vec<String>,
    /// What it would be if luck were excluded, where luck is all that keeps support open: one text is little evidence, and a
    /// file of them may be enough.
    pub if_discovered: Option<Box<Judgement>>,
}

/// Judges one reading on one example.
#[must_use]
pub fn judge(case: &Case<'_>, thresholds: &Thresholds) -> Judgement {
    let judged = judged(case, thresholds, false);
    let open = judged.causal_relevance == Finding::Open;
    let discovered = open.then(|| self::judged(case, thresholds, true));
    let if_discovered = discovered.filter(|found| found.causal_relevance == Finding::Holds).map(Box::new);
    Judgement { if_discovered, ..judged }
}

/// The judgement, with luck excluded from elsewhere or judged on this text alone.
fn judged(case: &Case<'_>, thresholds: &Thresholds, discovered: bool) -> Judgement {
    let mut reasons = Vec::new();
    let consistency = consistency(case, thresholds, &mut reasons);
    let causal_relevance = causal(case, thresholds, discovered, &mut reasons);
    let robustness = robustness(case, &mut reasons);
    let (verdict, because) = answer(case, thresholds, causal_relevance, robustness);
    reasons.splice(0..0, because);
    reasons.extend_from_slice(case.left_out);
    let rung = rung(case, thresholds, causal_relevance, robustness);
    Judgement { verdict, rung, consistency, causal_relevance, robustness, reasons, if_discovered: None }
}

fn answer(
    case: &Case<'_>,
    thresholds: &Thresholds,
    causal: Finding,
    robustness: Finding,
) -> (VerdictWord, Option<String>) {
    if case.words < thresholds.words {
        let reason = format!("{} content words are too few; {} are needed", case.words, thresholds.words);
        return (VerdictWord::Insufficient, Some(reason));
    }
    if let Ok(Swaps { site, leverage, scale: None, .. }) = &case.swap {
        let reason = format!(
            "the prediction ignores this attention: no swap at {site} moves it by more than TVD {:.3}, or its log-odds by more than {:.3} of what the words hold",
            leverage.tvd, leverage.log_odds
        );
        return (VerdictWord::Inert, Some(reason));
    }
    if case.flat {
        let reason = "the map is flat: it distinguishes no words, so nothing can be held for or against it";
        return (VerdictWord::Inconclusive, Some(reason.to_owned()));
    }
    if let Some(reason) = unreliable(case, thresholds) {
        return (VerdictWord::Inconclusive, Some(reason));
    }
    let beats_chance = case.erasure.as_ref().is_ok_and(|e| e.low > 0.0);
    let against =
        causal == Finding::Fails || (robustness == Finding::Fails && case.erasure.is_ok() && !beats_chance);
    if against && let Some(reason) = blind(case, thresholds) {
        return (VerdictWord::Inconclusive, Some(reason));
    }
    match (causal, robustness) {
        (Finding::Holds, Finding::Holds) => (VerdictWord::Supported, None),
        _ if against => (VerdictWord::Contradicted, None),
        (Finding::Holds | Finding::Open, Finding::Open) => (VerdictWord::Inconclusive, None),
        _ => (VerdictWord::Mixed, None),
    }
}

/// Why the evidence cannot speak against a map here: no reference is reliable, leverage is unknown, or no order
/// of the words reaches the margin.
fn blind(case: &Case<'_>, thresholds: &Thresholds) -> Option<String> {
    if let (Err(missing), Err(_), false) = (&case.ceiling, &case.operators, case.borne_out) {
        return Some(format!("no two references could be compared: {missing}"));
    }
    if let Err(missing) = &case.swap {
        return Some(format!("whether the prediction depends on this attention is unknown: {missing}"));
    }
    match &case.attainable {
        Ok(most) if *most >= thresholds.margin => None,
        Ok(most) => Some(format!(
            "erasure cannot tell maps apart on this text: even the references' own order costs only {most:+.3} more than a random one"
        )),
        Err(missing) => Some(format!("erasure could have found no support: {missing}")),
    }
}

/// Why nothing may be concluded: no two references agree, and erasure bears out none.
///
/// Two that agree are one way to know that words can be told apart here. The other is a reference that passes the test
/// which maps are put to: what it highlights does cost more than random words.
///
/// Where no pair can be compared at all, as when no word matters alone, nothing disagrees: such references
/// cannot speak against a map, but do not silence what erasure and swaps found.
fn unreliable(case: &Case<'_>, thresholds: &Thresholds) -> Option<String> {
    let least = thresholds.ceiling;
    let tell = |measure: &Measured<f64>| match measure {
        Ok(tau) => format!("{tau:.2}"),
        Err(missing) => format!("unknown ({missing})"),
    };
    let best = [&case.ceiling, &case.operators].into_iter().filter_map(|m| m.as_ref().ok().copied());
    if case.borne_out || best.reduce(f64::max).is_none_or(|best| best >= least) {
        return None;
    }
    Some(format!(
        "the references disagree: the best two of different kinds {}, between erasure operators {}; {least:.2} is needed, or a reference that erasure bears out",
        tell(&case.ceiling),
        tell(&case.operators)
    ))
}

fn consistency(case: &Case<'_>, thresholds: &Thresholds, reasons: &mut Vec<String>) -> Finding {
    let (loo, gradient) = match (&case.loo, &case.gradient) {
        (Ok(loo), Ok(gradient)) => (*loo, *gradient),
        (Err(missing), _) | (_, Err(missing)) => {
            reasons.push(format!("consistency is open: {missing}"));
            return Finding::Open;
        }
    };
    let told = format!(
        "tau {:.2} with leave-one-out (p {:.3}), {:.2} with the gradient (p {:.3})",
        loo.0, loo.1, gradient.0, gradient.1
    );
    if loo.1 <= thresholds.alpha && gradient.1 <= thresholds.alpha {
        reasons.push(format!("it ranks words as the references do: {told}"));
        return Finding::Holds;
    }
    // A reading that agreed as well as the references do would have been seen only where that is detectable.
    let seen = matches!((&case.ceiling, &case.detectable), (Ok(ceiling), Ok(least)) if ceiling >= least)
        && case.least_p.as_ref().is_ok_and(|least| *least <= thresholds.alpha);
    if loo.1 > thresholds.alpha && gradient.1 > thresholds.alpha && seen {
        reasons.push(format!("it does not rank words as the references do: {told}"));
        return Finding::Fails;
    }
    reasons.push(format!("consistency is open: {told}"));
    Finding::Open
}

fn causal(case: &Case<'_>, thresholds: &Thresholds, discovered: bool, reasons: &mut Vec<String>) -> Finding {
    let erasure = match &case.erasure {
        Ok(erasure) => erasure,
        Err(missing) => {
            reasons.push(format!("causal relevance is open: {missing}"));
            return Finding::Open;
        }
    };
    let told = format!(
        "erasing its top words costs {:+.3} {} more than random ones [{:+.3}, {:+.3}], luck p {:.3}",
        erasure.excess,
        match erasure.scale {
            Scale::Probability => "probability",
            Scale::LogOdds => "of the log-odds that the words hold (probability is saturated)",
        },
        erasure.low,
        erasure.high,
        erasure.luck_p
    );
    // Luck is judged on both sides of erasure: of two words that are both needed the first alone undoes the decision, and
    // a random order begins with one of them in 2 of n cases; that it begins with both, which are enough only together, is far
    // less likely.
    let lucky = !discovered && erasure.luck_p > thresholds.alpha;
    let real = erasure.low > 0.0 && erasure.excess >= thresholds.margin && !lucky;
    if real && !erasure.violated {
        reasons.push(told);
        return Finding::Holds;
    }
    if erasure.high < thresholds.margin {
        reasons.push(format!("{told}: below the margin of {}", thresholds.margin));
        return Finding::Fails;
    }
    if real {
        reasons.push(format!("{told}, but erasing the top word alone raises the prediction"));
    } else {
        reasons.push(format!("causal relevance is open: {told}"));
    }
    Finding::Open
}

fn robustness(case: &Case<'_>, reasons: &mut Vec<String>) -> Finding {
    match &case.swap {
        Err(missing) => {
            reasons.push(format!("robustness is open: {missing}"));
            Finding::Open
        }
        Ok(Swaps { scale: None, .. }) => Finding::Open,
        Ok(Swaps { site, non_exclusive: Some((jsd, shift)), scale: Some(scale), .. }) => {
            let moved = moved(*shift, *scale);
            reasons.push(format!(
                "a very different pattern at {site} (JSD {jsd:.2}) gives the same prediction ({moved})"
            ));
            Finding::Fails
        }
        Ok(Swaps { site, searched: false, .. }) => {
            reasons.push(format!(
                "robustness is open: no very different pattern at {site} was searched for, and no plain swap found one"
            ));
            Finding::Open
        }
        Ok(Swaps { site, leverage, scale: Some(scale), .. }) => {
            let leverage = leverage.on(*scale);
            let of = if *scale == Scale::LogOdds { " of the log-odds" } else { "" };
            reasons.push(format!(
                "swaps at {site} move the prediction (leverage {leverage:.2}{of}) and no very different pattern was found that keeps it"
            ));
            Finding::Holds
        }
    }
}

/// How far a prediction moved that counts as the same.
fn moved(shift: Shift, scale: Scale) -> String {
    match scale {
        Scale::Probability => format!("TVD {:.3}", shift.tvd),
        Scale::LogOdds => {
            format!("TVD {:.3}, log-odds {:.3} of what the words hold", shift.tvd, shift.log_odds)
        }
    }
}

fn rung(case: &Case<'_>, thresholds: &Thresholds, causal: Finding, robustness: Finding) -> u8 {
    let gradient = case.gradient.as_ref().is_ok_and(|(_, p)| *p <= thresholds.alpha);
    match (gradient, causal, robustness) {
        (false, ..) => 0,
        (true, Finding::Holds, Finding::Holds) => 3,
        (true, Finding::Holds, _) => 2,
        (true, ..) => 1,
    }
}
