//! Whether a kernel spreads its work over threads.
//!
//! Many passes at once: each runs alone on its thread, and its kernels must not spread. Fewer passes than threads,
//! as at the end of many: their kernels share the machine. No result depends on which, as sums are never split.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::Device;
use rayon::prelude::*;

use super::has_kernels;

/// Fewer multiply-adds are not worth the start of a second thread.
pub(super) const LEAST_WORK: usize = 1 << 18;

/// An elementwise loop over fewer elements is not worth the start of a second thread.
pub(super) const LEAST_ELEMENTS: usize = 1 << 15;

/// So many tokens go through a GPU together: enough to fill it; what a reverse pass of a base-sized model keeps stays
/// below 4 GB.
const GPU_BATCH: usize = 4096;

/// What sequences go through the model for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Computed forwards only.
    Forward,
    /// Forwards and backwards, for gradients.
    Reverse,
}

impl Course {
    /// About so many tokens go through a CPU together: enough for full-speed products, small enough for the caches;
    /// more backwards, where each product turns its weights over first, which costs the same for few rows and for many.
    fn together(self) -> usize {
        match self {
            Self::Forward => 128,
            Self::Reverse => 256,
        }
    }

    /// Texts of so many tokens have a CPU each for itself. Its kernels have work for every thread then, and what a
    /// base-sized model needs for one is tens of MB forwards and hundreds backwards.
    #[must_use]
    pub fn long(self) -> usize {
        match self {
            Self::Forward => 512,
            Self::Reverse => 256,
        }
    }

    /// How many of `count` sequences of `tokens` tokens go through the model together; on a CPU fewer where that keeps
    /// every thread at work.
    ///
    /// On a CPU no number depends on it: each row of a product is summed alike whatever stands beside it.
    #[must_use]
    pub fn batch_size(self, device: &Device, count: usize, tokens: usize) -> usize {
        if !has_kernels(device) {
            return (GPU_BATCH / tokens.max(1)).max(1);
        }
        let chunks = (count * tokens).div_ceil(self.together()).next_multiple_of(threads());
        count.div_ceil(chunks.max(1)).max(1)
    }

    /// Cuts sequences that go through the model with so many rows each, the longest first, into batches as
    /// [`Self::batch_size`] has them: about as many rows in each, where every sequence has as many as its batch's first.
    pub fn cut<'r>(self, device: &Device, rows: &'r [usize]) -> impl Iterator<Item = Range<usize>> + use<'r> {
        let all: usize = rows.iter().sum();
        let gpu = !has_kernels(device);
        let chunks = all.div_ceil(self.together()).next_multiple_of(threads());
        let room = all.div_ceil(chunks.max(1));
        let mut from = 0;
        std::iter::from_fn(move || {
            let &longest = rows.get(from)?;
            let longest = longest.max(1);
            let size = if gpu { GPU_BATCH / longest } else { room.div_ceil(longest) };
            let batch = from..(from + size.max(1)).min(rows.len());
            from = batch.end;
            Some(batch)
        })
    }

    /// Calls `f` on every batch, in order of the batches, of sequences of `tokens` tokens at most: side by side where
    /// there are several and they are short, else one after another inside. A single batch has the machine for itself,
    /// and any batch a GPU; the last ones take the threads that have nothing left to do.
    pub fn each<T: Sync, R: Send>(
        self,
        device: &Device,
        (batches, tokens): (&[T], usize),
        f: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        match batches {
            [one] => vec![f(one)],
            _ if !has_kernels(device) || threads() == 1 || tokens >= self.long() => {
                batches.iter().map(f).collect()
            }
            _ => {
                let left = Arc::new(AtomicUsize::new(batches.len()));
                let one = |batch: &T| {
                    let done = amid(Crowd::Of(Arc::clone(&left)), || f(batch));
                    left.fetch_sub(1, Ordering::Relaxed);
                    done
                };
                batches.par_iter().with_max_len(1).map(one).collect()
            }
        }
    }
}

/// What runs on a thread, for its kernels to know whether they may spread.
#[derive(Debug)]
enum Crowd {
    /// One of many, of which so many are not done.
    Of(Arc<AtomicUsize>),
    /// A part of a kernel, or what is too small to share.
    Alone,
}

thread_local! {
    static CROWD: RefCell<Option<Crowd>> = const { RefCell::new(None) };
}

/// Runs `f` as part of `crowd`.
fn amid<R>(crowd: Crowd, f: impl FnOnce() -> R) -> R {
    /// Also sets back when `f` panics.
    struct Back(Option<Crowd>);
    impl Drop for Back {
        fn drop(&mut self) {
            CROWD.set(self.0.take());
        }
    }
    let _back = Back(CROWD.replace(Some(crowd)));
    f()
}

/// Runs `f` so that kernels inside use this thread only.
pub(super) fn alone<R>(f: impl FnOnce() -> R) -> R {
    amid(Crowd::Alone, f)
}

/// `wide` with every thread, and beside it `thin` on one of them: many steps too small to share. One after the other
/// where there is one thread, or a GPU.
///
/// # Panics
///
/// Where `wide` or `thin` panics.
pub fn beside<A, B: Send>(
    device: &Device,
    wide: impl FnOnce() -> A,
    thin: impl FnOnce() -> B + Send,
) -> (A, B) {
    if !has_kernels(device) || threads() == 1 {
        let done = wide();
        return (done, thin());
    }
    let mut found = None;
    let done = rayon::in_place_scope(|scope| {
        scope.spawn(|_| found = Some(alone(thin)));
        wide()
    });
    (done, found.expect("a scope ends when what it spawned has"))
}

/// How many threads a kernel called here may use.
fn threads() -> usize {
    let all = rayon::current_num_threads();
    CROWD.with_borrow(|crowd| match crowd {
        None => all,
        Some(Crowd::Of(left)) if left.load(Ordering::Relaxed) < all => all,
        Some(_) => 1,
    })
}

/// Cuts `0..count` into as many runs as there are threads, and calls `f` on each; on one thread where it is not
/// `worth` more.
pub(super) fn share(count: usize, worth: bool, f: impl Fn(Range<usize>) + Sync) {
    let parts = if worth { threads().min(count) } else { 1 };
    if parts <= 1 {
        f(0..count);
        return;
    }
    let bound = |i: usize| i * count / parts;
    (0..parts).into_par_iter().with_max_len(1).for_each(|i| alone(|| f(bound(i)..bound(i + 1))));
}

/// Calls `f` on every chunk of `size` elements with its number, spread over threads where that is `worth` it.
pub(super) fn share_chunks<T: Send>(
    data: &mut [T],
    size: usize,
    worth: bool,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    share_pieces(data.par_chunks_mut(size.max(1)), worth, f);
}

/// Calls `f` on every piece with its number, spread over threads where that is `worth` it.
pub(super) fn share_pieces<P: IndexedParallelIterator>(
    pieces: P,
    worth: bool,
    f: impl Fn(usize, P::Item) + Sync,
) {
    let parts = if worth { threads() } else { 1 };
    // In one run for each thread; a single run is never split.
    let least = pieces.len().div_ceil(parts).max(1);
    pieces.enumerate().with_min_len(least).for_each(|(i, piece)| alone(|| f(i, piece)));
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use candle_core::Device;

    use super::{Course, threads};

    #[test]
    fn equal_rows_are_cut_into_equal_batches() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.install(|| {
            for (count, tokens) in [(1, 1), (7, 32), (64, 64), (100, 27), (3, 600), (5, 128)] {
                let course = Course::Forward;
                let cut: Vec<usize> =
                    course.cut(&Device::Cpu, &vec![tokens; count]).map(|batch| batch.len()).collect();
                let size = course.batch_size(&Device::Cpu, count, tokens);
                let chunks: Vec<usize> = vec![(); count].chunks(size).map(<[()]>::len).collect();
                assert_eq!(cut, chunks, "{count} of {tokens}");
            }
            let falling: Vec<usize> = (1..=64).rev().collect();
            let cut: Vec<_> = Course::Forward.cut(&Device::Cpu, &falling).collect();
            assert_eq!(cut.first().unwrap().start, 0);
            assert_eq!(cut.last().unwrap().end, 64);
            assert!(cut.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert!(cut.iter().all(|batch| batch.len() * falling[batch.start] <= 2 * 128), "{cut:?}");
            assert!(cut.last().unwrap().len() > cut[0].len(), "{cut:?}");
        });
    }

    #[test]
    fn the_last_item_takes_the_threads_that_have_nothing_left_to_do() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let seen = pool.install(|| {
            Course::Forward.each(&Device::Cpu, (&[false, true], 1), |&waits| {
                let start = Instant::now();
                while waits && threads() < 2 && start.elapsed() < Duration::from_secs(60) {
                    std::thread::yield_now();
                }
                threads()
            })
        });
        assert_eq!(seen[1], 2, "the other item is done");
    }
    #[test]
    fn long_texts_run_one_after_another_with_every_thread() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let seen = |course: Course, tokens| {
            let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let counts = pool.install(|| {
                course.each(&Device::Cpu, (&[(); 8], tokens), |()| {
                    most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(5));
                    running.fetch_sub(1, Ordering::Relaxed);
                    threads()
                })
            });
            (most.into_inner(), counts[0])
        };
        for course in [Course::Forward, Course::Reverse] {
            assert_eq!(seen(course, course.long()), (1, 2));
            assert_eq!(seen(course, course.long() - 1), (2, 1));
        }
    }
}
