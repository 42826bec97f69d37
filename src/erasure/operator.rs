//! How a word is taken away.

use crate::missing::{Measured, Missing};
use crate::model::Sequence;
use crate::subject::Subject;

/// A way to take words away. All work on ids, so no piece boundary moves.
///
/// The decision token goes with its word, where it is of one: there a tokenizer puts no token of its own before the text. Of a
/// text that is erased whole that token alone is left, to be attended to or to be read; of a source that a decoder translates,
/// which none of its tokens decides, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// The mask token in the place of every piece: what masked-word training knows.
    Mask,
    /// Nobody may attend to the pieces, in any layer: −∞ on their key columns.
    Attend,
    /// The ids are removed and positions close up.
    Delete,
    /// The padding token in the place of every piece, attended like any other.
    Pad,
    /// A zero word embedding; place and type stay.
    Zero,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 5] = [Self::Mask, Self::Attend, Self::Delete, Self::Pad, Self::Zero];

    /// As flags and reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Attend => "attend",
            Self::Delete => "delete",
            Self::Pad => "pad",
            Self::Zero => "zero",
        }
    }

    /// The operator of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// [`Operator::Mask`] where the tokenizer has a mask token, else [`Operator::Attend`].
    #[must_use]
    pub fn default_with(mask: bool) -> Self {
        if mask { Self::Mask } else { Self::Attend }
    }

    /// The default on this text.
    #[must_use]
    pub fn default_for(subject: &Subject<'_>) -> Self {
        Self::default_with(subject.mask.is_some())
    }

    /// The operator to check this one against: [`Operator::Delete`], or for that one [`Operator::Attend`].
    #[must_use]
    pub fn second(self) -> Self {
        if self == Self::Delete { Self::Attend } else { Self::Delete }
    }

    /// The text without `words`, all their pieces together; numbers that name no word change nothing.
    pub fn apply(self, subject: &Subject<'_>, words: &[usize]) -> Measured<Sequence> {
        let sequence = &subject.probe.sequence;
        let pieces = words.iter().filter_map(|&word| subject.words.get(word)).cloned().flatten();
        let tokens: Vec<usize> = pieces.collect();
        let id = |id: Option<u32>, token| id.ok_or(Missing::NoToken { token });
        Ok(match self {
            Self::Mask => sequence.with_id(&tokens, id(subject.mask, "mask")?),
            Self::Pad => sequence.with_id(&tokens, id(subject.pad, "padding")?),
            Self::Attend => {
                let all = tokens.len() == sequence.len();
                let blocked = tokens.into_iter().filter(|token| !all || *token != sequence.stays());
                sequence.with_blocked(&blocked.collect::<Vec<_>>())
            }
            Self::Zero => sequence.with_zeroed(&tokens),
            Self::Delete => sequence.without(&tokens, subject.probe.model.reader().spec.positions),
        })
    }
}
