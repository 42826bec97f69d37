//! A planted model and the texts that are planted for it.

use rand_chacha::ChaCha8Rng;

use super::channels::KINDS;
use super::design::Design;
use super::error::ControlError;
use super::expected::{Expectation, Truth};
use super::planted::Planted;
use super::recipe::Recipe;
use super::text::Layout;
use super::text::{self, Planting};
use super::{blueprint, causal, kinds, natural, null};
use crate::model::spec::Activation;
use crate::model::{Model, ModelError, Probe, Sequence, Target, Task};
use crate::stats::seed::Stream;
use crate::subject::Subject;

/// A planted model with all that is known of it.
#[derive(Debug)]
pub struct Control {
    /// How it was made.
    pub recipe: Recipe,
    /// Classes "without" and "with" the evidence, or one "with" for each answer; in a language model the lexicon. Its
    /// `sha256` is empty, as there is no file.
    pub model: Model,
    /// `None` for random weights, which have none.
    design: Option<Design>,
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
        let design = kinds::design(&recipe);
        let causal = design.as_ref().and_then(|design| design.blueprint.causal.as_ref());
        let shape = if causal.is_some() { causal::spec } else { blueprint::spec };
        let mut spec = shape(recipe.layers, recipe.heads, recipe.lexicon.pieces().len());
        let mut rng = recipe.rng("weights");
        let (transformer, readout) = if let Some(design) = &design {
            let (plan, precision) = (&design.blueprint, recipe.precision);
            match causal {
                Some(causal) => causal::build((plan, causal), spec, recipe.task, precision, &mut rng)?,
                None => blueprint::build(plan, spec, precision, &mut rng)?,
            }
        } else {
            (spec.inner, spec.activation) = (2 * spec.width, Activation::Gelu);
            null::random(spec, recipe.lambda, recipe.precision, &mut rng)?
        };
        let model = Model {
            encoder: None,
            transformer,
            readout,
            labels: labels(recipe.task, causal.map_or(1, |causal| causal.answers.len())),
            regression: false,
            sha256: String::new(),
            notes: Vec::new(),
            precision: recipe.precision,
        };
        Ok(Self { recipe, model, design })
    }

    /// The output that is predicted where nothing decides.
    #[must_use]
    pub fn without(&self) -> usize {
        if self.recipe.kind.is_decoder() { causal::Causal::nothing(self.recipe.task) } else { 0 }
    }

    /// The outputs that evidence speaks for: one, or each answer of a decoder.
    #[must_use]
    pub fn with(&self) -> Vec<usize> {
        self.causal().map_or_else(|| vec![1], |causal| causal.outputs(self.recipe.task))
    }

    fn causal(&self) -> Option<&causal::Causal> {
        self.design.as_ref()?.blueprint.causal.as_ref()
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
    pub fn expected(&self) -> Expectation {
        self.recipe.kind.expected(self.recipe.lambda)
    }

    /// The `example`th generated text: neutral words, with the cues at random places.
    #[must_use]
    pub fn text(&self, example: u64) -> Planting {
        let mut rng = self.recipe.rng(&format!("text {example}"));
        let mut ids = text::neutral(&self.recipe.lexicon, self.recipe.words, &mut rng);
        for (place, kind) in self.places(&mut rng) {
            ids[place] = text::cue_id(kind);
        }
        self.planting(&ids, |id| self.recipe.lexicon.pieces()[id as usize].clone())
    }

    /// The `example`th natural text: consecutive words of film reviews, with the lexicon's cues put in place of some.
    #[must_use]
    pub fn natural(&self, example: u64) -> Planting {
        let mut rng = self.recipe.rng(&format!("natural text {example}"));
        let mut words = natural::passage(self.recipe.words, &mut rng);
        let pieces = self.recipe.lexicon.pieces();
        for (place, kind) in self.places(&mut rng) {
            words[place] = &pieces[text::cue_id(kind) as usize];
        }
        self.given(&words)
    }

    fn places(&self, rng: &mut ChaCha8Rng) -> Vec<(usize, usize)> {
        let (words, cues) = (self.recipe.words, self.cues());
        match self.causal() {
            Some(causal) => causal.layout.places(words, cues, rng),
            None => text::cue_places(words, cues, self.recipe.kind.in_groups(), rng),
        }
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
        let positions = self.model.spec().positions;
        if self.recipe.kind.is_decoder() {
            let (types, last) = (vec![0; words.len()], words.len().saturating_sub(1));
            return Planting {
                sequence: Sequence::new(words.to_vec(), types, last, positions),
                pieces: words.iter().copied().map(piece).collect(),
                words: (0..words.len()).map(|i| i..i + 1).collect(),
                truth: self.truth(words),
            };
        }
        let special = |id: u32| self.recipe.lexicon.pieces()[id as usize].clone();
        let mut pieces = vec![special(text::CLS)];
        pieces.extend(words.iter().copied().map(piece));
        pieces.push(special(text::SEP));
        let ids: Vec<u32> = [&[text::CLS], words, &[text::SEP]].concat();
        let types = vec![0; ids.len()];
        Planting {
            sequence: Sequence::new(ids, types, 0, positions),
            pieces,
            words: (1..=words.len()).map(|i| i..i + 1).collect(),
            truth: self.truth(words),
        }
    }

    fn truth(&self, words: &[u32]) -> Truth {
        let Some(design) = &self.design else {
            return Truth { relevance: None, attended: Vec::new() };
        };
        if let Some(Layout::Induction) = self.causal().map(|causal| causal.layout) {
            return self.induced(words);
        }
        let cues = text::kinds(words);
        let sink = self.recipe.kind == Planted::PositionSink;
        let mixing = self.recipe.kind == Planted::Mixing;
        // A cue that no place copies is never seen by the mixing model.
        let seen = |i: usize| !mixing || (i.is_multiple_of(3) && i + 1 < words.len());
        let relevance = cues.iter().enumerate().map(|(i, kind)| match kind {
            Some(kind) if seen(i) => design.relevance[*kind] * design.by_place.get(i + 1).unwrap_or(&1.0),
            _ => 0.0,
        });
        let attended = (0..words.len()).filter(|&i| {
            let copied = blueprint::source_of(i + 1);
            (cues[i].is_some() && cues[i] == design.attended)
                || (sink && i == 0)
                || (mixing && copied > 0 && cues[copied - 1] == Some(0))
        });
        let attended = if self.recipe.lambda > 0.0 { attended.collect() } else { Vec::new() };
        Truth { relevance: Some(relevance.collect()), attended }
    }

    /// Of … A B … A both A and the B between them decide, whatever else stands there; B is attended to.
    fn induced(&self, words: &[u32]) -> Truth {
        let found = if self.recipe.lambda > 0.0 { text::induced(words) } else { None };
        let decides = |i: usize| found.is_some_and(|places| places.contains(&i));
        let relevance = (0..words.len()).map(|i| if decides(i) { self.recipe.lambda } else { 0.0 });
        Truth {
            relevance: Some(relevance.collect()),
            attended: found.map(|[_, said, _]| said).into_iter().collect(),
        }
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
            mask: (!self.recipe.kind.is_decoder()).then(|| self.mask()),
            pad: Some(self.pad()),
            stream: Stream::new(self.recipe.seed, [id]),
        })
    }
}

/// The names of the classes; a language model's are its words.
fn labels(task: Task, answers: usize) -> Vec<String> {
    let names = ["without", "with", "with the other"];
    let count = if task == Task::NextToken { 0 } else { answers + 1 };
    names.into_iter().take(count).map(str::to_owned).collect()
}
