//! Places as sines and cosines, with all sines before all cosines in a row (Vaswani et al. 2017, section 3.5).

/// How fast the angles of a row grow with the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Angles {
    /// Of pair i of D columns `10000^(−2i / D)`.
    Pairs,
    /// Of pair i of D/2 `10000^(−i / (D/2 − 1))`, so that the last is 1/10000; an odd column is 0.
    Ends,
}

/// `rows` rows of `width` numbers, row after row.
pub(super) fn sinusoids(rows: usize, width: usize, angles: Angles) -> Vec<f64> {
    let half = width / 2;
    let rate = |pair: usize| {
        let power = match angles {
            Angles::Pairs => 2.0 * pair as f64 / width as f64,
            // A single pair turns by the place itself.
            Angles::Ends => pair as f64 / half.saturating_sub(1).max(1) as f64,
        };
        10000_f64.powf(-power)
    };
    let sines = match angles {
        Angles::Pairs => width - half,
        Angles::Ends => half,
    };
    let mut all = Vec::with_capacity(rows * width);
    for place in 0..rows {
        for column in 0..width {
            all.push(if column < sines {
                (place as f64 * rate(column)).sin()
            } else if column < sines + half {
                (place as f64 * rate(column - sines)).cos()
            } else {
                0.0
            });
        }
    }
    all
}
