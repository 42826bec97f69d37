//! Which planted models and texts the controls run.

use std::ops::Range;

use super::planted::Planted;
use super::recipe::Margins;
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
    /// L, the layers.
    pub layers: usize,
    /// How sure the model is of its class.
    pub margins: Margins,
    /// A passage of reviews in place of made-up words.
    pub natural: bool,
    /// The seed of the model.
    pub seed: u64,
    /// How many texts the model has: they are one file.
    pub texts: u64,
    /// The index of the text among the model's texts.
    pub text: u64,
}

/// The most texts of a model but those that are made to be longer files.
pub const TEXTS: u64 = 8;

/// What tells one planted model from another.
pub(super) type ModelKey = (Planted, [usize; 3], u64, [u64; 2], bool, u64);

/// The layers of every model but those that are made to vary in it.
pub const LAYERS: usize = 2;

impl Trial {
    /// What its model is made from; trials of one model have the same.
    pub(super) fn model(&self) -> ModelKey {
        let margins = [self.margins.whole, self.margins.without].map(f64::to_bits);
        let shape = [self.words, self.heads, self.layers];
        (self.kind, shape, self.lambda.to_bits(), margins, self.natural, self.seed)
    }

    /// Whether neither depth nor margins nor the length of the file was varied.
    #[must_use]
    pub fn usual(&self) -> bool {
        self.layers == LAYERS && self.margins == Margins::USUAL && self.texts <= TEXTS
    }
}

/// Models that differ from the others in depth, margins or the length of their file, at λ = 1: every combination.
#[derive(Debug, Clone, PartialEq)]
pub struct Variation {
    /// The kinds; one that needs more layers than are asked for is left out there.
    pub kinds: Vec<Planted>,
    /// Each n, the content words of a text.
    pub words: Vec<usize>,
    /// Each H, the heads of a layer; a kind that needs more gets the fewest it can have.
    pub heads: Vec<usize>,
    /// Each L, the layers.
    pub layers: Vec<usize>,
    /// How sure the models are of their class.
    pub margins: Vec<Margins>,
    /// The texts of a model.
    pub texts: u64,
}

/// Which trials are run: every kind at every number of words, every dial and every number of heads; and what is varied
/// beside that.
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
    /// What is varied beside all that.
    pub variations: Vec<Variation>,
    /// Texts, none of them audited, by which it is told what each reading of a model makes of the truth at λ = 1.
    pub looks: u64,
    /// Whether that is told at every other λ too.
    pub looks_at_every_dial: bool,
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
            kinds: Planted::QUICK.to_vec(),
            words: vec![8, 20, 64],
            lambdas: vec![(0.0, 1), (0.5, 1), (1.0, TEXTS)],
            heads: vec![1, 4],
            variations: Vec::new(),
            looks: 16,
            looks_at_every_dial: false,
            seed,
            shortcuts: shortcuts(&[Shortcut::SingleToken, Shortcut::TokenInContext], seed, 1),
            held_out: 60,
        }
    }

    /// Many minutes: what the power figures in reports are measured by.
    #[must_use]
    pub fn full(seed: u64) -> Self {
        Self {
            name: "full",
            kinds: Planted::ALL.to_vec(),
            words: vec![8, 12, 20, 40, 64, 128],
            lambdas: vec![(0.0, 1), (0.25, 1), (0.5, 1), (0.75, 1), (1.0, TEXTS)],
            heads: vec![1, 2, 4],
            variations: variations(),
            looks: 16,
            looks_at_every_dial: true,
            seed,
            shortcuts: shortcuts(
                &[Shortcut::SingleToken, Shortcut::TokenInContext, Shortcut::Deceptive, Shortcut::Majority],
                seed,
                3,
            ),
            held_out: 200,
        }
    }

    /// Every trial: kinds, words, dials, heads, generated and natural texts, each model with a seed of its own within
    /// its kind, words and dial; then what is varied. Texts of a model are neighbours.
    #[must_use]
    pub fn trials(&self) -> Vec<Trial> {
        let models = self.models().into_iter();
        models.flat_map(|model| (0..model.texts).map(move |text| Trial { text, ..model.clone() })).collect()
    }

    /// Whether models of this kind are in it.
    pub(super) fn plants(&self, kind: Planted) -> bool {
        self.kinds.contains(&kind) || self.variations.iter().any(|variation| variation.kinds.contains(&kind))
    }

    /// Every model, as its first trial.
    pub(super) fn models(&self) -> Vec<Trial> {
        let mut out = Vec::new();
        for &kind in &self.kinds {
            for &words in &self.words {
                for &(lambda, texts) in &self.lambdas {
                    let models = self.heads.iter().flat_map(|&heads| [(heads, false), (heads, true)]);
                    out.extend(models.enumerate().map(|(model, (heads, natural))| Trial {
                        kind,
                        words,
                        lambda,
                        heads: heads.max(kind.least_heads()),
                        layers: LAYERS,
                        margins: Margins::USUAL,
                        natural,
                        seed: self.seed.wrapping_add(model as u64),
                        texts,
                        text: 0,
                    }));
                }
            }
        }
        let varied = self.variations.iter().enumerate().flat_map(|(i, variation)| {
            // Other models than those above, whatever is varied.
            variation.models(self.seed.wrapping_add(1000 * (i as u64 + 1)))
        });
        out.extend(varied);
        out
    }
}

impl Variation {
    fn models(&self, seed: u64) -> Vec<Trial> {
        let mut out = Vec::new();
        for &kind in &self.kinds {
            for &words in &self.words {
                for &layers in self.layers.iter().filter(|layers| **layers >= kind.least_layers()) {
                    for &margins in &self.margins {
                        let models = self.heads.iter().flat_map(|&heads| [(heads, false), (heads, true)]);
                        out.extend(models.enumerate().map(|(model, (heads, natural))| Trial {
                            kind,
                            words,
                            lambda: 1.0,
                            heads: heads.max(kind.least_heads()),
                            layers,
                            margins,
                            natural,
                            seed: seed.wrapping_add(model as u64),
                            texts: self.texts,
                            text: 0,
                        }));
                    }
                }
            }
        }
        out
    }
}

/// Depth from one layer to four, margins that saturate, and files of twenty texts.
fn variations() -> Vec<Variation> {
    let depth = Variation {
        kinds: vec![
            Planted::OnlyPath,
            Planted::OneWord,
            Planted::Decoy,
            Planted::Redundant,
            Planted::Mixing,
            Planted::RandomMaps,
        ],
        words: vec![12, 20],
        heads: vec![2],
        layers: vec![1, 3, 4],
        margins: vec![Margins::USUAL],
        texts: TEXTS,
    };
    let margins = Variation {
        kinds: vec![
            Planted::OneWord,
            Planted::SeveralWords,
            Planted::Decoy,
            Planted::Redundant,
            Planted::RandomMaps,
        ],
        layers: vec![LAYERS],
        margins: [Margins::STEEP, Margins::SATURATED].concat(),
        ..depth.clone()
    };
    let files = Variation {
        kinds: Planted::ALL.to_vec(),
        words: vec![12],
        heads: vec![1, 2, 4],
        layers: vec![LAYERS],
        texts: 20,
        ..depth.clone()
    };
    vec![depth, margins, files]
}

/// Recipes of `seeds` classifiers of each kind, small enough to be trained in seconds. The order of two words is left out: learning it takes minutes.
fn shortcuts(kinds: &[Shortcut], seed: u64, seeds: u64) -> Vec<ShortcutRecipe> {
    let each = kinds.iter().flat_map(|&kind| (0..seeds).map(move |i| (kind, seed.wrapping_add(i))));
    each.map(|(kind, seed)| ShortcutRecipe::new(kind, seed)).collect()
}
