//! What the tokens of a continuation come to together, in a sentence.

use super::number::{fine, signed};
use super::visible;
use crate::attribution::LEAVE_ONE_OUT;
use crate::report::continuation::{Continuation, MeanReading};

/// `what continues text 1, 3 tokens of log-probability -9.378: tau with loo over all tokens raw +0.42 (p 0.040), …`.
pub(in crate::report) fn sentence(whole: &Continuation) -> String {
    let Continuation { of, tokens, log_probability, readings, .. } = whole;
    let unit = if *tokens == 1 { "token" } else { "tokens" };
    let sum = match (log_probability.value, &log_probability.reason) {
        (Some(sum), _) => format!("log-probability {}", fine(sum)),
        (None, reason) => format!("no log-probability: {}", reason.as_deref().unwrap_or_default()),
    };
    let found = |reading: &MeanReading| {
        let loo = reading.agreement.iter().find(|found| found.reference == LEAVE_ONE_OUT)?;
        let (tau, p) = (loo.tau.value?, loo.tau_p.value?);
        Some(format!("{} {} (p {})", visible(&reading.method), signed(tau), fine(p)))
    };
    let found: Vec<String> = readings.iter().filter_map(found).collect();
    let told = if found.is_empty() {
        String::new()
    } else {
        format!("; tau with loo over all of it: {}", found.join(", "))
    };
    format!("what continues text {}, {tokens} {unit}: {sum}{told}", visible(of))
}
