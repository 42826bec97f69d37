//! Planted decoders: that brute force finds the words which are said to decide, in both tasks and by each operator.

use std::sync::atomic::AtomicBool;

use attncheck::attribution::{Shared, find, without_sinks};
use attncheck::controls::grid::REPORT_SEED;
use attncheck::controls::trial::protocol_of;
use attncheck::controls::{Control, Grid, Planted, Planting, Recipe, controls};
use attncheck::model::{Sequence, Task};
use attncheck::report::controls::{ControlsReport, Rates, Standing};
use attncheck::report::{Render, Text};

use super::{each, masked, p_of, raw, rows, subject, top};

/// Every kind that is a decoder.
pub const DECODERS: [Planted; 5] =
    [Planted::Induction, Planted::Fact, Planted::PositionSink, Planted::DecoyHead, Planted::Window];

#[test]
fn these_are_all_decoders() {
    let all: Vec<Planted> = Planted::ALL.into_iter().filter(|kind| kind.is_decoder()).collect();
    assert_eq!(all, DECODERS);
}

/// Both readouts of the same weights.
pub(super) fn both(kind: Planted, words: usize, seed: u64) -> [Control; 2] {
    [Task::NextToken, Task::Classification]
        .map(|task| Control::plant(Recipe { task, ..Recipe::new(kind, words, seed) }).unwrap())
}

#[test]
fn the_decision_is_as_stated_in_both_tasks() {
    let stated = |margin: f64| 1.0 / (1.0 + (-margin).exp());
    for kind in DECODERS {
        for words in [6, 8, 20, 64] {
            for control in both(kind, words, 3) {
                for example in 0..4 {
                    let text = control.text(example);
                    let whole = p_of(&control, &text.sequence);
                    assert!((whole - stated(3.0)).abs() < 0.004, "{kind:?} {words}: {whole}");
                    let without = p_of(&control, &masked(&control, &text, &text.truth.deciding()));
                    assert!((without - stated(-3.0)).abs() < 0.002, "{kind:?} {words}: {without}");
                    let subject = subject(&control, &text);
                    assert!(control.with().contains(&subject.probe.target.class()));
                    assert!((subject.probe.value() - 3.0).abs() < 0.1, "over the runner-up");
                }
            }
        }
    }
}

#[test]
fn what_stood_behind_the_last_word_is_said_again() {
    each(Planted::Induction, |control, text| {
        let [first, said, last] = text.truth.deciding()[..] else { panic!("three words decide") };
        assert_eq!((said, last), (first + 1, text.words.len() - 1));
        assert_eq!(text.pieces[first], text.pieces[last]);
        let subject = subject(control, text);
        assert_eq!(subject.probe.target.class() as u32, text.sequence.ids[said]);
        let layers = control.recipe.layers;
        // The row of what is said looks at the word before it, and the last row at what is said.
        let decision = rows(&subject, layers - 1);
        assert!(decision.iter().all(|row| row[said] > 0.98), "{decision:?}");
        let below = attncheck::model::probe::to_f64(&subject.probe.trace.patterns[layers - 2]).unwrap();
        let t = text.words.len();
        assert!(below.chunks_exact(t * t).all(|head| head[said * t + first] > 0.999));
        // Where another word stands last nothing is said.
        assert!(p_of(control, &masked(control, text, &[last])) < 0.06);
    });
}

/// The margin of the answer over nothing, of the text without these words.
fn worths(control: &Control, text: &Planting, erase: impl Fn(&[usize]) -> Sequence) -> Vec<f64> {
    let n = text.words.len();
    let sets: Vec<Sequence> = (0..1usize << n)
        .map(|set| erase(&(0..n).filter(|i| set >> i & 1 == 0).collect::<Vec<_>>()))
        .collect();
    let whole = &control.model.logits(std::slice::from_ref(&text.sequence)).unwrap()[0];
    let answer = control.with().into_iter().max_by(|a, b| whole[*a].total_cmp(&whole[*b])).unwrap();
    let worth = |logits: &Vec<f64>| logits[answer] - logits[control.without()];
    control.model.logits(&sets).unwrap().iter().map(worth).collect()
}

/// Exact Shapley values of the kept words, from the worth of every set.
fn shapley(worths: &[f64], n: usize) -> Vec<f64> {
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let value = |word: usize| {
        let without = (0..1usize << n).filter(|set| set >> word & 1 == 0);
        without
            .map(|set: usize| {
                let k = set.count_ones() as usize;
                let weight = factorial(k) * factorial(n - k - 1) / factorial(n);
                weight * (worths[set | 1 << word] - worths[set])
            })
            .sum()
    };
    (0..n).map(value).collect()
}

#[test]
fn exact_shapley_values_are_those_of_the_construction() {
    const WORDS: usize = 8;
    for kind in DECODERS {
        for control in both(kind, WORDS, 5) {
            for example in 0..3 {
                let text = control.text(example);
                let (deciding, relevance) = (text.truth.deciding(), text.truth.relevance.clone().unwrap());
                // Three that are all needed share what they do; words that add up have each their own.
                let share = if kind == Planted::Induction { 1.0 / 3.0 } else { 1.0 };
                let mask = |words: &[usize]| text.sequence.with_id(words, control.mask());
                let found = shapley(&worths(&control, &text, mask), WORDS);
                for (word, value) in found.iter().enumerate() {
                    let stated = 6.0 * share * relevance[word];
                    assert!((value - stated).abs() < 0.5, "{kind:?} word {word}: {value}, not {stated}");
                }
                // Blocked, as an audit of a decoder erases: the last word still asks, so two share what three did. Where the
                // first word is blocked rows that rested on it look about, which takes a little from them.
                let attend = |words: &[usize]| text.sequence.with_blocked(words);
                let found = shapley(&worths(&control, &text, attend), WORDS);
                let last = WORDS - 1;
                if kind == Planted::Induction {
                    assert!(found[last].abs() < 0.05, "{found:?}");
                    assert!(deciding[..2].iter().all(|w| (found[*w] - 3.0).abs() < 0.7), "{found:?}");
                } else {
                    let mut by_value: Vec<usize> = (0..WORDS).collect();
                    by_value.sort_by(|a, b| found[*b].total_cmp(&found[*a]));
                    let mut by_truth = deciding.clone();
                    by_truth.sort_by(|a, b| relevance[*b].total_cmp(&relevance[*a]));
                    assert_eq!(by_value[..deciding.len()], by_truth, "{kind:?}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn the_sink_is_found_and_without_it_raw_is_right() {
    each(Planted::PositionSink, |control, text| {
        let subject = subject(control, text);
        let row = raw(&subject);
        assert!((row[0] - 0.9).abs() < 0.01, "{}", row[0]);
        let shared = Shared::new(&subject, protocol_of(Planted::PositionSink).options());
        let sinks = shared.sinks().unwrap();
        assert_eq!(sinks.positions, [0]);
        let of = |name: &str| find(name).unwrap().scores(&shared).unwrap().unwrap().unwrap();
        let scores = of("raw");
        let relevance = text.truth.relevance.as_ref().unwrap();
        assert_eq!(top(&scores.words), 0);
        let left = without_sinks(&subject, &sinks, &scores).unwrap().words;
        assert!((relevance[top(&left)] - 0.6).abs() < 1e-9);
        // Its value is null, so what weighs by values never saw it.
        let valued = of("value-norm").words;
        assert!(valued[0] < 1e-4 * valued[top(&valued)], "{valued:?}");
    });
}

#[test]
fn the_striking_heads_bring_most_where_nothing_reads() {
    each(Planted::DecoyHead, |control, text| {
        let subject = subject(control, text);
        let row = raw(&subject);
        let deciding = text.truth.deciding()[0];
        let decoys = &text.truth.attended;
        assert!(decoys.len() * 2 > text.words.len());
        assert!(decoys.iter().all(|d| row[*d] > 2.0 * row[deciding]));
        let shared = Shared::new(&subject, protocol_of(Planted::DecoyHead).options());
        let of = |name: &str| find(name).unwrap().scores(&shared).unwrap().unwrap().unwrap().words;
        assert!(decoys.contains(&top(&of("value-norm"))));
        assert_eq!(top(&of("attention-x-gradient")), deciding);
    });
}

#[test]
fn what_decides_stands_outside_the_last_window() {
    each(Planted::Window, |control, text| {
        let subject = subject(control, text);
        let (last, deciding) = (control.recipe.layers - 1, text.truth.deciding()[0]);
        assert!(raw(&subject)[deciding].abs() < 1e-12);
        assert!(rows(&subject, last - 1).iter().all(|row| row[deciding] > 0.98));
    });
}

/// Every decoder at these numbers of words and dials, with one head and with four, or as many as it needs.
fn tried(words: &[usize], lambdas: &[(f64, u64)], heads: &[usize]) -> ControlsReport {
    let grid = Grid {
        kinds: DECODERS.to_vec(),
        words: words.to_vec(),
        lambdas: lambdas.to_vec(),
        heads: heads.to_vec(),
        variations: Vec::new(),
        looks: 16,
        shortcuts: Vec::new(),
        ..Grid::full(REPORT_SEED)
    };
    controls(&grid, None, &(), &AtomicBool::new(false)).unwrap()
}

#[test]
#[ignore = "prints what the guide tells of decoders"]
fn decoders_as_they_are_printed() {
    let report = tried(&[8, 20, 64], &[(0.0, 1), (0.5, 1), (1.0, 8)], &[1, 4]);
    print!("{}", Text::new(80, false).rendered(&report).unwrap());
}

#[test]
fn verdicts_on_decoders_are_right_at_20_words() {
    let report = tried(&[20], &[(1.0, 8)], &[2]);
    assert_eq!(report.trials, DECODERS.len() * 2 * 8);
    let told = |name: &Option<String>| name.clone().unwrap_or_default();
    let protocol = protocol_of(DECODERS[0]);
    assert_eq!(told(&report.settings.decoder_operator), protocol.operator.name());
    assert_eq!(told(&report.settings.decoder_second_operator), protocol.second_operator().name());
    assert_eq!(protocol.operator.name(), "attend");
    for verdict in ["supported", "contradicted", "inert"] {
        let rates = report.verdicts.iter().find(|of| of.verdict == verdict).unwrap();
        let rate = |of: &Rates| of.all.value.as_ref().unwrap().estimate;
        assert!(rate(&rates.power) >= 0.9, "{verdict}: {:?}", report.confusion);
        assert!(rate(&rates.false_alarms) <= 0.05, "{verdict}: {:?}", report.confusion);
    }
    // With the sink a map is right in part and not supported, without it wholly and not contradicted.
    let rows = |sinks_removed: bool| {
        let of = |of: &&attncheck::report::controls::ReadingRates| {
            of.reading == "raw" && of.sinks_removed == sinks_removed
        };
        let rows = report.readings.iter().find(of).unwrap().kinds.iter();
        rows.filter(|row| row.kind == "position-sink").collect::<Vec<_>>()
    };
    let (with, without) = (rows(false), rows(true));
    assert!(!with.is_empty() && with.iter().all(|row| row.standing != Standing::Right), "{with:?}");
    assert!(with.iter().all(|row| row.supported == 0), "{with:?}");
    assert!(!without.is_empty() && without.iter().all(|row| row.standing == Standing::Right), "{without:?}");
    assert!(without.iter().all(|row| row.contradicted == 0), "{without:?}");
}
