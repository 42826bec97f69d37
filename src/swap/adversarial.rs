//! The adversary: another attention with the same prediction, searched by gradient (Jain & Wallace 2019).

use std::f64::consts::TAU;

use candle_core::{Device, Result, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Options;
use super::adam::Adam;
use super::ground::{Ground, Map, Observed};
use super::loss::{map_loss, prediction_penalty};
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::model::tap::Replace;
use crate::model::{Graph, Probe, Rows, softmax};
use crate::stats::divergence::{softmax as shares_of, total_variation};

/// The learning rate.
const RATE: f64 = 0.01;
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
pub struct Counterfactual {
    /// The divergence of its map from the observed one, in nats, in [0, ln 2 = 0.693]. The map is the mean decision
    /// row of the site, over words.
    pub jsd: f64,
    /// The mean divergence of its rows, head by head, in nats; heads that hardly attend to words count as much
    /// as others here.
    pub rows_jsd: f64,
    /// How far the prediction moved: total variation distance over all classes, in [0, 1].
    pub tvd: f64,
    /// Its map: a weight per content word (and per special token, where these may change), with sum 1.
    pub map: Vec<f64>,
    /// The share of each movable key in each swapped row, `[S, n]`.
        pub shares: Vec<f64>,
}

/// What the search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Adversarial {
    /// The most divergent of all attentions met that left the prediction within ε; none where every one moved it.
    pub best: Option<Counterfactual>,
    /// K.
    pub candidates: usize,
    /// Steps taken.
    pub steps: usize,
    /// Ended before the full number of steps, because enough was found or nothing got better.
    pub early: bool,
}

impl Adversarial {
    /// Whether an attention with nearly the same prediction was met at all.
    pub fn feasible(&self) -> bool {
        self.best.is_some()
    }
}

/// Searches K candidates together: logits start at N(0, 3²), Adam with AMSGrad at rate 0.01 minimises
/// `Σ_k [−JSD_k + 500·ReLU(‖Δy_k‖₁ − 0.01)] − mean over pairs of JSD`.
///
/// Departures from the paper: every step's candidates are judged, not the last step's only; the divergence is
/// that of the map people see (heads averaged, words, specials aside), since that is what is claimed to be
/// replaceable; the search ends at a divergence of 0.69, or when for 100 steps neither it nor the loss got
/// better by 0.001. What it fails to find may still exist.
///
/// Cost: two passes of what lies above the site's lowest pattern, per candidate and step.
pub(super) fn search(ground: &Ground, map: &Map, options: &Options) -> Result<Measured<Adversarial>> {
    let probe = &ground.subject.probe;
    let size = map.shares.len();
    let candidates = (LARGEST / size.max(1)).clamp(1, options.candidates.max(1));
    let places = ground.places.iter().map(|place| ground.observed(place)).collect::<Result<Vec<_>>>()?;
    let prediction = softmax(&probe.trace.logits);
    let mut rng = ground.subject.rng(&format!("swap/adversary/{}", ground.site));
    let mut logits: Vec<f64> = (0..candidates * size).map(|_| SPREAD * normal(&mut rng)).collect();
    let mut adam = Adam::new(logits.len(), RATE);
    let mut watch = Watch::default();
    let mut steps = 0;
    loop {
        let Some(shares) = every_share(&logits, map.n) else { return Ok(Err(not_finite())) };
        let maps: Vec<Vec<f64>> = shares.chunks_exact(size).map(|shares| map.of(shares)).collect();
        let Some((mut loss, at_maps)) = map_loss(&maps, &map.observed) else { return Ok(Err(not_finite())) };
        let patterns = all_patterns(ground, &places, &shares)?;
        let (outputs, at_patterns) =
            gradients(probe, patterns, |_, logits| prediction_penalty(logits, &prediction).1)?;
        for (k, output) in outputs.iter().enumerate() {
            loss += prediction_penalty(output, &prediction).0;
            let Some(tvd) = total_variation(&softmax(output), &prediction) else { return Ok(Err(not_finite())) };
            if tvd <= options.epsilon {
                let jsd = match map.divergence(&maps[k]) {
                    Ok(jsd) => jsd,
                    Err(missing) => return Ok(Err(missing)),
                };
                watch.offer(jsd, tvd, &shares[k * size..][..size]);
            }
        }
        if steps == options.steps || watch.ended(loss) {
            break;
        }
        let entries = entries(ground, &at_patterns, candidates)?;
        let gradient: Vec<f64> = (0..candidates)
            .flat_map(|k| map.reverse(&shares[k * size..][..size], &at_maps[k], &entries[k]))
            .collect();
        adam.step(&mut logits, &gradient);
        steps += 1;
    }
    let best = match watch.best {
        None => None,
        Some((_, tvd, shares)) => match counterfactual(map, tvd, shares) {
            Ok(best) => Some(best),
            Err(missing) => return Ok(Err(missing)),
        },
    };
    Ok(Ok(Adversarial { best, candidates, steps, early: steps < options.steps }))
}

/// Describes the attention with these shares.
pub(super) fn counterfactual(map: &Map, tvd: f64, shares: Vec<f64>) -> Measured<Counterfactual> {
    let words = map.of(&shares);
    let (jsd, rows_jsd) = (map.divergence(&words)?, map.rows_divergence(&shares)?);
    Ok(Counterfactual { jsd, rows_jsd, tvd, map: words, shares })
}

fn not_finite() -> Missing {
    Missing::NotFinite { what: "the adversary's loss" }
}

/// The most divergent feasible attention so far, and whether the search still gets anywhere.
#[derive(Debug, Default)]
struct Watch {
    /// Divergence, total variation, shares.
    best: Option<(f64, f64, Vec<f64>)>,
    /// The divergence and the loss that were last counted as better.
    marks: Option<(f64, f64)>,
    idle: usize,
}

impl Watch {
    fn offer(&mut self, jsd: f64, tvd: f64, shares: &[f64]) {
        if self.best.as_ref().is_none_or(|(best, ..)| jsd > *best) {
            self.best = Some((jsd, tvd, shares.to_vec()));
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

/// Softmax by rows of n.
fn every_share(logits: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut shares = Vec::with_capacity(logits.len());
    for row in logits.chunks_exact(n) {
        shares.extend(shares_of(row)?);
    }
    Some(shares)
}

/// Every place's patterns under K candidates' shares, `[K, S, n]`.
pub(super) fn all_patterns(ground: &Ground, places: &[Observed], shares: &[f64]) -> Result<Vec<(usize, Tensor)>> {
    let size: usize = places.iter().map(|observed| observed.shares.len()).sum();
    let mut from = 0;
    let mut made = Vec::with_capacity(places.len());
    for (place, observed) in ground.places.iter().zip(places) {
        let mine = observed.shares.len();
        let shares: Vec<f64> =
            shares.chunks_exact(size).flat_map(|candidate| &candidate[from..from + mine]).copied().collect();
        made.push((place.layer, ground.patterns(place, observed, &shares)?));
        from += mine;
    }
    Ok(made)
}

/// The gradients at each candidate's movable entries, `[S, n]`, out of the gradients at whole patterns.
fn entries(ground: &Ground, at_patterns: &[Tensor], candidates: usize) -> Result<Vec<Vec<f64>>> {
    let t = ground.subject.tokens();
    let mut entries = vec![Vec::new(); candidates];
    for (place, at) in ground.places.iter().zip(at_patterns) {
        let at = to_f64(at)?;
        for (entries, at) in entries.iter_mut().zip(at.chunks_exact(at.len() / candidates)) {
            for start in place.starts(t) {
                entries.extend(ground.keys.iter().map(|&key| at[start + key]));
            }
        }
    }
    Ok(entries)
}

/// Logits of K passes with `patterns` in place of the observed ones, and the gradients at those patterns, in
/// the same order (rising by layer).
fn gradients(
    probe: &Probe,
    patterns: Vec<(usize, Tensor)>,
    at_logits: impl Fn(usize, &[f64]) -> Vec<f64>,
) -> Result<(Vec<Vec<f64>>, Vec<Tensor>)> {
    let layers: Vec<usize> = patterns.iter().map(|(layer, _)| *layer).collect();
    let first = layers.first().copied().unwrap_or(0);
    if first + 1 == probe.model.spec().layers {
        let Some((_, pattern)) = patterns.into_iter().next() else { return Ok((Vec::new(), Vec::new())) };
        let (logits, at) = probe.row_gradients(pattern, at_logits)?;
        return Ok((logits, vec![at]));
    }
    let (transformer, head) = (&probe.model.transformer, &probe.model.head);
    let rows = Rows::Decision(probe.sequence.decision);
    let tape = transformer.tape_from(probe.state(first), rows, &mut Replace::patterns(patterns))?;
    let read = head.forward(&tape.hidden)?;
    let classes = head.classes();
    let logits: Vec<Vec<f64>> = to_f64(&read.logits)?.chunks_exact(classes).map(<[f64]>::to_vec).collect();
    let at: Vec<f64> = logits.iter().enumerate().flat_map(|(k, row)| at_logits(k, row)).collect();
    let at = Tensor::from_vec(at, read.logits.shape(), &Device::Cpu)?.to_dtype(read.logits.dtype())?;
    let found = transformer.reverse(&tape, &head.reverse(&read, &at)?, Graph::Whole)?.patterns;
    let mine = found.into_iter().enumerate().filter(|(i, _)| layers.contains(&(first + i)));
    Ok((logits, mine.map(|(_, at)| at).collect()))
}

/// A standard normal number (Box & Muller 1958), the same on every platform.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * libm::log(radius)).sqrt() * libm::cos(TAU * angle)
}
