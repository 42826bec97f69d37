//! What a run tells about itself while it works.

use crate::model::source::Progress;

/// Told how the run goes; printing is decided elsewhere.
///
/// Work is told in a unit of the run's own, in which examples that take twice as long are twice as much.
pub trait Observer: Progress + Sync {
    /// So many examples will be audited, so much work in all.
    fn start(&self, examples: usize, work: f64);
    /// An example of this much work begins.
    fn begun(&self, _work: f64) {}
    /// An example of this much work is done.
    fn done(&self, work: f64);
    /// A step begins whose length is not known.
    fn step(&self, _what: &'static str) {}
    /// The last one was done, or the run ends early.
    fn end(&self);
}

/// Tells nobody.
impl Observer for () {
    fn start(&self, _examples: usize, _work: f64) {}
    fn done(&self, _work: f64) {}
    fn end(&self) {}
}
