//! Beam search, with the bookkeeping of transformers' own: finished and running texts side by side, and the rules by which
//! running ones are given up.

use candle_core::Result;

use super::search::Stop;
use super::{Search, Translator};
use crate::model::pass::Memory;

/// What stands for a score that nothing has.
const NONE: f64 = -1e9;

/// A text with its score.
#[derive(Debug, Clone)]
struct Beam {
    text: Vec<u32>,
    score: f64,
    /// Whether it was ended.
    finished: bool,
}

/// The numbers of the `count` highest scores, the highest first; of equal ones the first.
fn highest(scores: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let by = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    if count < order.len() {
        order.select_nth_unstable_by(count, by);
        order.truncate(count);
    }
    order.sort_by(by);
    order
}

/// The logarithm of the softmax.
fn log_softmax(scores: &mut [f64]) {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let all = top + scores.iter().map(|score| (score - top).exp()).sum::<f64>().ln();
    for score in scores {
        *score -= all;
    }
}

impl Translator {
    /// The best text that a beam search finds, the start included.
    pub(super) fn beamed(&self, memory: &Memory, search: &Search) -> Result<Vec<u32>> {
        let beams = search.beams;
        let start = |score| Beam { text: vec![self.start], score, finished: false };
        let mut running: Vec<Beam> = (0..beams).map(|i| start(if i == 0 { 0.0 } else { NONE })).collect();
        let mut done: Vec<Beam> = vec![start(NONE); beams];
        let keep = (1 + search.eos.len()).max(2) * beams;
        // Once the best running text cannot come among the finished, none is added.
        let mut hopeful = true;
        loop {
            let length = running[0].text.len();
            if length >= search.longest {
                break;
            }
            let next = self.continued(memory, search, &running, keep)?;
            let ends: Vec<bool> = next
                .iter()
                .map(|beam| {
                    length + 1 >= search.longest || beam.text.last().is_some_and(|id| search.eos.contains(id))
                })
                .collect();
            let scores: Vec<f64> = next
                .iter()
                .zip(&ends)
                .map(|(beam, &ends)| beam.score + if ends { NONE } else { 0.0 })
                .collect();
            let order = highest(&scores, beams);
            running = order.iter().map(|&i| Beam { score: scores[i], ..next[i].clone() }).collect();

            let full = done.iter().all(|beam| beam.finished) && search.early_stopping == Stop::Full;
            let mut merged = done;
            for (i, (beam, &ends)) in next.into_iter().zip(&ends).enumerate() {
                let finished = ends && i < beams;
                // The start is no token of the translation.
                let mut score = beam.score / (length as f64).powf(search.length_penalty);
                for out in [full, !hopeful, !finished] {
                    score += if out { NONE } else { 0.0 };
                }
                merged.push(Beam { score, finished, ..beam });
            }
            let scores: Vec<f64> = merged.iter().map(|beam| beam.score).collect();
            done = highest(&scores, beams).into_iter().map(|i| merged[i].clone()).collect();

            hopeful = hopeful && search.may_improve(running[0].score, &done, length);
            let open = !(done.iter().all(|beam| beam.finished) && search.early_stopping == Stop::Full);
            if !(hopeful && open) || ends.iter().all(|&ends| ends) {
                break;
            }
        }
        Ok(done.swap_remove(0).text)
    }

    /// The `keep` best texts of one id more than those that run.
    fn continued(
        &self,
        memory: &Memory,
        search: &Search,
        running: &[Beam],
        keep: usize,
    ) -> Result<Vec<Beam>> {
        let texts: Vec<&[u32]> = running.iter().map(|beam| beam.text.as_slice()).collect();
        let mut all = Vec::new();
        for (beam, mut scores) in running.iter().zip(self.next(memory, &texts)?) {
            log_softmax(&mut scores);
            search.bend(&beam.text, &mut scores);
            all.extend(scores.into_iter().map(|score| score + beam.score));
        }
        let vocabulary = all.len() / running.len().max(1);
        let grown = highest(&all, keep).into_iter().map(|at| {
            let mut text = running[at / vocabulary].text.clone();
            text.push((at % vocabulary) as u32);
            Beam { text, score: all[at], finished: false }
        });
        Ok(grown.collect())
    }
}

impl Search {
    /// Whether the best running text, of `tokens` ids behind the start, may yet come among the finished.
    fn may_improve(&self, best: f64, done: &[Beam], tokens: usize) -> bool {
        let length = match self.early_stopping {
            Stop::Never if self.length_penalty > 0.0 => self.longest - 1,
            _ => tokens,
        };
        let possible = best / (length as f64).powf(self.length_penalty);
        let worst = done.iter().map(|beam| beam.score).fold(f64::INFINITY, f64::min);
        // A place that nothing has finished for is worth as little as nothing.
        done.iter().any(|beam| possible > if beam.finished { worst } else { NONE })
    }
}
