//! Gates: limits that figures of the summary are held to. Judged apart from every printer, so that the exit status
//! cannot depend on a format.

use std::fmt;
use std::str::FromStr;

use super::figures::{FAILED, Figure};
use super::shape::Shape;
use crate::report::Measure;
use crate::report::gate::{GateOn, GateResult};
use crate::report::summary::Estimate;

/// Before a figure's name: its change against the baseline.
pub const CHANGE: &str = "change.";

/// Which side of the limit is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

impl Bound {
    const ALL: [(&'static str, Self); 4] =
        [("<=", Self::AtMost), (">=", Self::AtLeast), ("<", Self::Below), (">", Self::Above)];

    fn holds(self, found: f64, limit: f64) -> bool {
        match self {
            Self::AtMost => found <= limit,
            Self::Below => found < limit,
            Self::AtLeast => found >= limit,
            Self::Above => found > limit,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, bound)| bound == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// `FIGURE OP NUMBER`, as `contradicted<=0.2`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// A name that the figure goes by.
    pub figure: String,
    /// Which side of the limit is good.
    pub bound: Bound,
    /// The limit, finite.
    pub limit: f64,
}

/// Why a gate makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GateError {
    /// There is no comparison in it.
    #[error("the gate {gate:?} has no comparison")]
    NoBound {
        /// As it was written.
        gate: String,
    },
    /// The limit is no number.
    #[error("the limit of the gate {gate:?} is no finite number")]
    NoLimit {
        /// As it was written.
        gate: String,
    },
    /// No figure of this audit goes by that name.
    #[error("no figure of this audit is called {figure:?}")]
    Unknown {
        /// As it was written.
        figure: String,
        /// The nearest names.
        near: Vec<String>,
    },
    /// A change needs something to be compared with.
    #[error("the gate on {figure} has no baseline")]
    NoBaseline {
        /// The figure.
        figure: String,
    },
    /// A baseline that nothing is held to.
    #[error("no gate is on a change against the baseline")]
    NoChange,
}

impl GateError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoBound { .. } | Self::NoLimit { .. } => {
                "write a figure, one of <= < >= >, and a number, as in 'contradicted<=0.2'".to_owned()
            }
            Self::Unknown { near, .. } if near.is_empty() => "`attncheck figures` lists them all".to_owned(),
            Self::Unknown { near, .. } => {
                format!("did you mean {}? `attncheck figures` lists them all", near.join(" or "))
            }
            Self::NoBaseline { .. } => "give the earlier report with --baseline REPORT.json".to_owned(),
            Self::NoChange => {
                "say which change is allowed, as in --gate 'change.contradicted<=0.05'".to_owned()
            }
        })
    }
}

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let at = text.find(['<', '>']).filter(|at| !text[..*at].trim().is_empty());
        let Some(at) = at else { return Err(GateError::NoBound { gate: text.to_owned() }) };
        let (figure, rest) = text.split_at(at);
        let found = Bound::ALL.iter().find_map(|(name, bound)| Some((*bound, rest.strip_prefix(name)?)));
        let Some((bound, limit)) = found else { return Err(GateError::NoBound { gate: text.to_owned() }) };
        match limit.trim().parse::<f64>() {
            Ok(limit) if limit.is_finite() => Ok(Self { figure: figure.trim().to_owned(), bound, limit }),
            _ => Err(GateError::NoLimit { gate: text.to_owned() }),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.figure, self.bound, self.limit)
    }
}

/// Gates of which every figure is known to exist.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Vec<(Gate, Wanted)>,
    on: GateOn,
}

/// The whole name of what a gate is on.
#[derive(Debug)]
enum Wanted {
    Figure(String),
    Change(String),
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
