//! What several modules of the tests use.

pub mod cases;
pub mod hub;
pub mod subject;
