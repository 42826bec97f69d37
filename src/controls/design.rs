//! The parts that every kind of planted model is put together from.

use super::blueprint::{Blueprint, HeadPlan, Look};
use super::channels::{Channel, KINDS};
use super::recipe::Recipe;
use super::weigh::{self, Share};

/// A kind of planted model: what its weights do, and which words its texts have.
#[derive(Debug, Clone)]
pub(super) struct Design {
    /// What the weights are to do.
    pub blueprint: Blueprint,
    /// How many cue words of each kind a text has.
    pub counts: [usize; KINDS],
    /// True relevance of a cue word of each kind, as [`Truth`](super::Truth) has it.
    pub relevance: [f64; KINDS],
    /// The kind of cue that most of the decision row's mass lies on, where it is one.
    pub attended: Option<usize>,
    /// What a cue's relevance is multiplied by at each token's place, where it hangs on the place; else empty.
    pub by_place: Vec<f64>,
}

/// Makes heads and layers for a recipe: masses of attention become logits, worth becomes gains.
pub(super) struct Builder<'r> {
    pub recipe: &'r Recipe,
    /// T, the tokens of a text: its words, and for an encoder two special ones.
    tokens: usize,
}

impl<'r> Builder<'r> {
    pub(super) fn new(recipe: &'r Recipe) -> Self {
        let specials = if recipe.kind.is_decoder() { 0 } else { 2 };
        Self { recipe, tokens: recipe.words + specials }
    }

    /// T, the tokens of a text.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    /// H, the heads of every layer.
    pub(super) fn heads(&self) -> usize {
        self.recipe.heads
    }

    /// A decision row that gives each group of keys its mass at λ.
    pub(super) fn look(&self, shares: &[Share]) -> Look {
        Look::Decision(weigh::logits(shares, self.tokens, self.recipe.lambda))
    }

    /// What a head must multiply a group's cue by, so that it brings λ·`worth` under the group's mass.
    pub(super) fn gain(&self, share: Share, worth: f64) -> f64 {
        self.recipe.lambda * worth / weigh::mass(share, self.tokens, self.recipe.lambda)
    }

    /// A head that attends so and carries nothing to the decision.
    pub(super) fn idle(&self, shares: &[Share]) -> HeadPlan {
        HeadPlan { look: self.look(shares), carry: Vec::new() }
    }

    /// A head that attends so, and brings λ·`worth` of each group's cue in `from` to the decision.
    pub(super) fn decide(&self, shares: &[Share], from: &[(Share, f64)]) -> HeadPlan {
        let carry = from
            .iter()
            .map(|&(share, worth)| (share.channel, Channel::Decision, self.gain(share, worth)))
            .collect();
        HeadPlan { look: self.look(shares), carry }
    }

    /// The given layers on top of as many idle ones as the recipe asks for.
    pub(super) fn on_idle(&self, top: Vec<Vec<HeadPlan>>) -> Blueprint {
        let idle = vec![self.idle(&[]); self.heads()];
        let below = vec![idle; self.recipe.layers.saturating_sub(top.len())];
        self.stacked(below, top)
    }

    /// Layers that carry nothing, and those above them.
    ///
    /// The margin without any evidence grows with the dial, so that the text as it stands is of class 1 for any λ. Were
    /// it fixed, the other class would be predicted below λ = ½, of which the deciding words are evidence against, and
    /// the truth would turn with the dial.
    pub(super) fn stacked(&self, below: Vec<Vec<HeadPlan>>, top: Vec<Vec<HeadPlan>>) -> Blueprint {
        let margins = self.recipe.margins;
        Blueprint {
            layers: below.into_iter().chain(top).collect(),
            rule: None,
            gain: margins.moved(),
            base: margins.without * self.recipe.lambda,
            causal: None,
        }
    }
}
