//! Control of the chance of any false claim among a few.

use super::fdr::tests;

/// Holm's adjusted p-values (1979): the chance that any claim with a value ≤ α is false is at most α, however the tests
/// hang together.
///
/// `p` is `[m]`; missing ones stay `None` and do not count as tests, and neither does a value outside [0, 1].
/// Results are in [p, 1] and in the order of `p`.
#[must_use]
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let tests = tests(p);
    let mut adjusted = vec![None; p.len()];
    let mut most = 0.0_f64;
    for (place, &(i, p)) in tests.iter().enumerate() {
        // No claim is surer than one with a smaller p.
        most = most.max(p * (tests.len() - place) as f64).min(1.0);
        adjusted[i] = Some(most);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 4 · .005, 3 · .01, 2 · .03, and .04 is raised to the one before it.
    #[test]
    fn each_p_is_multiplied_by_the_tests_that_are_left() {
        let p = [Some(0.01), Some(0.04), None, Some(0.03), Some(0.005)];
        let expected = [Some(0.03), Some(0.06), None, Some(0.06), Some(0.02)];
        for (found, expected) in holm(&p).into_iter().zip(expected) {
            assert_eq!(found.is_some(), expected.is_some());
            assert!((found.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_no_p_is_no_test() {
        assert_eq!(holm(&[]), []);
        assert_eq!(holm(&[Some(0.02), Some(1.5), Some(f64::NAN)]), [Some(0.02), None, None]);
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
    }
}
