//! What every kind is made of.

use super::blueprint::{Blueprint, HeadPlan, Look};
use super::channels::Channel;
use super::text::KINDS;
use super::weigh::{self, Share};
use super::{Planted, Recipe};

/// Margin of class 1 per unit of decision evidence.
pub(super) const GAIN: f64 = 6.0;

/// The margin without any evidence, per unit of the dial: p is .05 without and .95 with all of it at λ = 1. It grows
/// with the dial, so that the text as it stands is of class 1 for any λ. Were it fixed, the other class would be
/// predicted below λ = ½, of which the deciding words are evidence against, and the truth would turn with the dial.
pub(super) const BASE: f64 = -3.0;

/// A kind as weights and words.
#[derive(Debug, Clone)]
pub(super) struct Design {
    pub blueprint: Blueprint,
    /// Cue words of each kind in a text.
    pub counts: [usize; KINDS],
    /// True relevance of a word of each kind.
    pub relevance: [f64; KINDS],
    /// The kind of cue that most of the decision row's mass lies on, where it is one.
    pub attended: Option<usize>,
}

/// What the kinds build with.
pub(super) struct Bench<'r> {
    pub recipe: &'r Recipe,
    /// T.
    pub tokens: usize,
}

impl Bench<'_> {
    pub(super) fn heads(&self) -> usize {
        self.recipe.heads
    }

    /// A decision row with these masses at λ.
    pub(super) fn look(&self, shares: &[Share]) -> Look {
        Look::Decision(weigh::logits(shares, self.tokens, self.recipe.lambda))
    }

    /// What a head must multiply a group's cue by, so that it brings λ·`worth` under the group's mass.
    pub(super) fn gain(&self, share: Share, worth: f64) -> f64 {
        self.recipe.lambda * worth / weigh::mass(share, self.tokens, self.recipe.lambda)
    }

    /// A head that looks and brings nothing.
    pub(super) fn idle(&self, shares: &[Share]) -> HeadPlan {
        HeadPlan { look: self.look(shares), carry: Vec::new() }
    }

    /// A head that looks, and brings λ·`worth` of each group's cue in `from` to the decision.
    pub(super) fn decide(&self, shares: &[Share], from: &[(Share, f64)]) -> HeadPlan {
        let carry = from
            .iter()
            .map(|&(share, worth)| (share.channel, Channel::Decision, self.gain(share, worth)))
            .collect();
        HeadPlan { look: self.look(shares), carry }
    }

    /// The layers given, on top of idle ones.
    pub(super) fn on_idle(&self, top: Vec<Vec<HeadPlan>>) -> Blueprint {
        let idle = vec![self.idle(&[]); self.heads()];
        let mut layers = vec![idle; self.recipe.layers.saturating_sub(top.len())];
        layers.extend(top);
        Blueprint { layers, rule: None, gain: GAIN, base: BASE * self.recipe.lambda }
    }
}

/// The design of a recipe; `None` for random weights, which have none.
pub(super) fn design(recipe: &Recipe) -> Option<Design> {
    let bench = Bench { recipe, tokens: recipe.words + 2 };
    let design = match recipe.kind {
        Planted::OnlyPath => super::faithful::only_path(&bench),
        Planted::Sink => super::faithful::sink(&bench),
        Planted::Negative => super::faithful::negative(&bench),
        Planted::Decoy => super::unfaithful::decoy(&bench),
        Planted::Bypass => super::unfaithful::bypass(&bench),
        Planted::BypassAligned => super::unfaithful::bypass_aligned(&bench),
        Planted::Redundant => super::unfaithful::redundant(&bench),
        Planted::Mixing => super::unfaithful::mixing(&bench),
        Planted::And | Planted::Or | Planted::Xor => super::interaction::two_words(&bench),
        Planted::Constant => super::null::constant(&bench),
        Planted::Random => return None,
    };
    Some(design)
}
