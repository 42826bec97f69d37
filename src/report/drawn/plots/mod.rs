//! Which plots every kind of report has.

pub(in crate::report) mod align;
pub(in crate::report) mod audit;
pub(in crate::report) mod compare;
pub(in crate::report) mod controls;
pub(in crate::report) mod heads;
pub(in crate::report) mod mixing;
pub(in crate::report) mod own;
pub(in crate::report) mod patterns;
pub(in crate::report) mod seeds;
