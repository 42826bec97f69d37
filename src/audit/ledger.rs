//! What the summary needs of every example, in columns of plain numbers: a few kilobytes an example.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::estimate::{Texts, mean_over, rate_of, rate_over};
use super::figures::{Figure, Statistic};
use super::shape::Shape;
use crate::missing::Missing;
use crate::report::summary::Estimate;
use crate::report::{ExampleReport, Measure};
use crate::stats::fdr::{benjamini_hochberg, rejections};

/// A column of values per figure, a row per example, in the order of the file.
#[derive(Debug, Default)]
pub struct Ledger {
    figures: Vec<Figure>,
    /// A column of every figure; a missing value is NaN, which no measure is.
    columns: Vec<Vec<f64>>,
    /// The text of each example, counted from 0: the questions of a continuation share one.
    texts: Texts,
    examples: usize,
    failures: usize,
}

impl Ledger {
    /// The ledger of these examples, and of so many that could not be audited.
    #[must_use]
    pub fn of<'e>(examples: impl IntoIterator<Item = &'e ExampleReport>, failures: usize) -> Self {
        let mut ledger = Self { failures, ..Self::default() };
        examples.into_iter().for_each(|example| ledger.push(example));
        ledger
    }

    /// Enters an example. Every example of a report has the readings and sites of the first.
    pub fn push(&mut self, example: &ExampleReport) {
        if self.examples == 0 {
            self.figures = Figure::all(&Shape::of(example));
            self.columns = vec![Vec::new(); self.figures.len()];
        }
        for (figure, column) in self.figures.iter().zip(&mut self.columns) {
            column.push(figure.value(example).unwrap_or(f64::NAN));
        }
        self.texts.push(example);
        self.examples += 1;
    }

    /// The text of each example, counted from 0.
    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Counts an example that could not be audited.
    pub fn fail(&mut self) {
        self.failures += 1;
    }

    /// How many examples were audited.
    #[must_use]
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// The figures, in the order of the summary; none before the first example.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// A figure by any name it goes by.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.is_called(name))
    }

    /// The values of the figure of this whole name, `None` where an example lacks it; empty where there is no such
    /// figure.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<Option<f64>> {
        let column = self.figures.iter().position(|figure| figure.name == name);
        let values = column.map(|i| self.columns[i].as_slice()).unwrap_or_default();
        values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect()
    }

    /// The q-values of a figure whose values are p (Benjamini & Hochberg 1995).
    #[must_use]
    pub fn adjusted(&self, name: &str) -> Vec<Option<f64>> {
        benjamini_hochberg(&self.values(name))
    }

    /// The figure over all examples that have it; bootstrap draws come from the figure's own stream of `seed`, and
    /// `alpha` is the false discovery rate.
    #[must_use]
    pub fn estimate(&self, name: &str, seed: u64, alpha: f64) -> Measure<Estimate> {
        let Some(figure) = self.figures.iter().find(|figure| figure.name == name) else {
            return Err(Missing::NoExamples).into();
        };
        match figure.statistic {
            Statistic::Mean => mean_over(&self.texts.beside(self.values(name)), seed, name),
            Statistic::Share => {
                let hits = self.values(name).into_iter().map(|value| Some(value? > 0.5));
                rate_over(&self.texts.beside(hits))
            }
            Statistic::Discoveries => rate_over(&self.texts.beside(rejections(&self.adjusted(name), alpha))),
        }
    }

    /// Every figure over all examples, computed side by side: a bootstrap of many examples takes its time.
    #[must_use]
    pub fn estimates(&self, seed: u64, alpha: f64) -> Estimates {
        let estimate = |figure: &Figure| (figure.name.clone(), self.estimate(&figure.name, seed, alpha));
        Estimates(self.figures.par_iter().map(estimate).collect())
    }

    /// The share of examples that could not be audited, with Wilson's interval.
    #[must_use]
    pub fn failed(&self) -> Measure<Estimate> {
        let mut hits = vec![true; self.failures];
        hits.resize(self.failures + self.examples, false);
        rate_of(&hits)
    }
}

/// Every figure over all examples.
#[derive(Debug, Clone)]
pub struct Estimates(BTreeMap<String, Measure<Estimate>>);

impl Estimates {
    /// The figure of this whole name.
    #[must_use]
    pub fn get(&self, name: &str) -> Measure<Estimate> {
        self.0.get(name).cloned().unwrap_or_else(|| Err(Missing::NoExamples).into())
    }
}
