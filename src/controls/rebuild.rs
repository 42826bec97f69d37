//! A model with each weight replaced by another of its shape: the way to variables and back, and to random draws.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use crate::model::kernels::{Linear, Norm};
use crate::model::transformer::{Embedding, Layer, Transformer};
use crate::model::{Head, Model};

/// A part of a model that is replaced as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Head,
    /// By the lowest place it stands at; layers that share weights are one part.
    Layer(usize),
    Embedding,
}

/// Gives another weight of the same shape, told the part of the model that it stands in.
pub(super) trait Reweight: FnMut(Part, &Tensor) -> Result<Tensor> {}

impl<F: FnMut(Part, &Tensor) -> Result<Tensor>> Reweight for F {}

/// The same transformer and head with every weight replaced, in a fixed order: head, layers from the top,
/// embedding. Layers that share their weights share the new ones.
pub(super) fn rebuild(
    transformer: &Transformer,
    head: &Head,
    with: &mut impl Reweight,
) -> Result<(Transformer, Head)> {
    let head = Head {
        task: head.task,
        dense: linear(&head.dense, Part::Head, with)?,
        activation: head.activation,
        norm: head.norm.as_ref().map(|n| norm(n, Part::Head, with)).transpose()?,
        out: linear(&head.out, Part::Head, with)?,
    };
    let layers = &transformer.layers;
    let mut new: Vec<Option<Arc<Layer>>> = vec![None; layers.len()];
    for l in (0..layers.len()).rev() {
        if new[l].is_some() {
            continue;
        }
        let first = lowest(transformer, l);
        let made = Arc::new(layer(&layers[l], Part::Layer(first), with)?);
        for (slot, old) in new.iter_mut().zip(layers) {
            if Arc::ptr_eq(old, &layers[l]) {
                *slot = Some(Arc::clone(&made));
            }
        }
    }
    let layers = new.into_iter().flatten().collect();
    let embedding = embedding(&transformer.embedding, with)?;
    Ok((Transformer { spec: transformer.spec.clone(), embedding, layers }, head))
}

/// As [`rebuild`], for a whole model. Its `sha256` is empty, as there is no file.
pub(super) fn rebuild_model(model: &Model, with: &mut impl Reweight) -> Result<Model> {
    let (transformer, head) = rebuild(&model.transformer, &model.head, with)?;
    Ok(Model {
        transformer,
        head,
        labels: model.labels.clone(),
        regression: model.regression,
        sha256: String::new(),
        notes: Vec::new(),
        precision: model.precision,
    })
}

/// The lowest layer that has this one's weights.
pub(super) fn lowest(transformer: &Transformer, layer: usize) -> usize {
    let layers = &transformer.layers;
    layers.iter().position(|other| Arc::ptr_eq(other, &layers[layer])).unwrap_or(layer)
}

fn embedding(old: &Embedding, with: &mut impl Reweight) -> Result<Embedding> {
    let part = Part::Embedding;
    Ok(Embedding {
        words: with(part, &old.words)?,
        positions: with(part, &old.positions)?,
        types: old.types.as_ref().map(|types| with(part, types)).transpose()?,
        norm: norm(&old.norm, part, with)?,
        project: old.project.as_ref().map(|project| linear(project, part, with)).transpose()?,
    })
}

fn layer(old: &Layer, part: Part, with: &mut impl Reweight) -> Result<Layer> {
    Ok(Layer {
        query: linear(&old.query, part, with)?,
        key: linear(&old.key, part, with)?,
        value: linear(&old.value, part, with)?,
        out: linear(&old.out, part, with)?,
        attn_norm: norm(&old.attn_norm, part, with)?,
        up: linear(&old.up, part, with)?,
        down: linear(&old.down, part, with)?,
        mlp_norm: norm(&old.mlp_norm, part, with)?,
    })
}

fn linear(old: &Linear, part: Part, with: &mut impl Reweight) -> Result<Linear> {
    let bias = old.bias.as_ref().map(|bias| with(part, bias)).transpose()?;
    Linear::new(&with(part, &old.weight()?)?, bias)
}

fn norm(old: &Norm, part: Part, with: &mut impl Reweight) -> Result<Norm> {
    Ok(Norm { gain: with(part, &old.gain)?, bias: with(part, &old.bias)?, eps: old.eps })
}
