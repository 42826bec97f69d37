//! From values to places on a plot, and to steps of a colour scale.

/// The steps of the colour scale of words.
const STEPS: f64 = 9.0;

/// A range of values laid on a range of pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
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
pub(super) fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((0.0f64, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    if high - low < 1e-9 { (low, low + 1.0) } else { (low, high) }
}

/// Round numbers within the range, some three to six of them.
pub(super) fn ticks((low, high): (f64, f64)) -> Vec<f64> {
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

/// How strongly a score is shaded, 0 to 9: its share of the largest.
pub(super) fn step(score: f64, largest: f64) -> usize {
    if largest > 0.0 { (STEPS * (score.abs() / largest).clamp(0.0, 1.0)).round() as usize } else { 0 }
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
    fn shades_are_shares_of_the_largest() {
        assert_eq!([0.0, -1.0, 0.5, 2.0, f64::NAN].map(|score| step(score, 1.0)), [0, 9, 5, 9, 0]);
        assert_eq!(step(1.0, 0.0), 0);
    }
}
