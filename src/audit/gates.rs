//! The gates of an audit, judged on its summary: apart from every printer, so that the exit status cannot depend on a
//! format.

use super::figures::{FAILED, Figure};
use super::gate::{Bound, CHANGE, Gate, GateError};
use super::shape::Shape;
use crate::report::Measure;
use crate::report::gate::{GateOn, GateResult};
use crate::report::summary::Estimate;

/// Gates of which every figure is known to exist.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Vec<(Gate, Wanted)>,
    /// Whether the estimate or the worse end of its interval is held to the limit.
    on: GateOn,
}

/// What a gate is on; figures by their whole names.
#[derive(Debug)]
enum Wanted {
    /// A figure of the summary.
    Figure(String),
    /// A figure's change against the baseline.
    Change(String),
    /// The share of examples that could not be audited.
    Failed,
}

impl Gates {
    /// Finds every figure among those that an audit of this shape has, before any work is done.
    pub fn of(gates: &[Gate], on: GateOn, shape: &Shape, baseline: bool) -> Result<Self, GateError> {
        let figures = Figure::all(shape);
        let wanted = |gate: &Gate| {
            let (change, name) = match gate.figure.strip_prefix(CHANGE) {
                Some(name) => (true, name),
                None => (false, gate.figure.as_str()),
            };
            if name == FAILED.name && !change {
                return Ok(Wanted::Failed);
            }
            let found = figures.iter().find(|figure| figure.is_called(name));
            let figure = found.ok_or_else(|| GateError::Unknown {
                figure: gate.figure.clone(),
                near: near(name, &figures),
            })?;
            match change {
                true if !baseline => Err(GateError::NoBaseline { figure: figure.name.clone() }),
                true => Ok(Wanted::Change(figure.name.clone())),
                false => Ok(Wanted::Figure(figure.name.clone())),
            }
        };
        let gates = gates
            .iter()
            .map(|gate| Ok((gate.clone(), wanted(gate)?)))
            .collect::<Result<Vec<_>, GateError>>()?;
        if baseline && !gates.iter().any(|(_, wanted)| matches!(wanted, Wanted::Change(_))) {
            return Err(GateError::NoChange);
        }
        Ok(Self { gates, on })
    }

    /// Checks that an audit of this shape, that of the model which was opened, has every figure.
    pub fn check(&self, shape: &Shape) -> Result<(), GateError> {
        let figures = Figure::all(shape);
        let lacks = |wanted: &Wanted| match wanted {
            Wanted::Figure(name) | Wanted::Change(name) if !figures.iter().any(|f| f.name == *name) => {
                Err(GateError::NotRun { figure: name.clone() })
            }
            _ => Ok(()),
        };
        self.gates.iter().try_for_each(|(_, wanted)| lacks(wanted))
    }

    /// Judges every gate. A figure that could not be computed passes none.
    pub fn judge(
        &self,
        figure: impl Fn(&str) -> Measure<Estimate>,
        change: impl Fn(&str) -> Measure<Estimate>,
        failed: &Measure<Estimate>,
    ) -> Vec<GateResult> {
        let judge = |(gate, wanted): &(Gate, Wanted)| {
            let (name, found) = match wanted {
                Wanted::Figure(name) => (name.clone(), figure(name)),
                Wanted::Change(name) => (format!("{CHANGE}{name}"), change(name)),
                Wanted::Failed => (FAILED.name.to_owned(), failed.clone()),
            };
            let judged = found.value.as_ref().and_then(|found| match (self.on, gate.bound) {
                (GateOn::Estimate, _) => Some(found.estimate),
                (GateOn::Interval, Bound::AtMost | Bound::Below) => found.high,
                (GateOn::Interval, Bound::AtLeast | Bound::Above) => found.low,
            });
            GateResult {
                gate: gate.to_string(),
                figure: name,
                on: self.on,
                passed: judged.is_some_and(|judged| gate.bound.holds(judged, gate.limit)),
                judged,
                found,
            }
        };
        self.gates.iter().map(judge).collect()
    }
}

/// The names that are most like this one, at most three.
fn near(name: &str, figures: &[Figure]) -> Vec<String> {
    const ALIKE: f64 = 0.8;
    let mut all: Vec<(f64, &str)> = figures
        .iter()
        .flat_map(|figure| [figure.name.as_str(), figure.short()])
        .chain([FAILED.name])
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.len().cmp(&b.1.len())));
    all.dedup_by_key(|(_, known)| *known);
    all.into_iter().take(3).map(|(_, known)| known.to_owned()).collect()
}
