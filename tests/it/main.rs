//! The integration tests: one binary, a module per concern.

mod hub;
mod input;
mod support;
mod tokens;
