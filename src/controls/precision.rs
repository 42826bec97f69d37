//! How well each attribution finds the words that are known to decide.

use super::classifier::ShortcutModel;
use crate::attribution::{ALL, Compute, MethodOptions, Scores, Shared};
use crate::missing::Measured;
use crate::model::ModelError;
use crate::report::shortcut::{MethodPrecision, ShortcutReport};
use crate::stats::interval::{Interval, wilson};
use crate::stats::order::mean;

/// The ranks that one method gives the deciding words, gathered over texts.
#[derive(Debug, Default)]
struct MethodRanks {
    name: String,
    role: &'static str,
    missing: usize,
    /// Of each text, its label and the deciding words' ranks from 1, rising.
    ranks: Vec<(usize, Vec<usize>)>,
}

impl MethodRanks {
    fn add(&mut self, scores: &Measured<Scores>, deciding: &[usize], label: usize) {
        match scores {
            Ok(scores) => self.ranks.push((label, ranks(&scores.words, deciding))),
            Err(_) => self.missing += 1,
        }
    }

    /// The share of deciding words among the first k, in texts of this label or of both.
    fn precision(&self, label: Option<usize>) -> Option<Interval> {
        let texts = self.ranks.iter().filter(|(of, _)| label.is_none_or(|label| label == *of));
        let (hits, asked) = texts.fold((0, 0), |(hits, asked), (_, ranks)| {
            (hits + ranks.iter().filter(|rank| **rank <= ranks.len()).count(), asked + ranks.len())
        });
        wilson(hits, asked)
    }

    fn told(&self) -> MethodPrecision {
        let both = self.precision(None);
        let over = |of: fn(&[usize]) -> Option<f64>| {
            mean(&self.ranks.iter().filter_map(|(_, ranks)| of(ranks)).collect::<Vec<_>>())
        };
        MethodPrecision {
            method: self.name.clone(),
            role: self.role.to_owned(),
            texts: self.ranks.len(),
            missing: self.missing,
            precision: both.map(|i| i.estimate),
            by_label: [0, 1].map(|label| self.precision(Some(label)).map(|i| i.estimate)),
            low: both.and_then(|i| Some(i.bounds?.0)),
            high: both.and_then(|i| Some(i.bounds?.1)),
            reciprocal_rank: over(|ranks| ranks.first().map(|rank| 1.0 / *rank as f64)),
            last_rank: over(|ranks| ranks.last().map(|rank| *rank as f64)),
        }
    }
}

/// The ranks of the deciding words, from 1 for the greatest score, rising. A word that ties with others stands
/// behind those that do not decide, so that a method which ranks nothing finds nothing.
///
/// Scores of methods with a sign are ranked with it: the deciding words speak for what is predicted.
#[must_use]
pub fn ranks(scores: &[f64], deciding: &[usize]) -> Vec<usize> {
    let mut own: Vec<f64> = deciding.iter().filter_map(|&word| scores.get(word).copied()).collect();
    own.sort_by(|a, b| b.total_cmp(a));
    let others =
        |score: f64| scores.iter().enumerate().filter(|(i, s)| !deciding.contains(i) && **s >= score).count();
    own.into_iter().enumerate().map(|(before, score)| before + 1 + others(score)).collect()
}

impl ShortcutModel {
    /// Explains `texts` held-out texts by every method, and counts how often the deciding words come first.
    ///
    /// Texts that are decided wrongly are left out, as what decides those is not known.
    ///
    /// # Errors
    ///
    /// If a pass fails, which is a bug.
    pub fn precisions(&self, texts: u64) -> Result<ShortcutReport, ModelError> {
        let spec = self.model.spec();
        let mut found: Vec<MethodRanks> = Vec::new();
        let (mut words, mut chances) = (Vec::new(), Vec::new());
        for example in 0..texts {
            let planting = self.text(example);
            let subject = self.subject(&planting, &format!("held out {example}"))?;
            let label = subject.probe.target.class();
            if Some(label) != self.label(&planting) {
                continue;
            }
            let deciding = planting.truth.speaking_for();
            words.push(planting.words.len() as f64);
            chances.push(deciding.len() as f64 / planting.words.len() as f64);
            let shared = Shared::new(&subject, MethodOptions::for_subject(&subject));
            let rows = scores(&shared, spec.layers, spec.heads.count)?;
            if found.is_empty() {
                found = rows
                    .iter()
                    .map(|(name, role, _)| MethodRanks { name: name.clone(), role, ..MethodRanks::default() })
                    .collect();
            }
            for (found, (_, _, scores)) in found.iter_mut().zip(&rows) {
                found.add(scores, &deciding, label);
            }
        }
        Ok(ShortcutReport {
            kind: self.recipe.kind.name().to_owned(),
            seed: self.recipe.seed,
            layers: spec.layers,
            heads: spec.heads.count,
            width: spec.width,
            learned: self.learned,
            texts: words.len(),
            words: mean(&words).unwrap_or(0.0),
            deciding: self.recipe.kind.deciding(),
            chance: mean(&chances).unwrap_or(0.0),
            methods: found.iter().map(MethodRanks::told).collect(),
            readings: Vec::new(),
        })
    }
}

/// The scores of one text under every method, then under every head.
type Row = (String, &'static str, Measured<Scores>);

fn scores(shared: &Shared<'_>, layers: usize, heads: usize) -> Result<Vec<Row>, ModelError> {
    let mut rows = Vec::new();
    for method in ALL {
        if let Some(outcome) = method.scores(shared) {
            rows.push((method.name.to_owned(), method.role.name(), outcome?));
        }
    }
    for method in ALL.iter().filter(|method| matches!(method.compute, Compute::PerHead(_))) {
        for (layer, head) in (0..layers).flat_map(|l| (0..heads).map(move |h| (l, h))) {
            if let Some(outcome) = method.scores_of_head(shared, layer, head) {
                rows.push((format!("{}:{layer}.{head}", method.name), method.role.name(), outcome?));
            }
        }
    }
    Ok(rows)
}
