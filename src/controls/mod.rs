//! Small transformers whose weights are written by hand, so that it is known which words decide: what the
//! verdict is audited with.
//!
//! They are ordinary [`Model`]s (post-norm encoders with a tanh pooler and two classes) and differ from
//! trained ones in nothing but where the weights come from.
//!
//! # The stream
//!
//! A quantity lives in two neighbouring channels as (+q, −q), so every state has mean 0. One quantity, *keep*,
//! is 100 at every place, so that it makes nearly all of a state's variance; the gain of every norm is the
//! standard deviation of a state of constants alone. A norm then returns what it was given, to 3 in 10 000.
//! *Keep* comes from the table of places and survives the erasure of a word's embedding.
//!
//! | quantity | what it is | where it comes from |
//! | --- | --- | --- |
//! | keep | the constant 100 | place |
//! | at, from | the token's place, and the place it copies from, 8 bits as ±1 each | place |
//! | first, last | 1 at the first and at the last token | `[CLS]`, `[SEP]` |
//! | cue 0, 1, 2 | 1 at a cue word of that kind | the cue words |
//! | identity | 4 random numbers in ±½ that mean nothing | the neutral words |
//! | moved | cue 0 as copied from another place | the mixing kind's lower layer |
//! | left, right | operands | the interacting kinds' heads |
//! | decision | what the head reads | heads, or the last feed-forward block |
//!
//! `[MASK]`, `[PAD]` and `[UNK]` have none of these beside the place's, so an erased word is one that says nothing.
//!
//! # A head
//!
//! The query of the decision token is 1 in one channel; the key there is the sum over quantities of
//! logit × quantity, plus a random combination of the identities, so that heads differ in their taste among
//! neutral words. All other rows idle at the decision token, which carries nothing. The logits are chosen so
//! that each kind of cue gets a stated part of the row's mass whatever the number of words. The value takes one
//! quantity and the output map adds it, times a gain, to another; a head that carries nothing has null values.
//! Only the mixing kind has another sort of head: each row looks for the place it copies from, bit by bit.
//!
//! The feed-forward blocks are zero, but for the rule of the interacting kinds. The layers below those that a
//! kind needs are idle: they attend by taste and carry nothing.
//!
//! # The decision
//!
//! With the decision evidence d, which is λ where the text is whole, the margin of class 1 is
//! 6·tanh(d/4)·4 − 3λ: at λ = 1, p(class 1) is .05 without evidence and .95 with all of it; at any λ the whole text
//! is of class 1 and the text without its deciding words of class 0, as far apart as λ.
//!
//! # The dial
//!
//! λ takes every group's mass from the uniform one (0) to the planted one (1), linearly, and what a head
//! carries is scaled so that the evidence is λ. At 0 attention is uniform up to taste and no word matters.

mod blueprint;
mod channels;
mod corpus;
mod design;
mod error;
mod expected;
mod faithful;
mod foreign;
pub mod grid;
mod interaction;
pub mod model;
mod natural;
mod null;
pub mod own;
mod planted;
mod precision;
pub mod randomise;
mod run;
mod sensitivity;
pub mod shortcut;
mod tally;
mod text;
mod train;
pub mod trial;
mod trust;
mod unfaithful;
mod weigh;

use rand_chacha::ChaCha8Rng;

pub use error::ControlError;
pub use expected::{Expected, Outlook, Truth};
pub use grid::{Grid, Trial};
pub use planted::Planted;
pub use precision::ranks;
pub use run::controls;
pub use shortcut::{Shortcut, ShortcutModel, ShortcutRecipe};
pub use text::{KINDS, Lexicon, Planting};
pub use trial::{Outcome, Ranking};

use crate::model::spec::Activation;
use crate::model::{Model, ModelError, Precision, Probe, Sequence, Target};
use crate::stats::seed::{self, Stream};
use crate::subject::Subject;

/// How a planted model is to be made.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What is planted.
    pub kind: Planted,
    /// The dial, in [0, 1].
    pub lambda: f64,
    /// Of all that is random in it.
    pub seed: u64,
    /// n: content words of the texts it is made for, 6 to 254. Others can be given; masses then differ.
    pub words: usize,
    /// H, 1 to 64.
    pub heads: usize,
    /// L, 1 to 64.
    pub layers: usize,
    /// What it computes in.
    pub precision: Precision,
    /// The words it knows.
    pub lexicon: Lexicon,
}

impl Recipe {
    /// The whole effect in f32 over generated words, with two heads and two layers.
    #[must_use]
    pub fn new(kind: Planted, words: usize, seed: u64) -> Self {
        let lexicon = Lexicon::generated(256);
        Self { kind, lambda: 1.0, seed, words, heads: 2, layers: 2, precision: Precision::F32, lexicon }
    }

    fn check(&self) -> Result<(), ControlError> {
        if !(0.0..=1.0).contains(&self.lambda) {
            return Err(ControlError::Dial { found: self.lambda });
        }
        for (what, found, least, most) in [
            ("words", self.words, 6, blueprint::PLACES - 2),
            ("heads", self.heads, self.kind.least_heads(), 64),
            ("layers", self.layers, self.kind.least_layers(), 64),
        ] {
            if !(least..=most).contains(&found) {
                return Err(ControlError::Count { kind: self.kind.name(), what, found, least, most });
            }
        }
        Ok(())
    }

    fn rng(&self, what: &str) -> ChaCha8Rng {
        seed::rng(self.seed, self.kind.name(), what)
    }
}

/// A planted model with all that is known of it.
#[derive(Debug)]
pub struct Control {
    /// How it was made.
    pub recipe: Recipe,
    /// Classes "without" and "with" the evidence; its `sha256` is empty, as there is no file.
    pub model: Model,
    design: Option<design::Design>,
}

impl Control {
    /// Builds the model.
    ///
    /// The same weights for every text; the same recipe gives the same weights on every platform, up to the last
    /// bit of ln and √.
    ///
    /// # Errors
    ///
    /// If the dial or a count is outside its range.
    pub fn plant(recipe: Recipe) -> Result<Self, ControlError> {
        recipe.check()?;
        let mut spec = blueprint::spec(recipe.layers, recipe.heads, recipe.lexicon.pieces().len());
        let design = design::design(&recipe);
        let mut rng = recipe.rng("weights");
        let (transformer, head) = if let Some(design) = &design {
            blueprint::build(&design.blueprint, spec, recipe.precision, &mut rng)?
        } else {
            (spec.inner, spec.activation) = (2 * spec.width, Activation::Gelu);
            null::random(spec, recipe.lambda, recipe.precision, &mut rng)?
        };
        let model = Model {
            transformer,
            readout: head,
            labels: vec!["without".to_owned(), "with".to_owned()],
            regression: false,
            sha256: String::new(),
            notes: Vec::new(),
            precision: recipe.precision,
        };
        Ok(Self { recipe, model, design })
    }

    /// The id that erases a word: it has no quantity of its own.
    #[must_use]
    pub fn mask(&self) -> u32 {
        text::MASK
    }

    /// The id of padding, as empty as the mask.
    #[must_use]
    pub fn pad(&self) -> u32 {
        text::PAD
    }

    /// How many words of each kind of cue a text of this model holds.
    #[must_use]
    pub fn cues(&self) -> [usize; KINDS] {
        self.design.as_ref().map_or([1, 1, 1], |design| design.counts)
    }

    /// What an audit should say of it.
    #[must_use]
    pub fn expected(&self) -> Expected {
        self.recipe.kind.expected(self.recipe.lambda)
    }

    /// The `example`th generated text: neutral words, with the cues at random places.
    #[must_use]
    pub fn text(&self, example: u64) -> Planting {
        let mut rng = self.recipe.rng(&format!("text {example}"));
        let ids = text::generate(&self.recipe.lexicon, self.recipe.words, self.cues(), &mut rng);
        self.planting(&ids, |id| self.recipe.lexicon.pieces()[id as usize].clone())
    }

    /// The `example`th natural text: consecutive words of film reviews, with the lexicon's cues put in place of some.
    #[must_use]
    pub fn natural(&self, example: u64) -> Planting {
        let mut rng = self.recipe.rng(&format!("natural text {example}"));
        let mut words = natural::passage(self.recipe.words, &mut rng);
        let pieces = self.recipe.lexicon.pieces();
        for (place, kind) in text::cue_places(self.recipe.words, self.cues(), &mut rng) {
            words[place] = &pieces[text::cue_id(kind) as usize];
        }
        self.given(&words)
    }

    /// A given text: a word decides where it is one of the lexicon's cues; words that the lexicon does not know
    /// are neutral and keep their spelling. No more than 254 words are taken.
    ///
    /// The mixing kind copies only the first word of every three.
    #[must_use]
    pub fn given(&self, words: &[&str]) -> Planting {
        let words = &words[..words.len().min(blueprint::PLACES - 2)];
        let ids: Vec<u32> = words.iter().map(|word| self.recipe.lexicon.id(word)).collect();
        let mut spelled = words.iter();
        self.planting(&ids, |_| spelled.next().map_or_else(String::new, |&word| word.to_owned()))
    }

    fn planting(&self, words: &[u32], piece: impl FnMut(u32) -> String) -> Planting {
        let special = |id: u32| self.recipe.lexicon.pieces()[id as usize].clone();
        let mut pieces = vec![special(text::CLS)];
        pieces.extend(words.iter().copied().map(piece));
        pieces.push(special(text::SEP));
        let ids: Vec<u32> = [&[text::CLS], words, &[text::SEP]].concat();
        let types = vec![0; ids.len()];
        Planting {
            sequence: Sequence::new(ids, types, 0, self.model.spec().positions),
            pieces,
            words: (1..=words.len()).map(|i| i..i + 1).collect(),
            truth: self.truth(words),
        }
    }

    fn truth(&self, words: &[u32]) -> Truth {
        let Some(design) = &self.design else {
            return Truth { relevance: None, attended: Vec::new() };
        };
        let kinds = text::kinds(words);
        let mixing = self.recipe.kind == Planted::Mixing;
        // A cue that no place copies is never seen by the mixing model.
        let seen = |i: usize| !mixing || (i.is_multiple_of(3) && i + 1 < words.len());
        let relevance = kinds.iter().enumerate().map(|(i, kind)| match kind {
            Some(kind) if seen(i) => design.relevance[*kind],
            _ => 0.0,
        });
        let attended = (0..words.len()).filter(|&i| {
            let copied = blueprint::source_of(i + 1);
            (kinds[i].is_some() && kinds[i] == design.attended)
                || (mixing && copied > 0 && kinds[copied - 1] == Some(0))
        });
        let attended = if self.recipe.lambda > 0.0 { attended.collect() } else { Vec::new() };
        Truth { relevance: Some(relevance.collect()), attended }
    }

    /// The text in the model, ready for every method; `target` chooses what is explained from the logits.
    ///
    /// # Errors
    ///
    /// If the pass fails, which is a bug.
    pub fn subject<'m>(
        &'m self,
        planting: &Planting,
        target: impl FnOnce(&[f64]) -> Target,
        id: &str,
    ) -> Result<Subject<'m>, ModelError> {
        Ok(Subject {
            probe: Probe::new(&self.model, planting.sequence.clone(), target)?,
            words: planting.words.clone(),
            mask: Some(self.mask()),
            pad: Some(self.pad()),
            stream: Stream::new(self.recipe.seed, [id]),
        })
    }
}
