//! The integration tests: one binary, a module per concern.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answer;
mod attribution;
mod audit;
mod broken;
#[cfg(unix)]
mod browser;
mod candle;
#[cfg(unix)]
mod ci;
mod cli;
mod compare;
mod compare_runs;
mod consumer;
mod controls;
mod controls_own;
mod controls_trained;
mod erasure;
mod flow;
mod formats;
mod fuzz;
mod gates;
mod gradients;
mod guide;
mod heads;
mod hostile;
mod html;
mod hub;
mod identity;
mod input;
mod inputs;
mod labelled;
mod labels;
mod laws;
mod lines;
#[cfg(unix)]
mod outputs;
mod paired;
mod pairs;
mod parity;
mod path;
mod planted_audit;
mod plausibility;
mod readme;
#[cfg(unix)]
mod recipes;
mod report;
mod repository;
mod schema;
mod seeds;
mod sequences;
mod shells;
mod source;
mod stats;
mod support;
mod swap;
mod tokenizers;
mod tokens;
mod verdict;
mod verdict_laws;
mod windows;
