//! Every weight of a model, visited in one fixed order: the way to variables and back, to random draws, and to any
//! other copy of a model.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::Model;
use super::attend::Attend;
use super::feed::Feed;
use super::kernels::{Linear, Norm};
use super::layer::Layer;
use super::readout::{Link, Readout};
use super::step::{Body, Step};
use super::transformer::{Embedding, Transformer};

/// A part of a model whose weights are replaced together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The readout, from the last states to logits.
    Readout,
    /// A layer, by the lowest place it stands at; layers that share weights are one part.
    Layer(usize),
    /// The embedding, below the first layer.
    Embedding,
}

/// Gives the weight that takes the place of another, of its shape.
pub type With<'w> = dyn FnMut(&Tensor) -> Result<Tensor> + 'w;

impl Linear {
    /// The map with its bias, then its weight, replaced.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        let bias = self.bias.as_ref().map(&mut *with).transpose()?;
        Self::new(&with(&self.weight()?)?, bias)
    }
}

impl Norm {
    /// The norm with its gain, then its bias, replaced.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        let gain = with(&self.gain)?;
        Ok(Self { gain, bias: self.bias.as_ref().map(with).transpose()?, eps: self.eps })
    }
}

/// A norm, where there is one, replaced.
fn norm(old: Option<&Norm>, with: &mut With<'_>) -> Result<Option<Norm>> {
    old.map(|norm| norm.map(with)).transpose()
}

impl Step {
    /// The step with every weight replaced: the norm before, the body, the norms after.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(Self {
            before: norm(self.before.as_ref(), with)?,
            body: self.body.map(with)?,
            within: norm(self.within.as_ref(), with)?,
            after: norm(self.after.as_ref(), with)?,
            reads: self.reads,
        })
    }
}

impl Attend {
    /// The attention with its maps and its norms replaced.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(Self {
            query: self.query.map(with)?,
            key: self.key.map(with)?,
            value: self.value.map(with)?,
            out: self.out.map(with)?,
            norms: match &self.norms {
                Some([query, key]) => Some([query.map(with)?, key.map(with)?]),
                None => None,
            },
            heads: self.heads,
            scoring: self.scoring,
            place: self.place.clone(),
        })
    }
}

impl Body {
    /// The body with every map replaced.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(match self {
            Self::Attend(old) => Self::Attend(old.map(with)?),
            Self::Cross(old) => Self::Cross(old.map(with)?),
            Self::Feed(old) => Self::Feed(Feed {
                up: old.up.map(with)?,
                down: old.down.map(with)?,
                gate: old.gate.as_ref().map(|gate| gate.map(with)).transpose()?,
                activation: old.activation,
            }),
        })
    }
}

impl Layer {
    /// The layer with every weight replaced, step by step.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(Self { steps: self.steps.iter().map(|step| step.map(with)).collect::<Result<_>>()? })
    }
}

impl Embedding {
    /// The embedding with its tables, as they are stored, its norm and its projection replaced.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(Self {
            words: with(&self.words)?,
            positions: self.positions.as_ref().map(&mut *with).transpose()?,
            types: self.types.as_ref().map(&mut *with).transpose()?,
            scale: self.scale,
            norm: norm(self.norm.as_ref(), with)?,
            project: self.project.as_ref().map(|project| project.map(with)).transpose()?,
        })
    }
}

impl Link {
    /// The link with its weights replaced.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(match self {
            Self::Map(map) => Self::Map(map.map(with)?),
            Self::Activate(kind) => Self::Activate(*kind),
            Self::Scale(by) => Self::Scale(*by),
            Self::Norm(norm) => Self::Norm(norm.map(with)?),
        })
    }
}

impl Readout {
    /// The readout with every weight replaced, from the states up.
    pub fn map(&self, with: &mut With<'_>) -> Result<Self> {
        Ok(Self {
            task: self.task,
            at: self.at,
            chain: self.chain.iter().map(|link| link.map(with)).collect::<Result<_>>()?,
            out: self.out.map(with)?,
            cap: self.cap,
        })
    }
}

impl Transformer {
    /// The transformer with every weight replaced: layers from the top, with the last norm as a part of the highest, then the
    /// embedding. Layers that share their weights share the new ones.
    pub fn map(&self, with: &mut dyn FnMut(Part, &Tensor) -> Result<Tensor>) -> Result<Self> {
        let mut new: Vec<Option<Arc<Layer>>> = vec![None; self.layers.len()];
        let top = Part::Layer(self.lowest(self.layers.len().saturating_sub(1)));
        let last = norm(self.last.as_ref(), &mut |weight| with(top, weight))?;
        for (l, layer) in self.layers.iter().enumerate().rev() {
            if new[l].is_some() {
                continue;
            }
            let part = Part::Layer(self.lowest(l));
            let made = Arc::new(layer.map(&mut |weight| with(part, weight))?);
            for (slot, old) in new.iter_mut().zip(&self.layers) {
                if Arc::ptr_eq(old, layer) {
                    *slot = Some(Arc::clone(&made));
                }
            }
        }
        let layers = new.into_iter().flatten().collect();
        let dtype = self.dtype();
        let embedding = self.embedding.map(&mut |weight| with(Part::Embedding, &weight.to_dtype(dtype)?))?;
        Ok(Self { spec: self.spec.clone(), embedding, layers, last })
    }

    /// The lowest layer that has this one's weights.
    ///
    /// # Panics
    ///
    /// If there is no such layer.
    #[must_use]
    pub fn lowest(&self, layer: usize) -> usize {
        self.layers.iter().position(|other| Arc::ptr_eq(other, &self.layers[layer])).unwrap_or(layer)
    }
}

/// The same transformer and readout with every weight replaced: the readout first, then [`Transformer::map`]'s order.
pub fn map_both(
    transformer: &Transformer,
    readout: &Readout,
    with: &mut dyn FnMut(Part, &Tensor) -> Result<Tensor>,
) -> Result<(Transformer, Readout)> {
    let readout = readout.map(&mut |weight| with(Part::Readout, weight))?;
    Ok((transformer.map(with)?, readout))
}

impl Model {
    /// The model with every weight replaced, in the order of [`map_both`]. Its `sha256` is empty, as there is no file.
    pub fn map(&self, with: &mut dyn FnMut(Part, &Tensor) -> Result<Tensor>) -> Result<Self> {
        let encoder = self.encoder.as_ref().map(|encoder| encoder.map(with)).transpose()?;
        let (transformer, readout) = map_both(&self.transformer, &self.readout, with)?;
        Ok(Self {
            encoder,
            transformer,
            readout,
            labels: self.labels.clone(),
            regression: self.regression,
            sha256: String::new(),
            notes: Vec::new(),
            precision: self.precision,
        })
    }
}
