//! The integration tests: one binary, a module per concern.

mod hub;
mod input;
mod stats;
mod support;
mod tokens;
