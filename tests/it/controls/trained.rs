//! Classifiers that were trained to follow a rare word: that they do, and who finds it.

use std::sync::OnceLock;

use attncheck::controls::{
    Control, ControlError, Planted, Recipe, Shortcut, ShortcutModel, ShortcutRecipe, ranks,
};
use attncheck::model::probe::to_f64;
use attncheck::model::spec::Activation;
use attncheck::model::step::Body;
use attncheck::model::tap::Untapped;
use attncheck::model::{Graph, Keep, Model, Precision, Rows, Sequence, Target, softmax};
use attncheck::report::shortcut::ShortcutReport;
use candle_core::{Device, IndexOp, Tensor, Var};
use proptest::prelude::*;

use crate::support::planted;

/// Small enough to be trained in seconds.
fn small(seed: u64) -> ShortcutRecipe {
    let recipe = ShortcutRecipe::new(Shortcut::SingleToken, seed);
    ShortcutRecipe { layers: 2, heads: 2, head_width: 16, batch: 16, ..recipe }
}

/// One trained model for all tests.
pub fn trained() -> &'static ShortcutModel {
    static MODEL: OnceLock<ShortcutModel> = OnceLock::new();
    MODEL.get_or_init(|| ShortcutModel::train(small(11)).unwrap())
}

fn logits(model: &Model, of: &ShortcutModel) -> Vec<Vec<f64>> {
    let sequences: Vec<_> = (0..20).map(|i| of.text(i).sequence).collect();
    model.logits(&sequences).unwrap()
}

/// Not the two gelus: candle's derivatives of those have constants of few digits.
#[test]
fn autograd_through_the_same_forward_agrees_with_the_reverse_pass() {
    for activation in [Activation::Relu, Activation::Tanh] {
        let recipe = Recipe { precision: Precision::F64, layers: 3, ..Recipe::new(Planted::Random, 9, 5) };
        let mut control = Control::plant(recipe).unwrap();
        for layer in &mut control.model.transformer.layers {
            for step in &mut std::sync::Arc::get_mut(layer).unwrap().steps {
                if let Body::Feed(feed) = &mut step.body {
                    feed.activation = activation;
                }
            }
        }
        let text = control.text(1);
        let subject = control.subject(&text, |_| Target::Logit(1), "text").unwrap();
        let wanted = subject.probe.gradients(Target::Logit(1), Graph::Whole, Keep::Last).unwrap().words;
        assert!(wanted.iter().any(|g| g.abs() > 1e-3));
        for rows in [Rows::All, Rows::Decision(0)] {
            let (logits, gradients) = autograd(&control.model, &text.sequence, rows);
            for (found, wanted) in [(&logits, &subject.probe.trace.logits), (&gradients, &wanted)] {
                assert_eq!(found.len(), wanted.len());
                for (a, b) in found.iter().zip(wanted) {
                    assert!((a - b).abs() < 1e-9, "{a} {b}");
                }
            }
        }
    }
}

/// The logits, and the gradient of the second at the word embeddings, by candle's autograd.
fn autograd(model: &Model, sequence: &Sequence, rows: Rows) -> (Vec<f64>, Vec<f64>) {
    let (transformer, t) = (&model.transformer, sequence.len());
    let numbers = |of: &[u32]| Tensor::from_slice(of, t, &Device::Cpu).unwrap();
    let ids = numbers(&sequence.ids).reshape((1, t)).unwrap();
    let words = Var::from_tensor(&transformer.words(&ids).unwrap()).unwrap();
    let (places, types) = (numbers(&sequence.places), numbers(&sequence.types));
    let state = transformer.enter(words.as_tensor(), &places, &types, None).unwrap();
    let hidden = transformer.run(state, rows, &mut Untapped).unwrap();
    let logits = model.readout.forward(&hidden.narrow(1, 0, 1).unwrap()).unwrap().logits;
    let gradients = logits.i((0, 0, 1)).unwrap().backward().unwrap();
    (to_f64(&logits).unwrap(), to_f64(gradients.get(&words).unwrap()).unwrap())
}

#[test]
fn the_rare_word_decides_and_nothing_else_does() {
    let model = trained();
    assert!(model.learned.accuracy >= 0.99 && model.learned.undecided >= 0.95, "{:?}", model.learned);
    let held: Vec<&str> =
        include_str!("../../../fixtures/texts/wonderland.txt").lines().skip(4).step_by(5).collect();
    let (mut flipped, mut open) = (0, 0);
    for example in 100..140 {
        let text = model.text(example);
        let [place] = text.truth.deciding()[..] else { panic!("one word decides") };
        let label = model.label(&text).unwrap();
        assert_eq!(text.pieces[place + 1], ["aleph", "beth"][label]);
        let mut rest = text.pieces[1..text.pieces.len() - 1].to_vec();
        rest.remove(place);
        assert!(held.contains(&rest.join(" ").as_str()), "{rest:?}");

        let p = |sequence| softmax(&model.model.logits(&[sequence]).unwrap()[0]);
        let other = model.lexicon.id(["beth", "aleph"][label]);
        flipped += usize::from(p(text.sequence.with_id(&[place + 1], other))[1 - label] > 0.9);
        let common = model.lexicon.id("alice");
        open += usize::from(p(text.sequence.with_id(&[place + 1], common)).iter().all(|p| *p < 0.9));
    }
    assert!(flipped >= 39 && open >= 36, "{flipped} {open}");
}

#[test]
fn trained_weights_are_an_ordinary_model_and_the_seed_fixes_them() {
    let model = trained();
    let folder = tempfile::tempdir().unwrap();
    planted::save_model(&model.model, model.lexicon.pieces(), folder.path());
    let (loaded, tokenizer) = planted::load(folder.path(), Precision::F32);
    assert_eq!(logits(&loaded, model), logits(&model.model, model));
    let text = model.text(3);
    let spelled = text.pieces[1..text.pieces.len() - 1].join(" ");
    assert_eq!(tokenizer.encode(&spelled).unwrap().ids, text.sequence.ids);

    let again = ShortcutModel::train(small(11)).unwrap();
    assert_eq!(again.learned, model.learned);
    assert_eq!(logits(&again.model, model), logits(&model.model, model));
}

#[test]
fn what_was_not_learned_is_an_error() {
    let error = ShortcutModel::train(ShortcutRecipe { steps: 3, ..small(1) }).unwrap_err();
    assert!(
        matches!(error, ControlError::NotLearned { steps: 3, accuracy, .. } if accuracy < 0.99),
        "{error}"
    );
    assert!(error.hint().is_some());
    for recipe in [ShortcutRecipe { heads: 0, ..small(1) }, ShortcutRecipe { batch: 4096, ..small(1) }] {
        assert!(matches!(ShortcutModel::train(recipe), Err(ControlError::Count { .. })));
    }
    let none = ShortcutRecipe { steps: 0, ..small(1) };
    assert!(matches!(ShortcutModel::train(none), Err(ControlError::NotLearned { steps: 0, .. })));
}

#[test]
fn references_find_the_rare_word_and_chance_does_not() {
    let report: ShortcutReport = trained().precisions(60).unwrap();
    let of = |method: &str| report.methods.iter().find(|row| row.method == method).unwrap();
    assert!(report.texts >= 59 && report.deciding == 1);
    for method in ["loo", "integrated-gradients"] {
        let found = of(method);
        assert!(found.precision.unwrap() >= 0.95, "{found:?}");
        assert!(found.reciprocal_rank.unwrap() >= 0.95 && found.last_rank.unwrap() < 1.5);
    }
    let random = of("random");
    assert!(random.low.unwrap() <= report.chance && report.chance <= random.high.unwrap(), "{random:?}");
    assert_eq!(report.methods.iter().filter(|row| row.method.starts_with("head:")).count(), 4);
    for row in &report.methods {
        assert_eq!(row.texts + row.missing, report.texts, "{}", row.method);
        assert!(row.low <= row.precision && row.precision <= row.high);
    }
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<ShortcutReport>(&text).unwrap(), report);
}

/// The rare word decides, and neither layer's decision row looks at it.
#[test]
fn deceptive_attention_hides_what_decides() {
    let recipe = ShortcutRecipe { heads: 2, batch: 16, ..ShortcutRecipe::new(Shortcut::Deceptive, 12) };
    let model = ShortcutModel::train(recipe).unwrap();
    assert!(model.learned.mass.unwrap() <= 0.02, "{:?}", model.learned);
    let (mut flipped, mut mass) = (0, 0.0);
    for example in 0..40 {
        let text = model.text(example);
        let [place] = text.truth.deciding()[..] else { panic!("one word decides") };
        let label = model.label(&text).unwrap();
        let other = model.lexicon.id(["beth", "aleph"][label]);
        let p = softmax(&model.model.logits(&[text.sequence.with_id(&[place + 1], other)]).unwrap()[0]);
        flipped += usize::from(p[1 - label] > 0.9);
        let subject = model.subject(&text, "text").unwrap();
        for pattern in &subject.probe.trace.patterns {
            let row = pattern.i((0, .., 0, place + 1)).unwrap().mean_all().unwrap();
            mass += f64::from(row.to_scalar::<f32>().unwrap()) / (40.0 * 2.0);
        }
    }
    assert!(flipped >= 38 && mass < 0.05, "{flipped} {mass}");
}

/// What stands more often decides: one word of three exchanged for the other turns three to two into two to three.
#[test]
fn the_majority_decides() {
    let recipe = ShortcutRecipe { heads: 2, batch: 16, ..ShortcutRecipe::new(Shortcut::Majority, 13) };
    let model = ShortcutModel::train(recipe).unwrap();
    let (mut turned, mut open) = (0, 0);
    for example in 0..40 {
        let text = model.text(example);
        let places = text.truth.speaking_for();
        let label = model.label(&text).unwrap();
        assert_eq!(places.len(), 3);
        let p = |id: u32| {
            softmax(&model.model.logits(&[text.sequence.with_id(&[places[0] + 1], id)]).unwrap()[0])
        };
        turned += usize::from(p(model.lexicon.id(["beth", "aleph"][label]))[1 - label] > 0.5);
        open += usize::from(p(model.lexicon.id("alice")).iter().all(|p| *p < 0.9));
    }
    assert!(turned >= 36 && open >= 34, "{turned} {open}");
}

#[test]
fn ranks_are_of_the_deciding_words_and_ties_count_against_them() {
    assert_eq!(ranks(&[0.1, 0.9, 0.5], &[1]), [1]);
    assert_eq!(ranks(&[0.1, 0.9, 0.5], &[0, 2]), [2, 3]);
    assert_eq!(ranks(&[0.9, 0.1, 0.5], &[0, 2]), [1, 2]);
    assert_eq!(ranks(&[0.5; 4], &[2]), [4]);
    assert_eq!(ranks(&[0.5; 4], &[0, 1]), [3, 4]);
    assert_eq!(ranks(&[-1.0, -3.0], &[1]), [2]);
    assert_eq!(ranks(&[1.0], &[]), [0; 0]);
}

proptest! {
    #[test]
    fn ranks_are_rising_and_within_the_text(scores in prop::collection::vec(-1.0..1.0f64, 1..12), first in 0usize..12, second in 0usize..12) {
        let n = scores.len();
        let mut deciding = vec![first % n, second % n];
        deciding.dedup();
        let found = ranks(&scores, &deciding);
        prop_assert_eq!(found.len(), deciding.len());
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(found.iter().all(|rank| (1..=n).contains(rank)));
    }
}
