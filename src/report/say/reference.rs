//! How near references came to what they approximate; where that is not near enough they support and refute nothing, and
//! every format says so.

use super::number::{fine, percent};
use crate::report::example::{ExampleReport, ReferenceReport};

/// Of a path method what its scores miss and how far one may be off, of one that samples its standard error; the count of
/// its points follows in each format's own words.
pub(in crate::report) fn accuracy(reference: &ReferenceReport) -> Option<String> {
    let share = |share: Option<f64>, of: &str| {
        share.map(|share| format!(" ({} of {of})", percent(share))).unwrap_or_default()
    };
    if let Some(residual) = reference.residual {
        let share = share(reference.residual_share(), "their sum");
        let off = reference.score_error.map(|error| {
            let mass: f64 = reference.scores.value.iter().flatten().map(|score| score.abs()).sum();
            let of_all = (mass > 0.0).then(|| format!(" ({:.1} % of all)", 100.0 * error / mass));
            format!(", a score off by about {}{}", fine(error), of_all.unwrap_or_default())
        });
        return Some(format!(
            "{} residual {}{share}{}",
            reference.method,
            fine(residual),
            off.unwrap_or_default()
        ));
    }
    let error = reference.largest_error()?;
    let share = share(reference.error_share(), "its largest score");
    Some(format!("{} standard error {}{share}", reference.method, fine(error)))
}

/// The references that did not converge.
pub(in crate::report) fn unconverged(example: &ExampleReport) -> impl Iterator<Item = &ReferenceReport> {
    example.references.iter().filter(|reference| reference.converged == Some(false))
}

/// `integrated-gradients did not converge in 96 steps: residual 0.598 (16 % of their sum)`.
pub(in crate::report) fn why(reference: &ReferenceReport) -> String {
    let steps = reference.steps.map(|steps| format!(" in {steps} steps")).unwrap_or_default();
    let found = accuracy(reference).unwrap_or_else(|| reference.method.clone());
    let found = found.strip_prefix(&reference.method).unwrap_or(&found).trim_start();
    format!("{} did not converge{steps}: {found}", reference.method)
}
