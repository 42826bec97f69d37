//! Quadrature rules on [0, 1].

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
                let (value, found) = legendre(n, x);
                slope = found;
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

/// The Legendre polynomial of degree `n` at `x` inside (-1, 1), and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut below, mut value) = (0.0, 1.0);
    for k in 1..=n {
        let k = k as f64;
        (below, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * below) / k);
    }
    (value, n as f64 * (below - x * value) / (1.0 - x * x))
}

/// The Clenshaw–Curtis rule of `n` intervals on [0, 1] (Clenshaw & Curtis 1960): `n + 1` nodes, rising, both ends
/// among them; weights are positive and sum to 1.
///
/// Exact for polynomials up to degree n. Node k is node 2k of the rule of 2n intervals, to the last bit, so a
/// finer rule reuses every point of a coarser one; on what is not a polynomial it does about as well as
/// Gauss–Legendre with as many points (Trefethen 2008). Empty for `n = 0`.
#[must_use]
pub fn clenshaw_curtis(n: usize) -> Vec<(f64, f64)> {
    if n == 0 {
        return Vec::new();
    }
    let intervals = n as f64;
    // Half the angle, so that nodes near 0 keep their digits.
    let node = |k: usize| (PI * k as f64 / (2.0 * intervals)).sin().powi(2);
    let weight = |k: usize| {
        let term = |j: usize| {
            let twice = if 2 * j == n { 1.0 } else { 2.0 };
            twice * (PI * (2 * j * k % (2 * n)) as f64 / intervals).cos() / (4.0 * (j * j) as f64 - 1.0)
        };
        let ends = if k == 0 || k == n { 0.5 } else { 1.0 };
        ends / intervals * (1.0 - (1..=n / 2).map(term).sum::<f64>())
    };
    (0..=n).map(|k| (node(k), weight(k))).collect()
}
