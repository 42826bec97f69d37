//! Each kind's construction, claim by claim.

use attncheck::controls::{Control, Planted, Recipe};
use attncheck::stats::divergence::jensen_shannon;

use super::decoders::DECODERS;
use super::{WORDS, each, lead, masked, others, p, p_of, random_rows, raw, rows, subject, swapped};

/// Kinds that decide for "with" when the text is whole.
const DECIDED: [Planted; 17] = [
    Planted::OnlyPath,
    Planted::Sink,
    Planted::Negative,
    Planted::Decoy,
    Planted::Bypass,
    Planted::BypassAligned,
    Planted::Redundant,
    Planted::Mixing,
    Planted::And,
    Planted::Or,
    Planted::OneWord,
    Planted::SeveralWords,
    Planted::RandomMaps,
    Planted::OneHead,
    Planted::NullDecoys,
    Planted::Copies,
    Planted::FrozenUniform,
];

#[test]
fn decision_is_as_stated() {
    for kind in DECIDED {
        each(kind, |control, text| {
            let whole = p_of(control, &text.sequence);
            assert!((whole - 0.947).abs() < 0.004, "{kind:?} n {} whole: {whole}", text.words.len());
            let without = p_of(control, &masked(control, text, &text.truth.deciding()));
            assert!((without - 0.047).abs() < 0.002, "{kind:?} n {} without: {without}", text.words.len());
        });
    }
}

#[test]
fn nothing_else_decides() {
    for kind in
        DECIDED.into_iter().chain([Planted::Xor, Planted::Constant, Planted::FrozenRandom]).chain(DECODERS)
    {
        each(kind, |control, text| {
            let idle = others(text, &text.truth.deciding());
            let whole = p_of(control, &text.sequence);
            let together = p_of(control, &masked(control, text, &idle));
            assert!((whole - together).abs() < 1e-3, "{kind:?}: {whole} against {together}");
            for word in idle {
                let one = p_of(control, &masked(control, text, &[word]));
                assert!((whole - one).abs() < 1e-3, "{kind:?} word {word}: {whole} against {one}");
            }
        });
    }
}

#[test]
fn only_path_is_the_last_row() {
    for kind in [Planted::OnlyPath, Planted::Sink, Planted::Negative, Planted::Decoy, Planted::Redundant] {
        each(kind, |control, text| {
            // What enters the last layer at the decision token is the same whatever the words are.
            let all: Vec<usize> = (0..text.words.len()).collect();
            let (whole, empty) = (subject(control, text), masked(control, text, &all));
            let empty = control.model.trace(&empty).unwrap();
            let last = control.recipe.layers - 1;
            let state = |hidden: &candle_core::Tensor| hidden.narrow(1, 0, 1).unwrap().flatten_all().unwrap();
            let (a, b) = (state(&whole.probe.trace.hidden[last]), state(&empty.hidden[last]));
            let gap = (a - b).unwrap().abs().unwrap().max(0).unwrap().to_scalar::<f32>().unwrap();
            assert!(gap < 1e-4, "{kind:?}: {gap}");
        });
    }
}

#[test]
fn mass_lies_where_stated() {
    each(Planted::OnlyPath, |control, text| {
        let subject = subject(control, text);
        let deciding = text.truth.deciding();
        let rows = rows(&subject, control.recipe.layers - 1);
        let first = text.words[text.truth.attended[0]].start;
        assert!(rows[0][first] > 0.98, "{}", rows[0][first]);
        if control.recipe.heads > 1 {
            let second = *deciding.iter().find(|w| text.words[**w].start != first).unwrap();
            let mass = rows[control.recipe.heads - 1][text.words[second].start];
            assert!((mass - 0.6).abs() < 0.01, "{mass}");
        }
    });
    each(Planted::Sink, |control, text| {
        let row = raw(&subject(control, text));
        let specials = row[0] + row[row.len() - 1];
        assert!((specials - 0.9).abs() < 0.01, "{specials}");
        let mass: Vec<f64> = text.truth.deciding().iter().map(|&w| row[text.words[w].start]).collect();
        assert!((mass.iter().sum::<f64>() - 0.095).abs() < 0.002, "{mass:?}");
    });
    each(Planted::Decoy, |control, text| {
        let row = raw(&subject(control, text));
        let deciding = row[text.words[text.truth.deciding()[0]].start];
        let decoys: Vec<f64> = text.truth.attended.iter().map(|&w| row[text.words[w].start]).collect();
        assert!(decoys.len() * 2 > text.words.len());
        assert!(decoys.iter().all(|d| *d > 3.0 * deciding), "{decoys:?} over {deciding}");
        let heads = control.recipe.heads as f64;
        assert!(decoys.iter().sum::<f64>() > 0.95 * (heads - 1.0) / heads);
    });
    each(Planted::Mixing, |control, text| {
        let row = raw(&subject(control, text));
        let copies: f64 = text.truth.attended.iter().map(|&w| row[text.words[w].start]).sum();
        assert!(text.truth.attended.len() == 2 && copies > 0.98, "{copies}");
        assert!(row[text.words[text.truth.deciding()[0]].start] < 1e-4);
    });
    each(Planted::Negative, |control, text| {
        let row = raw(&subject(control, text));
        let relevance = text.truth.relevance.as_ref().unwrap();
        let against = relevance.iter().position(|r| *r < 0.0).unwrap();
        let for_it = relevance.iter().position(|r| *r > 0.0).unwrap();
        assert!(row[text.words[against].start] > 1.4 * row[text.words[for_it].start]);
    });
}

#[test]
fn taste_differs_between_heads() {
    let control =
        Control::plant(Recipe { heads: 4, layers: 3, ..Recipe::new(Planted::Decoy, 20, 5) }).unwrap();
    let text = control.text(0);
    let rows = rows(&subject(&control, &text), 0);
    assert!(jensen_shannon(&rows[0], &rows[1]).unwrap() > 1e-3);
}

#[test]
fn bypassed_row_is_inert() {
    for kind in [Planted::Bypass, Planted::BypassAligned, Planted::Constant, Planted::Window] {
        each(kind, |control, text| {
            let subject = subject(control, text);
            let whole = p(control, &subject.probe.trace.logits);
            let (heads, tokens) = (control.recipe.heads, subject.tokens());
            let mut rows = random_rows(30, heads, tokens, 9);
            for key in 0..tokens {
                let mut one = vec![0.0; tokens];
                one[key] = 1.0;
                rows.extend(vec![one; heads]);
            }
            for found in swapped(control, &subject, &rows) {
                assert!((found - whole).abs() < 1e-6, "{kind:?}: {found} against {whole}");
            }
        });
    }
}

#[test]
fn only_path_has_leverage_and_no_stand_in() {
    each(Planted::OnlyPath, |control, text| {
        let subject = subject(control, text);
        let whole = p(control, &subject.probe.trace.logits);
        let row = raw(&subject);
        let (heads, tokens) = (control.recipe.heads, subject.tokens());
        let rows = random_rows(300, heads, tokens, 4);
        let mut most = 0.0f64;
        for (i, found) in swapped(control, &subject, &rows).into_iter().enumerate() {
            most = most.max((found - whole).abs());
            let mean: Vec<f64> = (0..tokens)
                .map(|t| (0..heads).map(|h| rows[i * heads + h][t]).sum::<f64>() / heads as f64)
                .collect();
            let different = jensen_shannon(&row, &mean).unwrap() > 0.4;
            assert!(!different || (found - whole).abs() > 0.05, "{found} against {whole}");
        }
        assert!(most > 0.8, "{most}");
    });
}

#[test]
fn redundant_words_stand_in_for_one_another() {
    each(Planted::Redundant, |control, text| {
        let subject = subject(control, text);
        let whole = p(control, &subject.probe.trace.logits);
        let group = text.truth.deciding();
        assert!(group.len() >= 3);
        for &word in &group {
            let lost = whole - p_of(control, &masked(control, text, &[word]));
            assert!(lost.abs() < 0.01, "leaving one out costs {lost}");
            let kept = p_of(control, &masked(control, text, &others(text, &[word])));
            assert!((whole - kept).abs() < 0.01, "one alone gives {kept}");
        }
        let row = raw(&subject);
        let leader = text.words[text.truth.attended[0]].start;
        assert!(row[leader] > 0.94);
        for &word in group.iter().filter(|w| text.words[**w].start != leader) {
            let mut other = row.clone();
            other.swap(leader, text.words[word].start);
            let found = swapped(control, &subject, &vec![other.clone(); control.recipe.heads])[0];
            assert!((found - whole).abs() < 0.01, "{found} against {whole}");
            assert!(jensen_shannon(&row, &other).unwrap() > 0.4);
        }
        // And only they: mass on an idle word loses the decision.
        let mut idle = row.clone();
        idle.swap(leader, text.words[others(text, &group)[0]].start);
        assert!(whole - swapped(control, &subject, &vec![idle; control.recipe.heads])[0] > 0.5);
    });
}

#[test]
fn mixing_copies_whatever_stands_there() {
    each(Planted::Mixing, |control, text| {
        let whole = p_of(control, &text.sequence);
        let copies = p_of(control, &masked(control, text, &text.truth.attended));
        assert!((whole - copies).abs() < 1e-3, "{whole} against {copies}");
    });
}

#[test]
fn word_against_lowers_the_prediction() {
    each(Planted::Negative, |control, text| {
        let against = text.truth.attended[0];
        let whole = p_of(control, &text.sequence);
        assert!(p_of(control, &masked(control, text, &[against])) > whole + 0.02);
    });
}

#[test]
fn rules_have_their_truth_tables() {
    for (kind, table) in [
        (Planted::And, [false, false, false, true]),
        (Planted::Or, [false, true, true, true]),
        (Planted::Xor, [false, true, true, false]),
    ] {
        each(kind, |control, text| {
            let words = text.truth.deciding();
            let none = masked(control, text, &words);
            let first = masked(control, text, &words[1..]);
            let second = masked(control, text, &words[..1]);
            for (sequence, with) in [&none, &first, &second, &text.sequence].into_iter().zip(table) {
                let found = p_of(control, sequence);
                let stated = if with { 0.947 } else { 0.047 };
                assert!((found - stated).abs() < 0.005, "{kind:?}: {found}, not {stated}");
            }
        });
    }
}

#[test]
fn constant_logits_are_constant() {
    let control = Control::plant(Recipe::new(Planted::Constant, 20, 1)).unwrap();
    let texts: Vec<_> = (0..5).map(|i| control.text(i).sequence).collect();
    let logits = control.model.logits(&texts).unwrap();
    assert!(logits.iter().all(|l| *l == logits[0]));
}

#[test]
fn more_dial_more_decision() {
    for kind in DECIDED.into_iter().chain(DECODERS) {
        for words in WORDS {
            let margins: Vec<f64> = (0..=10)
                .map(|i| {
                    let recipe = Recipe { lambda: f64::from(i) / 10.0, ..Recipe::new(kind, words, 7) };
                    let control = Control::plant(recipe).unwrap();
                    lead(&control, &subject(&control, &control.text(0)).probe.trace.logits)
                })
                .collect();
            assert!(margins.windows(2).all(|w| w[1] > w[0] + 0.2), "{kind:?} n {words}: {margins:?}");
        }
    }
}

#[test]
fn dial_at_zero_plants_nothing() {
    for kind in Planted::ALL {
        for words in WORDS {
            let recipe = Recipe { lambda: 0.0, ..Recipe::new(kind, words, 3) };
            let control = Control::plant(recipe).unwrap();
            let text = control.text(1);
            let subject = subject(&control, &text);
            let whole = p(&control, &subject.probe.trace.logits);
            assert!(text.truth.deciding().is_empty() && text.truth.attended.is_empty());
            for word in 0..words {
                let one = p_of(&control, &masked(&control, &text, &[word]));
                assert!((one - whole).abs() < 1e-6, "{kind:?} word {word}: {one} against {whole}");
            }
            for found in
                swapped(&control, &subject, &random_rows(20, control.recipe.heads, subject.tokens(), 2))
            {
                assert!((found - whole).abs() < 1e-6, "{kind:?}: {found} against {whole}");
            }
        }
    }
}
