//! Entropy, sinks, specials and ablation, head by head.

use candle_core::Result;

use crate::attribution::SINK;
use crate::missing::{Measured, Missing};
use crate::model::probe::to_f64;
use crate::model::softmax;
use crate::stats::divergence::{normalised_entropy, total_variation};
use crate::subject::Subject;

/// The mass that some keys receive, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mass {
    /// Mass from the decision token.
    pub decision: f64,
    /// Mean over all T queries.
    pub mean: f64,
}

/// What happens when a head adds nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ablation {
    /// How far the prediction moves: total variation over all classes, in [0, 1].
    pub tvd: f64,
    /// Target with the head − target without it: positive where the head supports what is explained.
    pub target_change: f64,
}

/// One head on one text.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadRow {
    /// The layer's index, from 0.
    pub layer: usize,
    /// The head's index within its layer, from 0.
    pub head: usize,
    /// Entropy of the decision row over that of a uniform one (`ln T`, where it sees all T keys), in [0, 1].
    pub decision_entropy: Measured<f64>,
    /// Mean of the same over all rows that see more than one key.
    pub mean_entropy: Measured<f64>,
    /// Mass on tokens that belong to no content word.
    pub specials: Mass,
    /// On this head's sinks, which may be specials too.
    pub sinks: Mass,
    /// The sinks' token positions.
    pub sink_tokens: Vec<usize>,
    /// Mean attention that each of T keys receives from the queries that see it; sums to 1 where all do.
    pub received: Vec<f64>,
    /// The decision row summed over each word's pieces: this head's map, specials left out.
    pub words: Vec<f64>,
    /// What becomes of the prediction without this head.
    pub ablation: Measured<Ablation>,
}

/// A row per head, layer by layer. `ablate` runs one more pass per head from its layer up; without it the
/// ablation is missing as not asked for.
pub fn table(subject: &Subject, ablate: bool) -> Result<Vec<HeadRow>> {
    let spec = subject.probe.model.spec();
    let content = subject.content();
    let mut rows = Vec::with_capacity(spec.layers * spec.heads.count);
    for layer in 0..spec.layers {
        let pattern = to_f64(&subject.probe.trace.patterns[layer])?;
        let removed =
            if ablate { ablations(subject, layer)? } else { vec![Err(Missing::NotAsked); spec.heads.count] };
        let per_head = pattern.chunks_exact(subject.probe.queries() * subject.tokens());
        for (head, (pattern, ablation)) in per_head.zip(removed).enumerate() {
            rows.push(describe(subject, &content, (layer, head), pattern, ablation));
        }
    }
    Ok(rows)
}

/// The effect of each of the H heads of `layer`, by leaving out what it adds (Michel et al. 2019).
pub fn ablations(subject: &Subject, layer: usize) -> Result<Vec<Measured<Ablation>>> {
    let probe = &subject.probe;
    let observed = softmax(&probe.trace.logits);
    let effect = |logits: Vec<f64>| {
        let tvd = total_variation(&softmax(&logits), &observed)
            .ok_or(Missing::NotFinite { what: "the prediction without the head" })?;
        Ok(Ablation { tvd, target_change: probe.value() - probe.target.value(&logits) })
    };
    Ok(probe.without_heads(layer)?.into_iter().map(effect).collect())
}

fn describe(
    subject: &Subject,
    content: &[bool],
    (layer, head): (usize, usize),
    pattern: &[f64],
    ablation: Measured<Ablation>,
) -> HeadRow {
    let (t, q) = (subject.tokens(), subject.probe.queries());
    let decision = &pattern[subject.probe.sequence.decision * t..][..t];
    let reach = subject.probe.model.reach(layer);
    let mut given = vec![0.0; t];
    for row in pattern.chunks_exact(t) {
        given.iter_mut().zip(row).for_each(|(sum, p)| *sum += p / q as f64);
    }
    let by_those_who_see =
        |(key, given): (usize, &f64)| given * (q as f64 / subject.probe.seen_by(layer, key) as f64);
    let received: Vec<f64> = given.iter().enumerate().map(by_those_who_see).collect();
    let mass = |of: &dyn Fn(usize) -> bool| Mass {
        // From +0: an empty sum is −0.
        decision: (0..t).filter(|&key| of(key)).fold(0.0, |mass, key| mass + decision[key]),
        mean: (0..t).filter(|&key| of(key)).fold(0.0, |mass, key| mass + given[key]),
    };
    let sink = |key: usize| received[key] > SINK;
    let undefined = Missing::TooFewWords { found: t.min(1), needed: 2 };
    // Of what a query sees; one key alone has none.
    let seen = |query: usize| &pattern[query * t..][reach.seen(query, t)];
    let decision_entropy = normalised_entropy(seen(subject.probe.sequence.decision));
    let many = (0..q).map(seen).filter(|row| t == 1 || row.len() > 1);
    let entropies: Option<Vec<f64>> = many.map(normalised_entropy).collect();
    let entropies = entropies.filter(|all| !all.is_empty());
    HeadRow {
        layer,
        head,
        decision_entropy: decision_entropy.ok_or_else(|| undefined.clone()),
        mean_entropy: entropies.map(|all| all.iter().sum::<f64>() / all.len() as f64).ok_or(undefined),
        specials: mass(&|key| !content[key]),
        sinks: mass(&sink),
        sink_tokens: (0..t).filter(|&key| sink(key)).collect(),
        words: subject.sum_words(decision),
        ablation,
        received,
    }
}
