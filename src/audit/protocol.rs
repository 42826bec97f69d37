//! How one text is examined, apart from where the text and the model come from.

use crate::attribution::{ALL, Baseline, ByDefault, Method, MethodOptions, Role};
use crate::erasure::{Cap, Implausible, KnockedRows, Operator, Side};
use crate::report::settings::Thresholds;
use crate::swap::Site;

/// Every choice that the evidence and the verdicts of a text depend on, beside its seed.
///
/// A text from a file and a planted one are examined by the same code under the same protocol, so that what
/// the controls find is true of the audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    /// How a word is erased.
    pub operator: Operator,
    /// Where integrated gradients start.
    pub baseline: Baseline,
    /// What the effort buys.
    pub budget: Budget,
    /// Methods to run, by their names; all where empty.
    pub only: Vec<String>,
    /// Sites to swap besides the decision row.
    pub sites: Vec<Site>,
    /// The conventions of the verdict.
    pub thresholds: Thresholds,
    /// Search for the bounds of AOPC.
    pub naopc: bool,
    /// Whose edges attention knockout cuts, where the budget has it.
    pub knockout_from: KnockedRows,
    /// Whether some query of the model does not see every key: some methods are run only then, unless they are named.
    pub bounded: bool,
    /// Whether the model's attention is that of a decoder over a source: some methods are run only then, unless they are named.
    pub over_source: bool,
}

impl Protocol {
    /// The operator that the first is compared with: one that erases in another way.
    #[must_use]
    pub fn second_operator(&self) -> Operator {
        self.operator.second()
    }

    /// The choices of the methods that have one.
    #[must_use]
    pub fn options(&self) -> MethodOptions {
        MethodOptions {
            operator: self.operator,
            baseline: self.baseline,
            path_steps: self.budget.path_steps,
            random_orders: self.budget.random_orders,
            coalitions: self.budget.coalitions,
        }
    }

    /// The readings, or all else, that --only leaves; without it those of a model of this reach.
    #[must_use]
    pub fn wanted(&self, readings: bool) -> Vec<&'static Method> {
        ALL.iter()
            .filter(|method| (method.role == Role::Reading) == readings)
            .filter(|method| {
                let usual = match method.by_default {
                    ByDefault::Everywhere => true,
                    ByDefault::BoundedReach => self.bounded,
                    ByDefault::OverSource => self.over_source,
                };
                (self.only.is_empty() && usual) || self.only.iter().any(|name| name == method.name)
            })
            .collect()
    }

    /// The sites whose patterns are swapped, in the order of the report; the decision row is the first.
    #[must_use]
    pub fn swapped(&self) -> Vec<Site> {
        let mut sites = vec![Site::Row];
        if self.budget.all_layers {
            sites.push(Site::All);
        }
        sites.extend(self.sites.iter().copied().filter(|site| !matches!(site, Site::Row | Site::All)));
        if self.sites.contains(&Site::All) && !self.budget.all_layers {
            sites.push(Site::All);
        }
        sites
    }
}

/// How often random words are cut off where attention knockout is run.
pub(super) const KNOCKOUTS: usize = 20;

/// How much is spent on an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A first look: coarse paths, few permutations, erasure from the top down alone, swaps at the decision row and
    /// the sites that were asked for.
    Quick,
    /// The default: finer paths, all layers swapped at once too and searched briefly, erasure from both ends, and what
    /// its passes tell of single words and of erased texts' plausibility.
    Standard,
    /// The finest paths, the most random orders and permutations, long searches at every site, soft erasure, knockouts.
    Thorough,
}

/// What an effort buys: how often everything is drawn and searched on an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The effort's name: `quick`, `standard`, `thorough`.
    pub name: &'static str,
    /// Random orders of erasure.
    pub random_orders: usize,
    /// Intervals of integrated gradients, at most.
    pub path_steps: usize,
    /// Sets of words that Shapley values are computed from, at most.
    pub coalitions: usize,
    /// Permutations behind each p-value.
    pub permutations: usize,
    /// Permuted patterns at the decision row.
    pub permuted_row: usize,
    /// Permuted patterns at sites that run several layers.
    pub permuted_deep: usize,
    /// Swap all layers at once too, which rollout, flow and the mean are judged by.
    pub all_layers: bool,
    /// Adversarial candidates at the decision row.
    pub candidates: usize,
    /// Adversarial steps there.
    pub steps: usize,
    /// Erasure from the bottom up, per reading.
    pub bottom_up: bool,
    /// Where NAOPC is asked for, the sides whose bounds are searched for.
    pub bounded: &'static [Side],
    /// Adversarial candidates at every other site.
    pub deep_candidates: usize,
    /// Adversarial steps there, of two passes per candidate each; nothing is searched for at 0, and robustness stays open.
    pub deep_steps: usize,
    /// The most shares, S rows by n keys, that are searched there: a search holds about ten times as many numbers.
    pub deep_shares: usize,
    /// How often a map's weights are dealt out anew under soft erasure; at 0 there is none.
    pub soft_orders: usize,
    /// How many words go at a time under capped removal; none where there is no such removal.
    pub capped: Option<Cap>,
    /// How often random words are cut off for attention knockout, at each layer; at 0 there is none.
    pub knockouts: usize,
    /// By which measures it is told how plausible erased texts are to the model: that of classifiers takes no pass of its
    /// own, that of masked-word models a pass a text.
    pub standing: &'static [Implausible],
}

impl Effort {
    /// What this effort buys.
    #[must_use]
    pub fn budget(self) -> Budget {
        match self {
            Effort::Quick => Budget {
                name: "quick",
                random_orders: 20,
                path_steps: 24,
                coalitions: 384,
                permutations: 199,
                permuted_row: 100,
                permuted_deep: 0,
                all_layers: false,
                candidates: 5,
                steps: 100,
                bottom_up: false,
                bounded: &[Side::Comprehensiveness],
                deep_candidates: 0,
                deep_steps: 0,
                deep_shares: 0,
                soft_orders: 0,
                capped: None,
                knockouts: 0,
                standing: &[],
            },
            Effort::Standard => Budget {
                name: "standard",
                random_orders: 20,
                path_steps: 96,
                coalitions: 512,
                permutations: 999,
                permuted_row: 100,
                permuted_deep: 20,
                all_layers: true,
                candidates: 5,
                steps: 500,
                bottom_up: true,
                bounded: &[Side::Comprehensiveness],
                deep_candidates: 2,
                deep_steps: 30,
                deep_shares: 1 << 23,
                soft_orders: 0,
                capped: Some(Cap::Word),
                knockouts: 0,
                standing: &[Implausible::Energy],
            },
            Effort::Thorough => Budget {
                name: "thorough",
                random_orders: 100,
                path_steps: 192,
                coalitions: 2048,
                permutations: 9999,
                permuted_row: 1000,
                permuted_deep: 100,
                all_layers: true,
                candidates: 5,
                steps: 500,
                bottom_up: true,
                bounded: &[Side::Comprehensiveness, Side::Sufficiency],
                deep_candidates: 5,
                deep_steps: 500,
                deep_shares: 1 << 26,
                soft_orders: 20,
                capped: Some(Cap::Tenth),
                knockouts: KNOCKOUTS,
                standing: &[Implausible::Energy, Implausible::PseudoLoss],
            },
        }
    }
}
