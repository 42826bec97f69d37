//! The integration tests: one binary, a module per concern.

mod cli;
mod flow;
mod heads;
mod hub;
mod input;
mod report;
mod source;
mod stats;
mod support;
mod swap;
mod tokens;
