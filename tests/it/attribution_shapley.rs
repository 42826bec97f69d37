//! Shapley values.
