//! Every head of every layer, on each example and over all.

use super::agreement::Named;
use super::bench::Bench;
use super::error::AuditError;
use super::estimate::{mean_of, rate_of};
use super::prepare::Prepared;
use super::question::Question;
use crate::attribution::{LeaveOneOut, Scores, Shared};
use crate::heads::{HeadRow, HeadsAgreement, agreement, table};
use crate::input::Example;
use crate::missing::Measured;
use crate::model::ModelError;
use crate::report::Measure;
use crate::report::heads::{HeadReport, HeadSummary, HeadsExample};
use crate::subject::Subject;

/// Looks at every head on one example.
pub(super) fn examine(bench: &Bench, question: &Question) -> Result<HeadsExample, AuditError> {
    let example = &question.example;
    let prepared = bench.prepare(question)?;
    let engine = |source: candle_core::Error| AuditError::Example {
        line: example.line,
        source: ModelError::from(source),
    };
    let subject = &prepared.subject;
    let rows = table(subject, true).map_err(engine)?;
    let shared = Shared::new(subject, bench.protocol.options());
    let loo = shared.leave_one_out(bench.protocol.operator).map_err(engine)?;
    let scores = loo.and_then(LeaveOneOut::scores);
    let found = agree(subject, &rows, scores, bench.protocol.budget.permutations);
    Ok(report(example, &prepared, &rows, &found))
}

/// How each head's decision row agrees with leave-one-out.
pub(super) fn agree(
    subject: &Subject<'_>,
    rows: &[HeadRow],
    loo: Measured<Scores>,
    permutations: usize,
) -> Measured<HeadsAgreement> {
    let sizes = Named::leave_one_out("leave-one-out", loo).reference(false)?;
    agreement(rows, &sizes, permutations, &mut subject.rng("heads"))
}

/// Every head's part of a report.
pub(super) fn rows(rows: &[HeadRow], found: &Measured<HeadsAgreement>) -> Vec<HeadReport> {
    let head = |(i, row): (usize, &HeadRow)| {
        let of = |get: fn(&crate::heads::HeadAgreement) -> f64| -> Measure<f64> {
            let all = found.as_ref().map_err(Clone::clone);
            all.and_then(|all| all.heads[i].as_ref().map(get).map_err(Clone::clone)).into()
        };
        let ablation = |get: fn(&crate::heads::Ablation) -> f64| -> Measure<f64> {
            row.ablation.as_ref().map(get).map_err(Clone::clone).into()
        };
        HeadReport {
            layer: row.layer,
            head: row.head,
            entropy: row.mean_entropy.clone().into(),
            decision_entropy: row.decision_entropy.clone().into(),
            special_mass: row.specials.decision,
            sink_mass: row.sinks.decision,
            tau: of(|a| a.tau),
            tau_p_adjusted: of(|a| a.p_adjusted),
            ablation_tvd: ablation(|a| a.tvd),
            ablation_target: ablation(|a| a.target_change),
        }
    };
    rows.iter().enumerate().map(head).collect()
}

fn report(
    example: &Example,
    prepared: &Prepared<'_>,
    rows: &[HeadRow],
    found: &Measured<HeadsAgreement>,
) -> HeadsExample {
    HeadsExample {
        id: example.id.clone(),
        line: example.line,
        text: example.text.clone(),
        pair: example.pair.clone(),
        words: prepared.subject.words.len(),
        warnings: prepared.warnings.clone(),
        heads: self::rows(rows, found),
        best_of_all_p95: found.as_ref().map(|all| all.max_p95).map_err(Clone::clone).into(),
    }
}

/// Sums up every head over the examples; `alpha` is the level of a discovery.
pub(super) fn summarise(examples: &[HeadsExample], seed: u64, alpha: f64) -> Vec<HeadSummary> {
    let count = examples.first().map_or(0, |e| e.heads.len());
    (0..count)
        .map(|i| {
            let (layer, head) = (examples[0].heads[i].layer, examples[0].heads[i].head);
            let mean = |what: &str, get: &dyn Fn(&HeadReport) -> Option<f64>| {
                let values = examples.iter().filter_map(|e| get(&e.heads[i])).collect::<Vec<_>>();
                mean_of(&values, seed, &format!("head {layer}.{head} {what}"))
            };
            let found = examples.iter().filter_map(|e| Some(e.heads[i].tau_p_adjusted.value? <= alpha));
            HeadSummary {
                layer,
                head,
                entropy: mean("entropy", &|h| h.entropy.value),
                special_mass: mean("special mass", &|h| Some(h.special_mass)),
                sink_mass: mean("sink mass", &|h| Some(h.sink_mass)),
                tau: mean("tau", &|h| h.tau.value),
                discoveries: rate_of(&found.collect::<Vec<_>>()),
                ablation_tvd: mean("ablation", &|h| h.ablation_tvd.value),
            }
        })
        .collect()
}
