//! Language models: forward, gradients, leave-one-out by `attend`, and permutations at the decision row.

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Graph, Keep, Model, Precision, Probe, Sequence};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use attncheck::swap::Site;
use candle_core::Tensor;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::contest::{Contest, What, median};
use crate::error::Error;
use crate::floor;
use crate::models::{margin, scratch};
use crate::swaps::{COUNT, permuted, write};
use crate::table::Note;

/// The length of a text whose words are left out, or whose attention is permuted.
const TOKENS: usize = 64;
/// From so many tokens on products are to run at the machine's peak.
const LONG: usize = 512;
/// The share of that peak.
const SHARE: f64 = 0.85;

/// A loaded language model.
#[derive(Debug)]
pub struct Decoder {
    shape: String,
    model: Model,
}

impl Decoder {
    /// From the folder that the peer wrote.
    pub fn load(shape: &str, folder: &Path) -> Result<Self, Error> {
        let config = std::fs::read(folder.join("config.json"))?;
        let weights = Weights::Safetensors(vec![WeightFile::Path(folder.join("model.safetensors"))]);
        Ok(Self { shape: shape.to_owned(), model: Model::load(&config, &weights, Precision::F32)? })
    }

    /// A random text.
    fn ids(&self, tokens: usize) -> Vec<u32> {
        let mut rng = ChaCha8Rng::seed_from_u64(tokens as u64);
        (0..tokens).map(|_| rng.random_range(0..self.model.spec().vocabulary as u32)).collect()
    }

    /// As the model takes it, read at its last token.
    fn sequence(&self, ids: &[u32]) -> Sequence {
        Sequence::new(ids.to_vec(), vec![0; ids.len()], ids.len() - 1, self.model.spec().positions)
    }

    /// The text with every token a word.
    fn subject(&self, ids: &[u32]) -> Result<Subject<'_>, Error> {
        let probe = Probe::new(&self.model, self.sequence(ids), margin)?;
        let words = (0..ids.len()).map(|t| t..t + 1).collect();
        Ok(Subject { probe, words, mask: None, pad: None, stream: Stream::new(0, ["1"]) })
    }

    fn what(&self, part: &str, tokens: usize) -> What {
        What::of(format!("decoder: {part}"), format!("{} T={tokens}", self.shape))
    }
}

/// Every part of the table.
pub fn all(contest: &mut Contest, decoder: &Decoder, quick: bool) -> Result<(), Error> {
    let lengths: &[usize] = if quick { &[32, 128] } else { &[32, 64, 128, 256] };
    for &tokens in lengths {
        forward(contest, decoder, tokens)?;
    }
    for &tokens in lengths {
        gradient(contest, decoder, tokens)?;
    }
    leave_one_out(contest, decoder)?;
    permute(contest, decoder)?;
    peak(contest, decoder)
}

/// Logits after the last token and all patterns; the peer with the logits of that token alone, and of every one, as people
/// write it.
fn forward(contest: &mut Contest, decoder: &Decoder, tokens: usize) -> Result<(), Error> {
    let ids = decoder.ids(tokens);
    let sequence = decoder.sequence(&ids);
    for (keep, part) in [(1, "forward, all patterns"), (0, "forward, all patterns, peer as written")] {
        let mut what = decoder.what(part, tokens);
        if keep == 1 {
            what = what.goal(1.3);
        }
        let ask = json!({ "ask": "decoder_forward", "ids": ids, "keep": keep });
        contest.row(
            what,
            &ask,
            || Ok(decoder.model.trace(&sequence)?),
            |found| {
                let mut rows = Vec::new();
                for pattern in &found.patterns {
                    let last = pattern.narrow(2, tokens - 1, 1)?.contiguous()?;
                    rows.extend(attncheck::model::probe::to_f64(&last)?);
                }
                Ok(json!([found.logits, rows]))
            },
        )?;
    }
    Ok(())
}

/// The gradients at the word embeddings and at every pattern, in one reverse pass.
fn gradient(contest: &mut Contest, decoder: &Decoder, tokens: usize) -> Result<(), Error> {
    let ids = decoder.ids(tokens);
    let subject = decoder.subject(&ids)?;
    let what = decoder.what("gradient at embeddings and patterns", tokens).goal(1.4);
    let ask = json!({ "ask": "decoder_gradients", "ids": ids });
    let work = || Ok(subject.probe.gradients(subject.probe.target, Graph::Whole, Keep::Every)?);
    contest.row(what, &ask, work, |found| {
        let mut rows = Vec::new();
        for layer in 0..found.patterns.len() {
            let pattern = found.pattern(layer)?;
            let last = |head: &[f64]| head[(tokens - 1) * tokens..].to_vec();
            rows.extend(pattern.chunks_exact(tokens * tokens).flat_map(last));
        }
        Ok(json!([found.words, rows]))
    })
}

/// The target where no later token sees one of them, for each; the peer in whole passes, and with the keys and values that
/// stand before the token taken from one pass.
fn leave_one_out(contest: &mut Contest, decoder: &Decoder) -> Result<(), Error> {
    let ids = decoder.ids(TOKENS);
    let subject = decoder.subject(&ids)?;
    let probe = &subject.probe;
    let blocked: Vec<Sequence> = (0..TOKENS).map(|t| probe.sequence.with_blocked(&[t])).collect();
    for fair in [false, true] {
        let part = format!("loo by attend{}", if fair { ", peer resumes too" } else { "" });
        let what = decoder.what(&part, TOKENS).goal(if fair { 1.3 } else { 3.0 });
        let ask = json!({ "ask": "decoder_loo", "ids": ids, "fair": fair });
        let work = || {
            let logits = probe.logits(&blocked)?;
            let effect = |z: &Vec<f64>| probe.value() - probe.target.value(z);
            Ok(logits.iter().map(effect).collect::<Vec<f64>>())
        };
        contest.row(what, &ask, work, |found| Ok(json!(found)))?;
    }
    Ok(())
}

/// A hundred permutations of the decision row; they lie ready on both sides.
fn permute(contest: &mut Contest, decoder: &Decoder) -> Result<(), Error> {
    let ids = decoder.ids(TOKENS);
    let subject = decoder.subject(&ids)?;
    let file = scratch()?.join("rows.f32");
    let patterns = permuted(&subject, Site::Row)?;
    write(&file, &patterns)?;
    let at: Vec<usize> = patterns.iter().map(|(layer, _)| *layer).collect();
    let ask = json!({ "ask": "decoder_permute", "ids": ids, "file": file, "count": COUNT });
    let make = |range: Range<usize>, layer| -> candle_core::Result<Tensor> {
        match patterns.iter().find(|(at, _)| *at == layer) {
            Some((_, all)) => all.narrow(0, range.start, range.len()),
            None => candle_core::bail!("a layer outside the site"),
        }
    };
    let target = subject.probe.target;
    let work = || {
        let logits = subject.probe.swapped(&at, COUNT, make)?;
        Ok(logits.iter().map(|z| target.value(z)).collect::<Vec<f64>>())
    };
    let what = decoder.what("permute at row", TOKENS).goal(100.0);
    contest.row(what, &ask, work, |found| Ok(json!(found)))?;
    Ok(std::fs::remove_file(&file)?)
}

/// Which share of the machine's peak a long text's pass runs at.
fn peak(contest: &mut Contest, decoder: &Decoder) -> Result<(), Error> {
    let threads = contest.count();
    let sequence = decoder.sequence(&decoder.ids(LONG));
    let (seconds, peak) = contest.install(|| -> Result<(f64, f64), Error> {
        let one = || {
            let start = Instant::now();
            std::hint::black_box(decoder.model.trace(&sequence)?);
            Ok::<f64, Error>(start.elapsed().as_secs_f64())
        };
        one()?;
        let seconds = median((0..3).map(|_| one()).collect::<Result<_, _>>()?);
        Ok((seconds, floor::peak(threads)?))
    })?;
    let probe = Probe::new(&decoder.model, sequence, margin)?;
    let spec = decoder.model.spec();
    // Beyond what is counted of the layers, the logits of one token.
    let work = probe.spent() * spec.forward_work(LONG) as f64 + (spec.vocabulary * spec.embedding) as f64;
    let share = 2.0 * work / seconds / peak;
    let text = format!(
        "decoder: {} T={LONG}, {threads} thread(s): a pass with all patterns at {:.0} % of the machine's sgemm peak, {:.0} \
         GFLOP/s (goal {:.0} %)",
        decoder.shape,
        100.0 * share,
        peak / 1e9,
        100.0 * SHARE
    );
    contest.notes.push(Note { text, met: Some(share >= SHARE) });
    Ok(())
}
