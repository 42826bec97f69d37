//! The only seam of the forward pass: a tap is offered each named tensor and gives what goes on.

use candle_core::{Result, Tensor};

use super::attended::Attended;

/// Which tensor of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The residual stream that enters the layer, `[B, T, D]`; layer L is what the readout reads.
    Resid,
    /// The queries, all heads side by side, `[B, Tq, H·E]`.
    Query,
    /// The keys, `[B, T, H·E]`.
    Key,
    /// The values, `[B, T, H·E]`.
    Value,
    /// The attention pattern after softmax, `[B, H, Tq, T]`.
    Pattern,
    /// What each head adds up under its pattern, before the output map, `[B, Tq, H·E]`.
    HeadOut,
    /// The attention block's output before the residual sum, `[B, Tq, D]`.
    AttnOut,
    /// The feed-forward block's output before the residual sum, `[B, Tq, D]`.
    MlpOut,
    /// The queries of attention over a memory of S states, `[B, Tq, H·E]`.
    CrossQuery,
    /// The keys of the memory, `[B or 1, S, H·E]`.
    CrossKey,
    /// The values of the memory, `[B or 1, S, H·E]`.
    CrossValue,
    /// The pattern over the memory after softmax, `[B, H, Tq, S]`.
    CrossPattern,
    /// What each head takes from the memory, before the output map, `[B, Tq, H·E]`.
    CrossHeadOut,
    /// The output of attention over the memory before the residual sum, `[B, Tq, D]`.
    CrossOut,
}

/// A named tensor of the forward pass.
///
/// With [`Rows::Decision`](super::Rows::Decision) the last layer computes one query row, so Tq is 1 there and
/// T elsewhere; with [`Rows::Patterns`](super::Rows::Patterns) its queries and pattern have T rows and the rest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The layer, from 0 to L.
    pub layer: usize,
    /// Which of its tensors.
    pub point: Point,
}

/// Observes or changes the forward pass.
///
/// Foot-gun: a tap that changes a tensor changes everything computed after it, in this pass only; the model
/// itself never changes.
pub trait Tap {
    /// A tensor to use at `spot` instead of computing one, asked first, for queries, keys, values and patterns. For a
    /// supplied pattern, queries and keys are never computed, and its batch may be larger than the stream's (batch 1).
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        let _ = spot;
        Ok(None)
    }

    /// Whether it looks at the tensor at `spot`. What nobody looks at need not be made: where the last layer
    /// computes one row, its keys and values are not.
    fn sees(&self, spot: Spot) -> bool {
        let _ = spot;
        true
    }

    /// Sees the tensor at `spot`; the pass goes on with what comes back.
    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor>;
}

/// A tap that sees no tensor and changes none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Untapped;

impl Tap for Untapped {
    fn sees(&self, _: Spot) -> bool {
        false
    }

    fn visit(&mut self, _: Spot, tensor: Tensor) -> Result<Tensor> {
        Ok(tensor)
    }
}

/// Keeps the tensors at the points it was told of, layer by layer.
#[derive(Debug, Clone)]
pub struct Record {
    points: Vec<Point>,
    seen: Vec<(Spot, Tensor)>,
}

impl Record {
    /// Records `points` in every layer.
    #[must_use]
    pub fn of(points: &[Point]) -> Self {
        Self { points: points.to_vec(), seen: Vec::new() }
    }

    /// Every tensor recorded at `point`, by layer.
    #[must_use]
    pub fn all(&self, point: Point) -> Vec<Tensor> {
        self.seen.iter().filter(|(spot, _)| spot.point == point).map(|(_, tensor)| tensor.clone()).collect()
    }
}

impl Tap for Record {
    fn sees(&self, spot: Spot) -> bool {
        self.points.contains(&spot.point)
    }

    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor> {
        if self.points.contains(&spot.point) {
            self.seen.push((spot, tensor.clone()));
        }
        Ok(tensor)
    }
}

/// Puts given tensors in the place of computed ones.
#[derive(Debug, Clone, Default)]
pub struct Replace {
    with: Vec<(Spot, Tensor)>,
}

impl Replace {
    /// Replaces the patterns of `layers`.
    pub fn patterns(layers: impl IntoIterator<Item = (usize, Tensor)>) -> Self {
        Self::default().with_all(Point::Pattern, layers)
    }

    /// Also replaces the patterns over the memory of `layers`.
    #[must_use]
    pub fn with_cross(self, layers: impl IntoIterator<Item = (usize, Tensor)>) -> Self {
        self.with_all(Point::CrossPattern, layers)
    }

    /// Also puts a tensor in the place of each layer's at `point`.
    #[must_use]
    pub fn with_all(mut self, point: Point, layers: impl IntoIterator<Item = (usize, Tensor)>) -> Self {
        self.with.extend(layers.into_iter().map(|(layer, tensor)| (Spot { layer, point }, tensor)));
        self
    }

    /// Also puts `values` in the place of a layer's.
    #[must_use]
    pub fn with_values(self, layer: usize, values: Tensor) -> Self {
        self.with(Spot { layer, point: Point::Value }, values)
    }

    /// Also puts `tensor` in the place of the one at `spot`.
    #[must_use]
    pub fn with(mut self, spot: Spot, tensor: Tensor) -> Self {
        self.with.push((spot, tensor));
        self
    }
}

impl Tap for Replace {
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        Ok(self.with.iter().find(|(at, _)| *at == spot).map(|(_, tensor)| tensor.clone()))
    }

    fn sees(&self, _: Spot) -> bool {
        false
    }

    fn visit(&mut self, _: Spot, tensor: Tensor) -> Result<Tensor> {
        Ok(tensor)
    }
}

/// Patterns of some layers that are made when they are asked for: all at once would be hundreds of MB in a long text.
pub struct Made<F> {
    /// Whose patterns they are.
    pub of: Attended,
    /// Which layers have another pattern, from 0.
    pub layers: Vec<usize>,
    /// Makes the pattern of the layer it is given.
    pub make: F,
    /// The layers whose values are known, with these.
    pub values: Vec<(usize, Tensor)>,
}

impl<F: FnMut(usize) -> Result<Tensor>> Tap for Made<F> {
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        if spot.point == self.of.pattern() && self.layers.contains(&spot.layer) {
            return (self.make)(spot.layer).map(Some);
        }
        let known = self.values.iter().find(|(layer, _)| *layer == spot.layer);
        Ok(known.filter(|_| spot.point == self.of.value()).map(|(_, values)| values.clone()))
    }

    fn sees(&self, _: Spot) -> bool {
        false
    }

    fn visit(&mut self, _: Spot, tensor: Tensor) -> Result<Tensor> {
        Ok(tensor)
    }
}

/// Changes tensors by a closure: head ablation and value zeroing are edits.
pub struct Edit<F>(pub F);

impl<F: FnMut(Spot, Tensor) -> Result<Tensor>> Tap for Edit<F> {
    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor> {
        (self.0)(spot, tensor)
    }
}

/// Two taps in a row: the second sees what the first gave.
pub struct Both<A, B>(pub A, pub B);

impl<A: Tap, B: Tap> Tap for Both<A, B> {
    fn supply(&mut self, spot: Spot) -> Result<Option<Tensor>> {
        match self.0.supply(spot)? {
            Some(tensor) => Ok(Some(tensor)),
            None => self.1.supply(spot),
        }
    }

    fn sees(&self, spot: Spot) -> bool {
        self.0.sees(spot) || self.1.sees(spot)
    }

    fn visit(&mut self, spot: Spot, tensor: Tensor) -> Result<Tensor> {
        let tensor = self.0.visit(spot, tensor)?;
        self.1.visit(spot, tensor)
    }
}
