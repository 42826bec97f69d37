//! What each reading of a planted model makes of the truth: by its ranking, on texts that are not audited.
//!
//! # The rule
//!
//! Of a text, r is the relevance of its words as the construction states it, and g(order) the mean, over the numbers k
//! of words that erasure takes away, of Σ r over the first k words of the order. A reading *finds* g of its own order less
//! g of a random one (its expectation, k/n of all relevance), and could have found g of the order of r less the same; its
//! share is the sum of the one over the texts by the sum of the other. The reading is
//!
//! - [`Right`](Standing::Right) where on every text its first words are those of positive relevance, in the order of their
//!   relevance;
//! - [`Wrong`](Standing::Wrong) where its share lies below −[`CHANCE`], [`Chance`](Standing::Chance) where it lies within
//!   ±[`CHANCE`], [`Partly`](Standing::Partly) where it is above;
//! - [`Flat`](Standing::Flat) where it distinguishes no words of any text.
//!
//! # Why that is no circle
//!
//! Nothing that an audit measures goes in: no erased text, no reference, no swap, no threshold of a verdict but the share
//! that is called chance. Relevance is written into the weights, and tests confirm it by running the model without its words.
//! The map is what is judged, and its ranking what it claims. And the texts are others than those that are audited:
//! were they the same, a random map would count as right just where it had luck, and support by luck could never be
//! seen to be false.

use super::error::{ControlError, ControlsError};
use super::grid::Trial;
use super::planted::Planted;
use super::trial::{control, subject, text};
use crate::attribution::{Method, PLOTTED, PatternsRead, Scores, Shared, find, without_sinks};
use crate::audit::Protocol;
use crate::audit::answer::grade::CHANCE;
use crate::erasure::bins;
use crate::report::controls::Standing;
use crate::stats::rank::argsort_descending;
use crate::subject::Subject;

/// The first of the texts that are looked at; audited ones have smaller numbers.
const FIRST: u64 = 1_000_000;

/// Scores that differ by less than this share of the largest are tied.
const ROUNDING: f64 = 1e-6;

/// What the readings of one model are worth: each with whether sinks were taken out of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standings(Vec<(String, bool, Standing)>);

impl Standings {
    /// What a reading is worth; `None` where it had no scores, or the construction tells nothing.
    pub fn of(&self, reading: &str, sinks_removed: bool) -> Option<Standing> {
        let found =
            self.0.iter().find(|(name, without, _)| (name.as_str(), *without) == (reading, sinks_removed));
        found.map(|(.., standing)| *standing)
    }
}

/// Whether other attention can keep the prediction while the map points elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandIn {
    /// None can.
    No,
    /// Simple patterns do: moving mass among words that bring the same.
    Plain,
    /// The construction does not tell, or only patterns that a search must find.
    Open,
}

/// What the construction says of other attention, for a reading of a model.
///
/// Where one layer acts and half of all is idle, the idle part can take at most half of a map of all layers elsewhere,
/// which is a divergence of ½·ln 2 = 0.35, less than what counts as very different; with more idle layers it can be more.
/// What weighs by values cannot point elsewhere where no other word has a value.
pub(super) fn stand_in(reading: &str, trial: &Trial) -> StandIn {
    use Planted::{And, Decoy, FrozenRandom, FrozenUniform, NullDecoys, OneHead, OneWord, OnlyPath};
    use Planted::{DecoyHead, Fact, Induction, PositionSink};
    use Planted::{RandomMaps, Redundant, SeveralWords, Sink};
    let Some(method) = find(reading) else { return StandIn::Open };
    let valued = method.reads == PatternsRead::LastRow && reading != PLOTTED;
    match (method.reads, trial.kind) {
        (_, Redundant | RandomMaps) => StandIn::Plain,
        (PatternsRead::LastRow, OnlyPath | OneWord | SeveralWords | And | Sink | Induction | Fact) => {
            StandIn::No
        }
        // What the sink of a decoder holds a search can move to any word, though no simple pattern does.
        (
            PatternsRead::LastRow,
            Decoy | DecoyHead | PositionSink | NullDecoys | OneHead | FrozenUniform | FrozenRandom,
        ) if valued => StandIn::No,
        (PatternsRead::AllLayers, OnlyPath | OneWord) if trial.layers <= 2 => StandIn::No,
        (PatternsRead::AllLayers, SeveralWords | And | Sink) if trial.layers == 1 => StandIn::No,
        _ => StandIn::Open,
    }
}

/// Whether swaps of what the reading reads can move the prediction, by construction.
fn acts(method: &Method, trial: &Trial) -> bool {
    let around = matches!(trial.kind, Planted::Bypass | Planted::BypassAligned | Planted::Window);
    let row = method.reads != PatternsRead::AllLayers;
    trial.lambda > 0.0 && trial.kind != Planted::Constant && !(around && row)
}

/// What one reading found over texts.
#[derive(Debug)]
struct Found {
    name: &'static str,
    sinks_removed: bool,
    acts: bool,
    texts: u64,
    right: u64,
    flat: u64,
    excess: f64,
    attainable: f64,
}

impl Found {
    fn new(method: &Method, sinks_removed: bool, acts: bool) -> Self {
        Self {
            name: method.name,
            sinks_removed,
            acts,
            texts: 0,
            right: 0,
            flat: 0,
            excess: 0.0,
            attainable: 0.0,
        }
    }

    fn add(&mut self, scores: &Scores, relevance: &[f64]) {
        let order = argsort_descending(&scores.words);
        let best = argsort_descending(relevance);
        let largest = scores.words.iter().map(|score| score.abs()).fold(0.0, f64::max);
        let apart =
            |pair: &[usize]| (scores.words[pair[0]] - scores.words[pair[1]]).abs() > ROUNDING * largest;
        let positive = relevance.iter().filter(|r| **r > 0.0).count();
        let ranks = order.iter().zip(&best).take(positive).all(|(a, b)| relevance[*a] >= relevance[*b]);
        let flat = order.first().zip(order.last()).is_none_or(|(a, b)| !apart(&[*a, *b]));
        self.texts += 1;
        self.flat += u64::from(flat);
        self.right += u64::from(ranks && !flat);
        let chance = gain_of_chance(relevance);
        self.excess += gain(&order, relevance) - chance;
        self.attainable += gain(&best, relevance) - chance;
    }

    fn standing(&self) -> Option<Standing> {
        if !self.acts {
            return Some(Standing::Inert);
        }
        if self.texts == 0 || self.attainable <= 0.0 {
            return None;
        }
        let share = self.excess / self.attainable;
        Some(match share {
            _ if self.flat == self.texts => Standing::Flat,
            _ if self.right == self.texts => Standing::Right,
            share if share < -CHANCE => Standing::Wrong,
            share if share <= CHANCE => Standing::Chance,
            _ => Standing::Partly,
        })
    }
}

/// g of an order.
fn gain(order: &[usize], relevance: &[f64]) -> f64 {
    let first = |k: usize| order.iter().take(k).map(|word| relevance[*word]).sum::<f64>();
    let bins = bins(order.len());
    bins.iter().map(|k| first(*k)).sum::<f64>() / bins.len().max(1) as f64
}

/// g of a random order, in expectation.
fn gain_of_chance(relevance: &[f64]) -> f64 {
    let (n, bins) = (relevance.len(), bins(relevance.len()));
    let share = bins.iter().map(|k| *k as f64 / n as f64).sum::<f64>() / bins.len().max(1) as f64;
    share * relevance.iter().sum::<f64>()
}

/// Looks at one text after another of one model.
#[derive(Debug)]
pub(super) struct Looks<'p> {
    protocol: &'p Protocol,
    found: Vec<Found>,
}

impl<'p> Looks<'p> {
    /// Before the first text; `acts` says of which readings swaps can move the prediction.
    pub fn new(protocol: &'p Protocol, acts: impl Fn(&Method) -> bool) -> Self {
        let variants =
            |method: &'static Method| [false, true].map(|without| Found::new(method, without, acts(method)));
        Self { protocol, found: protocol.wanted(true).into_iter().flat_map(variants).collect() }
    }

    /// Takes in the rankings of the next text, whose words have this relevance.
    pub fn add(&mut self, subject: &Subject<'_>, relevance: &[f64]) -> Result<(), ControlError> {
        let shared = Shared::new(subject, self.protocol.options());
        let sinks = shared.sinks()?;
        for method in self.protocol.wanted(true) {
            let Some(outcome) = method.scores(&shared) else { continue };
            let Ok(scores) = outcome? else { continue };
            let without = without_sinks(subject, &sinks, &scores);
            for of in self.found.iter_mut().filter(|of| of.name == method.name) {
                let scores = if of.sinks_removed { without.as_ref().ok() } else { Some(&scores) };
                if let Some(scores) = scores {
                    of.add(scores, relevance);
                }
            }
        }
        Ok(())
    }

    /// What all of them show.
    pub fn told(&self) -> Standings {
        let told = |of: &Found| Some((of.name.to_owned(), of.sinks_removed, of.standing()?));
        Standings(self.found.iter().filter_map(told).collect())
    }
}

/// What the readings of the trial's model make of the truth, on `texts` texts.
///
/// # Errors
///
/// Where the model cannot be built or a pass fails.
pub(super) fn standings(trial: &Trial, protocol: &Protocol, texts: u64) -> Result<Standings, ControlsError> {
    let control = control(trial)?;
    let mut looks = Looks::new(protocol, |method| acts(method, trial));
    for example in FIRST..FIRST + texts {
        let planting = text(&control, trial, example);
        let Some(relevance) = &planting.truth.relevance else { break };
        if relevance.iter().all(|r| *r == 0.0) {
            break;
        }
        looks.add(&subject(&control, &planting, example)?, relevance)?;
    }
    Ok(looks.told())
}
