//! Random streams that depend on what is computed, never on where or when.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What all draws on one subject depend on: the run's seed and what the subject *is*.
///
/// For a text that is the text itself, its pair and the question asked of it, never its name or its place in a file:
/// the same text gets the same draws wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    seed: u64,
    subject: Vec<String>,
}

impl Stream {
    /// Of a subject that these parts make up, in this order.
    pub fn new<S: Into<String>>(seed: u64, subject: impl IntoIterator<Item = S>) -> Self {
        Self { seed, subject: subject.into_iter().map(Into::into).collect() }
    }

    /// The same subject under the seed that is `by` further.
    #[must_use]
    pub fn reseeded(&self, by: u64) -> Self {
        Self { seed: self.seed.wrapping_add(by), subject: self.subject.clone() }
    }

    /// The draws for one purpose, such as a method's name.
    ///
    /// `ChaCha8` keyed by the SHA-256 of the seed, the subject's parts and the purpose, each with its length, so that
    /// no two share a key. The same for any number of threads, any order of work and any platform.
    #[must_use]
    pub fn rng(&self, purpose: &str) -> ChaCha8Rng {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for part in self.subject.iter().map(String::as_str).chain([purpose]) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        ChaCha8Rng::from_seed(hash.finalize().into())
    }
}

/// The draws for one purpose on a subject that has a name and nothing else, such as a data set.
#[must_use]
pub fn rng(seed: u64, subject: &str, purpose: &str) -> ChaCha8Rng {
    Stream::new(seed, [subject]).rng(purpose)
}

/// A standard normal number (Box & Muller 1958), the same on every platform.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * libm::log(radius)).sqrt() * libm::cos(TAU * angle)
}
