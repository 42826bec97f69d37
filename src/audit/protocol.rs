//! How one text is examined, apart from where the text and the model come from.

use super::plan::{Budget, Plan};
use crate::attribution::{ALL, Baseline, Method, MethodOptions, Role};
use crate::erasure::Operator;
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
}

impl Protocol {
    /// The plan's choices; `mask` tells whether the tokenizer has a mask token.
    #[must_use]
    pub fn of(plan: &Plan, mask: bool) -> Self {
        Self {
            operator: plan.operator.unwrap_or_else(|| Operator::default_with(mask)),
            baseline: plan.baseline,
            budget: plan.effort.budget(),
            only: plan.only.clone(),
            sites: plan.sites.clone(),
            thresholds: plan.thresholds.clone(),
            naopc: plan.naopc,
        }
    }

    /// The operator that the first is compared with: one that erases in another way.
    #[must_use]
    pub fn second_operator(&self) -> Operator {
        self.operator.second()
    }

    /// The choices of the methods that have one.
    #[must_use]
    pub fn options(&self) -> MethodOptions {
        MethodOptions { operator: self.operator, baseline: self.baseline, path_steps: self.budget.path_steps }
    }

    /// The readings, or all else, that --only leaves.
    #[must_use]
    pub fn wanted(&self, readings: bool) -> Vec<&'static Method> {
        ALL.iter()
            .filter(|method| (method.role == Role::Reading) == readings)
            .filter(|method| self.only.is_empty() || self.only.iter().any(|name| name == method.name))
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
