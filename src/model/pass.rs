//! What a pass tells each step, forwards and backwards.

use candle_core::{Result, Tensor};

use super::past::Before;
use super::place::Places;
use super::tap::{Point, Spot, Tap};

/// Which query rows the last layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Every row: needed when its patterns or states are looked at.
    All,
    /// Only this row: exact for logits that are read there, and cheaper.
    Decision(usize),
    /// Every row up to the pattern, and only this one beyond it: for logits and every pattern.
    Patterns(usize),
}

impl Rows {
    /// The one row that is left beyond the pattern; none where every row is.
    pub(super) fn one(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Decision(row) | Self::Patterns(row) => Some(row),
        }
    }

    /// The rows of `x [B, T, D]` that are left beyond the pattern.
    pub(super) fn of(self, x: &Tensor) -> Result<Tensor> {
        match self.one() {
            None => Ok(x.clone()),
            Some(row) => x.narrow(1, row, 1)?.contiguous(),
        }
    }
}

/// Whether attention is part of what is differentiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Graph {
    /// The ordinary gradient: patterns depend on the input.
    Whole,
    /// Patterns are constants, as in Jain & Wallace (2019), who cut the graph at the attention.
    CutAtAttention,
}

/// What the layers of a decoder attend to besides their own stream: the last states of an encoder.
#[derive(Debug, Clone)]
pub struct Memory {
    /// `[B, S, D]`, or `[1, S, D]` for all sequences.
    pub states: Tensor,
    /// Its keys that nobody may attend to, `[B, S]` of u8, or `[1, S]` for all sequences.
    pub blocked: Option<Tensor>,
}

/// One layer of a running pass.
pub(super) struct Pass<'p> {
    /// The layer's index, from 0.
    pub layer: usize,
    /// Keys that nobody may attend to, `[B, T]` of u8, or `[1, T]` for all sequences.
    pub blocked: Option<&'p Tensor>,
    /// The places of its tokens.
    pub places: &'p Places,
    /// The rows that stand before those of the stream.
    pub before: Option<&'p Before>,
    /// What is attended to besides the stream.
    pub memory: Option<&'p Memory>,
    /// Sees what is computed, and may change it.
    pub tap: &'p mut dyn Tap,
}

impl Pass<'_> {
    fn at(&self, point: Point) -> Spot {
        Spot { layer: self.layer, point }
    }

    /// Which row of the text the stream's first is.
    pub fn first_row(&self) -> usize {
        self.before.map_or(0, |before| before.rows)
    }

    /// A tensor to use at this point of the layer instead of computing one.
    pub fn supply(&mut self, point: Point) -> Result<Option<Tensor>> {
        self.tap.supply(self.at(point))
    }

    /// Whether somebody looks at this point of the layer.
    pub fn sees(&self, point: Point) -> bool {
        self.tap.sees(self.at(point))
    }

    /// Shows the tensor at this point of the layer, and gives what the pass goes on with.
    pub fn visit(&mut self, point: Point, tensor: Tensor) -> Result<Tensor> {
        self.tap.visit(self.at(point), tensor)
    }
}
