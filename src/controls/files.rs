//! The texts of each planted model as one file, and the verdict that an audit would give on it.

use super::grid::Trial;
use crate::audit::answer::FileEvidence;
use crate::report::ExampleReport;
use crate::report::answer::Grade;
use crate::report::settings::Thresholds;

/// How many texts of a model are a file: its first eight, and twenty where it has so many.
pub(super) const SIZES: [usize; 2] = [8, 20];

/// The verdict on one file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FileFound {
    /// A trial of the model.
    pub trial: Trial,
    /// The texts of the file.
    pub texts: usize,
    /// Reading, whether sinks were taken out of it, and the verdict.
    pub readings: Vec<(String, bool, Grade)>,
}

/// Gathers files as their texts come, a model's one after another, and keeps no text.
#[derive(Debug)]
pub(super) struct Files<'t> {
    thresholds: &'t Thresholds,
    current: Option<(Trial, FileEvidence, usize)>,
    /// Those that are complete.
    pub found: Vec<FileFound>,
}

impl<'t> Files<'t> {
    pub fn new(thresholds: &'t Thresholds) -> Self {
        Self { thresholds, current: None, found: Vec::new() }
    }

    /// Takes in the next text; those below the whole effect are in no file.
    pub fn push(&mut self, trial: &Trial, example: &ExampleReport) {
        if trial.lambda < 1.0 {
            return;
        }
        if self.current.as_ref().is_none_or(|(of, ..)| of.model() != trial.model()) {
            self.current = Some((trial.clone(), FileEvidence::default(), 0));
        }
        let Some((trial, evidence, texts)) = &mut self.current else { return };
        evidence.push(example, self.thresholds);
        *texts += 1;
        if !SIZES.contains(texts) {
            return;
        }
        if let Some(answer) = evidence.answer(self.thresholds, trial.seed) {
            let readings = answer.readings.into_iter().map(|of| (of.method, of.sinks_removed, of.verdict));
            self.found.push(FileFound { trial: trial.clone(), texts: *texts, readings: readings.collect() });
        }
    }
}
