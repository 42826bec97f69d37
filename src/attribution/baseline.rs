//! Where integrated gradients begin.

use crate::missing::Missing;
use crate::model::Sequence;
use crate::subject::Subject;

/// What stands in the place of every content token's word embedding where the path begins; specials stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The mask token's embedding.
    Mask,
    /// The padding token's embedding.
    Pad,
    /// Zeros, which no token's embedding is.
    Zero,
}

impl Baseline {
    /// Every baseline, the default first.
    pub const ALL: [Self; 3] = [Self::Mask, Self::Pad, Self::Zero];

    /// As flags and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Pad => "pad",
            Self::Zero => "zero",
        }
    }

    /// The baseline of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|baseline| baseline.name() == name)
    }

    /// The text that the path begins at.
    pub(super) fn sequence(self, subject: &Subject<'_>) -> Result<Sequence, Missing> {
        let content: Vec<usize> = subject.words.iter().cloned().flatten().collect();
        let sequence = &subject.probe.sequence;
        Ok(match self {
            Self::Mask => sequence.with_id(&content, subject.mask.ok_or(Missing::NoToken { token: "mask" })?),
            Self::Pad => {
                sequence.with_id(&content, subject.pad.ok_or(Missing::NoToken { token: "padding" })?)
            }
            Self::Zero => sequence.with_zeroed(&content),
        })
    }
}
