//! Sequences through the model, many at a time.

use std::sync::Arc;

use candle_core::{Error, Result, Tensor};

use super::distinct::Distinct;
use super::kernels::{Course, of_f64};
use super::pass::{Graph, Rows};
use super::past::{Before, Past};
use super::probe::{Trace, rows_f64};
use super::readout::Target;
use super::reverse::Keep;
use super::sequence::Sequence;
use super::tap::{Point, Record, Replace, Tap, Untapped};
use super::transformer::State;
use super::translate::written;
use super::{Model, ModelError};

/// So many states are read together: enough for full-speed products, tens of megabytes of logits.
const READ: usize = 64;

/// One row of C logits per sequence.
type Logits = Vec<Vec<f64>>;

/// Sequences that go through the model together.
struct Batch {
    /// Their numbers.
    texts: Vec<usize>,
    /// So many rows of each are known, from the first.
    known: usize,
}

/// Values and gradients of one target for B sequences.
pub(super) struct Differentiated {
    /// Gradients at the word embeddings, `[B, T, Demb]`.
    pub words: Tensor,
    /// Gradients at the patterns that were kept, `[B, H, Tq, T]`, of the attention that is looked at; the last layer's has its
    /// decision row only.
    pub patterns: Vec<Tensor>,
    /// The target's value for each of the B sequences.
    pub values: Vec<f64>,
}

impl Model {
    /// Whether this sequence can be run: every id, place and type has its row, and it is neither empty nor
    /// too long.
    pub fn check(&self, sequence: &Sequence) -> std::result::Result<(), ModelError> {
        let (spec, t) = (&self.reader().spec, sequence.len());
        if t == 0 {
            return Err(ModelError::Empty);
        }
        let (types, places) = (sequence.types.len(), sequence.places.len());
        if types != t || places != t {
            return Err(ModelError::Lengths { ids: t, types, places });
        }
        let table = self.reader().embedding.positions.as_ref();
        let rows = table.map_or(spec.longest, |table| table.dims()[0]);
        let place = inside("place", numbers(&sequence.places), rows);
        if place.is_err() && t > spec.longest {
            return Err(ModelError::TooLong { found: t, longest: spec.longest });
        }
        place?;
        inside("token id", numbers(&sequence.ids), spec.vocabulary)?;
        if spec.types > 0 {
            inside("token type", numbers(&sequence.types), spec.types)?;
        }
        inside("decision token", [sequence.decision], sequence.queries())?;
        inside("erased token", sequence.blocked.iter().chain(&sequence.zeroed).copied(), t)?;
        self.check_given(sequence)
    }

    /// One pass that keeps patterns, values, states and logits.
    pub fn trace(&self, sequence: &Sequence) -> Result<Trace> {
        self.check(sequence).map_err(Error::wrap)?;
        if let Some(encoder) = &self.encoder {
            return self.trace_over(encoder, sequence);
        }
        let mut points = vec![Point::Pattern, Point::Value, Point::Resid];
        // What texts that begin alike have in common.
        points.extend(self.transformer.looks_back().then_some(Point::Key));
        let mut tap = Record::of(&points);
        let words = self.words(std::slice::from_ref(sequence))?;
        let state = self.enter(&words, std::slice::from_ref(sequence))?;
        let hidden = self.transformer.run(state, Rows::Patterns(sequence.decision), &mut tap)?;
        let logits = rows_f64(&self.readout.forward(&hidden)?.logits)?.concat();
        Ok(Trace {
            source: None,
            patterns: tap.all(Point::Pattern),
            values: tap.all(Point::Value),
            keys: tap.all(Point::Key),
            hidden: tap.all(Point::Resid),
            logits,
        })
    }

    /// Logits at every token, `[T, C]`: what a masked-word readout says everywhere.
    pub fn logits_everywhere(&self, sequence: &Sequence) -> Result<Vec<Vec<f64>>> {
        self.check(sequence).map_err(Error::wrap)?;
        let words = self.words(std::slice::from_ref(sequence))?;
        let state = self.enter(&words, std::slice::from_ref(sequence))?;
        let hidden = self.transformer.run(state, Rows::All, &mut Untapped)?;
        rows_f64(&self.readout.forward(&hidden)?.logits)
    }

    /// Logits of many sequences, in their order; equal lengths share a batch, so nothing is ever padded, and tokens
    /// that many have in common are taken into the first layer once.
    pub fn logits(&self, sequences: &[Sequence]) -> Result<Vec<Vec<f64>>> {
        Ok(self.counted_logits(sequences, None)?.0)
    }

    /// The same, with the multiply-adds that it took. Rows that begin a text as they begin that of `past` are not computed
    /// again.
    pub(super) fn counted_logits(
        &self,
        sequences: &[Sequence],
        past: Option<&Arc<Past>>,
    ) -> Result<(Logits, u64)> {
        sequences.iter().try_for_each(|sequence| self.check(sequence)).map_err(Error::wrap)?;
        let batches = self.batches(sequences, past);
        // Of each sequence the tokens whose rows are computed.
        let mut tokens = vec![None; sequences.len()];
        for Batch { texts, known } in &batches {
            for &i in texts {
                tokens[i] = Some(sequences[i].behind(*known));
            }
        }
        let tokens: Vec<Sequence> = tokens.into_iter().flatten().collect();
        let distinct = Distinct::of(self, &tokens)?;
        let longest = tokens.iter().map(|text| text.len().max(text.queries())).max().unwrap_or(0);
        let found: Vec<Result<Tensor>> = Course::Forward.each(self.device(), (&batches, longest), |batch| {
            let of = |all: &[Sequence]| batch.texts.iter().map(|&i| all[i].clone()).collect::<Vec<_>>();
            let own = of(&tokens);
            if self.encoder.is_some() {
                // What is blocked is of the source, and no state of the decoder's.
                let all = of(sequences);
                let state = self.enter(&self.words(&all)?, &all)?;
                return self.transformer.run(state, Rows::Decision(all[0].decision), &mut Untapped);
            }
            let (state, mut known) = match &distinct {
                Some(distinct) => distinct.enter(self, &own)?,
                None => (self.enter(&self.words(&own)?, &own)?, Replace::default()),
            };
            let before = past.filter(|_| batch.known > 0);
            let before = before.map(|past| Before { past: Arc::clone(past), rows: batch.known });
            let state = State { blocked: self.blocked(&of(sequences))?, before, ..state };
            self.transformer.run(state, Rows::Decision(own[0].decision), &mut known)
        });
        let states = found.into_iter().collect::<Result<Vec<Tensor>>>()?;
        let mut read = self.read(&states)?.into_iter();
        let mut out = vec![Vec::new(); sequences.len()];
        let mut work = 0;
        for batch in &batches {
            for (&i, row) in batch.texts.iter().zip(&mut read) {
                work += self.reading_work(batch.known, &sequences[i]);
                out[i] = row;
            }
        }
        Ok((out, work - distinct.map_or(0, |distinct| distinct.spared(self, &tokens))))
    }

    /// The logits of states `[B, 1, D]`, a row each. Those of many batches are read together: a vocabulary's matrix comes
    /// from memory every time.
    fn read(&self, states: &[Tensor]) -> Result<Logits> {
        if states.is_empty() {
            return Ok(Vec::new());
        }
        let (all, mut out) = (Tensor::cat(states, 0)?, Vec::new());
        let count = all.dims()[0];
        for from in (0..count).step_by(READ) {
            let some = all.narrow(0, from, READ.min(count - from))?;
            out.extend(rows_f64(&self.readout.forward(&some)?.logits)?);
        }
        Ok(out)
    }

    /// The sequences in batches of equal length and decision place; the order inside one is the caller's, but for those
    /// that begin like `past`, which are sorted by the first row that does not.
    fn batches(&self, sequences: &[Sequence], past: Option<&Arc<Past>>) -> Vec<Batch> {
        let known: Vec<usize> =
            sequences.iter().map(|sequence| past.map_or(0, |past| past.shared(sequence))).collect();
        let form = |i: usize| (sequences[i].len(), sequences[i].decision);
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.sort_by_key(|&i| (form(i), known[i]));
        let mut batches = Vec::new();
        for run in order.chunk_by(|&a, &b| form(a) == form(b)) {
            let rows: Vec<usize> = run.iter().map(|&i| sequences[i].len() - known[i]).collect();
            let cut = Course::Forward.cut(self.device(), &rows);
            batches
                .extend(cut.map(|of| Batch { texts: run[of.clone()].to_vec(), known: known[run[of.start]] }));
        }
        batches
    }

    /// The word embeddings of sequences of one length, `[B, T, Demb]`, zeroed where they say so.
    pub(super) fn words(&self, batch: &[Sequence]) -> Result<Tensor> {
        let t = batch.first().map_or(0, Sequence::len);
        let ids: Vec<u32> = batch.iter().flat_map(|s| s.ids.iter().copied()).collect();
        let words = self.reader().words(&self.tensor_u32(&ids)?.reshape((batch.len(), t))?)?;
        if batch.iter().all(|s| s.zeroed.is_empty()) {
            return Ok(words);
        }
        let keep: Vec<f64> = batch
            .iter()
            .flat_map(|s| (0..t).map(|i| if s.zeroed.contains(&i) { 0.0 } else { 1.0 }))
            .collect();
        let keep = of_f64(keep, (batch.len(), t, 1), words.dtype(), self.device())?;
        words.broadcast_mul(&keep)
    }

    /// The state that enters layer 0, for sequences of one length; where a decoder writes, with what the encoder made of
    /// them.
    pub(super) fn enter(&self, words: &Tensor, batch: &[Sequence]) -> Result<State> {
        match &self.encoder {
            None => self.enter_reader(words, batch),
            Some(encoder) => {
                let memory = self.memory((encoder, &mut Untapped), words, batch)?;
                self.enter_decoder(memory, &written(batch))
            }
        }
    }

    /// The state that enters the first layer over the text's tokens.
    pub(super) fn enter_reader(&self, words: &Tensor, batch: &[Sequence]) -> Result<State> {
        let places: Vec<u32> = batch.iter().flat_map(|s| s.places.iter().copied()).collect();
        let types: Vec<u32> = batch.iter().flat_map(|s| s.types.iter().copied()).collect();
        self.reader().enter(
            words,
            &self.tensor_u32(&places)?,
            &self.tensor_u32(&types)?,
            self.blocked(batch)?,
        )
    }

    /// The keys that nobody may attend to, `[B, T]`, if there are any.
    pub(super) fn blocked(&self, batch: &[Sequence]) -> Result<Option<Tensor>> {
        if batch.iter().all(|s| s.blocked.is_empty()) {
            return Ok(None);
        }
        let t = batch[0].len();
        let marks: Vec<u8> =
            batch.iter().flat_map(|s| (0..t).map(|i| u8::from(s.blocked.contains(&i)))).collect();
        Tensor::from_vec(marks, (batch.len(), t), self.device()).map(Some)
    }

    /// Runs on from `state` and reads the result at `decision`: B rows of logits.
    pub(super) fn resume(&self, state: State, decision: usize, tap: &mut dyn Tap) -> Result<Vec<Vec<f64>>> {
        let hidden = self.transformer.run(state, Rows::Decision(decision), tap)?;
        rows_f64(&self.readout.forward(&hidden)?.logits)
    }

    /// The target's gradients at `words [B, T, Demb]`, which stand in the places of `sequence`.
    pub(super) fn differentiate(
        &self,
        words: &Tensor,
        sequence: &Sequence,
        target: Target,
        (graph, keep): (Graph, Keep),
        tap: &mut dyn Tap,
    ) -> Result<Differentiated> {
        let batch = words.dims3()?.0;
        let places = self.tensor_u32(&sequence.places.repeat(batch))?;
        let types = self.tensor_u32(&sequence.types.repeat(batch))?;
        let blocked = self.blocked(std::slice::from_ref(sequence))?;
        let rows = Rows::Decision(sequence.decision);
        if let Some(encoder) = &self.encoder {
            let entered = (words, &places, &types, blocked);
            return self.differentiate_over(encoder, entered, sequence, (target, graph, keep));
        }
        let tape = self.transformer.tape(words, (&places, &types), blocked, rows, tap)?;
        let (logits, at) = self.readout.differentiate(&tape.hidden, |_, logits| target.gradient(logits))?;
        let found = self.transformer.reverse(tape, &at, graph, keep)?;
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

fn numbers(of: &[u32]) -> impl Iterator<Item = usize> {
    of.iter().map(|&n| n as usize)
}

/// Fails with the first number that is not below `count`.
fn inside(
    what: &'static str,
    numbers: impl IntoIterator<Item = usize>,
    count: usize,
) -> std::result::Result<(), ModelError> {
    match numbers.into_iter().find(|&n| n >= count) {
        Some(found) => Err(ModelError::Outside { what, found, count }),
        None => Ok(()),
    }
}
