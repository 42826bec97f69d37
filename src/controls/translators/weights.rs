//! The weights of planted translators.
//!
//! Both halves have one layer of two heads, norms before the steps and feed-forward blocks of zeros. Every state is *keep*, a
//! place and a word, so norms give back what they read: *keep* is nearly all of its variance, and the rest is the same
//! everywhere.
//!
//! - *place* is 1 in a source token for its own place; in a row of the decoder, for the place that the row translates.
//! - *word* is 1 in a source token for what it means; in a row of the decoder, for the word before.
//! - *identity*, in source tokens, tells words apart and means nothing, as in the other planted models.
//! - *heard* is what cross-attention brings of each word: row t looks for the state that has the place it asks for, puts λ
//!   there and the rest nearly evenly on the others, and brings words by what makes a lone one 1. Nearly: each head has a
//!   taste, as in the other planted models, or else the order of the others would be that of rounding.
//!
//! The readout reads *heard*, or in a prefix model the word before. No norm stands over the last states, so what the readout
//! does not read cannot move a logit.
//!
//! The encoder attends and brings nothing. In a shifted model one head takes from each state all that is its own, and the
//! other brings all of the nearest token before it that can be seen, counted round. Blocking a token thus takes it from every
//! state, and blocking the token behind it only moves it one state further, where cross-attention finds it: what is looked for
//! is what a state holds, not where it stands.

use std::sync::Arc;

use candle_core::Result;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{Dictionary, END, FIRST, START, SYNONYMS, TARGET_WORDS, TranslatorKind, TranslatorRecipe, id};
use crate::controls::blueprint::{HeadPlan, Look, Writer, feed, maps, shape};
use crate::controls::causal::FAR;
use crate::controls::channels::{Channel, FORMS, IDENTITY, KEEP, Matrix, OF_TRANSLATORS, TOKENS, deviation};
use crate::controls::text::{SEP, UNK};
use crate::model::attend::Attend;
use crate::model::kernels::Linear;
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::Spec;
use crate::model::step::{Body, Reads, Step};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::{Layer, Readout, Task};

/// H, the heads of every attention.
const HEADS: usize = 2;

/// Logit by which a token of the encoder looks at itself.
const OWN: f64 = 30.0;

/// Logits by which a token of the encoder prefers the one before it to the next one before that, and so on.
const NEAREST: f64 = 10.0;

/// The standard deviation, about, of the logits by which a head over the source prefers one word to another.
const TASTE: f64 = 0.005;

/// The logit of the word that is asked for.
const SURE: f64 = 6.0;

/// The logit of `[UNK]`, which is said where nothing is heard.
const UNSURE: f64 = 3.0;

/// What a translator is built of.
pub(super) struct Halves {
    pub encoder: Transformer,
    pub decoder: Transformer,
    pub readout: Readout,
}

/// Builds both halves; row t of the decoder translates the place `order[t]`.
pub(super) fn halves(
    recipe: &TranslatorRecipe,
    order: &[usize],
    dictionary: &Dictionary,
    rng: &mut ChaCha8Rng,
) -> Result<Halves> {
    let writer = Writer::new(recipe.precision);
    let of_source = dictionary.meanings.iter().copied().enumerate();
    let of_source = of_source.map(|(word, meaning)| (FIRST as usize + word, meaning));
    let encoder = Half {
        spec: spec(TARGET_WORDS * SYNONYMS, order.len()),
        words: of_source.chain([(SEP as usize, END)]).collect(),
        places: (0..order.len()).collect(),
        heads: reading(recipe),
        cross: None,
    };
    let decoder = Half {
        spec: spec(TARGET_WORDS, order.len()),
        words: (0..FORMS).map(|form| (id(form) as usize, form)).collect(),
        places: order.to_vec(),
        heads: vec![evenly(); HEADS],
        cross: Some(looking(recipe)),
    };
    let readout =
        Readout::plain(Task::NextToken, None, out(recipe, dictionary, &decoder.spec, &writer)?, None);
    Ok(Halves { encoder: encoder.build(&writer, rng)?, decoder: decoder.build(&writer, rng)?, readout })
}

/// The shape of a half that knows so many words, in texts of so many tokens.
fn spec(words: usize, tokens: usize) -> Spec {
    let vocabulary = FIRST as usize + words;
    let shape = shape(1, (HEADS, OF_TRANSLATORS), vocabulary);
    Spec { family: "mbart".to_owned(), types: 0, longest: tokens, ..shape }
}

/// Logits by the place that a row stands at or asks for, and by that of the key.
fn table(tokens: usize, taste: f64, logit: impl Fn(usize, usize) -> f64) -> Look {
    let rows = (0..tokens).map(|row| (0..tokens).map(|key| logit(row, key)).collect());
    Look::Table { rows: rows.collect(), taste }
}

/// A head that looks at all alike and brings nothing.
fn evenly() -> HeadPlan {
    HeadPlan { look: Look::Table { rows: Vec::new(), taste: 0.0 }, carry: Vec::new() }
}

/// The heads of the encoder.
fn reading(recipe: &TranslatorRecipe) -> Vec<HeadPlan> {
    let tokens = recipe.tokens();
    let own =
        |carry| HeadPlan { look: table(tokens, 0.0, |row, key| if key == row { OWN } else { 0.0 }), carry };
    if recipe.kind != TranslatorKind::Shifted {
        return vec![own(Vec::new()); HEADS];
    }
    let between = |row: usize, key: usize| (row + tokens - 1 - key) % tokens;
    let look = table(tokens, 0.0, |row, key| -NEAREST * between(row, key) as f64);
    vec![own(everything(-1.0)), HeadPlan { look, carry: everything(1.0) }]
}

/// All that a state has, so many times.
fn everything(times: f64) -> Vec<(Channel, Channel, f64)> {
    let words = (0..FORMS).map(Channel::Word);
    let identity = (0..IDENTITY).map(Channel::Identity);
    let all = [Channel::Keep].into_iter().chain((0..TOKENS).map(Channel::Place)).chain(words).chain(identity);
    all.map(|channel| (channel, channel, times)).collect()
}

/// The heads over the source: λ on what is asked for, 1 − λ on the others, evenly but for taste.
fn looking(recipe: &TranslatorRecipe) -> Vec<HeadPlan> {
    let (tokens, mass) = (recipe.tokens(), recipe.mass);
    let found = (mass * (tokens - 1) as f64 / (1.0 - mass)).ln();
    let gain = 1.0 / (HEADS as f64 * mass);
    let carry = (0..=END).map(|form| (Channel::Word(form), Channel::Heard(form), gain)).collect();
    vec![
        HeadPlan { look: table(tokens, TASTE, |asked, key| if key == asked { found } else { 0.0 }), carry };
        HEADS
    ]
}

/// The map from the last states to the logits.
fn out(recipe: &TranslatorRecipe, dictionary: &Dictionary, spec: &Spec, writer: &Writer) -> Result<Linear> {
    let mut out = Matrix::zeros(spec.width, spec.vocabulary);
    for special in (0..FIRST).filter(|special| ![UNK, SEP].contains(special)) {
        out.read(Channel::Keep, special as usize, -FAR / KEEP);
    }
    out.read(Channel::Keep, UNK as usize, UNSURE / KEEP);
    for form in 0..FORMS {
        if recipe.kind.hears() {
            if form != START {
                out.read(Channel::Heard(form), id(form) as usize, SURE);
            }
        } else {
            let next = dictionary.next(form, recipe.words);
            out.read(Channel::Word(form), id(next) as usize, SURE);
        }
    }
    Linear::new(&writer.table(out)?, None)
}

/// What a half is made from.
struct Half {
    spec: Spec,
    /// Ids with what they mean.
    words: Vec<(usize, usize)>,
    /// The place of the source that each token stands at or asks for.
    places: Vec<usize>,
    /// The heads of its self-attention.
    heads: Vec<HeadPlan>,
    /// The heads over the source, in a decoder.
    cross: Option<Vec<HeadPlan>>,
}

impl Half {
    fn build(self, writer: &Writer, rng: &mut ChaCha8Rng) -> Result<Transformer> {
        let spec = self.spec;
        let mut words = Matrix::zeros(spec.vocabulary, spec.width);
        for (id, meaning) in self.words {
            words.write(id, Channel::Word(meaning), 1.0);
            // Nothing tells apart the words that a decoder writes but what they are.
            for i in 0..if self.cross.is_none() { IDENTITY } else { 0 } {
                words.write(id, Channel::Identity(i), rng.random_range(-0.5..0.5));
            }
        }
        let mut places = Matrix::zeros(spec.longest, spec.width);
        for (row, place) in self.places.into_iter().enumerate() {
            places.write(row, Channel::Keep, KEEP);
            places.write(row, Channel::Place(place), 1.0);
        }
        // Beside *keep* a state is one place and one word.
        let gain = deviation(spec.width, 2.0);
        let step = |body| -> Result<Step> {
            let before = Some(writer.norm(spec.width, gain, spec.eps)?);
            Ok(Step { before, body, within: None, after: None, reads: Reads::Stream })
        };
        let mut own = Attend::new(maps(&self.heads, &spec, writer, rng)?, spec.heads);
        let mut steps = Vec::with_capacity(3);
        if let Some(cross) = self.cross {
            own.scoring = Scoring { reach: Reach::Causal, ..own.scoring };
            let cross = Attend::new(maps(&cross, &spec, writer, rng)?, spec.heads);
            steps.extend([step(Body::Attend(own))?, step(Body::Cross(cross))?]);
        } else {
            steps.push(step(Body::Attend(own))?);
        }
        steps.push(step(Body::Feed(feed(None, &spec, writer)?))?);
        let embedding = Embedding {
            words: writer.table(words)?,
            positions: Some(writer.table(places)?),
            types: None,
            scale: None,
            norm: None,
            project: None,
        };
        Ok(Transformer { spec, embedding, layers: vec![Arc::new(Layer { steps })], last: None })
    }
}
