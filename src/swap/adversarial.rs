//! The adversary: another attention with the same prediction, searched by gradient (Jain & Wallace 2019).

use std::borrow::Cow;

use candle_core::Result;
use rand_chacha::ChaCha8Rng;

use super::Tried;
use super::adam::Adam;
use super::ground::{self, Ground};
use super::map::Map;
use super::moves::PlainSwap;
use super::objective::Objective;
use super::options::{Start, SwapOptions};
use super::pool::{Feasible, Pool};
use crate::missing::{Measured, Missing};
use crate::shift::{Observed, Scale, Shift};
use crate::stats::divergence::jensen_shannon;
use crate::stats::seed::normal;

/// The learning rate, and its least.
const RATE: f64 = 0.01;
/// The greatest learning rate of a search that starts from a plain swap.
const FASTEST: f64 = 0.1;
/// How far a logit should be able to move in such a search.
const REACH: f64 = 5.0;
/// Shares below this start at it, since 0 has no logit.
const LEAST: f64 = 1e-6;
/// How much of the plain swap the first candidates are; the rest is as observed.
const PARTS: [f64; 2] = [0.9, 0.5];
/// The standard deviation of the first logits.
const SPREAD: f64 = 3.0;
/// The search ends when this divergence was reached: half a per cent below the ceiling ln 2.
const ENOUGH: f64 = 0.69;
/// The search ends when nothing got better for so many steps,
const PATIENCE: usize = 100;
/// by at least this much.
const GAIN: f64 = 1e-3;
/// The most logits that are searched together; on a site of many rows fewer candidates are.
const LARGEST: usize = 1 << 25;

/// Another attention with nearly the same prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherAttention {
    /// The divergence of its map from the observed one, in nats, in [0, ln 2 = 0.693]. The map is the mean decision
    /// row of the site, over words.
    pub jsd: f64,
    /// The mean divergence of its rows, head by head, in nats; heads that hardly attend to words count as much
    /// as others here.
    pub rows_jsd: f64,
    /// How far the prediction moved.
    pub shift: Shift,
    /// Its map: a weight per content word (and per special token, where these may change), with sum 1.
    pub map: Vec<f64>,
    /// Where its shares went.
    pub moved: Moved,
}

/// The share of each movable key that a swapped row sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Moved {
    /// As a plain swap puts them, which can be made again.
    Plain(PlainSwap),
    /// As the search found them, row by row of the site.
    Found(Vec<f64>),
}

/// What the search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Adversarial {
    /// The most divergent of all attentions met that left the prediction within ε; none where every one moved it.
    pub best: Option<OtherAttention>,
    /// Attentions met on the way that left the prediction within ε, wherever their maps point: what readings other than
    /// the site's own map are asked about. At most 15, fewer where they are large.
    pub feasible: Vec<Feasible>,
    /// K, how many candidates were searched together.
    pub candidates: usize,
    /// How many steps the search took.
    pub steps: usize,
    /// Ended before the full number of steps, because enough was found or nothing got better.
    pub early: bool,
}

/// Searches K candidates together: logits start at N(0, 3²), Adam with `AMSGrad` at rate 0.01 minimises
/// `Σ_k [−JSD_k + 500·ReLU(‖Δy_k‖₁ − 0.01)] − mean over pairs of JSD`; `tried` are the plain swaps of the site.
///
/// Departures from the paper: four of five candidates start with one draw for all rows of the site; every step's candidates are judged, not the last step's only; the divergence is
/// that of the map people see (heads averaged, words, specials aside), since that is what is claimed to be
/// replaceable; the search ends at a divergence of 0.69, or when for 100 steps neither it nor the loss got
/// better by 0.001.
///
/// What it fails to find may still exist. A step moves a logit by about 0.01, so 500 steps stay near their random
/// starts. Where every head starts by itself they average out to a map that is less far from the observed one than
/// a single head's would be, and rarely points elsewhere: hence the candidates whose heads start together, as one
/// row, which is what the paper's models have. Plain swaps count as witnesses too.
///
/// From [`Start::Plain`] the first two candidates are nine tenths and half of the most divergent plain swap of `tried`
/// that keeps the prediction, else of the one that is nearest to that, in larger steps.
///
/// Where probability is saturated the penalty is on the log-odds instead, as a share of their span (`kept`).
///
/// Cost: two passes of what lies above the site's lowest pattern, per candidate and step.
pub(super) fn search(
    ground: &Ground,
    map: &Map,
    options: &SwapOptions,
    (tried, kept): (&[Tried], (&Observed, Scale)),
) -> Result<Measured<Adversarial>> {
    let size = map.size();
    if size > options.largest {
        return Ok(Err(Missing::TooLarge));
    }
    let objective = Objective::new(ground, map, kept)?;
    let candidates = (LARGEST.min(options.largest) / size.max(1)).clamp(1, options.candidates.max(1));
    let mut rng = ground.subject.rng(&format!("swap/adversary/{}", ground.site));
    let mut logits: Vec<f64> = (0..candidates).flat_map(|k| start(k, map, ground.n(), &mut rng)).collect();
    let mut rate = RATE;
    if options.start == Start::Plain {
        rate = (REACH / options.steps.max(1) as f64).clamp(RATE, FASTEST);
        if let Some(swap) = nearest(tried, options, kept.1) {
            let (observed, plain) = ends(ground, swap)?;
            for (part, logits) in PARTS.iter().zip(logits.chunks_exact_mut(size)) {
                for ((logit, from), to) in logits.iter_mut().zip(&observed).zip(&plain) {
                    *logit = (from + part * (to - from)).max(LEAST).ln();
                }
            }
        }
    }
    let mut adam = Adam::new(logits.len(), rate);
    let mut watch = Watch::default();
    let mut pool = Pool::new(size);
    let mut steps = 0;
    loop {
        let at = match objective.evaluate(&logits)? {
            Ok(at) => at,
            Err(missing) => return Ok(Err(missing)),
        };
        for (k, (&jsd, &shift)) in at.divergences.iter().zip(&at.shifts).enumerate() {
            if shift.on(kept.1) <= options.epsilon {
                let shares = &at.shares[k * size..][..size];
                pool.offer((k, steps as f64 / (options.steps + 1) as f64), jsd, shift, shares);
                if map.shown.elsewhere(&at.maps[k]) {
                    watch.offer(jsd, shift, shares);
                }
            }
        }
        if steps == options.steps || watch.ended(at.loss) {
            break;
        }
        adam.step(&mut logits, &at.gradient);
        steps += 1;
    }
    let best = match watch.best {
        None => None,
        Some((_, shift, shares)) => match counterfactual(ground, map, shift, Moved::Found(shares))? {
            Ok(best) => Some(best),
            Err(missing) => return Ok(Err(missing)),
        },
    };
    Ok(Ok(Adversarial { best, feasible: pool.kept(), candidates, steps, early: steps < options.steps }))
}

/// The logits that candidate `k` starts with: one draw per key for all rows, or one per row and key.
fn start(k: usize, map: &Map, n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let together = k % 5 < 4;
    let drawn = if together { n } else { map.size() };
    let logits: Vec<f64> = (0..drawn).map(|_| SPREAD * normal(rng)).collect();
    if !together {
        return logits;
    }
    map.rows.iter().flat_map(|row| &logits[row.keys.clone()]).copied().collect()
}

/// The plain swap to start from: the most divergent that points elsewhere and keeps the prediction; else the one of
/// those that are very different and point elsewhere that moves it least; else the one of all that does.
fn nearest(tried: &[Tried], options: &SwapOptions, scale: Scale) -> Option<PlainSwap> {
    let elsewhere = || tried.iter().filter(|one| one.elsewhere);
    let feasible = elsewhere().filter(|one| one.shift.on(scale) <= options.epsilon);
    let different = elsewhere().filter(|one| one.jsd >= options.divergence);
    let stillest = |a: &&Tried, b: &&Tried| a.shift.on(scale).total_cmp(&b.shift.on(scale));
    let found = feasible.max_by(|a, b| a.jsd.total_cmp(&b.jsd));
    found.or(different.min_by(stillest)).or(tried.iter().min_by(stillest)).map(|one| one.swap)
}

/// The observed shares of the site, and those under a plain swap, row by row.
fn ends(ground: &Ground, swap: PlainSwap) -> Result<(Vec<f64>, Vec<f64>)> {
    let (mut observed, mut plain) = (Vec::new(), Vec::new());
    for slab in &ground.slabs {
        let shares = ground.observed(slab)?.shares;
        let mut swapped = shares.clone();
        swap.apply(ground, slab, &mut swapped);
        observed.extend(shares);
        plain.extend(swapped);
    }
    Ok((observed, plain))
}

/// Describes the attention with these shares.
pub(super) fn counterfactual(
    ground: &Ground,
    map: &Map,
    shift: Shift,
    moved: Moved,
) -> Result<Measured<OtherAttention>> {
    let (mut decided, mut apart, mut below) = (Vec::new(), Vec::new(), 0);
    for slab in &ground.slabs {
        let ground::Observed { masses, shares: observed, .. } = ground.observed(slab)?;
        let shares = match &moved {
            Moved::Plain(swap) => {
                let mut shares = observed.clone();
                swap.apply(ground, slab, &mut shares);
                Cow::Owned(shares)
            }
            Moved::Found(all) => Cow::Borrowed(&all[below..][..observed.len()]),
        };
        below += slab.size();
        decided.extend(slab.decided(&shares).map(<[f64]>::to_vec));
        let rows = slab.cut(&shares).zip(slab.cut(&observed)).zip(&masses);
        // A row of one key is as it was, whatever was found.
        let moved = rows.filter(|((row, _), mass)| **mass > 0.0 && row.len() > 1);
        apart.extend(moved.map(|((p, q), _)| jensen_shannon(p, q)));
    }
    let Some(apart) = apart.into_iter().collect::<Option<Vec<f64>>>() else {
        return Ok(Err(Missing::NotFinite { what: "the divergence of the rows" }));
    };
    let words = map.sum(decided.iter().map(Vec::as_slice));
    let rows_jsd = apart.iter().sum::<f64>() / apart.len().max(1) as f64;
    Ok(map.shown.divergence(&words).map(|jsd| OtherAttention { jsd, rows_jsd, shift, map: words, moved }))
}

/// The most divergent feasible attention so far, and whether the search still gets anywhere.
#[derive(Debug, Default)]
struct Watch {
    /// Divergence, how far the prediction moved, shares.
    best: Option<(f64, Shift, Vec<f64>)>,
    /// The divergence and the loss that were last counted as better.
    marks: Option<(f64, f64)>,
    idle: usize,
}

impl Watch {
    fn offer(&mut self, jsd: f64, shift: Shift, shares: &[f64]) {
        if self.best.as_ref().is_none_or(|(best, ..)| jsd > *best) {
            self.best = Some((jsd, shift, shares.to_vec()));
        }
    }

    fn ended(&mut self, loss: f64) -> bool {
        let found = self.best.as_ref().map_or(0.0, |(jsd, ..)| *jsd);
        match &mut self.marks {
            Some((jsd, least)) if found < *jsd + GAIN && loss > *least - GAIN => self.idle += 1,
            Some((jsd, least)) => {
                (*jsd, *least, self.idle) = (jsd.max(found), least.min(loss), 0);
            }
            marks @ None => *marks = Some((found, loss)),
        }
        found >= ENOUGH || self.idle >= PATIENCE
    }
}
