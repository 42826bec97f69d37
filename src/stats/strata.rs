//! A sum over strata against chance: each stratum has its own null.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::permutation::reaches;

/// One stratum, as a question of a text: what was observed, and what chance gave there.
#[derive(Debug, Clone, Copy)]
pub struct Stratum<'n> {
    /// The observed value.
    pub observed: f64,
    /// The values by chance, one at least.
    pub null: &'n [f64],
}

impl Stratum<'_> {
    /// The values that a draw takes one of, the observed one last.
    fn values(&self) -> Vec<f64> {
        self.null.iter().copied().chain([self.observed]).collect()
    }
}

/// How likely the sum of the observed values, or a greater one, is by chance: `(1 + #{drawn ≥ observed}) / (1 + draws)`.
///
/// A draw takes one value from each stratum, from those by chance and the observed one, which under the null is one of
/// them: so the test holds however few strata and values there are (a single stratum with 20 values by chance has no p
/// below about 1/21), as a permutation test within strata does (Pesarin & Salmaso 2010, section 1.9). Ties count against
/// the observed.
///
/// Strata come in clusters, as the questions of one text do, whose observed values may be of one mind. Each cluster is
/// drawn as a whole: one rank, which all of its strata share. Of all ways in which they may depend on one another that
/// spreads the sum the most, so that p is rather too large than too small.
///
/// `None` without strata, with an empty one, or where a value is not finite.
#[must_use]
pub fn sum_p(clusters: &[Vec<Stratum<'_>>], draws: usize, rng: &mut ChaCha8Rng) -> Option<f64> {
    let sound = |s: &Stratum<'_>| {
        s.observed.is_finite() && !s.null.is_empty() && s.null.iter().all(|value| value.is_finite())
    };
    let strata = || clusters.iter().flatten();
    if strata().next().is_none() || !strata().all(sound) {
        return None;
    }
    let observed: f64 = strata().map(|s| s.observed).sum();
    // Sums that differ by rounding alone tie.
    let bar = observed - 1e-12 * strata().map(|s| s.observed.abs()).sum::<f64>();
    let shared: Vec<Vec<Vec<f64>>> = clusters.iter().map(|cluster| ranked(cluster)).collect();
    let reached = (0..draws).filter(|_| {
        let drawn = shared.iter().filter(|cluster| !cluster.is_empty()).map(|cluster| {
            let all = cluster[0].len();
            let at = rng.random_range(0..all);
            cluster.iter().map(|values| values[at * values.len() / all]).sum::<f64>()
        });
        reaches(drawn.sum(), bar)
    });
    Some((1.0 + reached.count() as f64) / (1.0 + draws as f64))
}

/// The values of each stratum of a cluster; rising where there are several, so that one place is one rank.
fn ranked(cluster: &[Stratum<'_>]) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = cluster.iter().map(Stratum::values).collect();
    if all.len() > 1 {
        for values in &mut all {
            values.sort_by(f64::total_cmp);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::seed::rng;

    fn p(strata: &[Stratum<'_>]) -> Option<f64> {
        let alone: Vec<Vec<Stratum<'_>>> = strata.iter().map(|stratum| vec![*stratum]).collect();
        sum_p(&alone, 10_000, &mut rng(0, "strata", "test"))
    }

    #[test]
    fn one_stratum_is_its_rank() {
        let null: Vec<f64> = (0..20).map(f64::from).collect();
        for (observed, expected) in [(20.0, 1.0 / 21.0), (15.0, 6.0 / 21.0), (-1.0, 1.0)] {
            let found = p(&[Stratum { observed, null: &null }]).unwrap();
            assert!((found - expected).abs() < 0.015, "{observed}: {found}");
        }
    }

    #[test]
    fn many_strata_tell_more_than_one() {
        let null: Vec<f64> = (0..20).map(|i| f64::from(i) / 20.0).collect();
        let above = vec![Stratum { observed: 0.8, null: &null }; 30];
        assert!(p(&above).unwrap() < 0.001);
        let even = vec![Stratum { observed: 0.475, null: &null }; 30];
        assert!((0.3..0.7).contains(&p(&even).unwrap()));
        // Where every order does the same, nothing is beyond chance.
        let flat = vec![Stratum { observed: 0.1, null: &[0.1, 0.1] }; 7];
        assert!((p(&flat).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_drawn_has_no_p() {
        assert_eq!(p(&[]), None);
        assert_eq!(p(&[Stratum { observed: 1.0, null: &[] }]), None);
        assert_eq!(p(&[Stratum { observed: f64::NAN, null: &[0.0] }]), None);
    }

    /// Strata that say the same are one witness: together they are no less likely by chance than one of them.
    #[test]
    fn copies_of_one_text_are_one_witness() {
        let null: Vec<f64> = (0..20).map(f64::from).collect();
        let one = Stratum { observed: 19.5, null: &null };
        let draw =
            |clusters: &[Vec<Stratum<'_>>]| sum_p(clusters, 10_000, &mut rng(0, "strata", "copies")).unwrap();
        let together = draw(&[vec![one; 6]]);
        assert!((together - 1.0 / 21.0).abs() < 0.01, "{together}");
        assert!(draw(&vec![vec![one]; 6]) < 0.001);
    }
}
