//! The scheduler: items worked on side by side, results taken in the order of the items.
//!
//! It knows neither what is done with an item nor how that fails: an item is an example of a file, a planted text, a
//! classifier to be trained, and the error is the caller's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

use super::observer::Observer;

/// Why a run did nothing at all, for the caller to put into its own error.
#[derive(Debug)]
pub(crate) enum NothingDone {
    /// It was stopped before the first result.
    Interrupted,
    /// The worker threads could not be started.
    Threads(ThreadPoolBuildError),
}

/// The worker threads of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workers {
    /// How many were asked for; `None` for one a core.
    pub threads: Option<usize>,
    /// Whether they may work on different items at once.
    pub side_by_side: bool,
}

impl Workers {
    /// How many threads: at most two a core or eight, as more would only stand in each other's way.
    pub fn count(self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or(cores, |asked| asked.clamp(1, 8.max(2 * cores)))
    }
}

/// What is done with each item, and what is known of it before.
pub(crate) struct Work<X, L, W> {
    /// Works on an item, from any thread.
    pub examine: X,
    /// Whether an item takes so much memory that it is worked on alone.
    pub large: L,
    /// How long an item takes beside the others, in any unit.
    pub weight: W,
}

/// Items, for each worker, that may be begun ahead of the one whose result is taken next.
const AHEAD: usize = 8;

/// How far the run is in its queue of items.
struct Queue {
    /// The next item to be begun.
    next: usize,
    /// How many results were taken.
    taken: usize,
    /// Whether a failure has ended the run, so that nothing more is begun.
    halted: bool,
}

/// Works on every item and takes the results in their order; true where `stop` ended the run before the last.
///
/// Many items: a worker takes one at a time and works on it alone. Few, or a GPU, which one text fills: one
/// after another, each spread over all workers; so too, among many, those that are `large`, which take much memory. No
/// result depends on which, because work is split the same way and only run elsewhere. Only [`AHEAD`] results a worker
/// wait for their turn, however many items there are.
///
/// # Errors
///
/// The first failure in the order of the items, or of `take`; [`NothingDone`] where not one result was taken.
pub(crate) fn each<I: Sync, T: Send, E: From<NothingDone> + Send>(
    items: &[I],
    workers: Workers,
    observer: &dyn Observer,
    stop: &AtomicBool,
    work: &Work<impl Fn(&I) -> Result<T, E> + Sync, impl Fn(&I) -> bool + Sync, impl Fn(&I) -> f64 + Sync>,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<bool, E> {
    observer.start(items.len(), items.iter().map(&work.weight).sum());
    let threads = workers.count();
    let side_by_side = workers.side_by_side && items.len() >= 2 * threads;
    let (workers, inside) = if side_by_side { (threads, 1) } else { (1, threads) };
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().map_err(NothingDone::Threads);
    let pools = (0..workers).map(|_| pool(inside)).collect::<Result<Vec<_>, _>>()?;
    let wide = if side_by_side { Some(Mutex::new(pool(threads)?)) } else { None };
    let queue = Mutex::new(Queue { next: 0, taken: 0, halted: false });
    let moved = Condvar::new();
    let (send, results) = mpsc::channel();
    let outcome = std::thread::scope(|scope| {
        for pool in pools {
            let (queue, moved, wide, send) = (&queue, &moved, &wide, send.clone());
            scope.spawn(move || {
                while let Some(i) = begin(queue, moved, items.len(), AHEAD * workers, stop) {
                    let item = &items[i];
                    let weight = (work.weight)(item);
                    observer.begun(weight);
                    let examine = || (work.examine)(item);
                    let result = match wide {
                        Some(wide) if (work.large)(item) => lock(wide).install(examine),
                        _ => pool.install(examine),
                    };
                    if result.is_err() {
                        lock(queue).halted = true;
                    }
                    observer.done(weight);
                    // Nobody listens any more where the run has failed.
                    let _ = send.send((i, result));
                }
            });
        }
        drop(send);
        let (mut waiting, mut taken) = (BTreeMap::new(), 0);
        let mut outcome = Ok(());
        for (i, result) in &results {
            waiting.insert(i, result);
            while let Some(result) = waiting.remove(&taken) {
                // Items are begun in their order, so the first failure here is the first of all.
                outcome = outcome.and_then(|()| result.and_then(&mut take));
                taken += 1;
                let mut queue = lock(&queue);
                queue.taken = taken;
                queue.halted |= outcome.is_err();
                moved.notify_all();
            }
        }
        outcome
    });
    observer.end();
    outcome?;
    let taken = lock(&queue).taken;
    if taken == 0 && !items.is_empty() {
        return Err(NothingDone::Interrupted.into());
    }
    Ok(taken < items.len())
}

/// The next item, as soon as results are taken fast enough; `None` where there is nothing more to do.
fn begin(
    queue: &Mutex<Queue>,
    moved: &Condvar,
    items: usize,
    ahead: usize,
    stop: &AtomicBool,
) -> Option<usize> {
    let wait = |queue: &mut Queue| !queue.halted && queue.next >= queue.taken + ahead;
    let mut queue = moved.wait_while(lock(queue), wait).unwrap_or_else(PoisonError::into_inner);
    if queue.halted || stop.load(Ordering::Relaxed) || queue.next == items {
        return None;
    }
    queue.next += 1;
    Some(queue.next - 1)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// A caller's error.
    #[derive(Debug, PartialEq)]
    enum Failed {
        Nothing,
        At(usize),
    }

    impl From<NothingDone> for Failed {
        fn from(_: NothingDone) -> Self {
            Self::Nothing
        }
    }

    const WORKERS: Workers = Workers { threads: Some(4), side_by_side: true };

    fn work<T, X: Fn(&usize) -> Result<T, Failed> + Sync, L: Fn(&usize) -> bool + Sync>(
        examine: X,
        large: L,
    ) -> Work<X, L, fn(&usize) -> f64> {
        Work { examine, large, weight: |i| *i as f64 }
    }

    fn run(
        count: usize,
        examine: impl Fn(&usize) -> Result<usize, Failed> + Sync,
    ) -> (Vec<usize>, Result<bool, Failed>) {
        let mut taken = Vec::new();
        let examples: Vec<usize> = (0..count).collect();
        let stop = AtomicBool::new(false);
        let end = each(&examples, WORKERS, &(), &stop, &work(examine, |i| i.is_multiple_of(3)), |i| {
            taken.push(i);
            Ok(())
        });
        (taken, end)
    }

    #[test]
    fn results_come_in_order_and_few_wait() {
        let (begun, taken) = (Mutex::new(0_usize), Mutex::new(0_usize));
        let examples: Vec<usize> = (0..400).collect();
        let examine = |i: &usize| {
            *begun.lock().unwrap() += 1;
            // Every 40th example is slow, so that the others run ahead of it.
            std::thread::sleep(std::time::Duration::from_micros(if i.is_multiple_of(40) {
                3000
            } else {
                10
            }));
            assert!(*begun.lock().unwrap() <= *taken.lock().unwrap() + AHEAD * 4 + 4);
            Ok(*i)
        };
        let mut order = Vec::new();
        let end = each(&examples, WORKERS, &(), &AtomicBool::new(false), &work(examine, |_| false), |i| {
            order.push(i);
            *taken.lock().unwrap() += 1;
            Ok(())
        });
        assert!(!end.unwrap());
        assert_eq!(order, examples);
    }

    #[test]
    fn large_examples_are_examined_one_at_a_time_with_every_thread() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let examine = |i: &usize| {
            if !i.is_multiple_of(2) {
                return Ok((*i, rayon::current_num_threads()));
            }
            most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(2));
            running.fetch_sub(1, Ordering::Relaxed);
            Ok((*i, rayon::current_num_threads()))
        };
        let examples: Vec<usize> = (0..40).collect();
        let large = |i: &usize| i.is_multiple_of(2);
        let take = |(i, threads)| {
            assert_eq!(threads, if large(&i) { 4 } else { 1 });
            Ok(())
        };
        let end = each(&examples, WORKERS, &(), &AtomicBool::new(false), &work(examine, large), take);
        assert!(!end.unwrap());
        assert_eq!(most.into_inner(), 1);
    }

    #[test]
    fn the_first_failure_of_the_file_is_told() {
        let fails = |i: &usize| match i {
            // The later one fails sooner.
            7 => {
                std::thread::sleep(std::time::Duration::from_millis(20));
                Err(Failed::At(7))
            }
            8 => Err(Failed::At(8)),
            _ => Ok(*i),
        };
        let (taken, end) = run(100, fails);
        assert_eq!(end, Err(Failed::At(7)));
        assert_eq!(taken, (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_disk_ends_the_run() {
        let examples: Vec<usize> = (0..1000).collect();
        let mut taken = 0;
        let end =
            each(&examples, WORKERS, &(), &AtomicBool::new(false), &work(|i| Ok(*i), |_| false), |_| {
                taken += 1;
                if taken == 5 { Err(Failed::At(5)) } else { Ok(()) }
            });
        assert_eq!((end, taken), (Err(Failed::At(5)), 5));
    }

    #[test]
    fn a_run_that_is_stopped_before_its_first_result_did_nothing() {
        let stopped = AtomicBool::new(true);
        let end = each(&[1, 2, 3], WORKERS, &(), &stopped, &work(|i| Ok(*i), |_| false), |_| Ok(()));
        assert_eq!(end, Err(Failed::Nothing));
    }

    #[test]
    fn nothing_to_do_is_no_interruption() {
        assert!(!run(0, |i| Ok(*i)).1.unwrap());
    }

    /// What a run was told to be, and what came to be of it.
    #[derive(Default)]
    struct Told(Mutex<(f64, f64, f64)>);

    impl crate::model::source::Progress for Told {
        fn begin(&self, _: &str, _: u64) {}
        fn advance(&self, _: u64) {}
        fn finish(&self) {}
    }

    impl Observer for Told {
        fn start(&self, _: usize, work: f64) {
            self.0.lock().unwrap().0 = work;
        }
        fn begun(&self, work: f64) {
            self.0.lock().unwrap().1 += work;
        }
        fn done(&self, work: f64) {
            self.0.lock().unwrap().2 += work;
        }
        fn end(&self) {}
    }

    #[test]
    fn all_the_work_that_was_told_is_begun_and_done() {
        let (examples, told): (Vec<usize>, _) = ((0..50).collect(), Told::default());
        let work = work(|i| Ok(*i), |_| false);
        each(&examples, WORKERS, &told, &AtomicBool::new(false), &work, |_| Ok(())).unwrap();
        assert_eq!(told.0.into_inner().unwrap(), (1225.0, 1225.0, 1225.0));
    }
}
