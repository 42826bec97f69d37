//! Drawings of a finished report: its plots, as SVG on a page and in files, and pictures of attention patterns.
//!
//! A plot is the same in both places: `html` sets it into a figure, [`files`] into a file of its own. Like every printer
//! this room sees the report alone, and computes nothing but places and shades.

mod bars;
pub(super) mod curves;
pub mod files;
mod forest;
mod lines;
pub(super) mod markup;
mod matrix;
pub(super) mod names;
mod patterns;
mod picture;
mod plot;
pub(super) mod plots;
mod scale;
pub(super) mod style;
mod svg;
pub(super) mod swaps;
pub(super) mod words;

pub use patterns::Drawn;
pub(super) use plot::Plot;
pub(super) use scale::{Shade, shades};
