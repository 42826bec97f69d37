//! The integration tests: one binary, a module per concern.

<<<<<<< HEAD
mod stats;
=======
mod hub;
mod input;
mod support;
mod tokens;
>>>>>>> source
