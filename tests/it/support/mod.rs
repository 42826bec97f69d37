//! What several modules of the tests use.

pub mod hub;
pub mod planted;
