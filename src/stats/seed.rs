//! Random streams that depend on what is computed, never on where or when.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The random stream of one method on one example.
///
/// `ChaCha8` keyed by the SHA-256 of the run's seed, the example's id and the method's name, each with its length,
/// so that no two triples share a key. The same for any number of threads, any order of work and any platform.
#[must_use]
pub fn rng(seed: u64, example: &str, method: &str) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in [example, method] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// A standard normal number (Box & Muller 1958), the same on every platform.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * libm::log(radius)).sqrt() * libm::cos(TAU * angle)
}
