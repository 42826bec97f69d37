//! Control of the share of false claims among many.

/// Benjamini–Hochberg adjusted p-values (1995): claims with a value ≤ q have an expected false share ≤ q.
///
/// `p` is `[m]`; missing ones stay `None` and do not count as tests, and neither does a value outside [0, 1].
/// Results are in [p, 1] and in the order of `p`. Right for tests that are independent or positively dependent.
#[must_use]
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let tests = tests(p);
    let m = tests.len() as f64;
    let mut adjusted = vec![None; p.len()];
    let mut least = 1.0_f64;
    for (place, &(i, p)) in tests.iter().enumerate().rev() {
        // m / rank is taken first: for the last rank it is exactly 1, so that no value falls below its p.
        least = least.min(p * (m / (place + 1) as f64));
        adjusted[i] = Some(least);
    }
    adjusted
}

/// The tests among `p`, each with its place there, the least p first; what is missing or outside [0, 1] is none.
pub(super) fn tests(p: &[Option<f64>]) -> Vec<(usize, f64)> {
    let told = p.iter().enumerate();
    let mut tests: Vec<(usize, f64)> =
        told.filter_map(|(i, p)| p.filter(|p| (0.0..=1.0).contains(p)).map(|p| (i, p))).collect();
    tests.sort_by(|a, b| a.1.total_cmp(&b.1));
    tests
}

/// The λ of [`storey`]: p-values above it are taken to be of true nulls alone.
const NULLS: f64 = 0.5;

/// q-values by Benjamini & Hochberg (1995) times an estimate of the share of true nulls, as Storey, Taylor & Siegmund
/// (2004, eq. 6 with λ = 0.5): `π₀ = min(1, (1 + #{p > λ}) / (m (1 − λ)))`.
///
/// A coarse test, whose every true discovery has p = 0.1, say, says much over many texts though nothing over one. `p` and the
/// result as [`benjamini_hochberg`] has them, but a q may be less than its p.
#[must_use]
pub fn storey(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let tests = tests(p);
    let above = tests.iter().filter(|(_, p)| *p > NULLS).count() as f64;
    let nulls = ((1.0 + above) / (tests.len() as f64 * (1.0 - NULLS))).min(1.0);
    benjamini_hochberg(p).into_iter().map(|q| q.map(|q| q * nulls)).collect()
}

/// Which claims stand at false discovery rate `q`; missing ones stay `None`.
#[must_use]
pub fn rejections(adjusted: &[Option<f64>], q: f64) -> Vec<Option<bool>> {
    adjusted.iter().map(|value| value.map(|value| value <= q)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarse_tests_say_over_many_what_none_says_alone() {
        // Sixty texts, each with a chance of one in ten: no null is left to be seen, so π₀ = 1 / 30.
        let q = storey(&[Some(0.1); 60]);
        assert!(q.iter().all(|q| (q.unwrap() - 0.1 / 30.0).abs() < 1e-12));
        // One alone is as its p says.
        assert_eq!(storey(&[Some(0.04), None]), [Some(0.04), None]);
        // By hand: two of four above 0.5, so that π₀ is 1 and q is Benjamini and Hochberg's.
        let p = [Some(0.01), Some(0.02), Some(0.6), Some(0.9)];
        assert_eq!(storey(&p), benjamini_hochberg(&p));
    }

    #[test]
    fn nulls_are_seldom_discovered() {
        // Uniform p: 19 of 20 values on a grid are above the level.
        let p: Vec<Option<f64>> = (1..=200).map(|i| Some(f64::from(i) / 200.0)).collect();
        assert!(storey(&p).iter().flatten().all(|q| *q > 0.9));
    }
}
