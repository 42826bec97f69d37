//! What an audit says of trained classifiers whose deciding words are known.

use super::classifier::ShortcutModel;
use super::error::{ControlError, ControlsError};
use super::standing::Looks;
use super::trial::{example, settle_file, verdicts};
use crate::audit::answer::FileEvidence;
use crate::audit::labels::class_name;
use crate::audit::{Findings, Protocol};
use crate::report::example::VerdictWord;
use crate::report::shortcut::TrainedReading;

/// Held-out texts that are audited, as one file.
const AUDITED: u64 = 20;

/// Held-out texts by whose rankings it is told what each reading makes of the truth: the ones that come next.
const LOOKED_AT: u64 = 40;

impl ShortcutModel {
    /// Audits held-out texts as one file, and tells what every reading makes of the truth on others.
    ///
    /// Texts that are decided wrongly are left out, as what decides those is not known.
    ///
    /// # Errors
    ///
    /// If a pass fails, which is a bug.
    pub fn judged(&self, protocol: &Protocol) -> Result<Vec<TrainedReading>, ControlsError> {
        let mut looks = Looks::new(protocol, |_| true);
        let (mut texts, mut evidence) = (Vec::new(), FileEvidence::default());
        let label = |class: usize| class_name(&self.model, None, class);
        for id in 0..AUDITED + LOOKED_AT {
            let planting = self.text(id);
            let subject = self.subject(&planting, &format!("judged {id}")).map_err(ControlError::from)?;
            if Some(subject.probe.target.class()) != self.label(&planting) {
                continue;
            }
            if id >= AUDITED {
                looks.add(&subject, planting.truth.relevance.as_deref().unwrap_or_default())?;
                continue;
            }
            let found = Findings::of(&subject, protocol, &label)?;
            texts.push(verdicts(&found));
            evidence.push(&example(id, &planting, found), &protocol.thresholds);
        }
        settle_file(texts.iter_mut().collect(), protocol.thresholds.alpha);
        let (standings, answer) = (looks.told(), evidence.answer(&protocol.thresholds, self.recipe.seed));
        let readings = answer.map(|answer| answer.readings).unwrap_or_default();
        let told = readings.into_iter().enumerate().map(|(at, of)| {
            let count = |verdict: VerdictWord| {
                let given = texts.iter().filter(|text| text.get(at).is_some_and(|of| of.verdict == verdict));
                given.count()
            };
            TrainedReading {
                standing: standings.of(&of.method, of.sinks_removed),
                texts: texts.len(),
                supported: count(VerdictWord::Supported),
                contradicted: count(VerdictWord::Contradicted),
                file: Some(of.verdict),
                reading: of.method,
                sinks_removed: of.sinks_removed,
            }
        });
        Ok(told.collect())
    }
}
