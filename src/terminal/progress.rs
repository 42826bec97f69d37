//! Progress on standard error: a bar on a terminal, elsewhere a line from time to time.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use attncheck::audit::Observer;
use attncheck::model::source::Progress;
use attncheck::report::say::visible;
use indicatif::{ProgressBar, ProgressStyle};

use super::pace::{Pace, told};
use super::signals;

/// Time between two lines where there is no terminal.
const LINE: Duration = Duration::from_secs(30);
/// Time between two looks at a bar.
const LOOK: Duration = Duration::from_secs(1);
/// Parts of a bar.
const PARTS: f64 = 10_000.0;
/// Bytes of a megabyte.
const MEGA: f64 = 1e6;

/// What is done just now: a file is fetched, a step is taken, or the examples are audited.
pub struct Bars {
    /// `None` where nobody is told.
    shared: Option<Arc<Shared>>,
    ticks: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    state: Mutex<State>,
    over: Condvar,
    /// Where lines go; a bar where there is none.
    lines: Option<Mutex<Box<dyn Write + Send>>>,
    every: Duration,
}

#[derive(Default)]
struct State {
    task: Option<Task>,
    bar: Option<ProgressBar>,
    over: bool,
}

struct Task {
    what: What,
    since: Instant,
    pace: Pace,
}

enum What {
    Fetching { file: String, bytes: u64, all: u64 },
    Checking(&'static str),
    Auditing { done: usize, all: usize },
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bars").field("quiet", &self.shared.is_none()).finish_non_exhaustive()
    }
}

impl Bars {
    pub fn new(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal()) {
            (true, _) => Self { shared: None, ticks: Mutex::new(None) },
            (false, true) => Self::with(None, LOOK),
            (false, false) => Self::with(Some(Box::new(io::stderr())), LINE),
        }
    }

    fn with(lines: Option<Box<dyn Write + Send>>, every: Duration) -> Self {
        let (state, lines) = (Mutex::default(), lines.map(Mutex::new));
        Self {
            shared: Some(Arc::new(Shared { state, over: Condvar::new(), lines, every })),
            ticks: Mutex::new(None),
        }
    }

    fn begin(&self, what: What, work: f64) {
        let Some(shared) = &self.shared else { return };
        let task = Task { what, since: Instant::now(), pace: Pace::of(work) };
        let mut state = lock(&shared.state);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
        if shared.lines.is_none() {
            state.bar = Some(task.bar());
        }
        state.task = Some(task);
        drop(state);
        let shared = Arc::clone(shared);
        lock(&self.ticks).get_or_insert_with(|| std::thread::spawn(move || shared.tick()));
    }

    fn change(&self, change: impl FnOnce(&mut Task)) {
        let Some(shared) = &self.shared else { return };
        let mut state = lock(&shared.state);
        if let Some(task) = &mut state.task {
            change(task);
        }
        state.draw();
    }

    fn clear(&self) {
        let Some(shared) = &self.shared else { return };
        let mut state = lock(&shared.state);
        state.task = None;
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Shared {
    /// Tells how things stand, again and again.
    fn tick(&self) {
        let mut state = lock(&self.state);
        let mut next = Instant::now() + self.every;
        while !state.over {
            let wait = next.saturating_duration_since(Instant::now());
            state = self.over.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
            if Instant::now() < next {
                continue;
            }
            next += self.every;
            state.draw();
            if let (Some(lines), Some(task)) = (&self.lines, &state.task) {
                // Nobody is left to tell when standard error is gone.
                let _ = writeln!(lock(lines), "attncheck: {}", task.line());
            }
        }
    }
}

impl State {
    fn draw(&self) {
        if let (Some(bar), Some(task)) = (&self.bar, &self.task) {
            bar.set_position((task.pace.share() * PARTS) as u64);
            bar.set_message(task.line());
        }
    }
}

impl Task {
    fn line(&self) -> String {
        self.at(self.since.elapsed())
    }

    /// How the run stands after this time.
    fn at(&self, now: Duration) -> String {
        let left = self.pace.left(now).map(|left| format!(", {} left", told(left))).unwrap_or_default();
        match &self.what {
            What::Fetching { file, bytes, all } => {
                let mega = |bytes: u64| bytes as f64 / MEGA;
                format!("fetching {file}: {:.1} of {:.1} MB{left}", mega(*bytes), mega(*all))
            }
            What::Checking(what) => format!("checking {what}, {}", told(now)),
            What::Auditing { done, all } => format!("{done} of {all} texts{left}"),
        }
    }

    fn bar(&self) -> ProgressBar {
        let template = match self.what {
            What::Checking(_) => "{msg}",
            What::Fetching { .. } => "{msg} {wide_bar}",
            What::Auditing { .. } => "auditing {wide_bar} {msg}",
        };
        let bar = ProgressBar::new(PARTS as u64).with_message(self.line());
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.tick();
        bar
    }
}

impl Progress for Bars {
    fn begin(&self, file: &str, bytes: u64) {
        let file = visible(file).into_owned();
        self.begin(What::Fetching { file, bytes: 0, all: bytes }, bytes as f64);
    }
    fn advance(&self, more: u64) {
        self.change(|task| {
            if let What::Fetching { bytes, .. } = &mut task.what {
                *bytes += more;
            }
            task.pace.done(more as f64, task.since.elapsed());
        });
    }
    fn finish(&self) {
        self.clear();
    }
    fn is_stopped(&self) -> bool {
        signals::is_stopped()
    }
}

impl Observer for Bars {
    fn start(&self, examples: usize, work: f64) {
        signals::working();
        self.begin(What::Auditing { done: 0, all: examples }, work);
    }
    fn begun(&self, work: f64) {
        self.change(|task| task.pace.begin(work));
    }
    fn done(&self, work: f64) {
        self.change(|task| {
            if let What::Auditing { done, .. } = &mut task.what {
                *done += 1;
            }
            task.pace.done(work, task.since.elapsed());
        });
    }
    fn step(&self, what: &'static str) {
        self.begin(What::Checking(what), 0.0);
    }
    fn end(&self) {
        self.clear();
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.clear();
        let Some(shared) = &self.shared else { return };
        lock(&shared.state).over = true;
        shared.over.notify_all();
        if let Some(ticks) = lock(&self.ticks).take() {
            // A panic there has told nobody anything.
            let _ = ticks.join();
        }
    }
}

fn lock<T: ?Sized>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written, kept.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_gets_a_line_from_time_to_time() {
        let kept = Kept::default();
        let every = Duration::from_millis(30);
        let bars = Bars::with(Some(Box::new(kept.clone())), every);
        Observer::start(&bars, 50, 50.0);
        (0..12).for_each(|_| bars.done(1.0));
        std::thread::sleep(every * 4);
        bars.end();
        drop(bars);
        let said = String::from_utf8(lock(&kept.0).clone()).unwrap();
        assert!((1..=4).contains(&said.lines().count()), "{said}");
        assert!(said.lines().all(|line| line.starts_with("attncheck: 12 of 50 texts, ")), "{said}");
    }

    #[test]
    fn a_short_run_tells_nothing() {
        let kept = Kept::default();
        let bars = Bars::with(Some(Box::new(kept.clone())), LINE);
        Progress::begin(&bars, "model.safetensors", 3);
        bars.advance(3);
        bars.finish();
        drop(bars);
        assert!(lock(&kept.0).is_empty());
    }

    #[test]
    fn each_task_has_its_line() {
        let task = |what, work| Task { what, since: Instant::now(), pace: Pace::of(work) };
        let at = |task: &Task, seconds| task.at(Duration::from_secs(seconds));
        let mut texts = task(What::Auditing { done: 12, all: 50 }, 100.0);
        assert_eq!(at(&texts, 9), "12 of 50 texts");
        texts.pace.done(25.0, Duration::from_secs(60));
        assert_eq!(at(&texts, 60), "12 of 50 texts, 3 min left");
        let mut file =
            task(What::Fetching { file: "a.bin".into(), bytes: 120_000_000, all: 438_000_000 }, 438e6);
        file.pace.done(120e6, Duration::from_secs(60));
        assert_eq!(at(&file, 60), "fetching a.bin: 120.0 of 438.0 MB, 3 min left");
        assert_eq!(at(&task(What::Checking("foreign maps"), 0.0), 40), "checking foreign maps, 40 s");
    }
}
