//! The integration tests: one binary, a module per concern.

mod controls;
mod flow;
mod hub;
mod input;
mod source;
mod stats;
mod support;
mod tokens;
