//! What an audit says of planted translations: each word of one is a question about its source, as in an audit of a translation
//! model, and all words of a model's translations are one file.
//!
//! # What it comes to
//!
//! `cargo test --lib translators_as_they_are_printed -- --ignored --nocapture` prints, in minutes, what a default audit says of
//! 20 models of each kind: eight pairs each, of sources of 8 to 19 words, of seeds on which no rule and no threshold was
//! chosen. Intervals are over models. *Finds* is how often the first word of a reading decides.
//!
//! - Copying, 1776 words: every reading is supported on 100 % [84, 100] of the words and contradicted on 0 % [0, 16]; each of
//!   the 20 files is told that it shows what decides.
//! - Prefix, 2056 words: raw attention is at the linked word in 100 % [84, 100]; every reading is inert on 100 % [84, 100] and
//!   supported on 0 % [0, 16], and inert in each of the 20 files.
//! - Shifted, in full:
//!
//! ```text
//! shifted: 20 models, 2208 words
//! % of words, 95 %              supported  contradicted        inert        finds
//! raw                              0 0–16      48 46–50        7 6–8        0 0–1
//! mean                             0 0–16      48 46–50        7 6–8        0 0–1
//! rollout                          0 0–16        0 0–16        7 6–8        7 6–8
//! flow                             0 0–16        0 0–16        7 6–8        7 6–8
//! value-norm                       0 0–16      48 46–50        7 6–8        0 0–1
//! contextual                     93 92–94        0 0–16        7 6–8   100 84–100
//! attention-x-gradient             0 0–16        0 0–16        7 6–8       0 0–16
//! attention-x-gradient-relu        0 0–16        0 0–16        7 6–8       0 0–16
//! files                       decides  part  chance  cannot tell  inert
//! raw                               0     0      20            0      0
//! mean                              0     0      20            0      0
//! rollout                          20     0       0            0      0
//! flow                             20     0       0            0      0
//! value-norm                        0     0      20            0      0
//! contextual                       20     0       0            0      0
//! attention-x-gradient              0    12       0            8      0
//! attention-x-gradient-relu         0    12       0            8      0
//! raw at the linked word: 0 0–1 %
//! source's share (ALTI+): 0.012 [0.012, 0.012]
//! falls without the source: 5.999 [5.999, 5.999]
//! falls without what was written: 0.000 [0.000, 0.000]
//! ```
//!
//! Where states moved, raw attention is told to show no more than chance, and is contradicted where random orders did much
//! better; through the mixing it is supported. Rollout and flow rank the deciding word second, which is soon enough for a
//! file's *decides*; attention × gradient ranks it by what little of it is left in its own state.
//!
//! Two things are not told rightly. Where a row of a shifted model points at the end of the source, as one in n does, every
//! reading is inert: swaps leave the mass of special tokens where it is, and what lies on words moves nothing. And ALTI+
//! gives the source the same small share in all kinds: it tells what the deciding state is made of, the constant for the
//! most part, and not what the readout takes from it. What the scalar loses without the source tells them apart: 6 logits
//! where it is read, 0.000 where it is not.

#[cfg(test)]
mod printed;
#[cfg(test)]
mod tests;

use super::{FIRST, PlantedPair, PlantedTranslator};
use crate::audit::answer::FileEvidence;
use crate::audit::{Effort, Findings, Plan, Protocol, TargetKind, origin};
use crate::controls::error::{ControlError, ControlsError};
use crate::controls::expected::Truth;
use crate::controls::text::{PAD, Planting};
use crate::controls::trial::{TrialVerdict, example, settle_file, verdicts};
use crate::model::{Model, Probe, Sequence, Target};
use crate::report::ExampleReport;
use crate::report::answer::{FileAnswer, Grade, ReadingAnswer};
use crate::report::example::{Asked, VerdictWord};
use crate::report::origin::Origin;
use crate::stats::rank::argsort_descending;
use crate::stats::seed::Stream;
use crate::subject::Subject;

/// What an audit said of a planted translator.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedTranslator {
    /// Every word of every translation, pair by pair and row by row; luck is excluded over all of them.
    pub words: Vec<JudgedWord>,
    /// What they say together; `None` where nothing was translated.
    pub answer: Option<FileAnswer>,
}

/// What an audit said of one word of a translation.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedWord {
    /// Which pair it is of.
    pub pair: u64,
    /// The row of the decoder that outputs it.
    pub row: usize,
    /// The source word that it translates.
    pub linked: usize,
    /// The source word that decides it; `None` where none does.
    pub deciding: Option<usize>,
    /// The source token at whose state cross-attention points; as many as there are words for the end.
    pub pointed: usize,
    /// The verdict on every reading.
    pub verdicts: Vec<TrialVerdict>,
    /// Where each whole reading, and then each reference, points: the word of its greatest score, of equals the first.
    pub first: Vec<(String, usize)>,
    /// How much of it comes from the source.
    pub origin: Option<Origin>,
}

impl JudgedTranslator {
    /// What the file says of the reading with sinks left in.
    #[must_use]
    pub fn of(&self, reading: &str) -> Option<&ReadingAnswer> {
        let all = &self.answer.as_ref()?.readings;
        all.iter().find(|of| of.method == reading && !of.sinks_removed)
    }

    /// The verdict of the file on it.
    #[must_use]
    pub fn grade(&self, reading: &str) -> Option<Grade> {
        self.of(reading).map(|of| of.verdict)
    }
}

impl JudgedWord {
    /// What was said of readings with sinks left in.
    pub fn whole(&self) -> impl Iterator<Item = &TrialVerdict> {
        self.verdicts.iter().filter(|of| !of.sinks_removed)
    }

    /// The verdict on one of them.
    #[must_use]
    pub fn verdict(&self, reading: &str) -> Option<VerdictWord> {
        self.whole().find(|of| of.reading == reading).map(|of| of.verdict)
    }

    /// The word at which a method points.
    #[must_use]
    pub fn first(&self, method: &str) -> Option<usize> {
        self.first.iter().find(|(name, _)| name == method).map(|(_, word)| *word)
    }
}

/// How translations are examined: an audit's defaults at this effort, for a tokenizer without a mask.
#[must_use]
pub fn protocol_of_translators(effort: Effort) -> Protocol {
    let plan = Plan { effort, ..Plan::of(std::path::PathBuf::new()) };
    Protocol { over_source: true, ..plan.protocol(false) }
}

impl PlantedTranslator {
    /// Audits the words of the first `pairs` translations as one file.
    ///
    /// The end of a translation is left out, as what a tokenizer puts around a text is in any audit.
    ///
    /// # Errors
    ///
    /// If a pass fails, which is a bug.
    pub fn judged(&self, protocol: &Protocol, pairs: u64) -> Result<JudgedTranslator, ControlsError> {
        let pairs: Vec<PlantedPair> = (0..pairs).map(|pair| self.pair(pair)).collect();
        let start = self.translator.start;
        let (seed, model) = (self.recipe.seed, &self.translator.model);
        let (mut words, mut evidence) = (Vec::new(), FileEvidence::default());
        for (number, pair) in (0..).zip(&pairs) {
            for (row, _) in pair.labels.iter().enumerate().filter(|(_, label)| **label >= FIRST) {
                let asked = Asking { pair, number, place: row, start };
                let subject = asked.subject(model, seed)?;
                let found = Findings::of(&subject, protocol, &target_name)?;
                let origin = origin::of(&subject, (&found.below, &found.wordless), &target_name)?;
                let verdicts = verdicts(&found);
                let report = ExampleReport { origin, ..asked.report(&subject, found) };
                evidence.push(&report, &protocol.thresholds);
                words.push(asked.judged(verdicts, report));
            }
        }
        let all = words.iter_mut().map(|word| &mut word.verdicts).collect();
        settle_file(all, protocol.thresholds.alpha);
        Ok(JudgedTranslator { words, answer: evidence.answer(&protocol.thresholds, seed) })
    }
}

/// A row of the decoder over a pair's source.
struct Asking<'p> {
    pair: &'p PlantedPair,
    number: u64,
    place: usize,
    start: u32,
}

impl Asking<'_> {
    fn label(&self) -> usize {
        self.pair.labels[self.place] as usize
    }

    /// What was written before it.
    fn before(&self) -> &[u32] {
        &self.pair.labels[..self.place]
    }

    fn planting(&self, model: &Model) -> Planting {
        let source = &self.pair.source;
        let words = source.len() - 1;
        let given: Vec<u32> = [&[self.start], self.before()].concat();
        let sequence = Sequence::new(source.clone(), vec![0; source.len()], 0, model.reader().spec.positions);
        let deciding = self.pair.deciding[self.place];
        let relevance = (0..words).map(|word| f64::from(u8::from(deciding == Some(word))));
        Planting {
            sequence: sequence.with_given(&given),
            pieces: source.iter().map(|id| name("source", *id)).collect(),
            words: (0..words).map(|word| word..word + 1).collect(),
            truth: Truth { relevance: Some(relevance.collect()), attended: Vec::new() },
        }
    }

    /// Its question, as an audit puts it: the margin of what is written over the runner-up.
    fn subject<'m>(&self, model: &'m Model, seed: u64) -> Result<Subject<'m>, ControlError> {
        let Planting { sequence, words, .. } = self.planting(model);
        let target = |logits: &[f64]| TargetKind::Margin.choose(logits, Some(self.label()), None);
        let stream = Stream::new(seed, [format!("pair {} row {}", self.number, self.place)]);
        Ok(Subject { probe: Probe::new(model, sequence, target)?, words, mask: None, pad: Some(PAD), stream })
    }

    fn report(&self, subject: &Subject<'_>, found: Findings) -> ExampleReport {
        let label = self.label();
        let report = example(self.number, &self.planting(subject.probe.model), found);
        let said = |ids: &[u32]| ids.iter().map(|id| name("target", *id)).collect::<Vec<_>>().join(" ");
        let asked = Asked {
            of: report.id.clone(),
            place: self.place + 1,
            count: self.pair.labels.len() - 1,
            prompt: report.text.len(),
            token: target_name(label),
            piece: target_name(label),
            log_probability: Target::LogProbability(label).value(&subject.probe.trace.logits),
            generated: true,
            written: Some(said(self.before())),
            word: Some(target_name(label)),
            linked: None,
        };
        let id = format!("{}#{}", report.id, asked.place);
        ExampleReport { id, asked: Some(asked), ..report }
    }

    fn judged(&self, verdicts: Vec<TrialVerdict>, report: ExampleReport) -> JudgedWord {
        let readings = report.readings.iter().filter(|reading| !reading.sinks_removed);
        let readings = readings.map(|reading| (&reading.method, &reading.scores));
        let references = report.references.iter().filter(|reference| !reference.is_control());
        let references = references.map(|reference| (&reference.method, &reference.scores));
        let first = readings.chain(references).filter_map(|(method, scores)| {
            Some((method.clone(), *argsort_descending(scores.value.as_ref()?).first()?))
        });
        JudgedWord {
            pair: self.number,
            row: self.place,
            linked: self.pair.links[self.place],
            deciding: self.pair.deciding[self.place],
            pointed: self.pair.pointed[self.place],
            first: first.collect(),
            verdicts,
            origin: report.origin,
        }
    }
}

/// What a vocabulary would write for an id.
fn name(side: &str, id: u32) -> String {
    match id.checked_sub(FIRST) {
        Some(word) => format!("{side}{word}"),
        None => format!("[{id}]"),
    }
}

fn target_name(class: usize) -> String {
    name("target", u32::try_from(class).unwrap_or(u32::MAX))
}
