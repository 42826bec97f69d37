//! How far a prediction moved: on a scale that saturates, and on one that does not.
//!
//! A prediction of .99 hardly moves in probability whatever is done to a word or to a pattern, though much of what speaks
//! for it may be gone. Its log-odds tell. They have no unit that is the same for all models, so they are taken as a share of
//! what the words of the text hold together.

use crate::model::{Probe, softmax};
use crate::stats::divergence::total_variation;

/// The least span of log-odds, in logits: an undecided prediction's probability moves by a quarter per logit, so that a
/// share of this is about as much probability where that is most easily moved.
pub const LEAST_SPAN: f64 = 4.0;

/// Which scale a text is judged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Probability: total variation over all classes, or the explained class's.
    #[default]
    Probability,
    /// Log-odds of the explained class against all others, as a share of their span; where probability is saturated.
    LogOdds,
}

impl Scale {
    /// The first on which something reaches `least`; `None` where nothing does on either.
    #[must_use]
    pub fn reached(probability: f64, log_odds: f64, least: f64) -> Option<Self> {
        if probability >= least {
            Some(Self::Probability)
        } else {
            (log_odds >= least).then_some(Self::LogOdds)
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Probability => "probability",
            Self::LogOdds => "log-odds",
        }
    }
}

/// How far another prediction is from the observed one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shift {
    /// Total variation distance over all classes, in [0, 1].
    pub tvd: f64,
    /// The distance of the explained class's log-odds, as a share of their span, ≥ 0.
    pub log_odds: f64,
}

impl Shift {
    /// The distance on a scale. What keeps the prediction by its log-odds must keep it by its probability too.
    #[must_use]
    pub fn on(self, scale: Scale) -> f64 {
        match scale {
            Scale::Probability => self.tvd,
            Scale::LogOdds => self.tvd.max(self.log_odds),
        }
    }

    /// The greater of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { tvd: self.tvd.max(other.tvd), log_odds: self.log_odds.max(other.log_odds) }
    }
}

/// The observed prediction, which others are held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// The probability of each class.
    pub probabilities: Vec<f64>,
    class: usize,
    log_odds: f64,
    span: f64,
}

impl Observed {
    /// Of the explained class; `span` as [`span_of`] gives it.
    #[must_use]
    pub fn of(probe: &Probe<'_>, span: f64) -> Self {
        let (logits, class) = (&probe.trace.logits, probe.target.class());
        Self { probabilities: softmax(logits), class, log_odds: log_odds(logits, class), span }
    }

    /// How far these logits are from the observed ones; `None` where one is not finite.
    #[must_use]
    pub fn shift(&self, logits: &[f64]) -> Option<Shift> {
        let tvd = total_variation(&softmax(logits), &self.probabilities)?;
        Some(Shift { tvd, log_odds: self.moved(logits).abs() })
    }

    /// By how much the log-odds rose, as a share of the span, and the gradient of that at the logits.
    #[must_use]
    pub fn rise(&self, logits: &[f64]) -> (f64, Vec<f64>) {
        let mut others = logits.to_vec();
        others[self.class] = f64::NEG_INFINITY;
        let mut gradient: Vec<f64> = softmax(&others).iter().map(|p| -p / self.span).collect();
        gradient[self.class] = 1.0 / self.span;
        (self.moved(logits), gradient)
    }

    fn moved(&self, logits: &[f64]) -> f64 {
        (log_odds(logits, self.class) - self.log_odds) / self.span
    }
}

/// The log-odds of a class against all others together: `ln p − ln (1 − p)`, without the rounding of either.
#[must_use]
pub fn log_odds(logits: &[f64], class: usize) -> f64 {
    let others = || logits.iter().enumerate().filter(|(i, _)| *i != class).map(|(_, logit)| *logit);
    let top = others().fold(f64::NEG_INFINITY, f64::max);
    logits[class] - top - others().map(|logit| (logit - top).exp()).sum::<f64>().ln()
}

/// The span of a text: what its log-odds lose with all of its words, `fall`, or [`LEAST_SPAN`] where that is less.
#[must_use]
pub fn span_of(fall: f64) -> f64 {
    if fall > LEAST_SPAN { fall } else { LEAST_SPAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_exact_where_probability_is_one() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(log_odds(&[1.0, 4.0], 1), 3.0);
        near(log_odds(&[0.0, 60.0], 1), 60.0);
        // Against both others: 2 − ln 2.
        near(log_odds(&[0.0, 2.0, 0.0], 1), 2.0 - 2f64.ln());
        assert!(log_odds(&[f64::NAN, 1.0], 1).is_nan());
    }

    #[test]
    fn the_rise_has_the_gradient_of_its_differences() {
        let observed =
            Observed { probabilities: softmax(&[1.0, 0.5, -1.0]), class: 0, log_odds: 0.2, span: 5.0 };
        let at = [1.2, 0.1, 0.4];
        let (_, gradient) = observed.rise(&at);
        for (i, slope) in gradient.iter().enumerate() {
            let step = |by: f64| {
                let mut moved = at;
                moved[i] += by;
                observed.rise(&moved).0
            };
            let numeric = (step(1e-6) - step(-1e-6)) / 2e-6;
            assert!((slope - numeric).abs() < 1e-8, "{i}: {slope} {numeric}");
        }
    }

    #[test]
    fn probability_is_asked_first() {
        assert_eq!(Scale::reached(0.05, 0.9, 0.05), Some(Scale::Probability));
        assert_eq!(Scale::reached(0.04, 0.9, 0.05), Some(Scale::LogOdds));
        assert_eq!(Scale::reached(0.04, 0.04, 0.05), None);
        let shift = Shift { tvd: 0.2, log_odds: 0.1 };
        assert_eq!(shift.on(Scale::LogOdds).to_bits(), 0.2f64.to_bits());
        assert_eq!(
            [-3.0, f64::NAN, 9.0].map(|fall| span_of(fall).to_bits()),
            [4.0f64, 4.0, 9.0].map(f64::to_bits)
        );
    }
}
