//! A gate as it is written: the name of a figure and the limit that it is held to.

use std::fmt;
use std::str::FromStr;

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
    /// Longer signs before those they begin with, so that `<=` is not read as `<`.
    const ALL: [(&'static str, Self); 4] =
        [("<=", Self::AtMost), (">=", Self::AtLeast), ("<", Self::Below), (">", Self::Above)];

    /// Whether `found` is on the good side.
    pub(super) fn holds(self, found: f64, limit: f64) -> bool {
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
    /// The figure, by any name it goes by; after [`CHANGE`], its change against the baseline.
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
        /// The gate as it was written.
        gate: String,
    },
    /// The limit is no number.
    #[error("the limit of the gate {gate:?} is no finite number")]
    NoLimit {
        /// The gate as it was written.
        gate: String,
    },
    /// No figure of this audit goes by that name.
    #[error("no figure of this audit is called {figure:?}")]
    Unknown {
        /// The figure's name as it was written.
        figure: String,
        /// The most similar names, at most three.
        near: Vec<String>,
    },
    /// A figure that an audit has, but not one of this model.
    #[error("the gate on {figure} is on a reading that is not run on this model: its queries see every key")]
    NotRun {
        /// The figure's whole name.
        figure: String,
    },
    /// A change needs something to be compared with.
    #[error("the gate on {figure} has no baseline")]
    NoBaseline {
        /// The figure's whole name.
        figure: String,
    },
    /// A baseline was given, and no gate is on a change against it.
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
            Self::NotRun { .. } => {
                "name the reading by --only, with all else that is to be run, or leave this gate out"
                    .to_owned()
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
