//! One planted text, examined as any text is.

use super::control::Control;
use super::error::{ControlError, ControlsError};
use super::grid::Trial;
use super::planted::Planted;
use super::recipe::Recipe;
use super::text::{Lexicon, Planting};
use crate::audit::labels::class_name;
use crate::audit::{Findings, Plan, Protocol, TargetKind};
use crate::report::example::{VerdictWord, WordReport};
use crate::report::{ExampleReport, Measure};
use crate::stats::fdr::{rejections, storey};
use crate::stats::rank::argsort_descending;
use crate::subject::Subject;

/// What an audit found in a text of which the truth is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Audited {
    /// The planted text.
    pub trial: Trial,
    /// The verdict on every reading.
    pub verdicts: Vec<TrialVerdict>,
    /// How every reading, and then every reference, ranks the deciding words; empty where none is known.
    pub rankings: Vec<Ranking>,
    /// What swaps at the decision row came to: `inert`, `non-exclusive`, `no-adversary-found`.
    pub row: Option<String>,
    /// JSD, in nats, of the most different map at the decision row that keeps the prediction; `None` without one.
    pub divergence: Option<f64>,
}

/// What an audit said of one reading.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialVerdict {
    /// The reading's name.
    pub reading: String,
    /// Whether sinks were taken out of it.
    pub sinks_removed: bool,
    /// The verdict, on the text alone until [`settle`] has looked at its file.
    pub verdict: VerdictWord,
    /// What it would be if luck were excluded, where luck is all that keeps support open.
    pub if_discovered: Option<VerdictWord>,
    /// The rank of its erasure among random orders; `None` where there is none.
    pub luck_p: Option<f64>,
}

/// Where a method puts the deciding words.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The method's name.
    pub method: String,
    /// Whether its first word is the one of most relevance for the class, or one of several.
    pub first: bool,
    /// The share of deciding words, for or against, among its k largest scores, k the number of deciding words.
    pub precision: f64,
}

impl Audited {
    /// The verdict on this reading with sinks left in.
    #[must_use]
    pub fn verdict(&self, reading: &str) -> Option<VerdictWord> {
        self.verdicts.iter().find(|of| of.reading == reading && !of.sinks_removed).map(|of| of.verdict)
    }
}

/// The texts of one planted model are one file, over which luck may be excluded, as an audit does; texts of a model are
/// neighbours.
pub fn settle(audited: &mut [Audited], alpha: f64) {
    for file in audited.chunk_by_mut(|a, b| a.trial.model() == b.trial.model()) {
        settle_file(file.iter_mut().map(|text| &mut text.verdicts).collect(), alpha);
    }
}

/// Excludes luck over the texts of one file.
pub(super) fn settle_file(mut file: Vec<&mut Vec<TrialVerdict>>, alpha: f64) {
    let readings = file.first().map_or(0, |first| first.len());
    for reading in 0..readings {
        let luck: Vec<Option<f64>> =
            file.iter().map(|text| text.get(reading).and_then(|of| of.luck_p)).collect();
        for (text, is_found) in file.iter_mut().zip(rejections(&storey(&luck), alpha)) {
            let Some(of) = text.get_mut(reading) else { continue };
            if let Some(found) = of.if_discovered.take_if(|_| is_found == Some(true)) {
                of.verdict = found;
            }
        }
    }
}

/// The protocol of every trial of an encoder: an audit's defaults.
#[must_use]
pub fn protocol() -> Protocol {
    Plan::of(std::path::PathBuf::new()).protocol(true)
}

/// That of a kind's trials: a decoder's tokenizer has no mask, and its queries do not see every key.
#[must_use]
pub fn protocol_of(kind: Planted) -> Protocol {
    let bounded = kind.is_decoder();
    Protocol { bounded, ..Plan::of(std::path::PathBuf::new()).protocol(!bounded) }
}

/// Plants the trial's model and examines its text by `protocol`.
///
/// # Errors
///
/// Where the model cannot be built with so many words or heads, or the engine fails.
pub fn run(trial: &Trial, protocol: &Protocol) -> Result<Audited, ControlsError> {
    examined(trial, protocol).map(|(audited, _)| audited)
}

/// The same, with the text's part of the report that an audit of a file would write.
pub(super) fn examined(
    trial: &Trial,
    protocol: &Protocol,
) -> Result<(Audited, ExampleReport), ControlsError> {
    let control = control(trial)?;
    let text = text(&control, trial, trial.text);
    let subject = subject(&control, &text, trial.text)?;
    let label = |class: usize| class_name(&control.model, None, class);
    let found = Findings::of(&subject, protocol, &label)?;
    Ok((audited(trial.clone(), &text, &found), example(trial.text, &text, found)))
}

/// The model of a trial.
pub(super) fn control(trial: &Trial) -> Result<Control, ControlError> {
    let lexicon = if trial.natural { Lexicon::reviews() } else { Lexicon::generated(256) };
    Control::plant(Recipe {
        lambda: trial.lambda,
        heads: trial.heads,
        layers: trial.layers,
        margins: trial.margins,
        lexicon,
        ..Recipe::new(trial.kind, trial.words, trial.seed)
    })
}

/// A text of the sort that the trial has.
pub(super) fn text(control: &Control, trial: &Trial, text: u64) -> Planting {
    if trial.natural { control.natural(text) } else { control.text(text) }
}

/// The text in the model, explained by the margin of the class it predicts.
pub(super) fn subject<'m>(
    control: &'m Control,
    text: &Planting,
    id: u64,
) -> Result<Subject<'m>, ControlError> {
    let target = |logits: &[f64]| TargetKind::Margin.choose(logits, None, None);
    Ok(control.subject(text, target, &id.to_string())?)
}

/// What an audit would write of the text: a line of a file whose id is the text's.
pub(super) fn example(id: u64, text: &Planting, found: Findings) -> ExampleReport {
    let mut spelled = String::new();
    let mut words = Vec::with_capacity(text.words.len());
    for place in text.words.iter().filter_map(|word| text.pieces.get(word.start)) {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        let start = spelled.len();
        spelled.push_str(place);
        words.push(WordReport {
            text: place.clone(),
            sequence: 0,
            start,
            end: spelled.len(),
            pieces: 1,
            unknown: false,
        });
    }
    ExampleReport {
        asked: None,
        origin: None,
        id: id.to_string(),
        line: id as usize + 1,
        text: spelled,
        pair: None,
        gold: None,
        words,
        tokens: text.sequence.len(),
        window: None,
        warnings: Vec::new(),
        sinks: Vec::new(),
        massive: Vec::new(),
        massive_zeroed: None,
        prediction: found.prediction,
        target: found.target,
        reliability: found.reliability,
        references: found.references,
        readings: found.readings,
        swaps: found.swaps,
        passes: found.passes,
        plausibility: None,
        maps: None,
    }
}

fn audited(trial: Trial, text: &Planting, found: &Findings) -> Audited {
    let (relevance, deciding) = (text.truth.relevance.as_deref().unwrap_or_default(), text.truth.deciding());
    let readings = found.readings.iter().filter(|r| !r.sinks_removed).map(|r| (&r.method, &r.scores));
    let references = found.references.iter().filter(|r| r.converged != Some(false));
    let references = references.map(|r| (&r.method, &r.scores));
    let rankings = readings
        .chain(references)
        .filter_map(|(method, scores)| ranking(method, scores, relevance, &deciding));
    let row = found.swaps.iter().find(|swap| swap.site == "row");
    Audited {
        trial,
        rankings: rankings.collect(),
        divergence: row.and_then(|row| Some(row.counterfactual.value.as_ref()?.jsd)),
        row: row.and_then(|row| row.outcome.value.clone()),
        verdicts: verdicts(found),
    }
}

/// The verdict on every reading, on the text alone.
pub(super) fn verdicts(found: &Findings) -> Vec<TrialVerdict> {
    let of = found.readings.iter().map(|r| TrialVerdict {
        reading: r.method.clone(),
        sinks_removed: r.sinks_removed,
        verdict: r.verdict.verdict,
        if_discovered: r.verdict.if_discovered.as_ref().map(|found| found.verdict),
        luck_p: r.erasure.value.as_ref().map(|erasure| erasure.luck_p),
    });
    of.collect()
}

fn ranking(
    method: &str,
    scores: &Measure<Vec<f64>>,
    relevance: &[f64],
    deciding: &[usize],
) -> Option<Ranking> {
    let (scores, k) = (scores.value.as_ref()?, deciding.len());
    if k == 0 {
        return None;
    }
    let most = relevance.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let first = relevance[*argsort_descending(scores).first()?] >= most;
    let order = argsort_descending(&scores.iter().map(|score| score.abs()).collect::<Vec<f64>>());
    let hits = order.iter().take(k).filter(|word| deciding.contains(word)).count();
    Some(Ranking { method: method.to_owned(), first, precision: hits as f64 / k as f64 })
}
