//! What a run tells about itself while it works.

use crate::model::source::Progress;

/// Told how the run goes; printing is decided elsewhere.
pub trait Observer: Progress + Sync {
    /// So many examples will be audited.
    fn start(&self, examples: usize);
    /// One more is done.
    fn done(&self);
    /// A step begins whose length is not known.
    fn step(&self, _what: &'static str) {}
    /// The last one was done, or the run ends early.
    fn end(&self);
}

/// Tells nobody.
impl Observer for () {
    fn start(&self, _examples: usize) {}
    fn done(&self) {}
    fn end(&self) {}
}
