//! Gauss–Legendre rules on [0, 1].

use std::f64::consts::PI;

/// The `n` nodes and weights of the Gauss–Legendre rule on [0, 1], nodes rising; weights sum to 1.
///
/// Exact for polynomials up to degree `2n − 1`. Each node is a zero of the Legendre polynomial, found by Newton's
/// method from Tricomi's first guess; good to about 1e-15. Empty for `n = 0`.
#[must_use]
pub fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let degree = n as f64;
    let mut rule: Vec<(f64, f64)> = (0..n)
        .map(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (degree + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (below, value) = legendre(n, x);
                slope = degree * (below - x * value) / (1.0 - x * x);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (f64::midpoint(1.0, x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect();
    rule.reverse();
    rule
}

/// The Legendre polynomials of degrees `n − 1` and `n` at `x` in [-1, 1]; of degree −1 it is 0.
pub(super) fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut below, mut value) = (0.0, 1.0);
    for k in 1..=n {
        let k = k as f64;
        (below, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * below) / k);
    }
    (below, value)
}
