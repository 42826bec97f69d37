//! The integration tests: one binary, a module per concern.

mod controls;
mod attribution;
mod broken;
mod erasure;
mod cli;
mod flow;
mod gradients;
mod heads;
mod hub;
mod input;
mod laws;
mod parity;
mod sequences;
mod report;
mod source;
mod stats;
mod support;
mod swap;
mod tokens;
mod verdict;
