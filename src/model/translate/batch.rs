//! Many sources and translations through the model, those of one length together.

use candle_core::{Error, Result, Tensor};

use super::Translator;
use crate::model::kernels::{Course, of_f64, to_f64};
use crate::model::pass::{Memory, Rows};
use crate::model::tap::Untapped;
use crate::model::transformer::State;

/// A source with what the decoder is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Case {
    /// The ids of the source.
    pub source: Vec<u32>,
    /// What the decoder is given, the start first.
    pub decoder_input: Vec<u32>,
    /// Source tokens that nobody may attend to, neither in the encoder nor in the decoder.
    pub blocked: Vec<usize>,
    /// Source tokens whose word embedding is 0.
    pub zeroed: Vec<usize>,
}

impl Case {
    /// As it was observed.
    #[must_use]
    pub fn new(source: &[u32], decoder_input: &[u32]) -> Self {
        let (source, decoder_input) = (source.to_vec(), decoder_input.to_vec());
        Self { source, decoder_input, ..Self::default() }
    }

    fn form(&self) -> (usize, usize) {
        (self.source.len(), self.decoder_input.len())
    }
}

impl Translator {
    /// The logits after each token that the decoder is given, `[T, V]` of each case, in their order. Each source is encoded
    /// once; where all translations of a batch are one, what the first layer of the decoder does before it looks at the
    /// source is computed once.
    ///
    /// # Errors
    ///
    /// Where ids do not fit the model, a blocked or zeroed token is outside the source, and where the engine fails.
    pub fn logits(&self, cases: &[Case]) -> Result<Vec<Tensor>> {
        self.each(cases, Rows::All)
    }

    /// The V logits after token `row` of what the decoder is given.
    ///
    /// # Errors
    ///
    /// As [`Self::logits`], and where a case has no such token.
    pub fn logits_at(&self, cases: &[Case], row: usize) -> Result<Vec<Vec<f64>>> {
        let found = self.each(cases, Rows::Decision(row))?;
        found.iter().map(to_f64).collect()
    }

    fn each(&self, cases: &[Case], rows: Rows) -> Result<Vec<Tensor>> {
        for case in cases {
            self.check_source(&case.source).map_err(Error::wrap)?;
            self.check_target(&case.decoder_input).map_err(Error::wrap)?;
            let marked = case.blocked.iter().chain(&case.zeroed).any(|&at| at >= case.source.len());
            if marked || rows.one().is_some_and(|row| row >= case.decoder_input.len()) {
                candle_core::bail!("a marked token or the row that is read is outside its text");
            }
        }
        let mut order: Vec<usize> = (0..cases.len()).collect();
        order.sort_by_key(|&i| cases[i].form());
        let (mut batches, mut longest) = (Vec::new(), 0);
        for run in order.chunk_by(|&a, &b| cases[a].form() == cases[b].form()) {
            let tokens = cases[run[0]].source.len().max(cases[run[0]].decoder_input.len());
            longest = longest.max(tokens);
            let size = Course::Forward.batch_size(self.device(), run.len(), tokens);
            batches.extend(run.chunks(size.max(1)).map(<[usize]>::to_vec));
        }
        let found: Vec<Result<Vec<Tensor>>> =
            Course::Forward.each(self.device(), (&batches, longest), |batch| {
                let some: Vec<&Case> = batch.iter().map(|&i| &cases[i]).collect();
                self.together(&some, rows)
            });
        let mut out: Vec<Option<Tensor>> = vec![None; cases.len()];
        for (batch, found) in batches.iter().zip(found) {
            for (&i, logits) in batch.iter().zip(found?) {
                out[i] = Some(logits);
            }
        }
        Ok(out.into_iter().flatten().collect())
    }

    /// The logits of cases of one form.
    fn together(&self, cases: &[&Case], rows: Rows) -> Result<Vec<Tensor>> {
        let sources: Vec<&[u32]> = cases.iter().map(|case| case.source.as_slice()).collect();
        let inputs: Vec<&[u32]> = cases.iter().map(|case| case.decoder_input.as_slice()).collect();
        let blocked = self.marks(cases, |case| &case.blocked)?;
        let mut words = self.encoder.words(&self.ids(&sources)?)?;
        if let Some(zeroed) = self.marks(cases, |case| &case.zeroed)? {
            let keep = (1.0 - zeroed.to_dtype(words.dtype())?)?.unsqueeze(2)?;
            words = words.broadcast_mul(&keep)?;
        }
        let state = self.enter(&self.encoder, &words, &sources, None)?;
        let state = State { blocked: blocked.clone(), ..state };
        let states = self.encoder.run(state, Rows::All, &mut Untapped)?;
        let one = inputs.iter().all(|input| *input == inputs[0]);
        let given = if one { &inputs[..1] } else { &inputs[..] };
        let words = self.decoder.words(&self.ids(given)?)?;
        let state = self.enter(&self.decoder, &words, given, Some(Memory { states, blocked }))?;
        let hidden = self.decoder.run(state, rows, &mut Untapped)?;
        let logits = self.readout.forward(&hidden)?.logits;
        (0..cases.len()).map(|i| logits.get(i)).collect()
    }

    /// Which tokens are marked, `[B, S]` of u8, if any are.
    fn marks(&self, cases: &[&Case], of: impl Fn(&Case) -> &[usize]) -> Result<Option<Tensor>> {
        if cases.iter().all(|case| of(case).is_empty()) {
            return Ok(None);
        }
        let s = cases[0].source.len();
        let marks: Vec<u8> =
            cases.iter().flat_map(|case| (0..s).map(|at| u8::from(of(case).contains(&at)))).collect();
        Tensor::from_vec(marks, (cases.len(), s), self.device()).map(Some)
    }

    /// A tensor of the model's type and device.
    pub(super) fn made(&self, numbers: Vec<f64>, shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
        of_f64(numbers, shape, self.decoder.dtype(), self.device())
    }
}
