//! Tells, per example and per map, how far a transformer's attention may be believed.
//!
//! An attention map shown as an explanation is audited on three properties, each on its own evidence:
//! *consistency* (it ranks the words as independent attributions do), *causal relevance* (erasing what it
//! highlights moves the prediction more than erasing the same amount at random) and *counterfactual
//! robustness* (a very different map does not give the same prediction).
//!
//! # Shape letters
//!
//! `L` layers, `H` heads, `T` tokens, `D` model width, `E` head width, `C` classes, `B` batch, `V` vocabulary.
//! A pattern is `[T query, T key]`; its rows sum to 1.
//!
//! # The way of the data
//!
//! text → [`input`] → [`tokens`] → [`model`] (trace and gradients) → [`attribution`] (scores per word) →
//! [`stats`], [`erasure`], [`swap`] (evidence) → [`audit`] (verdict) → [`report`]. It only runs this way.
//!
//! What users read is in [`guide`].

pub mod align;
pub mod attribution;
pub mod audit;
pub mod chain;
pub mod compare;
pub mod controls;
pub mod erasure;
pub mod error;
pub mod guard;
pub mod guide;
pub mod heads;
pub mod input;
pub mod inputs;
pub mod links;
pub mod missing;
pub mod model;
pub mod plausibility;
pub mod report;
pub mod shift;
pub mod stats;
pub mod subject;
pub mod swap;
pub mod tokens;
mod translating;
