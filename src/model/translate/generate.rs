//! Translations of the model's own, token for token as transformers' `generate` writes them.

use candle_core::{Error, Result};

use super::{Search, Translator};
use crate::model::error::ModelError;
use crate::model::pass::Memory;
use crate::model::sequence::Given;
use crate::model::tap::Untapped;

impl Translator {
    /// The model's translation of `source`: ids without the start, with what ends it where the text was ended. Greedy with
    /// one beam, else a beam search.
    ///
    /// # Errors
    ///
    /// Where the ids do not fit the model, the search asks for what is not done here
    /// ([`ModelError::UnsupportedSearch`]), and where the engine fails.
    pub fn generate(&self, source: &[u32], search: &Search) -> Result<Vec<u32>> {
        let asked = self.sequence(source, &[self.start]);
        self.model.check(&asked).map_err(Error::wrap)?;
        if let Some((field, found)) = &search.refused {
            let (field, found) = ((*field).to_owned(), found.clone());
            return Err(Error::wrap(ModelError::UnsupportedSearch { field, found }));
        }
        let (reader, batch) = (self.model.reader(), std::slice::from_ref(&asked));
        let memory = self.model.memory((reader, &mut Untapped), &self.model.words(batch)?, batch)?;
        let mut text =
            if search.beams > 1 { self.beamed(&memory, search)? } else { self.greedy(&memory, search)? };
        text.remove(0);
        Ok(text)
    }

    /// The likeliest token each time.
    fn greedy(&self, memory: &Memory, search: &Search) -> Result<Vec<u32>> {
        let mut text = vec![self.start];
        while text.len() < search.longest {
            let mut scores = self.next(memory, &[&text])?.concat();
            search.bend(&text, &mut scores);
            let next =
                (1..scores.len()).fold(0, |best, id| if scores[id] > scores[best] { id } else { best });
            text.push(next as u32);
            if search.eos.contains(&(next as u32)) {
                break;
            }
        }
        Ok(text)
    }

    /// The logits after each of these texts of one length, read over one memory.
    pub(super) fn next(&self, memory: &Memory, texts: &[&[u32]]) -> Result<Vec<Vec<f64>>> {
        let Some(first) = texts.first() else { return Ok(Vec::new()) };
        super::check(&self.model.transformer, first).map_err(Error::wrap)?;
        let all: Vec<Given> = texts.iter().map(|ids| Given::of(ids)).collect();
        let state = self.model.enter_decoder(memory.clone(), &all.iter().collect::<Vec<_>>())?;
        self.model.resume(state, first.len() - 1, &mut Untapped)
    }
}

impl Search {
    /// Forbids and forces what the search says, in the scores of the ids that may follow `text`, in the order of
    /// transformers' processors.
    pub(super) fn bend(&self, text: &[u32], scores: &mut [f64]) {
        let forbid = |scores: &mut [f64], id: u32| {
            if let Some(score) = scores.get_mut(id as usize) {
                *score = f64::NEG_INFINITY;
            }
        };
        let n = self.no_repeat_ngram;
        if n > 0 && text.len() >= n {
            let prefix = &text[text.len() + 1 - n..];
            for window in text.windows(n).filter(|window| window[..n - 1] == *prefix) {
                forbid(scores, window[n - 1]);
            }
        }
        for run in &self.bad_words {
            if let Some((&last, before)) = run.split_last()
                && text.ends_with(before)
            {
                forbid(scores, last);
            }
        }
        if text.len() < self.shortest {
            self.eos.iter().for_each(|&id| forbid(scores, id));
        }
        let mut force = |ids: &[u32]| {
            scores.fill(f64::NEG_INFINITY);
            for &id in ids {
                if let Some(score) = scores.get_mut(id as usize) {
                    *score = 0.0;
                }
            }
        };
        if let (1, Some(id)) = (text.len(), self.forced_bos) {
            force(&[id]);
        }
        if text.len() + 1 == self.longest && !self.forced_eos.is_empty() {
            force(&self.forced_eos);
        }
    }
}
