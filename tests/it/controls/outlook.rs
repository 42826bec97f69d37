//! What each ranking sees is what the table of expectations says.

use attncheck::attribution::rollout::{Mixed, rollout};
use attncheck::controls::{Control, Outlook, Planted, Planting, Recipe};
use attncheck::model::{Precision, Sequence};
use attncheck::subject::Subject;

use super::{each, margin, raw, subject, top};

/// Takes tokens out of a text.
type Erase<'a> = Box<dyn Fn(&[usize]) -> Sequence + 'a>;

/// Fall of the target when each word is erased by `erase`.
fn leave_one_out(subject: &Subject<'_>, erase: impl Fn(&[usize]) -> Sequence) -> Vec<f64> {
    let erased: Vec<Sequence> = subject.words.iter().map(|w| erase(&[w.start])).collect();
    let logits = subject.probe.logits(&erased).unwrap();
    logits.iter().map(|l| subject.probe.value() - subject.probe.target.value(l)).collect()
}

/// The midpoint rule from the text with every word masked; beside it the residual of completeness and the
/// most it can be where the path's slope jumps: two steps at the steepest slope.
fn integrated_gradients(control: &Control, subject: &Subject<'_>) -> (Vec<f64>, f64, f64) {
    const STEPS: usize = 200;
    let tokens: Vec<usize> = subject.words.iter().map(|w| w.start).collect();
    let base = subject.probe.sequence.with_id(&tokens, control.mask());
    let (from, to) =
        (subject.probe.words(&base).unwrap(), subject.probe.words(&subject.probe.sequence).unwrap());
    let points: Vec<Vec<f64>> = (0..STEPS)
        .map(|i| {
            let t = (i as f64 + 0.5) / STEPS as f64;
            from.iter().zip(&to).map(|(a, b)| a + t * (b - a)).collect()
        })
        .collect();
    let mut scores = vec![0.0; subject.tokens()];
    let width = from.len() / subject.tokens();
    let mut steepest = 0.0f64;
    for (_, gradient) in subject.probe.gradients_at(&points).unwrap() {
        let slope: f64 = gradient.iter().enumerate().map(|(i, g)| g * (to[i] - from[i])).sum();
        steepest = steepest.max(slope.abs());
        for (i, g) in gradient.iter().enumerate() {
            scores[i / width] += g * (to[i] - from[i]) / STEPS as f64;
        }
    }
    let ends = subject.probe.target.value(&subject.probe.logits(&[base]).unwrap()[0]);
    let residual = (scores.iter().sum::<f64>() - (subject.probe.value() - ends)).abs();
    (subject.sum_words(&scores), residual, 2.0 * steepest / STEPS as f64)
}

/// A ranking and what it should make of the truth. `sliver` is what counts as nothing.
fn check(name: &str, kind: Planted, outlook: Outlook, text: &Planting, scores: &[f64], sliver: f64) {
    let Some(relevance) = &text.truth.relevance else { return };
    let most = relevance.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let first = top(scores);
    let context = || format!("{name} of {kind:?}, n {}: {scores:.3?}; truth {relevance:?}", scores.len());
    match outlook {
        Outlook::Right => assert!(relevance[first] >= most, "{}", context()),
        Outlook::Wrong => assert!(relevance[first] < most, "{}", context()),
        Outlook::Blind => assert!(scores.iter().all(|s| s.abs() < sliver), "{}", context()),
        Outlook::Open => {}
    }
}

#[test]
fn rankings_see_what_is_expected() {
    for kind in Planted::ALL {
        let expected = kind.expected(1.0);
        each(kind, |control, text| {
            let subject = subject(control, text);
            check("raw", kind, expected.raw, text, &subject.sum_words(&raw(&subject)), 0.01);
            let heads = control.recipe.heads;
            let patterns: Vec<Vec<f64>> = subject
                .probe
                .trace
                .patterns
                .iter()
                .map(|pattern| {
                    let all = attncheck::model::probe::to_f64(pattern).unwrap();
                    let size = all.len() / heads;
                    (0..size)
                        .map(|i| (0..heads).map(|h| all[h * size + i]).sum::<f64>() / heads as f64)
                        .collect()
                })
                .collect();
            let mixed = Mixed::from_patterns(&patterns, subject.tokens()).unwrap();
            let rolled = subject.sum_words(&rollout(&mixed, text.sequence.decision).unwrap());
            check("rollout", kind, expected.rollout, text, &rolled, 0.01);
            let loo = leave_one_out(&subject, |tokens| text.sequence.with_id(tokens, control.mask()));
            check("leave-one-out", kind, expected.leave_one_out, text, &loo, 0.1);
            let (ig, residual, allowed) = integrated_gradients(control, &subject);
            check("integrated gradients", kind, expected.integrated_gradients, text, &ig, 0.25);
            assert!(residual < 1e-4 + allowed, "{kind:?}: residual {residual}, {allowed} allowed");
        });
    }
}

#[test]
fn every_erasing_operator_agrees() {
    for kind in Planted::ALL {
        if kind.expected(1.0).leave_one_out != Outlook::Right {
            continue;
        }
        each(kind, |control, text| {
            let subject = subject(control, text);
            let sequence = &text.sequence;
            let positions = control.model.spec().positions;
            let mut operators: Vec<(&str, Erase)> = vec![
                ("pad", Box::new(|tokens| sequence.with_id(tokens, control.pad()))),
                ("zero", Box::new(|tokens| sequence.with_zeroed(tokens))),
                ("attend", Box::new(|tokens| sequence.with_blocked(tokens))),
            ];
            // Deletion moves the places that mixing copies by.
            if kind != Planted::Mixing {
                operators.push(("delete", Box::new(move |tokens| sequence.without(tokens, positions))));
            }
            for (name, erase) in operators {
                let scores = leave_one_out(&subject, erase);
                check(name, kind, Outlook::Right, text, &scores, 0.0);
            }
        });
    }
}

#[test]
fn precision_changes_nothing_but_rounding() {
    for kind in Planted::ALL {
        let recipe = Recipe::new(kind, 20, 1);
        let single = Control::plant(recipe.clone()).unwrap();
        let double = Control::plant(Recipe { precision: Precision::F64, ..recipe }).unwrap();
        let text = single.text(0);
        let value = |c: &Control| c.subject(&text, margin, "").unwrap().probe.value();
        assert!((value(&single) - value(&double)).abs() < 1e-3, "{kind:?}");
    }
}
