//! Links of words from cross-attention.

mod fake;
mod golden;
mod laws;
mod program;
mod runs;
