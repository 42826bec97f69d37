//! What transformers takes where a field of config.json is absent.

use serde_json::Value;

/// What transformers takes where a field is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Default {
    Count(usize),
    Number(f64),
    Text(&'static str),
    Flag(bool),
    /// It takes no value.
    Empty,
}

impl Default {
    /// Whether a value says no more than this.
    pub(super) fn says(self, value: &Value) -> bool {
        match self {
            Self::Count(n) => value.as_u64() == Some(n as u64),
            Self::Number(x) => value.as_f64() == Some(x),
            Self::Text(text) => value == text,
            Self::Flag(flag) => *value == flag,
            Self::Empty => false,
        }
    }
}

impl std::fmt::Display for Default {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(n) => n.fmt(f),
            Self::Number(x) => write!(f, "{x:e}"),
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => flag.fmt(f),
            Self::Empty => f.write_str("nothing"),
        }
    }
}

/// Fields that a family reads.
pub(super) type Fields = &'static [(&'static str, Default)];
