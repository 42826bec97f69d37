//! Which attention of a model is looked at: that of a text over itself, or that of a translation over its source.

use super::attend::Attend;
use super::scoring::Reach;
use super::tap::Point;
use super::transformer::Transformer;
use super::{Layer, Model};

/// Whose tokens the patterns of an audit are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attended {
    /// Those of the text itself: self-attention of every layer.
    Text,
    /// Those of the source, by what a decoder has written: cross-attention of every layer of the decoder.
    Source,
}

impl Attended {
    /// The pattern, `[B, H, Tq, T]`.
    #[must_use]
    pub fn pattern(self) -> Point {
        match self {
            Self::Text => Point::Pattern,
            Self::Source => Point::CrossPattern,
        }
    }

    /// The values that it weighs, `[B, T, H·E]`.
    #[must_use]
    pub fn value(self) -> Point {
        match self {
            Self::Text => Point::Value,
            Self::Source => Point::CrossValue,
        }
    }

    /// What each head adds up, `[B, Tq, H·E]`.
    #[must_use]
    pub fn head_out(self) -> Point {
        match self {
            Self::Text => Point::HeadOut,
            Self::Source => Point::CrossHeadOut,
        }
    }
}

impl Model {
    /// Which attention of it is looked at.
    #[must_use]
    pub fn attended(&self) -> Attended {
        if self.encoder.is_some() { Attended::Source } else { Attended::Text }
    }

    /// What takes in the tokens that attention is over: the encoder, where there is one.
    #[must_use]
    pub fn reader(&self) -> &Transformer {
        self.encoder.as_ref().unwrap_or(&self.transformer)
    }

    /// The attention of a layer that is looked at; `None` where there is no such layer.
    #[must_use]
    pub fn attention(&self, layer: usize) -> Option<&Attend> {
        let layer: &Layer = self.transformer.layers.get(layer)?;
        let found = match self.attended() {
            Attended::Text => layer.attention(),
            Attended::Source => layer.cross(),
        };
        found.map(|(_, attend)| attend)
    }

    /// Which of the T tokens the queries of a layer see: all, where they are of another text.
    #[must_use]
    pub fn reach(&self, layer: usize) -> Reach {
        match self.attended() {
            Attended::Text => self.transformer.reach(layer),
            Attended::Source => Reach::Every,
        }
    }
}
