//! Which planted models and texts the controls run.

use std::ops::Range;

use super::planted::Planted;
use super::shortcut::{Shortcut, ShortcutRecipe};

/// Seeds on which thresholds and statistics were chosen; nothing that is reported uses them.
///
/// Those from 10 000 on were the first to be reported. They showed what counts as pointing elsewhere to be wrong for three
/// equal words of twelve, and so became tuning seeds themselves.
pub const TUNING_SEEDS: Range<u64> = 0..20_000;

/// The first of the seeds that are reported, none of which was looked at while anything was chosen.
pub const REPORT_SEED: u64 = 20_000;

/// One text in one planted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// What is planted.
    pub kind: Planted,
    /// n, the content words of the text.
    pub words: usize,
    /// λ, the dial, in [0, 1].
    pub lambda: f64,
    /// H, the heads of a layer.
    pub heads: usize,
    /// A passage of reviews in place of made-up words.
    pub natural: bool,
    /// The seed of the model.
    pub seed: u64,
    /// The index of the text among the model's texts.
    pub text: u64,
}

/// Which trials are run: every kind at every number of words, every dial and every number of heads.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// `quick` or `full`.
    pub name: &'static str,
    /// The kinds that are planted.
    pub kinds: Vec<Planted>,
    /// Each n, the content words of a text.
    pub words: Vec<usize>,
    /// The dials, each with the number of texts a model gets there.
    pub lambdas: Vec<(f64, u64)>,
    /// Each H, the heads of a layer; a kind that needs more gets the fewest it can have.
    pub heads: Vec<usize>,
    /// The seed of the first model.
    pub seed: u64,
    /// Classifiers to train.
    pub shortcuts: Vec<ShortcutRecipe>,
    /// Held-out texts that each of them is asked about.
    pub held_out: u64,
}

impl Grid {
    /// Under a minute on two cores.
    #[must_use]
    pub fn quick(seed: u64) -> Self {
        Self {
            name: "quick",
            kinds: Planted::ALL.to_vec(),
            words: vec![8, 20, 64],
            lambdas: vec![(0.0, 1), (0.5, 1), (1.0, 8)],
            heads: vec![1, 4],
            seed,
            shortcuts: shortcuts(seed, 1),
            held_out: 60,
        }
    }

    /// A few minutes: what the power figures in reports are measured by.
    #[must_use]
    pub fn full(seed: u64) -> Self {
        Self {
            name: "full",
            kinds: Planted::ALL.to_vec(),
            words: vec![8, 12, 20, 40, 64, 128],
            lambdas: vec![(0.0, 1), (0.25, 1), (0.5, 1), (0.75, 1), (1.0, 8)],
            heads: vec![1, 2, 4],
            seed,
            shortcuts: shortcuts(seed, 3),
            held_out: 200,
        }
    }

    /// Every trial: kinds, words, dials, heads, generated and natural texts, each model with a seed of its own within
    /// its kind, words and dial.
    #[must_use]
    pub fn trials(&self) -> Vec<Trial> {
        let mut out = Vec::new();
        for &kind in &self.kinds {
            for &words in &self.words {
                for &(lambda, texts) in &self.lambdas {
                    let models = self.heads.iter().flat_map(|&heads| [(heads, false), (heads, true)]);
                    for (model, (heads, natural)) in models.enumerate() {
                        let heads = heads.max(kind.least_heads());
                        let seed = self.seed.wrapping_add(model as u64);
                        out.extend((0..texts).map(|text| Trial {
                            kind,
                            words,
                            lambda,
                            heads,
                            natural,
                            seed,
                            text,
                        }));
                    }
                }
            }
        }
        out
    }
}

/// Recipes of `seeds` classifiers of each kind, small enough to be trained in seconds. The order of two words is left out: learning it takes minutes.
fn shortcuts(seed: u64, seeds: u64) -> Vec<ShortcutRecipe> {
    let kinds = [Shortcut::SingleToken, Shortcut::TokenInContext];
    let each = kinds.into_iter().flat_map(|kind| (0..seeds).map(move |i| (kind, seed.wrapping_add(i))));
    each.map(|(kind, seed)| ShortcutRecipe::new(kind, seed)).collect()
}
