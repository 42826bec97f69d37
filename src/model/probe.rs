//! One text in the model: everything the methods ask of it, and what it cost.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{DType, Device, Result, Tensor};
use rayon::prelude::*;

use super::head::Target;
use super::reverse::Graph;
use super::sequence::Sequence;
use super::tap::{Edit, Point, Record, Replace, Tap, Untapped};
use super::transformer::{Rows, State};
use super::{Model, ModelError};

/// Batches hold about this many tokens: enough for full-speed products, small enough for the caches.
const CHUNK_TOKENS: usize = 512;

/// What one forward pass saw.
#[derive(Debug)]
pub struct Trace {
    /// The pattern of each layer, `[1, H, T, T]`.
    pub patterns: Vec<Tensor>,
    /// The values of each layer, all heads side by side, `[1, T, H·E]`.
    pub values: Vec<Tensor>,
    /// The residual stream entering each layer, and at L what the head reads, `[1, T, D]`.
    pub hidden: Vec<Tensor>,
    /// C numbers.
    pub logits: Vec<f64>,
}

/// The gradients of the target for one text.
#[derive(Debug)]
pub struct TextGradients {
    /// At the word embeddings, `[T, Demb]`, row-major.
    pub words: Vec<f64>,
    /// At the pattern of each layer, `[H, T, T]`, row-major.
    pub patterns: Vec<Vec<f64>>,
}

/// One text in the model.
///
/// Every call counts its multiply-adds; [`Probe::spent`] tells them in forward passes of this text.
#[derive(Debug)]
pub struct Probe<'m> {
    /// The model.
    pub model: &'m Model,
    /// The text as it was observed.
    pub sequence: Sequence,
    /// The observed pass.
    pub trace: Trace,
    /// The scalar that is explained.
    pub target: Target,
    work: AtomicU64,
}

impl<'m> Probe<'m> {
    /// Runs the text once; `target` chooses what is explained from the logits.
    pub fn new(
        model: &'m Model,
        sequence: Sequence,
        target: impl FnOnce(&[f64]) -> Target,
    ) -> std::result::Result<Self, ModelError> {
        sequence.check(model.spec())?;
        let trace = model.trace(&sequence)?;
        if trace.logits.iter().any(|x| !x.is_finite()) {
            return Err(ModelError::LogitsNotFinite { found: format!("{:?}", trace.logits) });
        }
        let target = target(&trace.logits);
        let work = AtomicU64::new(model.spec().forward_work(sequence.len()));
        Ok(Self { model, sequence, trace, target, work })
    }

    /// What was computed so far, in forward passes of this text (a reverse pass counts as one).
    pub fn spent(&self) -> f64 {
        let unit = self.model.spec().forward_work(self.sequence.len()).max(1);
        self.work.load(Ordering::Relaxed) as f64 / unit as f64
    }

    fn count(&self, work: u64) {
        self.work.fetch_add(work, Ordering::Relaxed);
    }

    /// The target's value on the observed text.
    pub fn value(&self) -> f64 {
        self.target.value(&self.trace.logits)
    }

    /// Logits of many sequences, in their order; equal lengths share a batch, so nothing is ever padded.
    pub fn logits(&self, sequences: &[Sequence]) -> Result<Vec<Vec<f64>>> {
        let spec = self.model.spec();
        for s in sequences {
            self.count(
                spec.forward_work(s.len()) - spec.layer_work(s.len(), s.len()) + spec.layer_work(1, s.len()),
            );
        }
        self.model.logits(sequences)
    }

    /// Gradients of the target on the observed text.
    pub fn gradients(&self, target: Target, graph: Graph) -> Result<TextGradients> {
        let words = self.model.words(std::slice::from_ref(&self.sequence))?;
        self.count(2 * self.model.spec().forward_work(self.sequence.len()));
        let found = self.model.differentiate(&words, &self.sequence, target, graph, Rows::All)?;
        let patterns = found.patterns.iter().map(to_f64).collect::<Result<_>>()?;
        Ok(TextGradients { words: to_f64(&found.words)?, patterns })
    }

    /// Target values and gradients at many points of embedding space, `points [B, T·Demb]`: what path methods
    /// integrate. Gives B values, and B gradients of `[T, Demb]`.
    pub fn gradients_at(&self, points: &[Vec<f64>]) -> Result<Vec<(f64, Vec<f64>)>> {
        let (t, e) = (self.sequence.len(), self.model.spec().embedding);
        self.count(2 * self.model.spec().forward_work(t) * points.len() as u64);
        let size = (CHUNK_TOKENS / t.max(1)).max(1);
        let chunks: Vec<Result<Vec<(f64, Vec<f64>)>>> = points
            .par_chunks(size)
            .map(|chunk| {
                let flat: Vec<f64> = chunk.concat();
                let words = Tensor::from_vec(flat, (chunk.len(), t, e), &Device::Cpu)?;
                let words = words.to_dtype(self.model.precision.dtype())?;
                let rows = Rows::Decision(self.sequence.decision);
                let found =
                    self.model.differentiate(&words, &self.sequence, self.target, Graph::Whole, rows)?;
                let grads = to_f64(&found.words)?;
                Ok(found.values.into_iter().zip(grads.chunks_exact(t * e).map(<[f64]>::to_vec)).collect())
            })
            .collect();
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// The word embeddings of a sequence, `[T, Demb]`, row-major.
    pub fn words(&self, sequence: &Sequence) -> Result<Vec<f64>> {
        to_f64(&self.model.words(std::slice::from_ref(sequence))?)
    }

    /// Logits of `count` passes that differ from the observed one only in the patterns of `layers`, the
    /// lowest of which is where each pass is taken up again.
    ///
    /// `make(range)` gives the replacements of those passes: per layer a tensor `[range, H, T, T]`, or
    /// `[range, H, 1, T]` for the decision row of the last layer alone.
    pub fn swapped(
        &self,
        layers: &[usize],
        count: usize,
        make: impl Fn(Range<usize>) -> Result<Vec<(usize, Tensor)>> + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        let spec = self.model.spec();
        let (t, last) = (self.sequence.len(), spec.layers - 1);
        let first = layers.iter().copied().min().unwrap_or(last);
        let full = (last - first) as u64;
        self.count(count as u64 * (full * spec.layer_work(t, t) + spec.layer_work(1, 1)));
        let size = if first == last { CHUNK_TOKENS } else { (CHUNK_TOKENS / t.max(1)).max(1) };
        let ranges: Vec<Range<usize>> = (0..count).step_by(size).map(|i| i..(i + size).min(count)).collect();
        let chunks: Vec<Result<Vec<Vec<f64>>>> = ranges
            .into_par_iter()
            .map(|range| {
                let mut tap = Replace::patterns(make(range)?);
                self.model.resume(self.state(first), self.sequence.decision, &mut tap)
            })
            .collect();
        Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// Logits and gradients at the decision row of the last layer's pattern: `patterns [M, H, 1, T]` in place
    /// of the observed row; `at_logits` gives the gradient at each pass's C logits.
    pub fn row_gradients(
        &self,
        patterns: Tensor,
        at_logits: impl Fn(usize, &[f64]) -> Vec<f64>,
    ) -> Result<(Vec<Vec<f64>>, Tensor)> {
        let spec = self.model.spec();
        let last = spec.layers - 1;
        self.count(2 * patterns.dims()[0] as u64 * spec.layer_work(1, 1));
        let rows = Rows::Decision(self.sequence.decision);
        let transformer = &self.model.transformer;
        let tape =
            transformer.tape_from(self.state(last), rows, &mut Replace::patterns([(last, patterns)]))?;
        let head = self.model.head.forward(&tape.hidden)?;
        let logits = rows_f64(&head.logits)?;
        let grads: Vec<f64> = logits.iter().enumerate().flat_map(|(i, row)| at_logits(i, row)).collect();
        let at = Tensor::from_vec(grads, head.logits.shape(), &Device::Cpu)?.to_dtype(head.logits.dtype())?;
        let found = transformer.reverse(&tape, &self.model.head.reverse(&head, &at)?, Graph::Whole)?;
        match found.patterns.into_iter().next() {
            Some(pattern) => Ok((logits, pattern)),
            None => candle_core::bail!("the reverse pass gave no gradient at the pattern"),
        }
    }

    /// Logits when one head of `layer` adds nothing, for each of its H heads.
    pub fn without_heads(&self, layer: usize) -> Result<Vec<Vec<f64>>> {
        let spec = self.model.spec();
        let (t, heads) = (self.sequence.len(), spec.heads);
        self.count(heads.count as u64 * (spec.layers - layer) as u64 * spec.layer_work(t, t));
        let mut keep = vec![1.0f64; heads.count * heads.total()];
        for h in 0..heads.count {
            keep[h * heads.total() + h * heads.width..][..heads.width].fill(0.0);
        }
        let keep = Tensor::from_vec(keep, (heads.count, 1, heads.total()), &Device::Cpu)?;
        let keep = keep.to_dtype(self.model.precision.dtype())?;
        let mut tap = Edit(|site: super::tap::Site, tensor: Tensor| match site.point {
            Point::HeadOut if site.layer == layer => tensor.broadcast_mul(&keep),
            _ => Ok(tensor),
        });
        self.model.resume(self.state(layer), self.sequence.decision, &mut tap)
    }

    /// The observed stream about to enter `layer`.
    pub fn state(&self, layer: usize) -> State {
        State { layer, hidden: self.trace.hidden[layer].clone(), blocked: None }
    }
}

struct Differentiated {
    words: Tensor,
    patterns: Vec<Tensor>,
    values: Vec<f64>,
}

impl Model {
    /// One pass that keeps patterns, values, states and logits.
    pub fn trace(&self, sequence: &Sequence) -> Result<Trace> {
        let mut tap = Record::of(&[Point::Pattern, Point::Value, Point::Resid]);
        let words = self.words(std::slice::from_ref(sequence))?;
        let state = self.enter(&words, std::slice::from_ref(sequence))?;
        let hidden = self.transformer.run(state, Rows::All, &mut tap)?;
        let read = hidden.narrow(1, sequence.decision, 1)?;
        let logits = rows_f64(&self.head.forward(&read)?.logits)?.concat();
        Ok(Trace {
            patterns: tap.all(Point::Pattern),
            values: tap.all(Point::Value),
            hidden: tap.all(Point::Resid),
            logits,
        })
    }

    /// Logits at every token, `[T, C]`: what a masked-word head says everywhere.
    pub fn logits_everywhere(&self, sequence: &Sequence) -> Result<Vec<Vec<f64>>> {
        let words = self.words(std::slice::from_ref(sequence))?;
        let state = self.enter(&words, std::slice::from_ref(sequence))?;
        let hidden = self.transformer.run(state, Rows::All, &mut Untapped)?;
        rows_f64(&self.head.forward(&hidden)?.logits)
    }

    /// Logits of many sequences, in their order.
    pub fn logits(&self, sequences: &[Sequence]) -> Result<Vec<Vec<f64>>> {
        // Equal length and decision place make a batch; the order inside one is the caller's.
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|&i| (sequences[i].len(), sequences[i].decision));
        let mut batches: Vec<&[usize]> = Vec::new();
        for run in order.chunk_by(|&a, &b| {
            (sequences[a].len(), sequences[a].decision) == (sequences[b].len(), sequences[b].decision)
        }) {
            batches.extend(run.chunks((CHUNK_TOKENS / sequences[run[0]].len().max(1)).max(1)));
        }
        let found: Vec<Result<Vec<Vec<f64>>>> = batches
            .par_iter()
            .map(|batch| {
                let batch: Vec<Sequence> = batch.iter().map(|&i| sequences[i].clone()).collect();
                let words = self.words(&batch)?;
                let state = self.enter(&words, &batch)?;
                self.resume(state, batch[0].decision, &mut Untapped)
            })
            .collect();
        let mut out = vec![Vec::new(); sequences.len()];
        for (batch, rows) in batches.into_iter().zip(found) {
            for (&i, row) in batch.iter().zip(rows?) {
                out[i] = row;
            }
        }
        Ok(out)
    }

    /// The word embeddings of sequences of one length, `[B, T, Demb]`, zeroed where they say so.
    fn words(&self, batch: &[Sequence]) -> Result<Tensor> {
        let t = batch.first().map_or(0, Sequence::len);
        let ids: Vec<u32> = batch.iter().flat_map(|s| s.ids.iter().copied()).collect();
        let words = self.transformer.words(&Self::tensor_u32(&ids)?.reshape((batch.len(), t))?)?;
        if batch.iter().all(|s| s.zeroed.is_empty()) {
            return Ok(words);
        }
        let keep: Vec<f64> = batch
            .iter()
            .flat_map(|s| (0..t).map(|i| if s.zeroed.contains(&i) { 0.0 } else { 1.0 }))
            .collect();
        let keep = Tensor::from_vec(keep, (batch.len(), t, 1), &Device::Cpu)?.to_dtype(words.dtype())?;
        words.broadcast_mul(&keep)
    }

    /// The state that enters layer 0. Sequences of a batch share places and types when they come from one
    /// text; otherwise each has its own.
    fn enter(&self, words: &Tensor, batch: &[Sequence]) -> Result<State> {
        let first = &batch[0];
        let blocked = if batch.iter().any(|s| !s.blocked.is_empty()) {
            let t = first.len();
            let marks: Vec<u8> =
                batch.iter().flat_map(|s| (0..t).map(|i| u8::from(s.blocked.contains(&i)))).collect();
            Some(Tensor::from_vec(marks, (batch.len(), t), &Device::Cpu)?)
        } else {
            None
        };
        let places: Vec<u32> = batch.iter().flat_map(|s| s.places.iter().copied()).collect();
        let types: Vec<u32> = batch.iter().flat_map(|s| s.types.iter().copied()).collect();
        self.transformer.enter(words, &Self::tensor_u32(&places)?, &Self::tensor_u32(&types)?, blocked)
    }

    /// Runs on from `state` and reads the head at `decision`: B rows of logits.
    fn resume(&self, state: State, decision: usize, tap: &mut dyn Tap) -> Result<Vec<Vec<f64>>> {
        let hidden = self.transformer.run(state, Rows::Decision(decision), tap)?;
        rows_f64(&self.head.forward(&hidden)?.logits)
    }

    fn differentiate(
        &self,
        words: &Tensor,
        sequence: &Sequence,
        target: Target,
        graph: Graph,
        rows: Rows,
    ) -> Result<Differentiated> {
        let (batch, t, _) = words.dims3()?;
        let places = Self::tensor_u32(&sequence.places.repeat(batch))?;
        let types = Self::tensor_u32(&sequence.types.repeat(batch))?;
        let tape = self.transformer.tape(words, &places, &types, None, rows)?;
        let read = match rows {
            Rows::All => tape.hidden.narrow(1, sequence.decision, 1)?.contiguous()?,
            Rows::Decision(_) => tape.hidden.clone(),
        };
        let head = self.head.forward(&read)?;
        let logits = rows_f64(&head.logits)?;
        let at: Vec<f64> = logits.iter().flat_map(|row| target.gradient(row)).collect();
        let at = Tensor::from_vec(at, head.logits.shape(), &Device::Cpu)?.to_dtype(head.logits.dtype())?;
        let mut at_hidden = self.head.reverse(&head, &at)?;
        if rows == Rows::All {
            at_hidden = at_hidden.pad_with_zeros(1, sequence.decision, t - sequence.decision - 1)?;
        }
        let found = self.transformer.reverse(&tape, &at_hidden, graph)?;
        let Some(words) = found.words else {
            candle_core::bail!("the reverse pass ended above the embeddings")
        };
        Ok(Differentiated {
            words,
            patterns: found.patterns,
            values: logits.iter().map(|row| target.value(row)).collect(),
        })
    }
}

/// All elements, row-major.
pub fn to_f64(tensor: &Tensor) -> Result<Vec<f64>> {
    tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

/// One row per leading index.
fn rows_f64(tensor: &Tensor) -> Result<Vec<Vec<f64>>> {
    let width = tensor.dims().last().copied().unwrap_or(1).max(1);
    Ok(to_f64(tensor)?.chunks_exact(width).map(<[f64]>::to_vec).collect())
}
