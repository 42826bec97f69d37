//! `DistilBERT` (Sanh et al. 2019): BERT's layers under other names, no token types, no pooler.

use std::sync::Arc;

use super::{Config, Parts, UNUSED, to_logits, to_words};
use crate::model::error::ModelError;
use crate::model::head::{Head, Task};
use crate::model::spec::{Activation, Positions, Spec};
use crate::model::transformer::{Embedding, Layer, Transformer};
use crate::model::weights::Store;

/// Fixed in the reference implementation.
const EPS: f64 = 1e-12;

pub(super) fn distilbert(config: &Config, task: Task, store: &mut Store) -> Result<Parts, ModelError> {
    let transformer = encoder(config, store)?;
    let d = transformer.spec.width;
    let head = match task {
        Task::Classification => Head {
            task,
            dense: store.linear("pre_classifier", d, d)?,
            activation: Activation::Relu,
            norm: None,
            out: to_logits(store, "classifier", d, config.classes()?)?,
        },
        Task::MaskedLm => Head {
            task,
            dense: store.linear("vocab_transform", d, d)?,
            activation: transformer.spec.activation,
            norm: Some(store.norm("vocab_layer_norm", d, EPS)?),
            out: to_words(
                store,
                "vocab_projector.weight",
                &["vocab_projector.bias"],
                &transformer.embedding.words,
            )?,
        },
    };
    store.finish("distilbert", &[&UNUSED[..], &["vocab_"]].concat())?;
    Ok(Parts { transformer, head })
}

fn encoder(config: &Config, store: &mut Store) -> Result<Transformer, ModelError> {
    let heads = config.heads("dim", "n_heads")?;
    let d = heads.total();
    let rows = config.count("max_position_embeddings")?;
    let spec = Spec {
        family: config.model_type.clone(),
        layers: config.count("n_layers")?,
        heads,
        width: d,
        inner: config.count("hidden_dim")?,
        embedding: d,
        vocabulary: config.count("vocab_size")?,
        longest: rows,
        positions: Positions::Learned,
        types: 0,
        activation: config.activation("activation")?,
        eps: EPS,
    };
    let e = "distilbert.embeddings";
    let embedding = Embedding {
        words: store.tensor(&format!("{e}.word_embeddings.weight"), &[spec.vocabulary, d])?,
        positions: store.tensor(&format!("{e}.position_embeddings.weight"), &[rows, d])?,
        types: None,
        norm: store.norm(&format!("{e}.LayerNorm"), d, EPS)?,
        project: None,
    };
    let mut layers = Vec::new();
    for l in 0..spec.layers {
        let p = format!("distilbert.transformer.layer.{l}");
        layers.push(Arc::new(Layer {
            query: store.linear(&format!("{p}.attention.q_lin"), d, d)?,
            key: store.linear(&format!("{p}.attention.k_lin"), d, d)?,
            value: store.linear(&format!("{p}.attention.v_lin"), d, d)?,
            out: store.linear(&format!("{p}.attention.out_lin"), d, d)?,
            attn_norm: store.norm(&format!("{p}.sa_layer_norm"), d, EPS)?,
            up: store.linear(&format!("{p}.ffn.lin1"), d, spec.inner)?,
            down: store.linear(&format!("{p}.ffn.lin2"), spec.inner, d)?,
            mlp_norm: store.norm(&format!("{p}.output_layer_norm"), d, EPS)?,
        }));
    }
    Ok(Transformer { spec, embedding, layers })
}
