//! Planted decoders: norms before the steps, a causal reach, and the last token read, as in GPT-2.
//!
//! The stream, the quantities and the heads are those of the encoders. What differs:
//!
//! - a text has no special tokens: its first word holds the first place and its last word decides;
//! - *first* and *later* come from the table of places: whatever word stands first, heads can rest on its place, where
//!   values are null, as language models do (Gu et al. 2025);
//! - a place copies from the one before it;
//! - the readout is a map alone. The answer where nothing decides has logit 0, an answer that evidence speaks for
//!   (whole − without)·d + without·λ, and every other word of the vocabulary [`FAR`] below.

use std::sync::Arc;

use candle_core::Result;
use rand_chacha::ChaCha8Rng;

use super::blueprint::{Blueprint, PLACES, Writer, feed, maps, norm_gain, place_table, shape, word_table};
use super::channels::{Channel, KEEP, Matrix, OF_DECODERS};
use super::text::{Layout, SEP};
use crate::model::attend::Attend;
use crate::model::kernels::Linear;
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::Spec;
use crate::model::step::{Body, Reads, Step};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::{Layer, Precision, Readout, Task};

/// How far below the answers all other words of the vocabulary are, in logits.
pub(super) const FAR: f64 = 12.0;

/// The id that is predicted where nothing decides: the end of the text.
const NOTHING: u32 = SEP;

/// What a decoder has beside layers of heads.
#[derive(Debug, Clone)]
pub(super) struct Causal {
    /// The evidence for each answer, and the id that it is in a language model.
    pub answers: Vec<(Channel, u32)>,
    /// Keys before its own that a query of the last layer sees; all where there is no window.
    pub back: Option<usize>,
    /// Where the cue words of a text stand.
    pub layout: Layout,
}

impl Causal {
    /// The output that is predicted where nothing decides.
    pub(super) fn nothing(task: Task) -> usize {
        if task == Task::NextToken { NOTHING as usize } else { 0 }
    }

    /// The output of each answer.
    pub(super) fn outputs(&self, task: Task) -> Vec<usize> {
        let output = |(i, (_, id)): (usize, &(Channel, u32))| match task {
            Task::NextToken => *id as usize,
            _ => i + 1,
        };
        self.answers.iter().enumerate().map(output).collect()
    }

    /// The keys that a layer's queries see.
    fn reach(&self, is_last: bool) -> Reach {
        match self.back.filter(|_| is_last) {
            Some(back) => Reach::Window { back, ahead: 0 },
            None => Reach::Causal,
        }
    }
}

/// The shape of a planted decoder.
pub(super) fn spec(layers: usize, heads: usize, vocabulary: usize) -> Spec {
    Spec { family: "gpt2".to_owned(), types: 0, ..shape(layers, (heads, OF_DECODERS), vocabulary) }
}

/// Builds the transformer, and the readout of the task, that do what the blueprint says.
pub(super) fn build(
    (blueprint, causal): (&Blueprint, &Causal),
    spec: Spec,
    task: Task,
    precision: Precision,
    rng: &mut ChaCha8Rng,
) -> Result<(Transformer, Readout)> {
    let writer = Writer::new(precision);
    let norm = || writer.norm(spec.width, norm_gain(&spec), spec.eps);
    let words = writer.table(word_table(&spec, rng))?;
    let mut places = place_table(&spec, |place| place.saturating_sub(1));
    for place in 0..PLACES {
        places.write(place, if place == 0 { Channel::First } else { Channel::Later }, 1.0);
    }
    let last = blueprint.layers.len() - 1;
    let mut layers = Vec::with_capacity(blueprint.layers.len());
    for (l, heads) in blueprint.layers.iter().enumerate() {
        let scoring = Scoring {
            reach: causal.reach(l == last),
            ..Scoring::every(1.0 / (spec.heads.width as f64).sqrt())
        };
        let attend = Attend { scoring, ..Attend::new(maps(heads, &spec, &writer, rng)?, spec.heads) };
        let feed = feed(blueprint.rule.filter(|_| l == last), &spec, &writer)?;
        let step = |body| -> Result<Step> {
            Ok(Step { before: Some(norm()?), body, within: None, after: None, reads: Reads::Stream })
        };
        let steps = vec![step(Body::Attend(attend))?, step(Body::Feed(feed))?];
        layers.push(Arc::new(Layer { steps }));
    }
    let readout = Readout::plain(task, None, readout((blueprint, causal), &spec, task, &writer)?, None);
    let embedding = Embedding {
        words,
        positions: Some(writer.table(places)?),
        types: None,
        scale: None,
        norm: None,
        project: None,
    };
    let last = Some(norm()?);
    Ok((Transformer { spec, embedding, layers, last }, readout))
}

/// The map from the last token's state to the logits; what is the same for every text is read from *keep*.
fn readout(
    (blueprint, causal): (&Blueprint, &Causal),
    spec: &Spec,
    task: Task,
    writer: &Writer,
) -> Result<Linear> {
    let outputs = causal.outputs(task);
    let count = if task == Task::NextToken { spec.vocabulary } else { outputs.len() + 1 };
    let mut out = Matrix::zeros(spec.width, count);
    for col in (0..count).filter(|col| *col != Causal::nothing(task)) {
        if let Some(answer) = outputs.iter().position(|output| *output == col) {
            out.read(causal.answers[answer].0, col, blueprint.gain);
            out.read(Channel::Keep, col, blueprint.base / KEEP);
        } else {
            out.read(Channel::Keep, col, -FAR / KEEP);
        }
    }
    Linear::new(&writer.table(out)?, None)
}
