//! Attributions: readings of attention and the references they are compared with.

pub mod flow;
pub mod rollout;
