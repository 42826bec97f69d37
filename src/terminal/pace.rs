//! How far work has come, and how long the rest of it takes.

use std::time::Duration;

/// Work that is done at a steady pace, in any unit.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    all: f64,
    done: f64,
    /// Done, or being done.
    begun: f64,
    /// When the last was done, from the start.
    last: Duration,
}

impl Pace {
    /// The pace of a run that has this much work.
    pub fn of(all: f64) -> Self {
        Self { all, ..Self::default() }
    }

    /// Notes that this much more work is begun.
    pub fn begin(&mut self, work: f64) {
        self.begun += work;
    }

    /// So much more of it is done, at this time from the start.
    pub fn done(&mut self, work: f64, now: Duration) {
        self.done += work;
        self.begun = self.begun.max(self.done);
        self.last = now;
    }

    /// The share that is done, 0 to 1.
    pub fn share(&self) -> f64 {
        if self.all > 0.0 { (self.done / self.all).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// How long the rest takes; `None` before anything is done.
    ///
    /// Between two ends the time runs down, but never below what is not even begun takes.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        if self.done <= 0.0 {
            return None;
        }
        let each = self.last.as_secs_f64() / self.done;
        let since = now.saturating_sub(self.last).as_secs_f64();
        let left = (each * (self.all - self.done) - since).max(each * (self.all - self.begun));
        Duration::try_from_secs_f64(left.max(0.0)).ok()
    }
}

/// `2 h 5 min`, `3 min`, `40 s`: as exact as such a time can be known.
pub fn told(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=90 => format!("{seconds} s"),
        seconds @ 91..3570 => format!("{} min", (seconds + 30) / 60),
        seconds => {
            let minutes = (seconds + 30) / 60;
            format!("{} h {} min", minutes / 60, minutes % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_long_text_counts_as_much_as_many_short_ones() {
        // Nine short texts and one that takes as long as 91 of them.
        let mut pace = Pace::of(100.0);
        assert_eq!(pace.left(seconds(5)), None);
        for i in 1..=9 {
            pace.begin(1.0);
            pace.done(1.0, seconds(i));
        }
        assert_eq!(pace.left(seconds(9)), Some(seconds(91)));
        pace.begin(91.0);
        // It runs down while nothing ends, and ends where it was said.
        assert_eq!(pace.left(seconds(59)), Some(seconds(41)));
        assert_eq!(pace.left(seconds(120)), Some(seconds(0)));
        pace.done(91.0, seconds(100));
        assert_eq!((pace.left(seconds(100)), pace.share()), (Some(seconds(0)), 1.0));
    }

    #[test]
    fn what_is_not_begun_is_never_forgotten() {
        let mut pace = Pace::of(3.0);
        pace.begin(1.0);
        pace.done(1.0, seconds(10));
        pace.begin(1.0);
        assert_eq!(pace.left(seconds(15)), Some(seconds(15)));
        // The second takes longer than was thought; the third is still to come.
        assert_eq!(pace.left(seconds(60)), Some(seconds(10)));
    }

    #[test]
    fn times_are_rounded_as_one_speaks() {
        for (time, said) in [(0, "0 s"), (90, "90 s"), (91, "2 min"), (150, "3 min"), (3569, "59 min")] {
            assert_eq!(told(seconds(time)), said);
        }
        assert_eq!((told(seconds(3570)).as_str(), told(seconds(7500)).as_str()), ("1 h 0 min", "2 h 5 min"));
    }

    #[test]
    fn no_work_is_no_trouble() {
        let mut pace = Pace::of(0.0);
        pace.done(0.0, seconds(1));
        assert_eq!((pace.share(), pace.left(seconds(2))), (0.0, None));
    }
}
