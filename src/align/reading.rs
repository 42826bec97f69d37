//! Which layer, head, step and convention: all there are, those that were asked for, and the one that is chosen.

use super::error::AlignError;
use super::map::{Pieces, Step};
use super::plan::AlignPlan;
use crate::links::score::Counts;
use crate::report::align::ChosenReading;

/// One way to read links off cross-attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The layer, from 0.
    pub layer: usize,
    /// The head, from 0; `None` for the mean of the layer's heads.
    pub head: Option<usize>,
    /// The row.
    pub step: Step,
    /// The convention.
    pub pieces: Pieces,
}

impl Reading {
    /// All of a decoder with so many layers and heads: in each layer the mean of its heads, then head by head.
    #[must_use]
    pub fn all(layers: usize, heads: usize) -> Vec<Self> {
        let mut all = Vec::new();
        for layer in 0..layers {
            for head in std::iter::once(None).chain((0..heads).map(Some)) {
                for step in Step::ALL {
                    all.extend(Pieces::ALL.map(|pieces| Self { layer, head, step, pieces }));
                }
            }
        }
        all
    }

    /// In words: "layer 2, head 0, the row that outputs a word, pieces by union".
    #[must_use]
    pub fn told(&self) -> String {
        let head = self.head.map_or_else(|| "mean of heads".to_owned(), |head| format!("head {head}"));
        let row = match self.step {
            Step::Output => "the row that outputs a word",
            Step::Input => "the row that takes a word in",
        };
        format!("layer {}, {head}, {row}, pieces by {}", self.layer, self.pieces)
    }

    fn is_asked(&self, plan: &AlignPlan) -> bool {
        plan.layer.is_none_or(|layer| layer == self.layer)
            && plan.head.is_none_or(|head| head == self.head)
            && plan.step.is_none_or(|step| step == self.step)
            && plan.pieces.is_none_or(|pieces| pieces == self.pieces)
    }
}

/// An error where the plan names a layer or a head that is not there.
pub(super) fn check(plan: &AlignPlan, layers: usize, heads: usize) -> Result<(), AlignError> {
    for (what, found, count) in [("layer", plan.layer, layers), ("head", plan.head.flatten(), heads)] {
        if let Some(found) = found.filter(|found| *found >= count) {
            return Err(AlignError::NoSuch { what, found, count });
        }
    }
    Ok(())
}

/// The reading whose links are written, by its place among all.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub at: usize,
    /// Readings among which it was the best on the first half; `None` where nothing was compared.
    pub among: Option<usize>,
    pub told: ChosenReading,
}

/// Chooses among the readings that the flags leave: where there is gold the best on the first half of the pairs, else what
/// the flags do not say is as [`fallback`] has it.
///
/// `first` are the counts of every reading on the first half, in the order of `all`; `None` where there are too few pairs.
pub(super) fn choose(all: &[Reading], plan: &AlignPlan, layers: usize, first: Option<&[Counts]>) -> Choice {
    let asked: Vec<usize> = (0..all.len()).filter(|at| all[*at].is_asked(plan)).collect();
    let rate = |at: &usize| first.and_then(|first| first.get(*at)?.aer());
    let best = asked.iter().filter_map(|at| Some((rate(at)?, *at))).min_by(|a, b| a.0.total_cmp(&b.0));
    let usual = || {
        let own = fallback(all.first().copied(), plan, layers);
        all.iter().position(|reading| Some(*reading) == own).unwrap_or(0)
    };
    let (at, by, among, why) = match (asked.as_slice(), best) {
        ([one], _) => (*one, "typed", None, "it was asked for".to_owned()),
        (_, Some((_, at))) => {
            let why = format!(
                "it has the least error rate of {} readings on the first half of the pairs",
                asked.len()
            );
            (at, "gold", Some(asked.len()), why)
        }
        _ => {
            let why = "the mean of the heads of the last layer but one, from the row that outputs a word, is what Garg et \
                       al. (2019) take; nothing without gold links tells that it is right for this model"
                .to_owned();
            (usual(), "default", None, why)
        }
    };
    let Reading { layer, head, step, pieces } = all[at];
    let told = ChosenReading {
        layer,
        head,
        step: step.name().to_owned(),
        pieces: pieces.name().to_owned(),
        by: by.to_owned(),
        why,
    };
    Choice { at, among, told }
}

/// What the flags do not say: the mean of the heads of the last layer but one, at the output step (Garg et al. 2019), with
/// links as unions of piece links. A convention, and no finding.
fn fallback(first: Option<Reading>, plan: &AlignPlan, layers: usize) -> Option<Reading> {
    first.map(|_| Reading {
        layer: plan.layer.unwrap_or(layers.saturating_sub(2)),
        head: plan.head.unwrap_or(None),
        step: plan.step.unwrap_or(Step::Output),
        pieces: plan.pieces.unwrap_or(Pieces::Union),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> AlignPlan {
        AlignPlan::of("pairs".into(), "model".to_owned())
    }

    #[test]
    fn every_head_and_every_mean_is_read_in_four_ways() {
        let all = Reading::all(3, 4);
        assert_eq!(all.len(), 3 * 5 * 4);
        assert!((1..all.len()).all(|at| !all[..at].contains(&all[at])));
    }

    #[test]
    fn without_gold_the_choice_is_a_convention_and_says_so() {
        let all = Reading::all(3, 2);
        let found = choose(&all, &plan(), 3, None);
        assert_eq!((found.told.layer, found.told.head, found.told.by.as_str()), (1, None, "default"));
        assert!(found.told.why.contains("nothing without gold") && found.among.is_none());
        // A decoder of one layer has no other.
        assert_eq!(choose(&Reading::all(1, 2), &plan(), 1, None).told.layer, 0);
        let typed = AlignPlan { layer: Some(2), head: Some(Some(1)), ..plan() };
        let found = choose(&all, &typed, 3, None);
        assert_eq!((found.told.layer, found.told.head, found.told.step.as_str()), (2, Some(1), "output"));
    }

    #[test]
    fn with_gold_the_best_of_those_that_were_asked_for_is_chosen() {
        let all = Reading::all(2, 1);
        let counts: Vec<Counts> = (0..all.len())
            .map(|at| Counts { found: 16, sure: 16, found_sure: at, found_possible: at, ..Counts::default() })
            .collect();
        let best = choose(&all, &plan(), 2, Some(&counts));
        assert_eq!((best.at, best.among, best.told.by.as_str()), (15, Some(16), "gold"));
        let typed =
            AlignPlan { step: Some(Step::Output), pieces: Some(Pieces::Union), layer: Some(0), ..plan() };
        let best = choose(&all, &typed, 2, Some(&counts));
        assert_eq!((best.at, best.among), (4, Some(2)));
        // Of equals the first.
        let same = vec![counts[3]; all.len()];
        assert_eq!(choose(&all, &plan(), 2, Some(&same)).at, 0);
        assert!(matches!(
            check(&AlignPlan { layer: Some(2), ..plan() }, 2, 1),
            Err(AlignError::NoSuch { .. })
        ));
        assert!(matches!(
            check(&AlignPlan { head: Some(Some(1)), ..plan() }, 2, 1),
            Err(AlignError::NoSuch { .. })
        ));
        assert!(check(&AlignPlan { layer: Some(1), head: Some(None), ..plan() }, 2, 1).is_ok());
    }
}
