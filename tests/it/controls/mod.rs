//! Planted models are what they claim to be: where the mass lies, what decides, and what each reference sees.

mod claims;
mod decoder_folder;
mod decoders;
mod folder;
mod grid;
mod outlook;
mod own;
mod recipe;
mod trained;
mod truth;

use attncheck::audit::TargetKind;
use attncheck::controls::{Control, Planted, Planting, Recipe};
use attncheck::model::{Sequence, Target, softmax};
use attncheck::report::{Render, Text};
use attncheck::subject::Subject;
use candle_core::{IndexOp, Tensor};
use rand::Rng;

/// What `attncheck controls --full` printed when its document was committed.
pub fn committed() -> String {
    Text::new(80, false).rendered(&grid::document()).unwrap()
}

#[test]
#[ignore = "prints what the guide shows of the committed document"]
fn the_committed_document_as_it_is_printed() {
    print!("{}", committed());
}

/// Short, ordinary and long texts.
const WORDS: [usize; 3] = [8, 20, 64];

const SEEDS: [u64; 3] = [1, 2, 3];

/// Every number of words, seed and a few numbers of heads and layers.
fn each(kind: Planted, mut check: impl FnMut(&Control, &Planting)) {
    for words in WORDS {
        for seed in SEEDS {
            let heads = kind.least_heads().max([1, 2, 4][seed as usize % 3]);
            let layers = kind.least_layers().max(seed as usize);
            let control = Control::plant(Recipe { heads, layers, ..Recipe::new(kind, words, seed) }).unwrap();
            let text = control.text(seed);
            check(&control, &text);
        }
    }
}

/// The predicted class against the other.
fn margin(logits: &[f64]) -> Target {
    TargetKind::Margin.choose(logits, None, None)
}

fn subject<'m>(control: &'m Control, text: &Planting) -> Subject<'m> {
    control.subject(text, margin, "control").unwrap()
}

/// The margin of "with", or of the likeliest answer, over "without".
fn lead(control: &Control, logits: &[f64]) -> f64 {
    let best = control.with().into_iter().map(|output| logits[output]).fold(f64::NEG_INFINITY, f64::max);
    best - logits[control.without()]
}

/// The probability of "with" against "without".
fn p(control: &Control, logits: &[f64]) -> f64 {
    1.0 / (1.0 + (-lead(control, logits)).exp())
}

fn p_of(control: &Control, sequence: &Sequence) -> f64 {
    p(control, &control.model.logits(std::slice::from_ref(sequence)).unwrap()[0])
}

/// The text with these words masked.
fn masked(control: &Control, text: &Planting, words: &[usize]) -> Sequence {
    let tokens: Vec<usize> = words.iter().map(|&w| text.words[w].start).collect();
    text.sequence.with_id(&tokens, control.mask())
}

/// The words that are not these.
fn others(text: &Planting, words: &[usize]) -> Vec<usize> {
    (0..text.words.len()).filter(|w| !words.contains(w)).collect()
}

/// The decision row of a layer, per head, `[H][T]`.
fn rows(subject: &Subject<'_>, layer: usize) -> Vec<Vec<f64>> {
    let decision = subject.probe.sequence.decision;
    let pattern = subject.probe.trace.patterns[layer].i((0, .., decision, ..)).unwrap();
    pattern.to_dtype(candle_core::DType::F64).unwrap().to_vec2().unwrap()
}

/// The head mean of the last layer's decision row, `[T]`.
fn raw(subject: &Subject<'_>) -> Vec<f64> {
    let rows = rows(subject, subject.probe.model.spec().layers - 1);
    (0..subject.tokens()).map(|t| rows.iter().map(|r| r[t]).sum::<f64>() / rows.len() as f64).collect()
}

/// The first of the largest.
fn top(scores: &[f64]) -> usize {
    (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap()
}

/// Random rows over `tokens` keys, for every head.
fn random_rows(count: usize, heads: usize, tokens: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = attncheck::stats::seed::rng(seed, "control", "rows");
    (0..count * heads)
        .map(|_| softmax(&(0..tokens).map(|_| rng.random_range(-6.0..6.0)).collect::<Vec<f64>>()))
        .collect()
}

/// Probabilities of "with" under given last-layer decision rows, `count` times H rows of T.
fn swapped(control: &Control, subject: &Subject<'_>, rows: &[Vec<f64>]) -> Vec<f64> {
    let spec = subject.probe.model.spec();
    let (heads, tokens, last) = (spec.heads.count, subject.tokens(), spec.layers - 1);
    let logits = subject
        .probe
        .swapped(&[last], rows.len() / heads, |range, _| {
            let flat: Vec<f64> = rows[range.start * heads..range.end * heads].concat();
            let shape = (range.len(), heads, 1, tokens);
            let dtype = subject.probe.trace.patterns[0].dtype();
            Tensor::from_vec(flat, shape, &candle_core::Device::Cpu)?.to_dtype(dtype)
        })
        .unwrap();
    logits.iter().map(|l| p(control, l)).collect()
}
