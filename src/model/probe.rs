//! One text in the model: everything the methods ask of it, and what it cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{Result, Tensor};

pub use super::kernels::to_f64;
pub use super::trace::{Source, TextGradients, Trace};

use super::attended::Attended;
use super::kernels::{Course, of_f64};
use super::pass::Graph;
use super::past::Past;
use super::place::Places;
use super::readout::Target;
use super::reverse::Keep;
use super::sequence::Sequence;
use super::tap::{Edit, Point, Spot, Tap, Untapped};
use super::transformer::State;
use super::{Model, ModelError};

/// What the observed pass knew below the last layer, for passes that begin at the same word embeddings: its values,
/// and its patterns in the place of equal ones, so that one copy is kept.
struct Known<'p> {
    trace: &'p Trace,
    /// Patterns are supplied, and so constants.
    constant: bool,
}

impl Known<'_> {
    /// What was seen at `spot`. The last layer runs one row only, which needs no values.
    fn seen(&self, spot: Spot) -> Option<Tensor> {
        let all = match spot.point {
            Point::Value => &self.trace.values,
            Point::Pattern => &self.trace.patterns,
            _ => return None,
        };
        if self.trace.source.is_some() {
            return None;
        }
        all.get(spot.layer).filter(|_| spot.layer + 1 < all.len()).cloned()
    }
}

impl Tap for Known<'_> {
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        Ok(self.seen(spot).filter(|_| spot.point == Point::Value || self.constant))
    }

    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor> {
        Ok(self.seen(spot).unwrap_or(tensor))
    }

    fn sees(&self, spot: Spot) -> bool {
        self.seen(spot).is_some()
    }
}

/// A target's value, and its gradient at the word embeddings, `[T, Demb]`, row-major.
pub type Slope = (f64, Vec<f64>);

/// One text in the model.
///
/// Every call counts its multiply-adds; [`Probe::spent`] tells them in forward passes of this text with every row
/// computed.
#[derive(Debug)]
pub struct Probe<'m> {
    /// The model that the text is run in.
    pub model: &'m Model,
    /// The text as it was observed.
    pub sequence: Sequence,
    /// The observed pass.
    pub trace: Trace,
    /// The scalar that is explained.
    pub target: Target,
    blocked: Option<Tensor>,
    places: Arc<Places>,
    /// What texts that begin like this one have in common with it.
    past: Option<Arc<Past>>,
    work: AtomicU64,
}

impl<'m> Probe<'m> {
    /// Runs the text once; `target` chooses what is explained from the logits.
    ///
    /// # Errors
    ///
    /// Where the text does not fit the model ([`Model::check`]), its logits are not finite, or the target names
    /// a class that is not there.
    pub fn new(
        model: &'m Model,
        sequence: Sequence,
        target: impl FnOnce(&[f64]) -> Target,
    ) -> std::result::Result<Self, ModelError> {
        model.check(&sequence)?;
        let trace = model.trace(&sequence)?;
        if let Some((class, z)) = trace.logits.iter().enumerate().find(|(_, z)| !z.is_finite()) {
            return Err(ModelError::LogitsNotFinite { found: format!("{z} for class {class}") });
        }
        let target = target(&trace.logits);
        if let Some(found) = target.classes().find(|&class| class >= trace.logits.len()) {
            return Err(ModelError::Outside { what: "class", found, count: trace.logits.len() });
        }
        let (spec, t) = (model.spec(), sequence.len());
        // Beyond the last pattern and its values there is one row.
        let beyond = spec.layer_work(t, t) - spec.layer_work(1, t);
        let every = spec.pattern_work(t, t) - spec.pattern_work(1, t);
        let spared = if trace.source.is_some() { 0 } else { beyond - every };
        let work = AtomicU64::new(model.forward_work(&sequence) - spared);
        // Tokens that nobody may attend to are of the source, which a decoder's own rows are not.
        let (blocked, places) = match &sequence.given {
            None => (model.blocked(std::slice::from_ref(&sequence))?, sequence.places.clone()),
            Some(given) => (None, spec.positions.of(&given.ids)),
        };
        let places = Places::new(&model.tensor_u32(&places)?, 1);
        let past = Past::of(model, &sequence, &trace)?.map(Arc::new);
        Ok(Self { model, sequence, trace, target, blocked, places, past, work })
    }

    /// The same text, of which nothing was computed yet; it shares what the observed pass saw.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            model: self.model,
            sequence: self.sequence.clone(),
            trace: self.trace.clone(),
            target: self.target,
            blocked: self.blocked.clone(),
            places: Arc::clone(&self.places),
            past: self.past.clone(),
            work: AtomicU64::new(0),
        }
    }

    /// What was computed so far, in forward passes of this text (a reverse pass counts as one).
    #[must_use]
    pub fn spent(&self) -> f64 {
        let unit = self.model.forward_work(&self.sequence).max(1);
        self.work.load(Ordering::Relaxed) as f64 / unit as f64
    }

    pub(super) fn count(&self, work: u64) {
        self.work.fetch_add(work, Ordering::Relaxed);
    }

    /// The target's value on the observed text.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.target.value(&self.trace.logits)
    }

    /// Logits of many sequences, in their order; equal lengths share a batch, so nothing is ever padded.
    pub fn logits(&self, sequences: &[Sequence]) -> Result<Vec<Vec<f64>>> {
        let (logits, work) = self.model.counted_logits(sequences, self.past.as_ref())?;
        self.count(work);
        Ok(logits)
    }

    /// Gradients of the target on the observed text.
    pub fn gradients(&self, target: Target, graph: Graph, keep: Keep) -> Result<TextGradients> {
        let words = self.model.words(std::slice::from_ref(&self.sequence))?;
        let (spec, t) = (self.model.spec(), self.sequence.len());
        // Values are known, and patterns too where they are constants.
        let known = spec.value_work() * t as u64;
        let constant = if graph == Graph::CutAtAttention { 2 * spec.pattern_work(t, t) } else { 0 };
        let known = if self.trace.source.is_some() { 0 } else { known + constant };
        self.count(2 * self.model.reading_work(0, &self.sequence) - (spec.layers as u64 - 1) * known);
        let decision = self.sequence.decision;
        let constant = graph == Graph::CutAtAttention;
        let mut observed = Known { trace: &self.trace, constant };
        let found = self.model.differentiate(&words, &self.sequence, target, (graph, keep), &mut observed)?;
        let (words, queries) = (to_f64(&found.words)?, self.queries());
        Ok(TextGradients { words, patterns: found.patterns, decision, queries })
    }

    /// Target values and gradients at many points of embedding space, `points [B, T·Demb]`: B values, and B gradients of
    /// `[T, Demb]`.
    pub fn gradients_at(&self, points: &[Vec<f64>]) -> Result<Vec<Slope>> {
        self.gradients_along(points, Vec::clone, |value, gradient| (value, gradient.to_vec()))
    }

    /// The same of points that `point` makes of `places`, each gone as soon as `read` has made of its value and gradient
    /// what is kept: of a long text a point and its gradient take megabytes, and path methods need many.
    pub fn gradients_along<P: Sync, R: Send>(
        &self,
        places: &[P],
        point: impl Fn(&P) -> Vec<f64> + Sync,
        read: impl Fn(f64, &[f64]) -> R + Sync,
    ) -> Result<Vec<R>> {
        let (t, e) = (self.sequence.len(), self.model.reader().spec.embedding);
        self.count(2 * self.model.reading_work(0, &self.sequence) * places.len() as u64);
        let device = self.model.device();
        let chunks: Vec<&[P]> = places.chunks(Course::Reverse.batch_size(device, places.len(), t)).collect();
        let chunks: Vec<Result<Vec<R>>> = Course::Reverse.each(device, (&chunks, t), |chunk| {
            let flat: Vec<f64> = chunk.iter().flat_map(&point).collect();
            let dtype = self.model.precision.dtype();
            let words = of_f64(flat, (chunk.len(), t, e), dtype, device)?;
            let what = (Graph::Whole, Keep::Last);
            let found = self.model.differentiate(&words, &self.sequence, self.target, what, &mut Untapped)?;
            let grads = to_f64(&found.words)?;
            Ok(found.values.into_iter().zip(grads.chunks_exact(t * e)).map(|(v, g)| read(v, g)).collect())
        });
        let mut all = Vec::with_capacity(places.len());
        for chunk in chunks {
            all.extend(chunk?);
        }
        Ok(all)
    }

    /// Logits at many points of embedding space that `point` makes of `places`, each `[T, Demb]`, in their order; places
    /// in the text, types and what is blocked are the observed text's.
    pub fn logits_at<P: Sync>(
        &self,
        places: &[P],
        point: impl Fn(&P) -> Vec<f64> + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        let (t, e) = (self.sequence.len(), self.model.reader().spec.embedding);
        self.count(self.model.reading_work(0, &self.sequence) * places.len() as u64);
        let device = self.model.device();
        let chunks: Vec<&[P]> = places.chunks(Course::Forward.batch_size(device, places.len(), t)).collect();
        let found: Vec<Result<Vec<Vec<f64>>>> = Course::Forward.each(device, (&chunks, t), |chunk| {
            let flat: Vec<f64> = chunk.iter().flat_map(&point).collect();
            let words = of_f64(flat, (chunk.len(), t, e), self.model.precision.dtype(), device)?;
            let state = self.model.enter(&words, &vec![self.sequence.clone(); chunk.len()])?;
            self.model.resume(state, self.sequence.decision, &mut Untapped)
        });
        let mut all = Vec::with_capacity(places.len());
        for chunk in found {
            all.extend(chunk?);
        }
        Ok(all)
    }

    /// Logits at every token of a sequence, `[T, C]`.
    pub fn logits_everywhere(&self, sequence: &Sequence) -> Result<Vec<Vec<f64>>> {
        self.count(self.model.forward_work(sequence));
        self.model.logits_everywhere(sequence)
    }

    /// The word embeddings of a sequence, `[T, Demb]`, row-major.
    pub fn words(&self, sequence: &Sequence) -> Result<Vec<f64>> {
        to_f64(&self.model.words(std::slice::from_ref(sequence))?)
    }

    /// Logits when one head of `layer` adds nothing, for each of its H heads.
    pub fn without_heads(&self, layer: usize) -> Result<Vec<Vec<f64>>> {
        let spec = self.model.spec();
        let (t, heads) = (self.sequence.len(), spec.heads);
        let full = (spec.layers - 1 - layer) as u64;
        self.count(heads.count as u64 * (full * spec.layer_work(t, t) + spec.layer_work(1, t)));
        let mut keep = vec![1.0f64; heads.count * heads.total()];
        for h in 0..heads.count {
            keep[h * heads.total() + h * heads.width..][..heads.width].fill(0.0);
        }
        let dtype = self.model.precision.dtype();
        let keep = of_f64(keep, (heads.count, 1, heads.total()), dtype, self.model.device())?;
        let here = self.model.attended().head_out();
        let mut tap = Edit(|spot: Spot, tensor: Tensor| match spot.point {
            point if point == here && spot.layer == layer => tensor.broadcast_mul(&keep),
            _ => Ok(tensor),
        });
        self.model.resume(self.state(layer), self.sequence.decision, &mut tap)
    }

    /// The observed stream about to enter `layer`, from 0 to L.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    #[must_use]
    pub fn state(&self, layer: usize) -> State {
        State {
            layer,
            hidden: self.trace.hidden[layer].clone(),
            blocked: self.blocked.clone(),
            places: Arc::clone(&self.places),
            before: None,
            memory: self.trace.source.as_ref().map(|source| source.memory.clone()),
        }
    }

    /// The residual stream that enters each layer over the text's tokens, `[1, T, D]`: the encoder's where a decoder reads them.
    #[must_use]
    pub fn read_states(&self) -> &[Tensor] {
        let layers = self.model.reader().layers.len();
        &self.trace.source.as_ref().map_or(&self.trace.hidden, |source| &source.hidden)[..layers]
    }

    /// The patterns between the text's tokens, `[1, H, T, T]`, by layer of what [`Self::read_states`] enters.
    #[must_use]
    pub fn read_patterns(&self) -> &[Tensor] {
        self.trace.source.as_ref().map_or(&self.trace.patterns, |source| &source.patterns)
    }

    /// How many queries of a layer see the text's token `key`.
    #[must_use]
    pub fn seen_by(&self, layer: usize, key: usize) -> usize {
        match self.model.attended() {
            Attended::Text => self.model.transformer.reach(layer).seen_by(key, self.sequence.len()),
            Attended::Source => self.queries(),
        }
    }

    /// How many queries look at the text's tokens: as many as the text has, or as a decoder has written.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.sequence.queries()
    }
}

/// One row per leading index.
pub(super) fn rows_f64(tensor: &Tensor) -> Result<Vec<Vec<f64>>> {
    let width = tensor.dims().last().copied().unwrap_or(1).max(1);
    Ok(to_f64(tensor)?.chunks_exact(width).map(<[f64]>::to_vec).collect())
}
