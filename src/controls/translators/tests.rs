//! The weights do what is claimed, on every seed.

use candle_core::Tensor;

use super::*;
use crate::attribution::mixing::{Mixing, contributions, zeroed};
use crate::controls::text::UNK;
use crate::model::kernels::to_f64;
use crate::model::{Graph, Keep, Model, Probe, Sequence, Target, Trace, softmax};

const SEEDS: u64 = 12;

/// What no source token, and no attention to it, may move a logit by where nothing reads them.
const NOTHING: f64 = 1e-6;

/// A planted model with one of its pairs, and the pass that is given the labels.
struct Seen {
    planted: PlantedTranslator,
    pair: PlantedPair,
    input: Vec<u32>,
    trace: Trace,
    /// The logits after each token of the input.
    logits: Vec<Vec<f64>>,
}

fn seen(kind: TranslatorKind) -> impl Iterator<Item = Seen> {
    (0..SEEDS).map(move |seed| {
        let planted = PlantedTranslator::plant(TranslatorRecipe::new(kind, seed)).unwrap();
        let pair = planted.pair(seed);
        let input = planted.translator.decoder_input(&pair.labels);
        let sequence = planted.translator.sequence(&pair.source, &input);
        let trace = planted.translator.model.trace(&sequence).unwrap();
        let logits = planted.translator.model.logits_everywhere(&sequence).unwrap();
        Seen { planted, pair, input, trace, logits }
    })
}

fn rows(logits: &Tensor) -> Vec<Vec<f64>> {
    let width = logits.dims()[1];
    to_f64(logits).unwrap().chunks_exact(width).map(<[f64]>::to_vec).collect()
}

fn greatest(numbers: &[f64]) -> usize {
    (1..numbers.len()).fold(0, |best, at| if numbers[at] > numbers[best] { at } else { best })
}

/// A label's logit over the greatest of the others.
fn margin(logits: &[f64], label: u32) -> f64 {
    let others = logits.iter().enumerate().filter(|(id, _)| *id != label as usize);
    logits[label as usize] - others.map(|(_, logit)| *logit).fold(f64::NEG_INFINITY, f64::max)
}

impl Seen {
    /// The last layer's rows over the source, the mean of its heads.
    fn map(&self) -> Vec<Vec<f64>> {
        rows(&self.trace.patterns.last().unwrap().mean(1).unwrap().squeeze(0).unwrap())
    }

    fn model(&self) -> &Model {
        &self.planted.translator.model
    }

    /// The source with what is given up to a row, which is then read.
    fn sequence(&self, row: usize) -> Sequence {
        self.planted.translator.sequence(&self.pair.source, &self.input[..=row])
    }

    fn probe(&self, row: usize) -> Probe<'_> {
        let target = Target::Logit(self.pair.labels[row] as usize);
        Probe::new(self.model(), self.sequence(row), |_| target).unwrap()
    }

    /// Of each row by how much its label's logit falls without each source token.
    fn drops(&self, take: impl Fn(&Sequence, usize) -> Sequence) -> Vec<Vec<f64>> {
        let whole = self.sequence(self.input.len() - 1);
        let without = |token| self.model().logits_everywhere(&take(&whole, token)).unwrap();
        let without: Vec<_> = (0..self.pair.source.len()).map(without).collect();
        let all = self.logits.iter().zip(&self.pair.labels).enumerate();
        let drop = |row: usize, label: u32, whole: &[f64]| {
            without.iter().map(|at| whole[label as usize] - at[row][label as usize]).collect()
        };
        all.map(|(row, (whole, label))| drop(row, *label, whole)).collect()
    }

    fn blocked(&self) -> Vec<Vec<f64>> {
        self.drops(|sequence, token| sequence.with_blocked(&[token]))
    }

    fn without_word(&self) -> Vec<Vec<f64>> {
        self.drops(|sequence, token| sequence.with_zeroed(&[token]))
    }

    /// What the states that the decoder reads are made of.
    fn mixing(&self, read: impl Fn(&Probe<'_>) -> Mixing) -> Mixing {
        read(&self.probe(0))
    }
}

#[test]
fn every_label_is_predicted_and_not_for_certain() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            let logits = &seen.logits;
            assert_eq!(logits.len(), seen.pair.labels.len());
            for (logits, &label) in logits.iter().zip(&seen.pair.labels) {
                let (over, p) = (margin(logits, label), softmax(logits)[label as usize]);
                assert!((2.5..3.5).contains(&over), "{kind} {over}");
                assert!((0.8..0.95).contains(&p), "{kind} {p}");
            }
        }
    }
}

#[test]
fn a_row_points_where_it_is_said_to_with_its_mass() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            let (tokens, mass) = (seen.pair.source.len(), seen.planted.recipe.mass);
            for (row, &pointed) in seen.map().iter().zip(&seen.pair.pointed) {
                assert_eq!(greatest(row), pointed, "{kind}");
                for (at, weight) in row.iter().enumerate() {
                    let due = if at == pointed { mass } else { (1.0 - mass) / (tokens - 1) as f64 };
                    assert!((weight - due).abs() < 5e-3, "{kind} {weight} {due}");
                }
            }
        }
    }
}

#[test]
fn a_source_token_that_is_blocked_takes_away_what_it_decides_and_nothing_else() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            for (drops, deciding) in seen.blocked().iter().zip(&seen.pair.deciding) {
                for (token, &drop) in drops.iter().enumerate() {
                    match deciding {
                        // The label's logit is 6 with its word and 0 without.
                        Some(decides) if *decides == token => assert!(drop > 5.5, "{kind} {drop}"),
                        // What is left gets a little more of the row.
                        Some(_) => assert!((-1.0..0.1).contains(&drop), "{kind} {drop}"),
                        None => assert!(drop.abs() < NOTHING, "{kind} {drop}"),
                    }
                }
                if let Some(decides) = deciding {
                    assert_eq!(greatest(drops), *decides, "{kind}");
                }
            }
        }
    }
}

#[test]
fn where_its_word_is_blocked_a_label_is_unknown() {
    for kind in TranslatorKind::ALL.into_iter().filter(|kind| kind.hears()) {
        for seen in seen(kind) {
            for (row, deciding) in seen.pair.deciding.iter().enumerate() {
                let blocked: Vec<usize> = deciding.iter().copied().collect();
                let sequence = seen.sequence(row).with_blocked(&blocked);
                let logits = seen.model().logits(&[sequence]).unwrap().remove(0);
                let p = softmax(&logits)[UNK as usize];
                assert_eq!(greatest(&logits), UNK as usize, "{kind}");
                // The row lies evenly on the words that are left; those that the text lacks have the logit 0.
                let (left, mass) = (seen.planted.recipe.words as f64, seen.planted.recipe.mass);
                let words = left * (6.0 / (left * mass)).exp() + (TARGET_WORDS + 1) as f64 - left;
                let due = 3f64.exp() / (3f64.exp() + words);
                assert!((p - due).abs() < 5e-3, "{kind} {p} {due}");
            }
        }
    }
}

#[test]
fn without_the_embedding_of_its_word_a_label_is_gone_and_of_no_other() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            for (drops, deciding) in seen.without_word().iter().zip(&seen.pair.deciding) {
                for (token, &drop) in drops.iter().enumerate() {
                    let fits = if *deciding == Some(token) { drop > 5.5 } else { drop.abs() < 0.02 };
                    assert!(fits, "{kind} {drop}");
                }
            }
        }
    }
}

#[test]
fn an_even_row_over_the_source_moves_what_hears_alone() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            let (heads, tokens) = (seen.model().spec().heads.count, seen.pair.source.len());
            for (row, (whole, &label)) in seen.logits.iter().zip(&seen.pair.labels).enumerate() {
                let (dtype, device) = (seen.model().transformer.dtype(), seen.model().device());
                let even = |range: std::ops::Range<usize>, _: usize| {
                    let shape = (range.len(), heads, 1, tokens);
                    (Tensor::ones(shape, dtype, device)? / tokens as f64)?.contiguous()
                };
                let last = seen.trace.patterns.len() - 1;
                let swapped = seen.probe(row).swapped(&[last], 1, even).unwrap();
                let moved = margin(whole, label) - margin(&swapped[0], label);
                let fits = if kind.hears() { moved > 4.0 } else { moved.abs() < NOTHING };
                assert!(fits, "{kind} {moved}");
            }
        }
    }
}

#[test]
fn the_word_before_decides_where_the_source_does_not() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            // Another word of the vocabulary stands before the label of each row but the first.
            for row in 1..seen.input.len() {
                let mut input = seen.input.clone();
                let other = (0..TARGET_WORDS).map(id).find(|id| !input.contains(id)).unwrap();
                input[row] = other;
                let sequence = seen.planted.translator.sequence(&seen.pair.source, &input[..=row]);
                let logits = seen.model().logits(&[sequence]).unwrap().remove(0);
                let (whole, label) = (&seen.logits[row], seen.pair.labels[row]);
                if kind.hears() {
                    assert!((margin(&logits, label) - margin(whole, label)).abs() < 1e-4, "{kind}");
                } else {
                    let Seen { planted: PlantedTranslator { dictionary, recipe, .. }, .. } = &seen;
                    let next = dictionary.next((other - FIRST) as usize, recipe.words);
                    assert_eq!(greatest(&logits), id(next) as usize);
                    assert!(logits[label as usize] < whole[label as usize] - 5.0);
                }
            }
        }
    }
}

#[test]
fn no_gradient_reaches_a_source_that_nothing_reads() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            let row = seen.input.len() / 2;
            let probe = seen.probe(row);
            let found = probe.gradients(probe.target, Graph::Whole, Keep::Last).unwrap();
            let most = |numbers: &[f64]| numbers.iter().fold(0f64, |m, x| m.max(x.abs()));
            let cross = to_f64(found.patterns.last().unwrap()).unwrap();
            let (source, cross) = (most(&found.words), most(&cross));
            let fits = if kind.hears() { source > 1.0 && cross > 1.0 } else { source.max(cross) < NOTHING };
            assert!(fits, "{kind} {source} {cross}");
        }
    }
}

#[test]
fn the_map_alone_misses_a_moved_word_and_with_the_mixing_finds_it() {
    for seen in seen(TranslatorKind::Shifted) {
        assert!(seen.pair.pointed.iter().zip(&seen.pair.links).all(|(pointed, link)| pointed != link));
    }
    for kind in TranslatorKind::ALL {
        // The terms of attention, then what states lose without values, which is nothing where none are brought.
        let readings: [fn(&Probe<'_>) -> Mixing; 2] =
            [|probe| contributions(probe, 0).unwrap().unwrap(), |probe| zeroed(probe, 0).unwrap().unwrap()];
        for read in &readings[..if kind.points_right() { 1 } else { 2 }] {
            for seen in seen(kind) {
                let (map, links) = (seen.map(), seen.pair.links.clone());
                let mixing = seen.mixing(read);
                for (row, link) in map.iter().zip(links) {
                    let tokens = mixing.through(row);
                    assert_eq!(greatest(&tokens), link, "{kind}");
                    assert!(tokens[link] > 0.5, "{kind} {}", tokens[link]);
                }
            }
        }
    }
}

#[test]
fn a_moved_state_is_the_token_before_and_not_its_own() {
    for seen in seen(TranslatorKind::Shifted) {
        let states: Vec<_> = seen
            .trace
            .source
            .as_ref()
            .unwrap()
            .hidden
            .iter()
            .map(|all| rows(&all.squeeze(0).unwrap()))
            .collect();
        let [entered, left] = &states[..] else { panic!("one layer") };
        let far = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum::<f64>();
        for (at, state) in left.iter().enumerate() {
            let before = (at + left.len() - 1) % left.len();
            assert!(far(state, &entered[before]) < 0.1);
            assert!(far(state, &entered[at]) > 3.0);
        }
    }
}

#[test]
fn it_writes_the_labels_itself() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            let translator = &seen.planted.translator;
            for beams in [1, 4] {
                let written =
                    translator.generate(&seen.pair.source, &translator.search.with_beams(beams)).unwrap();
                assert_eq!(written, seen.pair.labels, "{kind} {beams}");
            }
        }
    }
}

#[test]
fn pairs_are_translations_in_a_word_order_of_the_models_own() {
    for kind in TranslatorKind::ALL {
        for seen in seen(kind) {
            let PlantedTranslator { recipe, dictionary, .. } = &seen.planted;
            let PlantedPair { source, labels, links, .. } = &seen.pair;
            assert!((6..=20).contains(&source.len()) && labels.len() == source.len());
            assert_eq!((source[recipe.words], labels[recipe.words]), (SEP, SEP));
            let mut sorted = links.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..source.len()));
            for row in 0..recipe.words {
                assert_ne!(links[row], row);
                let meaning = dictionary.meanings[(source[links[row]] - FIRST) as usize];
                assert_eq!(id(meaning), labels[row]);
            }
            let other = seen.planted.pair(1000);
            assert_ne!(other.source, *source);
            assert_eq!(other.labels == *labels, kind == TranslatorKind::Prefix);
            let again = PlantedTranslator::plant(recipe.clone()).unwrap();
            assert_eq!(again.pair(1000), other);
        }
    }
    let lengths = (0..100).map(|seed| TranslatorRecipe::new(TranslatorKind::Copying, seed).words);
    let lengths: std::collections::BTreeSet<usize> = lengths.collect();
    assert_eq!((lengths.first(), lengths.last()), (Some(&5), Some(&19)));
}

#[test]
fn what_cannot_be_planted_is_refused() {
    let recipe = TranslatorRecipe::new(TranslatorKind::Copying, 1);
    for words in [4, 20] {
        let error = PlantedTranslator::plant(TranslatorRecipe { words, ..recipe.clone() }).unwrap_err();
        assert!(matches!(error, ControlError::Count { found, least: 5, most: 19, .. } if found == words));
    }
    for mass in [0.0, 0.1, 1.0, f64::NAN] {
        let error = PlantedTranslator::plant(TranslatorRecipe { words: 9, mass, ..recipe.clone() });
        assert!(matches!(error.unwrap_err(), ControlError::Mass { tokens: 10, .. }));
    }
}
