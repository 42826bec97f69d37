//! The integration tests: one binary, a module per concern.

mod flow;
mod hub;
mod input;
mod stats;
mod support;
mod tokens;
