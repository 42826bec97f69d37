//! What several modules of the tests use.

pub mod hub;
pub mod report;
pub mod subject;
