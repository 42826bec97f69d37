//! The model: where it comes from.

pub mod source;
