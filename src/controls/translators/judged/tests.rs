//! What an audit may and must say of planted translators, at quick effort on few models.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::*;
use crate::controls::{TranslatorKind, TranslatorRecipe};

/// As many pairs as give a file's effect an interval.
const PAIRS: u64 = 8;

/// Words of the sources of each model: enough for a verdict.
const WORDS: [usize; 2] = [8, 11];

/// Readings of the row that is swapped and searched at quick effort.
const OF_ROW: [&str; 5] =
    ["raw", "value-norm", "contextual", "attention-x-gradient", "attention-x-gradient-relu"];

fn judged(kind: TranslatorKind, pairs: u64) -> Vec<JudgedTranslator> {
    let protocol = protocol_of_translators(Effort::Quick);
    let judge = |(seed, words)| {
        let recipe = TranslatorRecipe { words, ..TranslatorRecipe::new(kind, seed) };
        PlantedTranslator::plant(recipe).unwrap().judged(&protocol, pairs).unwrap()
    };
    let models: Vec<JudgedTranslator> =
        (0..).zip(WORDS).collect::<Vec<_>>().into_par_iter().map(judge).collect();
    for (model, words) in models.iter().zip(WORDS) {
        assert_eq!(model.words.len(), words * pairs as usize);
        assert_eq!(model.answer.as_ref().unwrap().texts.all, model.words.len());
    }
    models
}

/// Every whole reading of every word, with its verdict.
fn whole(model: &JudgedTranslator) -> impl Iterator<Item = (&JudgedWord, &TrialVerdict)> {
    let of = |word| JudgedWord::whole(word).map(move |of| (word, of));
    model.words.iter().flat_map(of)
}

#[test]
fn what_copies_is_supported_and_never_contradicted() {
    for model in judged(TranslatorKind::Copying, PAIRS) {
        for (word, of) in whole(&model) {
            assert_eq!(word.first(&of.reading), word.deciding, "{}", of.reading);
            assert_ne!(of.verdict, VerdictWord::Contradicted, "{}", of.reading);
            if OF_ROW.contains(&of.reading.as_str()) {
                assert_eq!(of.verdict, VerdictWord::Supported, "{}", of.reading);
            }
        }
        for reading in ["raw", "mean", "value-norm", "contextual"] {
            assert_eq!(model.grade(reading), Some(Grade::ShowsWhatDecides), "{reading}");
        }
    }
}

#[test]
fn a_perfect_alignment_that_nothing_reads_is_supported_nowhere() {
    for model in judged(TranslatorKind::Prefix, PAIRS) {
        for word in &model.words {
            assert_eq!(word.first("raw"), Some(word.linked));
            assert!(word.verdicts.iter().all(|of| of.verdict != VerdictWord::Supported), "{word:?}");
            for reading in OF_ROW {
                assert_eq!(word.verdict(reading), Some(VerdictWord::Inert), "{reading}");
            }
        }
        for of in &model.answer.as_ref().unwrap().readings {
            let due = if OF_ROW.contains(&of.method.as_str()) { Grade::Inert } else { Grade::CannotTell };
            assert_eq!(of.verdict, due, "{}", of.key());
        }
    }
}

#[test]
fn where_states_are_moved_the_map_is_not_supported_and_with_the_mixing_it_is() {
    let models = judged(TranslatorKind::Shifted, PAIRS);
    let (mut all, mut found) = (0, 0);
    for (model, words) in models.iter().zip(WORDS) {
        for word in &model.words {
            assert_ne!(word.deciding, Some(word.pointed));
            assert_ne!(word.verdict("raw"), Some(VerdictWord::Supported));
            (all, found) = (all + 1, found + usize::from(word.first("contextual") == word.deciding));
            if word.pointed < words {
                assert_eq!(word.first("raw"), Some(word.pointed));
                assert_eq!(word.verdict("contextual"), Some(VerdictWord::Supported), "{word:?}");
            } else {
                // It points at the end, whose mass no swap moves: what is left on words is a fifth, in the order of taste.
                assert!(OF_ROW.iter().all(|of| word.verdict(of) == Some(VerdictWord::Inert)), "{word:?}");
            }
        }
        assert_eq!(model.grade("contextual"), Some(Grade::ShowsWhatDecides));
        let raw = model.grade("raw");
        assert!(matches!(raw, Some(Grade::NoMoreThanChance | Grade::CannotTell)), "{raw:?}");
    }
    assert!(found * 20 >= all * 19, "{found} of {all}");
}

/// What the readout reads is no part of what a state is made of: the two kinds bring the same and differ in that alone.
#[test]
fn what_comes_from_the_source_is_told_by_taking_it_away_and_not_by_shares() {
    let [copying, prefix] = [TranslatorKind::Copying, TranslatorKind::Prefix].map(|kind| judged(kind, 1));
    let of = |model: &[JudgedTranslator], of: fn(&Origin) -> Option<f64>| -> Vec<f64> {
        let words = model.iter().flat_map(|model| &model.words);
        words.filter_map(|word| of(word.origin.as_ref()?)).collect()
    };
    let source = |origin: &Origin| origin.without_source.value;
    let written = |origin: &Origin| origin.without_written.value;
    assert!(of(&copying, source).iter().all(|fall| *fall > 5.5));
    assert!(of(&copying, written).iter().all(|fall| fall.abs() < 0.01));
    assert!(of(&prefix, source).iter().all(|fall| fall.abs() < 1e-6));
    assert!(of(&prefix, written).iter().all(|fall| *fall > 2.5));
    let share = |origin: &Origin| origin.source.value;
    let all = [of(&copying, share), of(&prefix, share)].concat();
    assert_eq!(all.len(), 2 * WORDS.iter().sum::<usize>());
    let (least, most) = all.iter().fold((1.0f64, 0.0f64), |(l, m), share| (l.min(*share), m.max(*share)));
    assert!(least > 0.01 && most - least < 0.001, "{least} {most}");
}
