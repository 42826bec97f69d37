//! The integration tests: one binary, a module per concern.

mod broken;
mod flow;
mod gradients;
mod heads;
mod hub;
mod input;
mod laws;
mod parity;
mod source;
mod stats;
mod support;
mod swap;
mod tokens;
