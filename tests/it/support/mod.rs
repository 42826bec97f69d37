//! What several modules of the tests use.

pub mod cases;
pub mod checkpoints;
pub mod decoder;
pub mod documents;
pub mod golden;
pub mod hub;
pub mod liar;
pub mod masked;
pub mod planted;
pub mod program;
pub mod report;
pub mod schema;
pub mod subject;
pub mod tokenizers;
