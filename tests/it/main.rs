//! The integration tests: one binary, a module per concern.

mod hub;
mod input;
mod source;
mod support;
mod tokens;
