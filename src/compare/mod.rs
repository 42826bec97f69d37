//! Audits set side by side: of two models, of two finished reports, or of the checkpoints of one training.

pub mod align;
mod error;
pub mod likeness;
mod pair;
pub mod seeds;
mod spread;
mod two;
mod versus;

pub use error::{CompareError, ComparisonError};
pub use seeds::seeds;
pub use two::{compare, compare_reports};
