//! One planted text, examined as any text is.

use super::control::Control;
use super::error::{ControlError, ControlsError};
use super::grid::Trial;
use super::recipe::Recipe;
use super::text::{Lexicon, Planting};
use crate::audit::labels::class_name;
use crate::audit::{Findings, Plan, Protocol, TargetKind};
use crate::report::Measure;
use crate::report::example::VerdictWord;
use crate::stats::fdr::{rejections, storey};
use crate::stats::rank::argsort_descending;

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
    let model = |a: &Audited| {
        let t = &a.trial;
        (t.kind, t.words, t.lambda.to_bits(), t.heads, t.natural, t.seed)
    };
    for file in audited.chunk_by_mut(|a, b| model(a) == model(b)) {
        let readings = file.first().map_or(0, |first| first.verdicts.len());
        for reading in 0..readings {
            let luck: Vec<Option<f64>> =
                file.iter().map(|text| text.verdicts.get(reading).and_then(|of| of.luck_p)).collect();
            for (text, is_found) in file.iter_mut().zip(rejections(&storey(&luck), alpha)) {
                let Some(of) = text.verdicts.get_mut(reading) else { continue };
                if let Some(found) = of.if_discovered.take_if(|_| is_found == Some(true)) {
                    of.verdict = found;
                }
            }
        }
    }
}

/// The protocol of every trial: an audit's defaults.
#[must_use]
pub fn protocol() -> Protocol {
    Plan::of(std::path::PathBuf::new()).protocol(true)
}

/// Plants the trial's model and examines its text by `protocol`.
///
/// # Errors
///
/// Where the model cannot be built with so many words or heads, or the engine fails.
pub fn run(trial: &Trial, protocol: &Protocol) -> Result<Audited, ControlsError> {
    let lexicon = if trial.natural { Lexicon::reviews() } else { Lexicon::generated(256) };
    let recipe = Recipe {
        lambda: trial.lambda,
        heads: trial.heads,
        lexicon,
        ..Recipe::new(trial.kind, trial.words, trial.seed)
    };
    let control = Control::plant(recipe)?;
    let text = if trial.natural { control.natural(trial.text) } else { control.text(trial.text) };
    let target = |logits: &[f64]| TargetKind::Margin.choose(logits, None, None);
    let subject = control.subject(&text, target, &trial.text.to_string()).map_err(ControlError::from)?;
    let label = |class: usize| class_name(&control.model, None, class);
    Ok(audited(trial.clone(), &text, Findings::of(&subject, protocol, &label)?))
}

fn audited(trial: Trial, text: &Planting, found: Findings) -> Audited {
    let (relevance, deciding) = (text.truth.relevance.as_deref().unwrap_or_default(), text.truth.deciding());
    let readings = found.readings.iter().filter(|r| !r.sinks_removed).map(|r| (&r.method, &r.scores));
    let references = found.references.iter().filter(|r| r.converged != Some(false));
    let references = references.map(|r| (&r.method, &r.scores));
    let rankings = readings
        .chain(references)
        .filter_map(|(method, scores)| ranking(method, scores, relevance, &deciding));
    let row = found.swaps.into_iter().find(|swap| swap.site == "row");
    Audited {
        trial,
        rankings: rankings.collect(),
        divergence: row.as_ref().and_then(|row| Some(row.counterfactual.value.as_ref()?.jsd)),
        row: row.and_then(|row| row.outcome.value),
        verdicts: found
            .readings
            .into_iter()
            .map(|r| TrialVerdict {
                reading: r.method,
                sinks_removed: r.sinks_removed,
                verdict: r.verdict.verdict,
                if_discovered: r.verdict.if_discovered.map(|found| found.verdict),
                luck_p: r.erasure.value.map(|erasure| erasure.luck_p),
            })
            .collect(),
    }
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
