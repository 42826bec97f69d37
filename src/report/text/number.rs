//! Numbers, and the notes that say why one is missing.

use crate::report::Measure;
use crate::report::summary::Estimate;

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

/// A p-value.
pub(in crate::report) fn p(value: f64) -> String {
    if value < 0.001 { "<.001".to_owned() } else { format!("{value:.3}") }
}

/// A share in per cent.
pub(in crate::report) fn percent(value: f64) -> String {
    format!("{:.0} %", 100.0 * value)
}

/// From one end to the other.
pub(in crate::report) fn span(low: f64, high: f64) -> String {
    format!("{}…{}", signed(low), signed(high))
}

/// A bar of at most `columns` columns, in eighths.
pub(super) fn bar(share: f64, columns: usize) -> String {
    const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (share.abs().clamp(0.0, 1.0) * 8.0 * columns as f64).round() as usize;
    let mut out = "█".repeat(eighths / 8);
    out.extend((eighths % 8).checked_sub(1).map(|part| EIGHTHS[part]));
    out
}

/// Footnotes: each reason once, marked wherever a number is missing for it.
#[derive(Debug, Default)]
pub(super) struct Notes {
    reasons: Vec<String>,
}

impl Notes {
    /// The number, or `–` with the mark of its reason.
    pub fn show<T: Copy>(&mut self, measure: &Measure<T>, print: impl Fn(T) -> String) -> String {
        match measure.value {
            Some(value) => print(value),
            None => self.missing(measure.reason.as_deref()),
        }
    }

    /// `–` with the mark of the reason.
    pub fn missing(&mut self, reason: Option<&str>) -> String {
        format!("–{}", self.mark(reason.unwrap_or("no reason was given")))
    }

    /// A mean with its interval, marked where it is over fewer than `all` examples.
    pub fn estimate(&mut self, measure: &Measure<Estimate>, all: usize) -> String {
        let Some(found) = &measure.value else { return self.missing(measure.reason.as_deref()) };
        let mark = self.over(found, all);
        match (found.low, found.high) {
            (Some(low), Some(high)) => format!("{} {}{mark}", signed(found.estimate), span(low, high)),
            _ => format!("{}{mark}", signed(found.estimate)),
        }
    }

    /// A share with its interval, in per cent.
    pub fn share(&mut self, measure: &Measure<Estimate>, all: usize) -> String {
        let Some(found) = &measure.value else { return self.missing(measure.reason.as_deref()) };
        let mark = self.over(found, all);
        format!("{}{mark}", share(found))
    }

    /// The estimate alone.
    pub fn short(
        &mut self,
        measure: &Measure<Estimate>,
        all: usize,
        print: impl Fn(f64) -> String,
    ) -> String {
        let Some(found) = &measure.value else { return self.missing(measure.reason.as_deref()) };
        let mark = self.over(found, all);
        format!("{}{mark}", print(found.estimate))
    }

    fn over(&mut self, found: &Estimate, all: usize) -> String {
        if found.n == all {
            return String::new();
        }
        self.mark(&format!("over the {} of {all} examples that have it", found.n))
    }

    fn mark(&mut self, reason: &str) -> String {
        let known = self.reasons.iter().position(|known| known == reason);
        let number = known.unwrap_or_else(|| {
            self.reasons.push(reason.to_owned());
            self.reasons.len() - 1
        });
        superscript(number + 1)
    }

    /// The notes, a line each.
    pub fn print(&self, columns: usize) -> String {
        let line = |(i, reason): (usize, &String)| {
            super::flow::paragraph(&format!("{} ", superscript(i + 1)), reason, columns)
        };
        self.reasons.iter().enumerate().map(line).collect()
    }
}

/// `43 % [26, 61]`.
pub(in crate::report) fn share(found: &Estimate) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) => {
            format!("{} [{:.0}, {:.0}]", percent(found.estimate), 100.0 * low, 100.0 * high)
        }
        _ => percent(found.estimate),
    }
}

fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}
