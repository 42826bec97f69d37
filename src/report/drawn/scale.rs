//! From values to places on a plot, and to steps of a colour scale.

/// The steps of every colour scale.
const STEPS: f64 = 9.0;
/// Multiples of an even share at which the scale of words ends.
const MOST: f64 = 16.0;

/// A range of values laid on a range of pixels.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Scale {
    pub values: (f64, f64),
    pub pixels: (f64, f64),
}

impl Scale {
    /// The pixel of a value; values outside are held at the end.
    pub fn at(self, value: f64) -> f64 {
        let (low, high) = self.values;
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }
}

/// The least range that holds all of `values` and 0, and is not empty.
pub(in crate::report) fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high - low < 1e-9 { (low, low + 1.0) } else { (low, high) }
}

/// Round numbers within the range, some three to six of them.
pub(in crate::report) fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let span = high - low;
    let power = 10f64.powf((span / 3.0).log10().floor());
    if !power.is_finite() || power <= 0.0 {
        return Vec::new();
    }
    let step = [5.0, 2.0, 1.0].map(|step| step * power).into_iter().find(|step| span / step >= 2.0);
    let step = step.unwrap_or(power);
    let first = (low / step).ceil() as i64;
    // Times the step, not added up, and never −0.
    (first..=first + 9).map(|i| i as f64 * step + 0.0).filter(|tick| *tick <= high + 1e-9).collect()
}

/// How strongly a cell is shaded, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::report) struct Shade {
    /// 0 (none) to 9.
    pub step: u8,
    /// Whether the number is below 0.
    pub below: bool,
}

impl Shade {
    /// Of a number on a scale that ends at `end`, linearly.
    pub fn linear(value: f64, end: f64) -> Self {
        let share = if end > 0.0 { (value.abs() / end).clamp(0.0, 1.0) } else { 0.0 };
        Self::new(share, value)
    }

    /// Of so many times an even share: 0, 1 and [`MOST`] times are steps 0, 2 and 9, the same in every text.
    pub fn times(multiple: f64) -> Self {
        let share = ((1.0 + multiple.abs()).log2() / (1.0 + MOST).log2()).clamp(0.0, 1.0);
        Self::new(share, multiple)
    }

    fn new(share: f64, sign: f64) -> Self {
        // Of what is no number, 0.
        let step = (STEPS * share).round() as u8;
        Self { step, below: sign < 0.0 && step > 0 }
    }

    /// The class that colours it: `s4`, or `n4` below 0.
    pub fn class(self) -> String {
        format!("{}{}", if self.below { 'n' } else { 's' }, self.step)
    }

    /// One character of a row of shades, as the script reads it: a digit, below 0 a letter.
    pub fn code(self) -> char {
        let digits = if self.below { b'a' } else { b'0' };
        char::from(digits + self.step)
    }
}

/// The shades of one method's scores: each word's share of all of them, by size, in multiples of an even share. So a map
/// that distinguishes nothing is as pale everywhere as it is flat, and one scale fits every method and every text.
pub(in crate::report) fn shades(scores: &[f64]) -> Vec<Shade> {
    let sum: f64 = scores.iter().map(|score| score.abs()).sum();
    let even = sum / scores.len().max(1) as f64;
    let times = |score: &f64| if even > 0.0 { Shade::times(score / even) } else { Shade::default() };
    scores.iter().map(times).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks((0.0, 1.0)), [0.0, 0.5, 1.0]);
        assert_eq!(ticks((-0.11, 0.97)), [0.0, 0.5]);
        assert_eq!(ticks((0.0, 0.05)), [0.0, 0.02, 0.04]);
        for (low, high) in [(0.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (1.0, 0.0)] {
            assert!(ticks((low, high)).len() <= 10);
        }
    }

    #[test]
    fn a_scale_holds_what_lies_outside() {
        let scale = Scale { values: (0.0, 2.0), pixels: (100.0, 0.0) };
        for (value, pixel) in [(-1.0, 100.0), (0.0, 100.0), (1.0, 50.0), (2.0, 0.0), (9.0, 0.0)] {
            assert!((scale.at(value) - pixel).abs() < 1e-12, "{value}");
        }
        assert!((Scale { values: (1.0, 1.0), pixels: (0.0, 8.0) }.at(1.0) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_flat_map_is_pale_and_one_word_alone_is_dark() {
        let steps = |scores: &[f64]| shades(scores).into_iter().map(|shade| shade.step).collect::<Vec<_>>();
        assert_eq!(steps(&[0.2; 5]), [2; 5]);
        assert_eq!(steps(&[0.0; 5]), [0; 5]);
        let mut alone = vec![0.0; 16];
        alone[3] = 1.0;
        assert_eq!((steps(&alone)[3], steps(&alone)[4]), (9, 0));
        // The same map in other units, or with the other sign.
        assert_eq!(steps(&[1.0, 3.0, 4.0]), steps(&[-100.0, 300.0, 400.0]));
        assert_eq!(shades(&[-1.0, 1.0])[0].class(), "n2");
        assert_eq!(steps(&[f64::NAN, 1.0]), [0, 0]);
    }

    #[test]
    fn shades_have_a_class_and_a_code() {
        let told = |value| (Shade::linear(value, 1.0).class(), Shade::linear(value, 1.0).code());
        assert_eq!(told(1.0), ("s9".to_owned(), '9'));
        assert_eq!(told(-0.5), ("n5".to_owned(), 'f'));
        assert_eq!(told(0.0), ("s0".to_owned(), '0'));
        assert_eq!(Shade::linear(f64::NAN, 1.0).step, 0);
        assert_eq!(Shade::linear(1.0, 0.0).step, 0);
        let marks = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 99.0].map(|times| Shade::times(times).step);
        assert_eq!(marks, [0, 1, 2, 3, 5, 7, 9, 9]);
    }
}
