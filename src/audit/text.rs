//! One text of a file, from its line to its part of the report.

use super::bench::Bench;
use super::convert;
use super::error::AuditError;
use super::findings::Findings;
use super::origin;
use super::outliers;
use super::plausibility;
use super::question::Question;
use crate::chain::chain;
use crate::input::Example;
use crate::report::example::Passes;
use crate::report::{Drawn, ExampleReport, FailureReport};

/// What came of one example: what `examine` gives, or why it could not be audited.
///
/// # Errors
///
/// What is not the example's own failure.
pub(super) fn outcome<T>(
    example: &Example,
    examined: Result<T, AuditError>,
) -> Result<Result<T, Failed>, AuditError> {
    match examined {
        Ok(report) => Ok(Ok(report)),
        Err(error) if error.is_of_an_example() => Ok(Err(Failed {
            report: FailureReport {
                id: example.id.clone(),
                line: example.line,
                text: example.text.clone(),
                pair: example.pair.clone(),
                error: chain(&error),
                hint: error.hint(),
            },
            error,
        })),
        Err(error) => Err(error),
    }
}

/// An example that could not be audited, for the report and as the error it is.
#[derive(Debug)]
pub(super) struct Failed {
    pub report: FailureReport,
    pub error: AuditError,
}

/// Audits one example; what a page draws of its patterns comes beside it where a page alone needs it.
pub(super) fn examine(
    bench: &Bench,
    question: &Question,
) -> Result<(ExampleReport, Option<Drawn>), AuditError> {
    let example = &question.example;
    let prepared = bench.prepare(question)?;
    let failed =
        |source: candle_core::Error| AuditError::Example { line: example.line, source: source.into() };
    let label = |class| bench.label(class);
    let found = Findings::of(&prepared.subject, &bench.protocol, &label).map_err(|f| f.at(example.line))?;
    let words = convert::words(&prepared);
    let marked = example.rationale.as_deref();
    let plausibility = marked
        .map(|spans| plausibility::compare(spans, bench.marked, &words, &found.readings, &found.references));
    let permutations = bench.protocol.budget.permutations;
    let wanted = bench.plan.maps || bench.plan.page;
    let maps = wanted
        .then(|| convert::maps(&prepared, found.loo.clone(), permutations))
        .transpose()
        .map_err(failed)?;
    let (maps, drawn) = match maps {
        Some(maps) if !bench.plan.maps => (None, Some(Drawn::of(&maps, bench.questions.len()))),
        maps => (maps, None),
    };
    let mut passes = found.passes;
    let before = prepared.subject.probe.spent();
    let known = (&found.below, &found.wordless);
    let origin = origin::of(&prepared.subject, known, &label).map_err(|f| f.at(example.line))?;
    let step = |step: &str, before: f64| {
        let forwards = prepared.subject.probe.spent() - before;
        (forwards > 0.0).then(|| Passes { step: step.to_owned(), forwards })
    };
    passes.extend(step("origin", before));
    let before = prepared.subject.probe.spent();
    let outliers = outliers::of(&prepared, &found.sinks).map_err(failed)?;
    passes.extend(step("massive activations", before));
    let mut warnings = prepared.warnings.clone();
    warnings.extend(outliers::told(&prepared, &outliers));
    let report = ExampleReport {
        id: example.id.clone(),
        line: example.line,
        text: example.text.clone(),
        pair: example.pair.clone(),
        asked: bench.asked(question, &prepared),
        origin,
        gold: bench.gold(example, found.prediction.class),
        words,
        tokens: prepared.subject.tokens(),
        window: prepared.window.as_ref().map(convert::window),
        warnings,
        sinks: outliers.sinks,
        massive: outliers.massive,
        massive_zeroed: outliers.zeroed,
        prediction: found.prediction,
        target: found.target,
        reliability: found.reliability,
        references: found.references,
        readings: found.readings,
        swaps: found.swaps,
        passes,
        plausibility,
        maps,
    };
    Ok((report, drawn))
}
