//! What the methods of one example share, so that nothing is run twice.

use crate::missing::{Outcome, Stop, settle};
use std::sync::OnceLock;

use crate::erasure::{Analogue, DecisionRow, Erased, Operator, WeightEffect, erase_weights};
use crate::model::probe::{TextGradients, to_f64};
use crate::model::scoring::Reach;
use crate::model::{Graph, Keep};
use crate::subject::Subject;

use super::attention::Attention;
use super::baseline::Baseline;
use super::joint;
use super::leave_one_out::LeaveOneOut;
use super::mixing::{Mixing, below_last};
use super::rollout::Mixed;
use super::sink::Sinks;
use super::value_norm::moved_norms;

/// The choices of the methods that have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodOptions {
    /// How leave-one-out takes a word away.
    pub operator: Operator,
    /// Where integrated gradients start.
    pub baseline: Baseline,
    /// The intervals on their path at which no finer rule is begun: 5 at first, more until the error is small; at most 256.
    pub path_steps: usize,
    /// Random orders of erasure, whose sets of words are the first samples of Shapley values; at least 20.
    pub random_orders: usize,
    /// The most sets of words that Shapley values are computed from.
    pub coalitions: usize,
}

impl MethodOptions {
    /// The defaults on this text: the operator of [`Operator::default_for`], the mask token as baseline, 256 intervals,
    /// 20 orders, 512 sets of words.
    #[must_use]
    pub fn for_subject(subject: &Subject<'_>) -> Self {
        Self {
            operator: Operator::default_for(subject),
            baseline: Baseline::Mask,
            path_steps: 256,
            random_orders: 20,
            coalitions: 512,
        }
    }
}

/// One example with everything that more than one method needs, each computed at its first use.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The example whose words are scored.
    pub subject: &'a Subject<'a>,
    /// How words are erased and paths integrated.
    pub options: MethodOptions,
    attention: OnceLock<Attention>,
    mixed: OnceLock<Mixed>,
    even: OnceLock<Mixed>,
    whole: OnceLock<TextGradients>,
    cut: OnceLock<TextGradients>,
    words: OnceLock<Vec<f64>>,
    norms: OnceLock<Vec<f64>>,
    below: OnceLock<Mixing>,
    under: Option<Under>,
    erased: [Erased<'a>; Operator::ALL.len()],
}

/// Of an attention that stands in the place of the observed one: the target's gradient at the last layer's decision
/// row, `[H, T]`, where it was computed.
#[derive(Debug, Clone, PartialEq)]
struct Under(Option<Vec<f64>>);

impl<'a> Shared<'a> {
    /// The example before any method is run.
    #[must_use]
    pub fn new(subject: &'a Subject<'a>, options: MethodOptions) -> Self {
        Self {
            subject,
            options,
            attention: OnceLock::new(),
            mixed: OnceLock::new(),
            even: OnceLock::new(),
            whole: OnceLock::new(),
            cut: OnceLock::new(),
            words: OnceLock::new(),
            norms: OnceLock::new(),
            below: OnceLock::new(),
            under: None,
            erased: Operator::ALL.map(|operator| Erased::new(subject, operator)),
        }
    }

    /// The same example for readings of another attention than the observed one, which `attention` is; its sinks are
    /// those of what it says keys receive.
    ///
    /// `gradients` is the target's gradient at the last layer's decision row under it, `[H, T]`; a reading that needs it
    /// fails without. What does not depend on patterns is taken over. Only for readings that take patterns from
    /// [`Shared::attention`]: references look at the model, which is as it was.
    #[must_use]
    pub fn under(&self, attention: Attention, gradients: Option<Vec<f64>>) -> Self {
        let (norms, even, below) = (self.norms.clone(), self.even.clone(), self.below.clone());
        let under = Some(Under(gradients));
        Self {
            attention: OnceLock::from(attention),
            norms,
            even,
            below,
            under,
            ..Self::new(self.subject, self.options)
        }
    }

    /// The observed patterns, reduced.
    pub fn attention(&self) -> candle_core::Result<&Attention> {
        once(&self.attention, || Attention::of(&self.subject.probe))
    }

    /// Which tokens are sinks.
    pub fn sinks(&self) -> candle_core::Result<Sinks> {
        Ok(Sinks::of(self.attention()?, &self.subject.content()))
    }

    /// The gradients of the target at the embeddings and at the last pattern: one forward and one reverse pass.
    pub fn gradients(&self, graph: Graph) -> candle_core::Result<&TextGradients> {
        let cell = match graph {
            Graph::Whole => &self.whole,
            Graph::CutAtAttention => &self.cut,
        };
        once(cell, || self.subject.probe.gradients(self.subject.probe.target, graph, Keep::Last))
    }

    /// The gradient of the target at the last layer's decision row, `[H, T]`.
    pub(super) fn decision_gradients(&self) -> candle_core::Result<Vec<f64>> {
        if let Some(Under(found)) = &self.under {
            let Some(found) = found else {
                candle_core::bail!("no gradient was computed under this attention")
            };
            return Ok(found.clone());
        }
        let Some(row) = self.gradients(Graph::Whole)?.patterns.last() else {
            candle_core::bail!("the model has no layer")
        };
        to_f64(row)
    }

    /// `‖V_h[k] · W_O,h‖` of the last layer, `[H, T]`: no swap of its patterns changes what a key brings.
    pub(super) fn moved_norms(&self) -> candle_core::Result<&[f64]> {
        once(&self.norms, || moved_norms(&self.subject.probe)).map(Vec::as_slice)
    }

    /// What the states are made of that the last layer reads, by ALTI: no swap of its patterns changes that.
    pub(crate) fn below(&self) -> Result<&Mixing, Stop> {
        once(&self.below, || below_last(&self.subject.probe)?.map_err(Stop::Missing))
    }

    /// The word embeddings of the text, `[T, Demb]`.
    pub fn words(&self) -> candle_core::Result<&[f64]> {
        let probe = &self.subject.probe;
        once(&self.words, || probe.words(&probe.sequence)).map(Vec::as_slice)
    }

    /// The text with words erased by `operator`; every distinct set of words is run once.
    pub fn erased(&self, operator: Operator) -> &Erased<'a> {
        &self.erased[operator as usize]
    }

    /// Leave-one-out by word under `operator`: one pass per word, the first time.
    pub fn leave_one_out(&self, operator: Operator) -> Outcome<LeaveOneOut> {
        settle(LeaveOneOut::of(self.erased(operator)))
    }

    /// Erasure of attention weights in the last layer's decision row, with one pass for its gradients.
    pub fn erase_weights(&self, analogue: Analogue) -> Outcome<WeightEffect> {
        let gradients = self.decision_gradients()?;
        let Some(weights) = self.attention()?.rows.last() else {
            candle_core::bail!("the model has no layer")
        };
        erase_weights(self.subject, DecisionRow { weights, gradients: &gradients }, analogue)
    }

    /// The mean patterns with their residual, as rollout and flow take them; of a source and what was written of it, over the
    /// nodes of both.
    pub(super) fn mixed(&self) -> Result<&Mixed, Stop> {
        let attention = self.attention()?;
        let sizes = (attention.tokens, attention.queries);
        once(&self.mixed, || match &self.subject.probe.trace.source {
            None => Ok(Mixed::from_patterns(&attention.means, attention.tokens)?),
            Some(source) => Ok(joint::observed(source, &attention.means, sizes)??),
        })
    }

    /// The same of attention spread evenly over the keys that each query sees: what the model's reach alone gives.
    pub(super) fn even(&self) -> Result<&Mixed, Stop> {
        let (probe, tokens) = (&self.subject.probe, self.subject.tokens());
        if let Some(source) = &probe.trace.source {
            return once(&self.even, || Ok(joint::even(source, (tokens, probe.queries()))?));
        }
        let reaches: Vec<Reach> =
            (0..probe.model.spec().layers).map(|layer| probe.model.transformer.reach(layer)).collect();
        let blocked = &probe.sequence.blocked;
        let seen = |layer: usize, query: usize, key: usize| {
            let own = query == key && reaches[layer].keeps_own();
            reaches[layer].seen(query, tokens).contains(&key) && (own || !blocked.contains(&key))
        };
        once(&self.even, || Ok(Mixed::even(reaches.len(), tokens, seen)?))
    }
}

/// As `OnceLock::get_or_init`, for what can fail.
fn once<T, E>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}
