//! Progress on standard error, hidden where nobody watches.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use attncheck::audit::Observer;
use attncheck::model::source::Progress;
use attncheck::report::text::visible;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar at a time: a file that is fetched, or the examples.
#[derive(Debug)]
pub struct Bars {
    quiet: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub fn new(quiet: bool) -> Self {
        Self { quiet, bar: Mutex::new(None) }
    }

    fn show(&self, length: u64, template: &str, message: String) {
        // indicatif draws on a terminal only.
        let target = if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(length), target).with_message(message);
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.tick();
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn forward(&self, by: u64) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.inc(by);
        }
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bars {
    fn begin(&self, file: &str, bytes: u64) {
        let template = "fetching {msg} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        self.show(bytes, template, visible(file).into_owned());
    }
    fn advance(&self, bytes: u64) {
        self.forward(bytes);
    }
    fn finish(&self) {
        self.clear();
    }
    fn is_stopped(&self) -> bool {
        super::STOP.load(Ordering::Relaxed)
    }
}

impl Observer for Bars {
    fn start(&self, examples: usize) {
        self.show(examples as u64, "auditing {wide_bar} {pos} of {len} texts, {eta} left", String::new());
    }
    fn step(&self, what: &'static str) {
        self.clear();
        self.show(0, "checking {msg} {elapsed}", what.to_owned());
    }
    fn done(&self) {
        self.forward(1);
    }
    fn end(&self) {
        self.clear();
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.clear();
    }
}
