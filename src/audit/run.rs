//! Examples side by side, results in the order of the file.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::observer::Observer;
use crate::error::Error;

/// Who examines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workers {
    /// So many, or one a core.
    pub threads: Option<usize>,
    /// Whether they may work on different examples at once.
    pub side_by_side: bool,
}

impl Workers {
    /// How many; more than a few for each core would only stand in each other's way.
    pub fn count(self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or(cores, |asked| asked.clamp(1, 8.max(2 * cores)))
    }
}

/// Examines every example; true where `stop` ended the run before the last.
///
/// Many examples: a worker takes one at a time and works on it alone. Few, or a GPU, which one text fills: one
/// after another, each spread over all workers. No result depends on which, because work is split the same way and
/// only run elsewhere.
pub(crate) fn each<E: Sync, T: Send>(
    examples: &[E],
    workers: Workers,
    observer: &dyn Observer,
    stop: &AtomicBool,
    examine: impl Fn(&E) -> Result<T, Error> + Sync,
) -> Result<(Vec<T>, bool), Error> {
    observer.start(examples.len());
    let threads = workers.count();
    let side_by_side = workers.side_by_side && examples.len() >= 2 * threads;
    let (workers, inside) = if side_by_side { (threads, 1) } else { (1, threads) };
    let next = AtomicUsize::new(0);
    let found = Mutex::new((0..examples.len()).map(|_| None).collect::<Vec<Option<Result<T, Error>>>>());
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| -> Result<(), Error> {
        for _ in 0..workers {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(inside).build().map_err(Error::Threads)?;
            let (next, found, failed, examine) = (&next, &found, &failed, &examine);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !failed.load(Ordering::Relaxed) {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(example) = examples.get(i) else { break };
                    let result = pool.install(|| examine(example));
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    found.lock().unwrap_or_else(PoisonError::into_inner)[i] = Some(result);
                    observer.done();
                }
            });
        }
        Ok(())
    })?;
    observer.end();
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut done = Vec::with_capacity(found.len());
    // The first failure in the order of the file is the one that is told.
    for result in found.into_iter().flatten() {
        done.push(result?);
    }
    let interrupted = done.len() < examples.len();
    if interrupted && done.is_empty() {
        return Err(Error::Interrupted);
    }
    Ok((done, interrupted))
}
