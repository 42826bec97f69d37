//! Statistics over slices: no model, no text, no I/O.
//!
//! Scores are `[n]`, one value per word, in the same order on both sides. `None` means that the quantity is
//! undefined for these numbers; it is never replaced by 0. Every random procedure takes its generator from the
//! caller (see [`seed`]), so results do not depend on the number of threads.

pub mod bca;
pub mod cholesky;
pub mod divergence;
pub mod fdr;
pub mod holm;
pub mod interval;
pub mod length;
pub mod maximum;
pub mod order;
pub mod overlap;
pub mod paired;
mod pairs;
pub mod permutation;
pub mod rank;
pub mod seed;
pub mod strata;
