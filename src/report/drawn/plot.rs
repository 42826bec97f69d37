//! A plot with its name.

use std::fmt;
use std::io;

use super::markup::Page;

type Draw<'a> = Box<dyn Fn(&mut Page<'_>) -> io::Result<()> + 'a>;

/// A plot: what it is called, and how it is drawn on a page or in a file.
pub(in crate::report) struct Plot<'a> {
    /// What its file is called, without the ending; made safe only where it becomes a file's name.
    pub name: String,
    /// What stands above it.
    pub caption: String,
    draw: Draw<'a>,
}

impl<'a> Plot<'a> {
    pub fn new(
        name: impl Into<String>,
        caption: impl Into<String>,
        draw: impl Fn(&mut Page<'_>) -> io::Result<()> + 'a,
    ) -> Self {
        Self { name: name.into(), caption: caption.into(), draw: Box::new(draw) }
    }

    /// Draws the whole plot: one `svg` element.
    pub fn draw(&self, page: &mut Page<'_>) -> io::Result<()> {
        (self.draw)(page)
    }
}

impl fmt::Debug for Plot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plot").field("name", &self.name).finish_non_exhaustive()
    }
}
