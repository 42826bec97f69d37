//! How much the checks of a user's own model may spend.

use crate::attribution::{ALL, MethodOptions, Role};
use crate::audit::protocol::Budget;
use crate::audit::{Effort, Protocol};
use crate::erasure::KnockedRows;
use crate::report::settings::Thresholds;

/// What is spent, and by which thresholds it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnSettings {
    /// Of all that is random beside the subjects' own seed.
    pub seed: u64,
    /// How many seeds are compared, 2 at least.
    pub seeds: usize,
    /// Maps of every donor per text.
    pub foreign: usize,
    /// Random orders of erasure.
    pub random_orders: usize,
    /// Permutations behind each p-value.
    pub permutations: usize,
    /// Steps of integrated gradients, at most.
    pub path_steps: usize,
    /// Sets of words that Shapley values are computed from, at most.
    pub coalitions: usize,
    /// Adversarial candidates.
    pub candidates: usize,
    /// Adversarial steps.
    pub steps: usize,
    /// The conventions that maps are judged by.
    pub thresholds: Thresholds,
}

impl Default for OwnSettings {
    /// What the audit spends at effort `quick`, on three seeds, with two maps of every donor.
    fn default() -> Self {
        Self {
            seed: 0,
            seeds: 3,
            foreign: 2,
            random_orders: 20,
            permutations: 199,
            path_steps: 24,
            coalitions: 384,
            candidates: 5,
            steps: 100,
            thresholds: Thresholds::default(),
        }
    }
}

impl OwnSettings {
    /// The protocol that maps are examined under, with the methods' choices on a text.
    pub(super) fn protocol(&self, options: MethodOptions) -> Protocol {
        let budget = Budget {
            random_orders: self.random_orders,
            path_steps: options.path_steps,
            coalitions: options.coalitions,
            permutations: self.permutations,
            candidates: self.candidates,
            steps: self.steps,
            ..Effort::Quick.budget()
        };
        let references = ALL.iter().filter(|method| method.role == Role::Reference);
        Protocol {
            operator: options.operator,
            baseline: options.baseline,
            budget,
            only: references.map(|method| method.name.to_owned()).collect(),
            sites: Vec::new(),
            thresholds: self.thresholds.clone(),
            naopc: false,
            knockout_from: KnockedRows::default(),
            bounded: false,
            over_source: false,
        }
    }
}
