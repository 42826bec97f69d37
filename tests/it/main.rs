//! The integration tests: one binary, a module per room of `src`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod align;
mod attribution;
mod audit;
mod cli;
mod compare;
mod controls;
mod erasure;
mod fuzz;
mod guide;
mod heads;
mod input;
mod model;
mod plausibility;
mod report;
mod repository;
mod stats;
mod support;
mod swap;
#[cfg(unix)]
mod terminal;
mod tokens;
