//! What can be asked for, and texts of one's own.

use attncheck::controls::{Control, ControlError, Lexicon, Margins, Planted, Recipe};

use attncheck::model::Task;

use super::{masked, p_of};
use crate::support::planted::flat;

#[test]
fn same_recipe_same_model_and_texts() {
    let make = || Control::plant(Recipe::new(Planted::Sink, 20, 4)).unwrap();
    let (a, b) = (make(), make());
    assert_eq!(a.text(3).sequence, b.text(3).sequence);
    assert_ne!(a.text(3).sequence, a.text(4).sequence);
    assert_eq!(flat(&a.model.transformer.embedding.words), flat(&b.model.transformer.embedding.words));
    let other = Control::plant(Recipe::new(Planted::Sink, 20, 5)).unwrap();
    assert_ne!(flat(&a.model.transformer.embedding.words), flat(&other.model.transformer.embedding.words));
}

#[test]
fn odd_shapes_work() {
    use Planted::{Constant, FrozenRandom, Random, Xor};
    for kind in Planted::ALL {
        for (words, heads, layers) in [(6, 3, 2), (7, 5, 4), (254, 7, 2), (13, 64, 3)] {
            let heads = kind.least_heads().max(heads);
            let recipe = Recipe { heads, layers, ..Recipe::new(kind, words, 1) };
            let control = Control::plant(recipe).unwrap();
            let text = control.text(0);
            assert_eq!(text.pieces.len(), if kind.is_decoder() { words } else { words + 2 });
            let with = !matches!(kind, Xor | Constant | Random | FrozenRandom);
            let found = p_of(&control, &text.sequence);
            assert!(!with || (found - 0.947).abs() < 0.01, "{kind:?} {words} {heads} {layers}: {found}");
        }
    }
}

#[test]
fn impossible_recipes_are_refused() {
    let bad = |change: &dyn Fn(&mut Recipe)| {
        let mut recipe = Recipe::new(Planted::Decoy, 20, 1);
        change(&mut recipe);
        let error = Control::plant(recipe).unwrap_err();
        assert!(error.hint().is_some());
        error.to_string()
    };
    assert_eq!(bad(&|r| r.lambda = 1.5), "the dial is 1.5, not between 0 and 1");
    assert_eq!(bad(&|r| r.lambda = f64::NAN), "the dial is NaN, not between 0 and 1");
    let one_head = "a decoy model with 1 heads cannot be built: from 2 to 64 are possible";
    assert_eq!(bad(&|r| r.heads = 1), one_head);
    assert!(bad(&|r| r.words = 5).contains("5 words"));
    assert!(bad(&|r| r.words = 255).contains("255 words"));
    assert!(bad(&|r| (r.kind, r.layers) = (Planted::Bypass, 1)).contains("1 layers"));
    assert!(bad(&|r| r.task = Task::NextToken).contains("NextToken"));
    assert!(bad(&|r| (r.kind, r.task) = (Planted::Fact, Task::MaskedLm)).contains("MaskedLm"));
    for (whole, without) in [(-1.0, -3.0), (3.0, 3.0), (f64::INFINITY, 0.0), (3.0, f64::NAN)] {
        assert!(bad(&|r| r.margins = Margins { whole, without }).contains("cannot be planted"));
    }
    for cues in [&["a", "b"][..], &["a", "b", "b"], &["a", "b", "[MASK]"]] {
        assert!(matches!(Lexicon::natural(cues, &[]), Err(ControlError::Cues { .. })));
    }
}

#[test]
fn natural_texts_decide_by_the_chosen_word() {
    let line = "the plot is thin but the acting saves it and the end is simply superb for once";
    let words: Vec<&str> = line.split(' ').collect();
    let lexicon = Lexicon::natural(&["superb", "acting", "plot"], &words).unwrap();
    let recipe = Recipe { lexicon, heads: 1, ..Recipe::new(Planted::OnlyPath, words.len(), 2) };
    let control = Control::plant(recipe).unwrap();
    let text = control.given(&words);
    let superb = words.iter().position(|w| *w == "superb").unwrap();
    assert_eq!(text.truth.deciding(), [superb]);
    assert_eq!(text.pieces[1..=words.len()], words);
    assert!(p_of(&control, &text.sequence) > 0.94);
    assert!(p_of(&control, &masked(&control, &text, &[superb])) < 0.06);
    let unknown = control.given(&["never", "seen", "before", "superb", "words", "here"]);
    assert_eq!(unknown.pieces[2], "seen");
    assert!(p_of(&control, &unknown.sequence) > 0.9);
    assert!(p_of(&control, &control.given(&[]).sequence) < 0.06);
}
