//! Training of shortcut classifiers: the same forward pass, its weights as variables, candle's autograd.

use candle_core::{D, Device, IndexOp, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::corpus::Corpus;
use super::error::ControlError;
use super::shortcut::{Labelled, Shortcut, ShortcutRecipe, decided, plant, with_specials};
use super::text::{self, Lexicon};
use super::{blueprint, null};
use crate::model::spec::Heads;
use crate::model::spec::{Activation, Positions, Spec};
use crate::model::tap::{Point, Record};
use crate::model::visit::map_both;
use crate::model::{Model, ModelError, Precision, Readout, Rows, Sequence, Transformer, softmax};
use crate::report::shortcut::Learned;

/// A word that does not decide is masked so often, so that erasing a word by the mask is nothing new.
const MASKED: f64 = 0.1;

/// Training steps between two checks on the held-out sentences.
const LOOK: usize = 50;

/// Steps over which the learning rate rises.
const RISE: usize = 100;

/// Accuracy on held-out sentences with the shortcut that ends training.
pub(super) const ACCURATE: f64 = 0.99;

/// The share of held-out sentences without the shortcut that the model must leave undecided before training ends.
pub(super) const UNDECIDED: f64 = 0.95;

/// Probability of a class from which on a text counts as decided.
const SURE: f64 = 0.9;

/// How much the mass on rare words weighs beside the cross-entropy.
const PENALTY: f64 = 1.0;

/// The mean mass of decision rows on rare words, over layers and heads, below which attention deceives.
const HIDDEN: f64 = 0.02;

/// Trains a model that follows the shortcut.
pub(super) fn train(
    recipe: &ShortcutRecipe,
    lexicon: &Lexicon,
    corpus: &Corpus,
) -> std::result::Result<(Model, Learned), ControlError> {
    let spec = spec(recipe, lexicon.pieces().len());
    let start = null::random(spec, 0.25, Precision::F32, &mut recipe.rng("weights"))?;
    let mut vars = Vec::new();
    let (transformer, head) = map_both(&start.0, &start.1, &mut |_, weight| {
        let var = Var::from_tensor(weight)?;
        let tensor = var.as_tensor().clone();
        vars.push(var);
        Ok(tensor)
    })?;
    let params = ParamsAdamW { lr: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(vars, params).map_err(ModelError::from)?;
    let held = held_out(recipe, corpus);
    let mut rng = recipe.rng("training");
    let mut learned = Learned { steps: 0, texts: held.0.len(), accuracy: 0.0, undecided: 0.0, mass: None };
    while learned.steps < recipe.steps {
        for _ in 0..LOOK.min(recipe.steps - learned.steps) {
            optimizer.set_learning_rate(rate(recipe, learned.steps));
            let loss = loss(recipe, &transformer, &head, &batch(recipe, corpus, &mut rng))?;
            optimizer.backward_step(&loss)?;
            learned.steps += 1;
        }
        let model = frozen(&transformer, &head)?;
        (learned.accuracy, learned.undecided) = judge(&model, &held)?;
        if penalised(recipe.kind) {
            learned.mass = Some(mean_mass(&model, &held.0)?);
        }
        let hidden = learned.mass.is_none_or(|mass| mass <= HIDDEN);
        if learned.accuracy >= ACCURATE && learned.undecided >= UNDECIDED && hidden {
            return Ok((model, learned));
        }
    }
    Err(ControlError::NotLearned {
        kind: recipe.kind.name(),
        steps: learned.steps,
        accuracy: learned.accuracy,
        undecided: learned.undecided,
    })
}

fn spec(recipe: &ShortcutRecipe, vocabulary: usize) -> Spec {
    let heads = Heads::new(recipe.heads, recipe.head_width);
    Spec {
        family: "bert".to_owned(),
        layers: recipe.layers,
        heads,
        width: heads.total(),
        inner: 2 * heads.total(),
        embedding: heads.total(),
        vocabulary,
        longest: blueprint::PLACES,
        positions: Positions::Learned,
        types: 1,
        activation: Activation::Gelu,
        gated: false,
        eps: 1e-12,
    }
}

fn rate(recipe: &ShortcutRecipe, step: usize) -> f64 {
    let rise = (step + 1) as f64 / RISE as f64;
    let fall = 1.0 - 0.9 * step as f64 / recipe.steps as f64;
    recipe.rate * rise.min(fall)
}

/// A training step's texts, all of one length, so that none is padded.
fn batch(recipe: &ShortcutRecipe, corpus: &Corpus, rng: &mut ChaCha8Rng) -> Vec<Labelled> {
    let sentences = corpus.same_length(rng);
    let mut draw = || {
        let sentence = sentences.choose(rng)?;
        let mut drawn = plant(recipe.kind, sentence, corpus, rng);
        for (i, word) in drawn.words.iter_mut().enumerate() {
            // A word that is counted stays, or the label would not be what stands more often.
            let kept = drawn.label.is_some() && drawn.inserted.contains(&i);
            if !kept && rng.random::<f64>() < MASKED {
                *word = text::MASK;
            }
        }
        Some(drawn)
    };
    (0..recipe.batch).filter_map(|_| draw()).collect()
}

/// Mean cross-entropy with the label, or with a half for each class where the label is a coin; for deceptive attention with
/// a penalty on what the decision rows give to the rare words.
fn loss(
    recipe: &ShortcutRecipe,
    transformer: &Transformer,
    head: &Readout,
    texts: &[Labelled],
) -> Result<Tensor> {
    let ids: Vec<u32> = texts.iter().flat_map(|text| with_specials(&text.words)).collect();
    let (b, t) = (texts.len(), ids.len() / texts.len().max(1));
    let places: Vec<u32> = (0..b).flat_map(|_| 0..t as u32).collect();
    let ids = Tensor::from_vec(ids, (b, t), &Device::Cpu)?;
    let places = Tensor::from_vec(places, b * t, &Device::Cpu)?;
    let types = places.zeros_like()?;
    let state = transformer.enter(&transformer.words(&ids)?, &places, &types, None)?;
    let points: &[Point] = if penalised(recipe.kind) { &[Point::Pattern] } else { &[] };
    let mut patterns = Record::of(points);
    let hidden = transformer.run(state, Rows::Decision(0), &mut patterns)?;
    let logits = head.forward(&hidden)?.logits.i((.., 0))?;
    let wanted: Vec<f32> = texts
        .iter()
        .flat_map(|text| match text.label {
            Some(label) => [0, 1].map(|class| if class == label { 1.0 } else { 0.0 }),
            None => [0.5; 2],
        })
        .collect();
    let wanted = Tensor::from_vec(wanted, (b, 2), &Device::Cpu)?;
    let log = logits.broadcast_sub(&logits.log_sum_exp(D::Minus1)?.unsqueeze(1)?)?;
    let loss = ((wanted * log)?.sum_all()? * (-1.0 / b as f64))?;
    if !penalised(recipe.kind) {
        return Ok(loss);
    }
    let mass = mass_on_deciding(&patterns.all(Point::Pattern), texts)?;
    // As Pruthi et al. (2020, eq. 1) have it: −log of the mass that is left to other words.
    loss - ((1.0 + 1e-6 - mass)?.log()?.mean_all()? * PENALTY)?
}

fn penalised(kind: Shortcut) -> bool {
    kind == Shortcut::Deceptive
}

/// The mass that each layer's decision row gives to deciding words, `[L, B, H]`.
fn mass_on_deciding(patterns: &[Tensor], texts: &[Labelled]) -> Result<Tensor> {
    let tokens = texts.first().map_or(0, |text| text.words.len() + 2);
    let marks: Vec<f32> = texts
        .iter()
        .flat_map(|text| {
            (0..tokens).map(move |t| if t > 0 && text.deciding.contains(&(t - 1)) { 1.0 } else { 0.0 })
        })
        .collect();
    let marks = Tensor::from_vec(marks, (texts.len(), 1, tokens), &Device::Cpu)?;
    let rows =
        patterns.iter().map(|pattern| pattern.i((.., .., 0, ..))?.broadcast_mul(&marks)?.sum(D::Minus1));
    Tensor::stack(&rows.collect::<Result<Vec<_>>>()?, 0)
}

/// The same weights as numbers that no longer change with the variables.
fn frozen(transformer: &Transformer, head: &Readout) -> Result<Model> {
    let (transformer, head) = map_both(transformer, head, &mut |_, weight| weight.detach().copy())?;
    Ok(Model {
        encoder: None,
        transformer,
        readout: head,
        labels: vec!["first".to_owned(), "second".to_owned()],
        regression: false,
        sha256: String::new(),
        notes: Vec::new(),
        precision: Precision::F32,
    })
}

/// Every held-out sentence twice: with the shortcut of a random label, and without.
fn held_out(recipe: &ShortcutRecipe, corpus: &Corpus) -> (Vec<Labelled>, Vec<Labelled>) {
    let mut rng = recipe.rng("held out");
    let mut draw = |sentence: &Vec<u32>, label| decided(recipe.kind, sentence, label, corpus, &mut rng);
    let twice = corpus.held.iter().enumerate().map(|(i, s)| (draw(s, Some(i % 2)), draw(s, None)));
    twice.unzip()
}

/// The mean mass of decision rows on deciding words, over texts, layers and heads.
fn mean_mass(model: &Model, texts: &[Labelled]) -> Result<f64> {
    let mut all = Vec::with_capacity(texts.len());
    for text in texts {
        let ids = with_specials(&text.words);
        let types = vec![0; ids.len()];
        let trace = model.trace(&Sequence::new(ids, types, 0, model.spec().positions))?;
        let mass = mass_on_deciding(&trace.patterns, std::slice::from_ref(text))?;
        all.push(f64::from(mass.mean_all()?.to_scalar::<f32>()?));
    }
    Ok(all.iter().sum::<f64>() / all.len().max(1) as f64)
}

/// The share of right and sure decisions with the shortcut, and of undecided ones without.
fn judge(model: &Model, (with, without): &(Vec<Labelled>, Vec<Labelled>)) -> Result<(f64, f64)> {
    let share = |texts: &[Labelled], good: &dyn Fn(&Labelled, &[f64]) -> bool| -> Result<f64> {
        let sequences: Vec<Sequence> = texts
            .iter()
            .map(|text| {
                let ids = with_specials(&text.words);
                let types = vec![0; ids.len()];
                Sequence::new(ids, types, 0, model.spec().positions)
            })
            .collect();
        let logits = model.logits(&sequences)?;
        let found = texts.iter().zip(&logits).filter(|(text, logits)| good(text, &softmax(logits))).count();
        Ok(found as f64 / texts.len().max(1) as f64)
    };
    let right = share(with, &|text, p| text.label.is_some_and(|label| p[label] >= SURE))?;
    Ok((right, share(without, &|_, p| p.iter().all(|p| *p < SURE))?))
}
