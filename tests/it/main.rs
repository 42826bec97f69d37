//! The integration tests: one binary, a module per concern.

mod controls;
mod attribution;
mod broken;
mod erasure;
mod flow;
mod gradients;
mod heads;
mod hub;
mod input;
mod laws;
mod parity;
mod sequences;
mod source;
mod stats;
mod support;
mod swap;
mod tokens;
mod verdict;
