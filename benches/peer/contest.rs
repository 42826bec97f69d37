//! One row: the same work on both sides, in turn, with the same threads, and the same results.

use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};
use serde_json::Value;

use crate::error::Error;
use crate::peer::Peer;
use crate::table::{Note, Row};

/// A measurement is repeated until it takes about so long.
const LONG_ENOUGH: f64 = 0.2;
/// A first call of so many seconds is no longer mostly warming up.
const SETTLED: f64 = 2.0;
/// A row takes no longer than about so many seconds for each of its pairs; one pair is always measured.
const PAIR: f64 = 12.0;

/// Results may differ by so much: what rounding in f32 does.
const AGREE: f64 = 1e-4;

/// What is measured, and how it is told.
#[derive(Debug, Clone)]
pub struct What {
    /// The part's name in the table.
    pub part: String,
    /// Model and sizes.
    pub shape: String,
    /// The ratio that is to be reached; none where only the mean of the group has one, or nothing is claimed.
    pub goal: Option<f64>,
    /// Rows of a group have one mean; the ratio that it is to reach.
    pub mean: Option<(&'static str, f64)>,
    /// The peer's seconds are multiplied by this: it did less, or many at once.
    pub scale: f64,
    /// Results may differ by so much.
    pub agree: f64,
}

impl What {
    /// A part without goals.
    pub fn of(part: impl Into<String>, shape: impl Into<String>) -> Self {
        Self { part: part.into(), shape: shape.into(), goal: None, mean: None, scale: 1.0, agree: AGREE }
    }

    /// The ratio to reach.
    pub fn goal(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// How far results may differ, where the two sides do not compute the same approximation.
    pub fn agree(self, agree: f64) -> Self {
        Self { agree, ..self }
    }

    /// The group and the geometric mean it is to reach.
    pub fn mean(self, group: &'static str, goal: f64) -> Self {
        Self { mean: Some((group, goal)), ..self }
    }
}

/// The peer, the pool of the rows to come, and the rows so far.
pub struct Contest<'p> {
    /// The other side.
    pub peer: &'p mut Peer,
    pool: Option<ThreadPool>,
    pairs: usize,
    /// What was measured.
    pub rows: Vec<Row>,
    /// What is told below the table.
    pub notes: Vec<Note>,
}

impl<'p> Contest<'p> {
    /// Nothing is measured yet; `pairs` a row.
    pub fn new(peer: &'p mut Peer, pairs: usize) -> Self {
        Self { peer, pool: None, pairs: pairs.max(1), rows: Vec::new(), notes: Vec::new() }
    }

    /// Both sides use so many threads from here on.
    pub fn threads(&mut self, threads: usize) -> Result<(), Error> {
        self.pool = Some(ThreadPoolBuilder::new().num_threads(threads).build()?);
        Ok(())
    }

    /// How many threads.
    pub fn count(&self) -> usize {
        self.pool.as_ref().map_or(1, ThreadPool::current_num_threads)
    }

    /// Runs `work` with these threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Measures a part whose whole work is `work`; `told` gives what is compared, in the form of the peer's.
    pub fn row<R: Send>(
        &mut self,
        what: What,
        ask: &Value,
        work: impl Fn() -> Result<R, Error> + Sync,
        told: impl Fn(&R) -> Result<Value, Error>,
    ) -> Result<(), Error> {
        let timed = || {
            let start = Instant::now();
            let out = work()?;
            Ok((start.elapsed().as_secs_f64(), out))
        };
        self.timed(what, ask, timed, told)
    }

    /// As [`Self::row`], where `work` tells its own seconds.
    pub fn timed<R: Send>(
        &mut self,
        what: What,
        ask: &Value,
        work: impl Fn() -> Result<(f64, R), Error> + Sync,
        told: impl Fn(&R) -> Result<Value, Error>,
    ) -> Result<(), Error> {
        let threads = self.count();
        eprintln!("{}, {}, {threads} thread(s) …", what.part, what.shape);
        // Warm caches and allocators; and the results, which nobody times.
        let first = self.peer.time(ask, threads, 1, true)?;
        let start = Instant::now();
        let (_, out) = self.install(&work)?;
        let took = start.elapsed().as_secs_f64();
        let (worst, place) = difference(&told(&out)?, &first.values);
        drop(out);
        let times = |seconds: f64| (LONG_ENOUGH / seconds).ceil().clamp(1.0, 200.0) as usize;
        // A first, cold call says little where it is short.
        let warm = if first.seconds > SETTLED {
            first.seconds
        } else {
            self.peer.time(ask, threads, 1, false)?.seconds
        };
        let (k, m) = (times(warm), times(took));
        let pair = warm * k as f64 + took * m as f64;
        let pairs = ((PAIR * self.pairs as f64 / pair) as usize).clamp(1, self.pairs);
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            theirs.push(self.peer.time(ask, threads, k, false)?.seconds * what.scale);
            let seconds: Result<Vec<f64>, Error> =
                (0..m).map(|_| self.install(&work).map(|(seconds, _)| seconds)).collect();
            ours.push(seconds?.iter().sum::<f64>() / m as f64);
        }
        let ratios = theirs.iter().zip(&ours).map(|(a, b)| a / b).collect();
        let row = Row {
            what,
            threads,
            pairs,
            peer: median(theirs),
            own: median(ours),
            ratio: median(ratios),
            worst,
        };
        eprintln!("    {row}{}", if row.agrees() { String::new() } else { format!(" at {place}") });
        self.rows.push(row);
        Ok(())
    }
}

/// The middle one, or the mean of the middle two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => f64::NAN,
        _ => f64::midpoint(values[(n - 1) / 2], values[n / 2]),
    }
}

/// The greatest difference of numbers in the same places, over the greatest number of their list where that is above
/// 1, and where it is; infinite where something is missing on one side. What only `b` has is not looked at.
fn difference(a: &Value, b: &Value) -> (f64, String) {
    let single = |size: f64| (size, String::new());
    let worst = |found: &mut dyn Iterator<Item = (f64, String)>| {
        found.fold(single(0.0), |worst, next| if next.0 > worst.0 { next } else { worst })
    };
    match (a, b) {
        (Value::Null, Value::Null) => single(0.0),
        (Value::Object(a), _) => worst(&mut a.iter().map(|(key, a)| {
            let (size, place) = difference(a, &b[key]);
            (size, format!("/{key}{place}"))
        })),
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let size = x.iter().filter_map(Value::as_f64).fold(1.0f64, |size, v| size.max(v.abs()));
            worst(&mut x.iter().zip(y).enumerate().map(|(i, (x, y))| {
                let (found, place) = difference(x, y);
                (found / size, format!("/{i}{place}"))
            }))
        }
        _ => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => single((a - b).abs()),
            _ => single(f64::INFINITY),
        },
    }
}
