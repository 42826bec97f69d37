//! The truth of every kind is what a plain calculation gives: words are erased from the planted model, and evidence compared.

use attncheck::attribution::{PLOTTED, Shared, find};
use attncheck::controls::grid::REPORT_SEED;
use attncheck::controls::trial::protocol;
use attncheck::controls::{Control, Grid, Margins, Outlook, Planted, Planting, Recipe, controls};
use attncheck::report::controls::Standing;
use attncheck::report::example::VerdictWord::{Contradicted, Supported};

use super::{each, masked, p_of, raw, rows, subject, swapped, top};

/// The decision evidence of a text: the margin, undone.
fn evidence(control: &Control, text: &Planting, without: &[usize]) -> f64 {
    let p = p_of(control, &masked(control, text, without));
    let (margin, margins) = ((p / (1.0 - p)).ln(), control.recipe.margins);
    let evidence = (margin - margins.without * control.recipe.lambda) / margins.moved();
    // A decoder has no pooler to bend it.
    if control.recipe.kind.is_decoder() { evidence } else { 4.0 * (evidence / 4.0).atanh() }
}

/// The most that erasing a word takes from the evidence, whichever other deciding words are erased before it: none, all,
/// and for a word that is said to decide each alone, and all but one. Of a word that is said to speak against the class
/// the most that erasing it gives.
fn taken(control: &Control, text: &Planting, word: usize, stated: f64) -> f64 {
    let others: Vec<usize> = text.truth.deciding().into_iter().filter(|w| *w != word).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(), others.clone()];
    if stated != 0.0 {
        before.extend(others.iter().map(|w| vec![*w]));
        before.extend(others.iter().map(|w| others.iter().copied().filter(|o| o != w).collect()));
    }
    let falls = before.into_iter().map(|mut without| {
        let with = evidence(control, text, &without);
        without.push(word);
        with - evidence(control, text, &without)
    });
    let sign = if stated == 0.0 { 0.0 } else { stated.signum() };
    let size = |fall: &f64| if sign == 0.0 { fall.abs() } else { sign * fall };
    falls.max_by(|a, b| size(a).total_cmp(&size(b))).unwrap()
}

#[test]
fn relevance_is_what_erasing_a_word_takes() {
    for kind in Planted::ALL {
        each(kind, |control, text| {
            let Some(relevance) = &text.truth.relevance else { return };
            if kind == Planted::Constant {
                return;
            }
            for (word, stated) in relevance.iter().enumerate() {
                let found = taken(control, text, word, *stated);
                // A softmax gives others some of what an erased word had; where that spoke against the class, to those that
                // speak for it, so that the class gains more than the word alone took.
                let near = if *stated < 0.0 {
                    found <= 0.85 * stated
                } else {
                    (found - stated).abs() <= 0.02 + 0.15 * stated.abs()
                };
                assert!(near, "{kind:?} n {} word {word}: {found:.3}, not {stated}", relevance.len());
            }
        });
    }
}

#[test]
fn margins_are_as_asked() {
    for margins in [Margins::STEEP, Margins::SATURATED].concat() {
        for kind in [Planted::OneWord, Planted::SeveralWords, Planted::Decoy, Planted::RandomMaps] {
            for lambda in [0.5, 1.0] {
                let recipe = Recipe { margins, lambda, ..Recipe::new(kind, 12, 3) };
                let control = Control::plant(recipe).unwrap();
                let text = control.text(0);
                let margin = |without: &[usize]| {
                    let p = control.model.logits(&[masked(&control, &text, without)]).unwrap();
                    p[0][1] - p[0][0]
                };
                let (whole, without) = (margin(&[]), margin(&text.truth.deciding()));
                assert!((without - lambda * margins.without).abs() < 0.05, "{kind:?} {margins:?}: {without}");
                let moved = whole - without;
                assert!(
                    (moved / (lambda * margins.moved()) - 1.0).abs() < 0.04,
                    "{kind:?} {margins:?}: {moved}"
                );
            }
        }
    }
}

/// The share of a model's texts in which a reading puts a deciding word first.
fn first(kind: Planted, words: usize, heads: usize, reading: &str) -> f64 {
    const TEXTS: u64 = 60;
    let control = Control::plant(Recipe { heads, ..Recipe::new(kind, words, 3) }).unwrap();
    let hits = (0..TEXTS).filter(|i| {
        let text = control.text(*i);
        let subject = subject(&control, &text);
        let shared = Shared::new(&subject, protocol().options());
        let scores = find(reading).unwrap().scores(&shared).unwrap().unwrap().unwrap();
        text.truth.deciding().contains(&top(&scores.words))
    });
    hits.count() as f64 / TEXTS as f64
}

#[test]
fn random_maps_are_random_in_every_reading() {
    for reading in protocol().wanted(true).iter().filter(|m| find(m.name).is_some_and(|m| m.name != "head")) {
        for heads in [1, 4] {
            let found = first(Planted::RandomMaps, 12, heads, reading.name);
            // One in twelve; three standard errors above.
            assert!(found < 0.2, "{}, {heads} heads: {found}", reading.name);
        }
    }
    // The same models are seen through by what weighs by values where attention alone is random.
    assert!(first(Planted::FrozenRandom, 12, 2, PLOTTED) < 0.2);
    assert!(first(Planted::FrozenRandom, 12, 2, "value-norm") > 0.99);
    assert!(first(Planted::OneHead, 12, 8, "value-norm") > 0.99);
    assert!(first(Planted::NullDecoys, 12, 2, "value-norm") > 0.99);
}

#[test]
fn frozen_attention_is_the_same_for_every_text() {
    for kind in [Planted::FrozenUniform, Planted::FrozenRandom, Planted::RandomMaps] {
        let control = Control::plant(Recipe { heads: 2, layers: 3, ..Recipe::new(kind, 12, 5) }).unwrap();
        let of = |text: u64| {
            let text = control.text(text);
            let subject = subject(&control, &text);
            (0..3).map(|layer| rows(&subject, layer)).collect::<Vec<_>>().concat().concat()
        };
        let (one, other) = (of(0), of(1));
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-5), "{kind:?}");
        let spread = one.iter().copied().fold(0.0, f64::max) / one.iter().copied().fold(1.0, f64::min);
        // Uniform but for what a place adds to a score: some tenths of a per cent.
        assert_eq!(kind == Planted::FrozenUniform, spread < 1.01, "{kind:?}: {spread}");
    }
}

#[test]
fn random_maps_have_leverage_and_one_head_has_a_stand_in() {
    let control = Control::plant(Recipe { heads: 2, ..Recipe::new(Planted::RandomMaps, 12, 3) }).unwrap();
    let text = control.text(0);
    let subject = subject(&control, &text);
    let (whole, word) = (p_of(&control, &text.sequence), text.truth.deciding()[0]);
    for other in (0..12).filter(|w| *w != word) {
        let mut row = vec![0.0; subject.tokens()];
        row[text.words[other].start] = 1.0;
        assert!(
            whole - swapped(&control, &subject, &vec![row; 2])[0] > 0.8,
            "without the word nothing is left"
        );
    }

    let control = Control::plant(Recipe::new(Planted::OneHead, 12, 3)).unwrap();
    let text = control.text(0);
    let subject = super::subject(&control, &text);
    let mut rows = rows(&subject, control.recipe.layers - 1);
    for row in &mut rows[1..] {
        row.fill(0.0);
        row[text.words[0].start] = 1.0;
    }
    let whole = p_of(&control, &text.sequence);
    assert!((whole - swapped(&control, &subject, &rows)[0]).abs() < 1e-4);
}

#[test]
fn copies_suffice_alone() {
    each(Planted::Copies, |control, text| {
        let words = text.truth.deciding();
        assert_eq!(words.len(), 3);
        let whole = p_of(control, &text.sequence);
        for kept in 0..3 {
            let erased: Vec<usize> = (0..3).filter(|i| *i != kept).map(|i| words[i]).collect();
            assert!((whole - p_of(control, &masked(control, text, &erased))).abs() < 0.01);
        }
        let row = raw(&super::subject(control, text));
        let masses: Vec<f64> = words.iter().map(|w| row[text.words[*w].start]).collect();
        assert!(masses.iter().all(|mass| (mass - 1.0 / 3.0).abs() < 0.01), "{masses:?}");
    });
}

/// What the rule that judges every reading says of raw attention is what is written down for raw attention.
#[test]
fn standings_of_raw_are_what_is_expected_of_it() {
    let grid = Grid {
        kinds: Planted::ALL.iter().copied().filter(|kind| *kind != Planted::Random).collect(),
        words: vec![12],
        lambdas: vec![(1.0, 1)],
        heads: vec![2],
        variations: Vec::new(),
        shortcuts: Vec::new(),
        looks: 48,
        ..Grid::full(REPORT_SEED)
    };
    let report = controls(&grid, None, &(), &std::sync::atomic::AtomicBool::new(false)).unwrap();
    let raw = report.readings.iter().find(|of| of.reading == PLOTTED && !of.sinks_removed).unwrap();
    for kind in grid.kinds {
        let expected = kind.expected(1.0);
        let rows: Vec<_> = raw.kinds.iter().filter(|row| row.kind == kind.name()).collect();
        assert_eq!(rows.iter().map(|row| row.models).sum::<usize>(), 2, "{kind:?}");
        for row in rows {
            let fits = match row.standing {
                Standing::Right => expected.raw != Outlook::Wrong,
                Standing::Partly => true,
                // Random maps are what the construction does not tell of any one text.
                Standing::Chance | Standing::Flat => {
                    expected.raw != Outlook::Right && !expected.verdicts.contains(&Supported)
                }
                Standing::Wrong => {
                    expected.raw != Outlook::Right && expected.verdicts.contains(&Contradicted)
                }
                Standing::Inert => expected.verdicts == [attncheck::report::example::VerdictWord::Inert],
            };
            assert!(fits, "{kind:?}: {row:?}");
        }
    }
    let flat = raw.kinds.iter().find(|row| row.kind == "frozen-uniform").unwrap();
    assert_eq!(flat.standing, Standing::Flat);
    let valued = report.readings.iter().find(|of| of.reading == "value-norm" && !of.sinks_removed).unwrap();
    for kind in ["frozen-uniform", "frozen-random", "null-decoys", "one-head", "decoy"] {
        let rows: Vec<_> = valued.kinds.iter().filter(|row| row.kind == kind).collect();
        assert!(rows.iter().all(|row| row.standing == Standing::Right), "{kind}: {rows:?}");
    }
}
