//! A file per architecture: config.json to [`Spec`](super::spec::Spec), tensor names to canonical weights.
//! No other place knows the name of an architecture.

mod albert;
mod bert;
mod config;
mod distilbert;

use candle_core::Tensor;

pub(super) use config::Config;

use super::error::ModelError;
use super::head::{Head, Task};
use super::kernels::Linear;
use super::transformer::Transformer;
use super::weights::Store;

/// What a family builds.
pub(super) struct Parts {
    pub transformer: Transformer,
    pub head: Head,
}

type Build = fn(&Config, Task, &mut Store) -> Result<Parts, ModelError>;

/// Every model type this version computes, by its name in config.json.
const FAMILIES: [(&str, Build); 7] = [
    ("bert", bert::bert),
    ("roberta", bert::roberta),
    ("xlm-roberta", bert::roberta),
    ("camembert", bert::roberta),
    ("electra", bert::electra),
    ("distilbert", distilbert::distilbert),
    ("albert", albert::albert),
];

/// The supported model types.
pub fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|(name, _)| *name).collect()
}

/// Builds the model that config.json describes from its weights, each of which must be used or known.
pub(super) fn build(config: &Config, store: &mut Store) -> Result<Parts, ModelError> {
    let Some((_, build)) = FAMILIES.iter().find(|(name, _)| *name == config.model_type) else {
        return Err(ModelError::UnknownFamily { found: config.model_type.clone() });
    };
    build(config, config.task()?, store)
}

/// Parts of checkpoints that no head of ours reads: buffers, unused poolers, and the heads of pre-training.
const UNUSED: [&str; 3] = [".position_ids", ".token_type_ids", ".sinusoidal_pos_embds"];

/// The `[D', C]` map to logits.
///
/// A single logit z becomes the pair (0, z): the softmax of the pair is (1 − σ(z), σ(z)), so that one label
/// is a decision between two like any other.
fn to_logits(store: &mut Store, prefix: &str, inputs: usize, labels: usize) -> Result<Linear, ModelError> {
    let map = store.linear(prefix, inputs, labels)?;
    if labels > 1 {
        return Ok(map);
    }
    let pair = |t: &Tensor| Tensor::cat(&[&t.zeros_like()?, t], t.rank() - 1);
    Ok(Linear::new(&pair(&map.weight()?)?, map.bias.as_ref().map(pair).transpose()?)?)
}

/// The map from states to the vocabulary, whose matrix is the word embedding unless the file has its own.
fn to_words(
    store: &mut Store,
    weight: &str,
    biases: &[&str],
    embedding: &Tensor,
) -> Result<Linear, ModelError> {
    let (rows, width) = embedding.dims2()?;
    let weight = if store.has(weight) { store.tensor(weight, &[rows, width])? } else { embedding.clone() };
    let mut bias = None;
    for name in biases.iter().filter(|name| store.has(name)).collect::<Vec<_>>() {
        bias = Some(store.tensor(name, &[rows])?);
    }
    let Some(bias) = bias else {
        return Err(ModelError::MissingTensor {
            name: biases.first().copied().unwrap_or_default().to_owned(),
        });
    };
    Ok(Linear::new(&weight.t()?, Some(bias))?)
}
