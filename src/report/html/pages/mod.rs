//! The pages of the other reports, in the frame of an audit's.

mod align;
mod compare;
mod controls;
mod heads;
mod mixing;
mod own;
mod seeds;

use super::{frame, list, markup, notes, parts, settings, summary};
