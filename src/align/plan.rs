//! What is to be aligned, and how: every choice, made before anything is read.

use std::path::PathBuf;

use super::map::{Pieces, Step};
use crate::input::{GoldOptions, PairOptions};
use crate::model::{Device, Precision};
use crate::tokens::Languages;

/// An alignment as it was asked for.
#[derive(Debug, Clone)]
pub struct AlignPlan {
    /// The pairs: a path, or `-`.
    pub pairs: PathBuf,
    /// How they are written.
    pub reading: PairOptions,
    /// At most so many, from the first.
    pub limit: Option<usize>,
    /// The model as it was typed: a folder, or a hub name.
    pub model: String,
    /// The languages of the pairs, where the tokenizer has several.
    pub languages: Languages,
    /// Leave the targets of the file aside and align the model's own translations.
    pub translate: bool,
    /// Hypotheses of the search for a translation; 1 is greedy.
    pub beams: usize,
    /// The links that people made.
    pub gold: Option<PathBuf>,
    /// More of them, all of which are possible.
    pub possible: Option<PathBuf>,
    /// How they are counted.
    pub counting: GoldOptions,
    /// A model of the other direction, or a file of its links.
    pub symmetrize: Option<PathBuf>,
    /// The layer, from 0, where one was named.
    pub layer: Option<usize>,
    /// The head, where one was named; `Some(None)` is the mean of a layer's heads.
    pub head: Option<Option<usize>>,
    /// The row, where one was named.
    pub step: Option<Step>,
    /// The convention, where one was named.
    pub pieces: Option<Pieces>,
    /// Whether the sentence is cut as a whole, and not each word by itself.
    pub whole: bool,
    /// What the engine computes in.
    pub precision: Precision,
    /// Where the model runs.
    pub device: Device,
    /// Fixes every random draw.
    pub seed: u64,
    /// Worker threads; the machine's where absent. No number depends on it.
    pub threads: Option<usize>,
}

impl AlignPlan {
    /// These pairs with this model and every default.
    #[must_use]
    pub fn of(pairs: PathBuf, model: String) -> Self {
        Self {
            pairs,
            reading: PairOptions::default(),
            limit: None,
            model,
            languages: Languages::default(),
            translate: false,
            beams: 1,
            gold: None,
            possible: None,
            counting: GoldOptions::default(),
            symmetrize: None,
            layer: None,
            head: None,
            step: None,
            pieces: None,
            whole: false,
            precision: Precision::F32,
            device: Device::Cpu,
            seed: 0,
            threads: None,
        }
    }
}
