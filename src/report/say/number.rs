//! Numbers as they are read: few digits, the same ones everywhere.

use crate::report::measure::Estimate;

/// Two decimals with the sign, never `-0.00`.
pub(in crate::report) fn signed(value: f64) -> String {
    let text = format!("{value:+.2}");
    if text == "-0.00" { "+0.00".to_owned() } else { text }
}

/// Two decimals of what has no sign.
pub(in crate::report) fn plain(value: f64) -> String {
    format!("{value:.2}")
}

/// Three decimals, never `-0.000`.
pub(in crate::report) fn fine(value: f64) -> String {
    let text = format!("{value:.3}");
    if text == "-0.000" { "0.000".to_owned() } else { text }
}

/// A p-value: `0.031`, `<.001`.
pub(in crate::report) fn p(value: f64) -> String {
    if value < 0.001 { "<.001".to_owned() } else { format!("{value:.3}") }
}

/// A share in per cent: `43 %`, never `-0 %`.
pub(in crate::report) fn percent(value: f64) -> String {
    format!("{} %", hundredths(value))
}

fn hundredths(value: f64) -> String {
    let text = format!("{:.0}", 100.0 * value);
    if text == "-0" { "0".to_owned() } else { text }
}

/// An interval: `+0.12…+0.50`.
pub(in crate::report) fn span(low: f64, high: f64) -> String {
    format!("{}…{}", signed(low), signed(high))
}

/// A share with its interval, in per cent: `43 % [26, 61]`.
pub(in crate::report) fn share(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => {
            format!("{} [{}, {}]", percent(found.estimate), hundredths(low), hundredths(high))
        }
        _ => percent(found.estimate),
    }
}

/// The number of a note where there is no markup.
pub(in crate::report) fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}
