//! Erasure of attention weights in the decision row of the last layer (Serrano & Smith 2019).
//!
//! An item is a key token of a content word that the row sees, with the weights that all heads give it; specials keep theirs. What
//! follows the row is run again, so a pass is cheap.

use rand::Rng;

use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::kernels::of_f64;
use crate::model::softmax;
use crate::stats::divergence::jensen_shannon;
use crate::subject::Subject;

use super::order;

/// How many random orders of items are run.
const RANDOM: usize = 5;

/// What takes a weight away.
///
/// A third, −∞ on the score before the softmax, gives the same row as [`Analogue::Renormalise`] when one row of one
/// layer is erased, as here; it differs only where later layers attend to the key again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Analogue {
    /// The weight becomes 0 and the row is divided by what is left, head by head. A row without anything left stays
    /// 0.
    #[default]
    Renormalise,
    /// The value becomes 0 and the other weights stay: the row moves less in all.
    Value,
}

/// When the decision flips.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Flip {
    /// After this share of the items, in (0, 1].
    At(f64),
    /// Not with all items erased: censored, and later than any share.
    Never,
}

impl Flip {
    /// The share of items at which it flips; `None` for never.
    #[must_use]
    pub fn fraction(self) -> Option<f64> {
        match self {
            Self::At(share) => Some(share),
            Self::Never => None,
        }
    }
}

/// The order in which items are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlipOrder {
    /// Greatest mean weight over heads first.
    Attention,
    /// Greatest |mean gradient over heads| of the target at the weight first.
    Gradient,
    /// Greatest mean product of weight and gradient first, signed: what speaks most for the target.
    AttentionXGradient,
    /// An order drawn at random.
    Random,
    /// Least weight first.
    Ascending,
}

impl FlipOrder {
    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Gradient => "gradient",
            Self::AttentionXGradient => "attention-x-gradient",
            Self::Random => "random",
            Self::Ascending => "ascending",
        }
    }
}

/// What erasing attention weights does to the output.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightEffect {
    /// How many items there are.
    pub items: usize,
    /// JSD (nats) of the outputs without the top item.
    pub top_jsd: f64,
    /// JSD without one other item, drawn at random.
    pub random_jsd: f64,
    /// Share of all other items that move the output less than the top one, in [0, 1].
    pub top_beats: f64,
    /// Whether the decision flips without the top item alone.
    pub top_flips: bool,
    /// Whether it flips without the random other one alone: with the former, the cell of the 2×2 table.
    pub random_flips: bool,
    /// When the decision flips, per order; five are random.
    pub flips: Vec<(FlipOrder, Flip)>,
}

/// The decision token's row of the last layer, head by head.
#[derive(Debug, Clone, Copy)]
pub struct DecisionRow<'a> {
    /// The attention weights, `[H, T]`; each row of T sums to 1.
    pub weights: &'a [f64],
    /// The gradient of the target at each of them, `[H, T]`.
    pub gradients: &'a [f64],
}

/// Erases weights one at a time, and one after the other in every order.
///
/// Costs a pass over one row per item and order. [`Missing::TooFewWords`] below two items (counted in tokens).
pub fn erase_weights(
    subject: &Subject<'_>,
    row: DecisionRow<'_>,
    analogue: Analogue,
) -> Outcome<WeightEffect> {
    settle(run(subject, row, analogue))
}

fn run(subject: &Subject<'_>, row: DecisionRow<'_>, analogue: Analogue) -> Result<WeightEffect, Stop> {
    let (probe, last) = (&subject.probe, subject.probe.model.spec().layers - 1);
    let seen = probe.model.reach(last).seen(probe.sequence.decision, subject.tokens());
    let items: Vec<usize> =
        subject.words.iter().cloned().flatten().filter(|token| seen.contains(token)).collect();
    let n = items.len();
    if n < 2 {
        return Err(Missing::TooFewWords { found: n, needed: 2 }.into());
    }
    let mut rng = subject.rng("attention weights");
    let orders = orders(subject, row, &items, &mut rng)?;
    // First each item alone, then every prefix of every order.
    let mut sets: Vec<&[usize]> = (0..n).map(|i| &items[i..=i]).collect();
    sets.extend(orders.iter().flat_map(|(_, order)| (1..=n).map(|k| &order[..k])));
    let logits = outputs(subject, row, analogue, &sets)?;

    let before = softmax(&subject.probe.trace.logits);
    let decided = argmax(&before);
    let flipped = |i: usize| argmax(&logits[i]) != decided;
    let jsd: Option<Vec<f64>> =
        logits[..n].iter().map(|row| jensen_shannon(&before, &softmax(row))).collect();
    let jsd = jsd.ok_or(Missing::NotFinite { what: "a logit" })?;
    let at = |token: usize| items.iter().position(|item| *item == token).unwrap_or(0);
    let top = orders.first().map_or(0, |(_, order)| at(order[0]));
    let other = (top + rng.random_range(1..n)) % n;
    let beaten = (0..n).filter(|&i| i != top && jsd[i] < jsd[top]).count();
    let flips = orders.iter().enumerate().map(|(o, (kind, _))| {
        let first = (0..n).find(|k| flipped(n + o * n + k));
        (*kind, first.map_or(Flip::Never, |k| Flip::At((k + 1) as f64 / n as f64)))
    });
    Ok(WeightEffect {
        items: n,
        top_jsd: jsd[top],
        random_jsd: jsd[other],
        top_beats: beaten as f64 / (n - 1) as f64,
        top_flips: flipped(top),
        random_flips: flipped(other),
        flips: flips.collect(),
    })
}

/// Every order of the items, as token positions; the attention's own first.
fn orders(
    subject: &Subject<'_>,
    row: DecisionRow<'_>,
    items: &[usize],
    rng: &mut rand_chacha::ChaCha8Rng,
) -> Result<Vec<(FlipOrder, Vec<usize>)>, Stop> {
    let (heads, tokens) = (subject.probe.model.spec().heads.count, subject.tokens());
    let (rows, gradients) = (row.weights, row.gradients);
    let mean = |get: &dyn Fn(usize) -> f64, token: usize| -> f64 {
        (0..heads).map(|h| get(h * tokens + token)).sum::<f64>() / heads as f64
    };
    let score =
        |get: &dyn Fn(usize) -> f64| -> Vec<f64> { items.iter().map(|&token| mean(get, token)).collect() };
    let weights = score(&|i| rows[i]);
    let gradient: Vec<f64> = score(&|i| gradients[i]).into_iter().map(f64::abs).collect();
    let product = score(&|i| rows[i] * gradients[i]);
    if weights.iter().chain(&gradient).any(|score| !score.is_finite()) {
        return Err(Missing::NotFinite { what: "an attention weight or its gradient" }.into());
    }
    let mut orders = vec![
        (FlipOrder::Attention, order::descending(&weights)),
        (FlipOrder::Gradient, order::descending(&gradient)),
        (FlipOrder::AttentionXGradient, order::descending(&product)),
    ];
    orders
        .extend(order::random(items.len(), RANDOM, rng).into_iter().map(|order| (FlipOrder::Random, order)));
    orders.push((FlipOrder::Ascending, order::ascending(&weights)));
    let tokens = |order: Vec<usize>| order.into_iter().map(|i| items[i]).collect();
    Ok(orders.into_iter().map(|(kind, order)| (kind, tokens(order))).collect())
}

/// The logits without each set of tokens in the row.
fn outputs(
    subject: &Subject<'_>,
    row: DecisionRow<'_>,
    analogue: Analogue,
    sets: &[&[usize]],
) -> Result<Vec<Vec<f64>>, Stop> {
    let probe = &subject.probe;
    let (spec, width) = (probe.model.spec(), subject.tokens());
    let Some(pattern) = probe.trace.patterns.last() else {
        return Err(Missing::RestsOn { what: "the last layer's pattern" }.into());
    };
    let (last, dtype) = (spec.layers - 1, pattern.dtype());
    let make = |range: std::ops::Range<usize>, _| {
        let shape = (range.len(), spec.heads.count, 1, width);
        let all: Vec<f64> =
            sets[range].iter().flat_map(|tokens| without(row.weights, width, tokens, analogue)).collect();
        of_f64(all, shape, dtype, probe.model.device())
    };
    Ok(probe.swapped(&[last], sets.len(), make)?)
}

/// `rows [H, T]` without the weights on `tokens`.
fn without(rows: &[f64], width: usize, tokens: &[usize], analogue: Analogue) -> Vec<f64> {
    let mut rows = rows.to_vec();
    for row in rows.chunks_exact_mut(width) {
        for &token in tokens {
            row[token] = 0.0;
        }
        let left: f64 = row.iter().sum();
        if analogue == Analogue::Renormalise && left > 0.0 {
            for weight in row {
                *weight /= left;
            }
        }
    }
    rows
}

/// The index of the greatest value; of equals the first.
fn argmax(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}
