//! The integration tests: one binary, a module per concern.

mod attribution;
mod erasure;
mod flow;
mod hub;
mod input;
mod stats;
mod support;
mod tokens;
