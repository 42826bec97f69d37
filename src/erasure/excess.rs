//! How much better an order does than random ones.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::stats::interval::mean_interval;
use crate::stats::order::{mean, null_p, quantile};

/// A value above the mean of the same value under random orders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excess {
    /// `value − mean of random`; above 0 is better than chance.
    pub mean: f64,
    /// 95 % interval of that mean over the random orders drawn (Student's t): lower end.
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
    /// How likely one more random order is to do as well (Student's t, prediction): the normal tail beyond the
    /// value, in (0, 1].
    pub p: f64,
    /// The same without any assumption: `(1 + orders that did at least as well) / (1 + orders)`.
    pub rank_p: f64,
}

/// Where a sample of random orders lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomBand {
    /// The mean of the sample.
    pub mean: f64,
    /// The sample's 5 % quantile.
    pub low: f64,
    /// The sample's 95 % quantile.
    pub high: f64,
}

impl RandomBand {
    /// `None` without values, or where one is not finite.
    #[must_use]
    pub fn of(random: &[f64]) -> Option<Self> {
        Some(Self { mean: mean(random)?, low: quantile(random, 0.05)?, high: quantile(random, 0.95)? })
    }
}

impl Excess {
    /// The same in units of `unit`, which is above 0.
    #[must_use]
    pub fn over(self, unit: f64) -> Self {
        Self { mean: self.mean / unit, low: self.low / unit, high: self.high / unit, ..self }
    }

    /// `None` for fewer than two random values, or one that is not finite.
    ///
    /// Where all random orders do the same there is no spread to predict from, and `p` is `rank_p`.
    #[must_use]
    pub fn of(value: f64, random: &[f64]) -> Option<Self> {
        let above: Vec<f64> = random.iter().map(|r| value - r).collect();
        let interval = mean_interval(&above)?;
        let ((low, high), rank_p) = (interval.bounds?, null_p(value, random)?);
        let m = random.len() as f64;
        let mean = interval.estimate;
        let deviation = (above.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / (m - 1.0)).sqrt();
        let t = mean / (deviation * (1.0 + 1.0 / m).sqrt());
        // Rounding alone spreads equal values by this much.
        let flat = deviation <= 1e-12 * value.abs().max(1.0);
        let p = match StudentsT::new(0.0, 1.0, m - 1.0) {
            Ok(student) if !flat => student.sf(t).max(f64::MIN_POSITIVE),
            _ => rank_p,
        };
        Some(Self { mean, low, high, p, rank_p })
    }
}
