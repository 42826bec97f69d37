//! The one table of methods: flags, `attncheck methods` and the guide are made from it.

use super::facts::{Basis, ByDefault, Joined, PatternsRead, Role};
use super::leave_one_out::LeaveOneOut;
use super::scores::Scores;
use super::shared::Shared;
use super::{gradient, path, random, reading, shapley, value_norm};
use crate::missing::Outcome;

/// How a method is computed.
#[derive(Debug, Clone, Copy)]
pub enum Compute {
    /// One scoring of each text.
    Whole(fn(&Shared<'_>) -> Outcome<Scores>),
    /// Once per layer and head, both counted from 0.
    PerHead(fn(&Shared<'_>, usize, usize) -> Outcome<Scores>),
}

/// A way to score words.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// Its name in flags and reports.
    pub name: &'static str,
    /// What it is in an audit.
    pub role: Role,
    /// What its scores are made of.
    pub basis: Basis,
    /// Which patterns it reads.
    pub reads: PatternsRead,
    /// On which models it is run unless methods are named.
    pub by_default: ByDefault,
    /// Whether a score below 0 speaks against the target; else scores have no direction, and one below 0 highlights nothing.
    pub signed: bool,
    /// What its scores of several words come to together.
    pub joined: Joined,
    /// What a score means: formula, range, sign.
    pub meaning: &'static str,
    /// The paper that it comes from.
    pub paper: &'static str,
    /// What it costs, in forward passes of the text.
    pub cost: &'static str,
    /// How it is computed.
    pub compute: Compute,
}

impl Method {
    /// The scores of a text; [`None`] for a method that is computed per head.
    #[must_use]
    pub fn scores(&self, shared: &Shared<'_>) -> Option<Outcome<Scores>> {
        match self.compute {
            Compute::Whole(compute) => Some(compute(shared)),
            Compute::PerHead(_) => None,
        }
    }

    /// The scores of one head, counted from 0; [`None`] for a method that is computed once per text.
    #[must_use]
    pub fn scores_of_head(&self, shared: &Shared<'_>, layer: usize, head: usize) -> Option<Outcome<Scores>> {
        match self.compute {
            Compute::Whole(_) => None,
            Compute::PerHead(compute) => Some(compute(shared, layer, head)),
        }
    }
}

/// The reading that people plot: what is shown first, and what formats with one verdict per text go by.
pub const PLOTTED: &str = "raw";

/// Of readings, the one that people plot, else the first.
pub fn shown<R>(mut readings: impl Iterator<Item = R> + Clone, name: impl Fn(&R) -> &str) -> Option<R> {
    readings.clone().find(|reading| name(reading) == PLOTTED).or_else(|| readings.next())
}

/// The reference that takes words away one at a time, which every report sets beside a reading.
pub const LEAVE_ONE_OUT: &str = "loo";

/// The reference that redundant and joint words do not mislead.
pub const SHAPLEY: &str = "shapley";

/// The reference whose scores must add up to the change of the target along a path.
pub const PATH_INTEGRAL: &str = "integrated-gradients";

/// The method of that name, or of a reading of one head, `head:LAYER.HEAD`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Method> {
    let name = name.split_once(':').map_or(name, |(method, _)| method);
    ALL.iter().find(|method| method.name == name)
}

/// The target's change per word under the operator of the options.
fn leave_one_out(shared: &Shared<'_>) -> Outcome<Scores> {
    Ok(shared.leave_one_out(shared.options.operator)?.and_then(LeaveOneOut::scores))
}

/// The cost of a reading that the observed pass alone shows.
const SEEN: &str = "none beyond the observed pass";
/// One reverse pass gives all gradients at words and patterns.
const ONE_REVERSE: &str = "2, shared by all gradient methods";
/// The cut graph needs its own reverse pass.
const OWN_REVERSE: &str = "2, shared by both";

/// Every method: readings, then references, then the control.
pub static ALL: &[Method] = &[
    Method {
        name: PLOTTED,
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::LastRow,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "last layer's attention from the decision token, mean of heads; in [0, 1], no sign",
        paper: "Bahdanau, Cho & Bengio 2015",
        cost: SEEN,
        compute: Compute::Whole(reading::raw),
    },
    Method {
        name: "head",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::Head,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "one head's attention from the decision token, named head:LAYER.HEAD from 0; in [0, 1], no sign",
        paper: "Clark et al. 2019",
        cost: SEEN,
        compute: Compute::PerHead(reading::head),
    },
    Method {
        name: "mean",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::AllLayers,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "attention from the decision token, mean of all layers and heads; in [0, 1], no sign",
        paper: "none; a common practice",
        cost: SEEN,
        compute: Compute::Whole(reading::mean),
    },
    Method {
        name: "rollout",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::AllLayers,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "product over layers of half the mean attention plus half the identity; in [0, 1], no sign",
        paper: "Abnar & Zuidema 2020",
        cost: SEEN,
        compute: Compute::Whole(reading::rollout),
    },
    Method {
        name: "rollout-excess",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::AllLayers,
        by_default: ByDefault::BoundedReach,
        signed: false,
        joined: Joined::Sum,
        meaning: "rollout minus that of even attention over the keys each query sees; in [-1, 1], above 0 more than the mask gives",
        paper: "after Abnar & Zuidema 2020; the mask's part is taken off",
        cost: SEEN,
        compute: Compute::Whole(reading::rollout_excess),
    },
    Method {
        name: "flow",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::AllLayers,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "maximum flow of attention from the decision token to the word, share of all tokens'; in [0, 1], no sign",
        paper: "Abnar & Zuidema 2020",
        cost: SEEN,
        compute: Compute::Whole(reading::flow),
    },
    Method {
        name: "value-norm",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::LastRow,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "norm of attention × value × output map in the last layer, summed over heads; ≥ 0, no sign",
        paper: "Kobayashi et al. 2020",
        cost: SEEN,
        compute: Compute::Whole(value_norm::value_norm),
    },
    Method {
        name: "contextual",
        role: Role::Reading,
        basis: Basis::Attention,
        reads: PatternsRead::LastRowMixed,
        by_default: ByDefault::OverSource,
        signed: false,
        joined: Joined::Sum,
        meaning: "last layer's attention, each state's weight shared out among the tokens that it is made of; in [0, 1], no sign",
        paper: "Ferrando, Gállego & Costa-jussà 2022",
        cost: SEEN,
        compute: Compute::Whole(reading::contextual),
    },
    Method {
        name: "attention-x-gradient",
        role: Role::Reading,
        basis: Basis::AttentionGradient,
        reads: PatternsRead::LastRow,
        by_default: ByDefault::Everywhere,
        signed: true,
        joined: Joined::Sum,
        meaning: "last layer's attention × its gradient, mean of heads; in the target's unit, above 0 for the target",
        paper: "Serrano & Smith 2019",
        cost: ONE_REVERSE,
        compute: Compute::Whole(gradient::attention_x_gradient),
    },
    Method {
        name: "attention-x-gradient-relu",
        role: Role::Reading,
        basis: Basis::AttentionGradient,
        reads: PatternsRead::LastRow,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "the same, each head cut off below 0 before the mean; ≥ 0, only what speaks for the target",
        paper: "Chefer, Gur & Wolf 2021",
        cost: ONE_REVERSE,
        compute: Compute::Whole(gradient::attention_x_gradient_relu),
    },
    Method {
        name: LEAVE_ONE_OUT,
        role: Role::Reference,
        basis: Basis::Erasure,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: true,
        joined: Joined::Sum,
        meaning: "the target minus the target without the word; in its unit, above 0 for the target",
        paper: "Li, Monroe & Jurafsky 2016",
        cost: "1 per word",
        compute: Compute::Whole(leave_one_out),
    },
    Method {
        name: SHAPLEY,
        role: Role::Reference,
        basis: Basis::Shapley,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: true,
        joined: Joined::Sum,
        meaning: "mean gain of the target by the word over all sets of the others; in its unit, above 0 for the target",
        paper: "Shapley 1953; Lundberg & Lee 2017",
        cost: "2 per pair of sets: the random orders' and more until the error is small",
        compute: Compute::Whole(shapley::shapley),
    },
    Method {
        name: PATH_INTEGRAL,
        role: Role::Reference,
        basis: Basis::Gradient,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: true,
        joined: Joined::Sum,
        meaning: "gradient along the path from a baseline × the step; in the target's unit, above 0 for the target",
        paper: "Sundararajan, Taly & Yan 2017",
        cost: "2 per interval: 5, more until the error is small",
        compute: Compute::Whole(path::integrated_gradients),
    },
    Method {
        name: "gradient-x-input",
        role: Role::Reference,
        basis: Basis::Gradient,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: true,
        joined: Joined::Sum,
        meaning: "gradient at the word embedding × the embedding; in the target's unit, above 0 for the target",
        paper: "Shrikumar, Greenside & Kundaje 2017",
        cost: ONE_REVERSE,
        compute: Compute::Whole(gradient::gradient_x_input),
    },
    Method {
        name: "saliency",
        role: Role::Reference,
        basis: Basis::Gradient,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Root,
        meaning: "L2 norm of the gradient at the word embedding; ≥ 0, no sign",
        paper: "Simonyan, Vedaldi & Zisserman 2014; Li et al. 2016",
        cost: ONE_REVERSE,
        compute: Compute::Whole(gradient::saliency),
    },
    Method {
        name: "cut-gradient",
        role: Role::Reference,
        basis: Basis::CutGradient,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Root,
        meaning: "saliency with every pattern held constant; ≥ 0, no sign",
        paper: "Jain & Wallace 2019",
        cost: OWN_REVERSE,
        compute: Compute::Whole(gradient::cut_gradient),
    },
    Method {
        name: "cut-gradient-x-input",
        role: Role::Reference,
        basis: Basis::CutGradient,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: true,
        joined: Joined::Sum,
        meaning: "gradient × input with every pattern held constant; in the target's unit, above 0 for the target",
        paper: "Jain & Wallace 2019",
        cost: OWN_REVERSE,
        compute: Compute::Whole(gradient::cut_gradient_x_input),
    },
    Method {
        name: "random",
        role: Role::Control,
        basis: Basis::Chance,
        reads: PatternsRead::Nothing,
        by_default: ByDefault::Everywhere,
        signed: false,
        joined: Joined::Sum,
        meaning: "drawn evenly from [0, 1), fixed by seed and text; means nothing",
        paper: "none; the control",
        cost: "none",
        compute: Compute::Whole(random::random),
    },
];
