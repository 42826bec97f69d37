//! How long a server may take.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Broken;

/// When a server is given up: by silence, or by slowness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The time for which nothing at all may come.
    pub silence: Duration,
    /// Speed is judged over the last so long; an answer's headers, redirects included, have no longer either.
    pub window: Duration,
    /// Bytes per second that must come at least.
    pub least: u64,
}

/// 30 s of silence, 1 kB/s over 60 s.
impl Default for Patience {
    fn default() -> Self {
        Self { silence: Duration::from_secs(30), window: Duration::from_secs(60), least: 1000 }
    }
}

/// Measures one answer, from the moment it is asked for.
pub(super) struct Meter {
    patience: Patience,
    begun: Instant,
    /// What came within the window, in slots of a 32nd of it: when each began, and its bytes.
    recent: VecDeque<(Instant, u64)>,
    /// Sum of `recent`.
    bytes: u64,
}

impl Meter {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, begun: Instant::now(), recent: VecDeque::new(), bytes: 0 }
    }

    /// How long a server may be silent.
    pub(super) fn silence(&self) -> Duration {
        self.patience.silence
    }

    /// What is left for the headers; [`Broken::Slow`] where nothing is.
    pub(super) fn left(&self) -> Result<Duration, Broken> {
        let left = self.patience.window.saturating_sub(self.begun.elapsed());
        if left.is_zero() { Err(self.slow()) } else { Ok(left) }
    }

    /// So many more bytes are here; [`Broken::Slow`] where there were too few in the window that ends now.
    pub(super) fn add(&mut self, bytes: u64) -> Result<(), Broken> {
        let now = Instant::now();
        match self.recent.back_mut() {
            Some((begun, sum)) if now - *begun < self.patience.window / 32 => *sum += bytes,
            _ => self.recent.push_back((now, bytes)),
        }
        self.bytes += bytes;
        while self.recent.front().is_some_and(|&(begun, _)| now - begun > self.patience.window) {
            self.bytes -= self.recent.pop_front().map_or(0, |(_, sum)| sum);
        }
        let least = self.patience.least as f64 * self.patience.window.as_secs_f64();
        let is_slow = now - self.begun >= self.patience.window && (self.bytes as f64) < least;
        if is_slow { Err(self.slow()) } else { Ok(()) }
    }

    fn slow(&self) -> Broken {
        Broken::Slow { least: self.patience.least, window: self.patience.window }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const QUICK: Patience =
        Patience { silence: Duration::from_millis(50), window: Duration::from_millis(200), least: 1000 };

    /// Adds so many bytes every 10 ms until it is too slow, for at most a second.
    fn until_slow(meter: &mut Meter, bytes: u64) -> Option<Duration> {
        (0..100).find_map(|_| {
            thread::sleep(Duration::from_millis(10));
            meter.add(bytes).is_err().then(|| meter.begun.elapsed())
        })
    }

    #[test]
    fn a_trickle_is_given_up_after_the_window_also_behind_a_burst() {
        for burst in [0, 1 << 30] {
            let mut meter = Meter::new(QUICK);
            meter.add(burst).unwrap();
            let after = until_slow(&mut meter, 1).unwrap();
            assert!(after >= QUICK.window && after < 3 * QUICK.window, "{after:?}");
        }
    }

    #[test]
    fn enough_is_enough() {
        // 10 ms may last longer than that on a busy machine, not a hundred times as long.
        assert_eq!(until_slow(&mut Meter::new(QUICK), 1000), None);
    }

    #[test]
    fn headers_have_the_window() {
        let meter = Meter::new(QUICK);
        assert!(meter.left().unwrap() <= QUICK.window);
        thread::sleep(QUICK.window);
        assert!(matches!(meter.left(), Err(Broken::Slow { least: 1000, .. })));
    }
}
