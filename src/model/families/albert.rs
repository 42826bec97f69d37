//! ALBERT (Lan et al. 2020): a factorised embedding, and layers that share their weights in groups.

use std::sync::Arc;

use super::{Config, Parts, UNUSED, to_logits, to_words};
use crate::model::error::ModelError;
use crate::model::head::{Head, Task};
use crate::model::spec::{Activation, Positions, Spec};
use crate::model::transformer::{Embedding, Layer, Transformer};
use crate::model::weights::Store;

pub(super) fn albert(config: &Config, task: Task, store: &mut Store) -> Result<Parts, ModelError> {
    let transformer = encoder(config, store)?;
    let spec = &transformer.spec;
    let d = spec.width;
    let head = match task {
        Task::Classification => Head {
            task,
            dense: store.linear("albert.pooler", d, d)?,
            activation: Activation::Tanh,
            norm: None,
            out: to_logits(store, "classifier", d, config.classes()?)?,
        },
        Task::MaskedLm => Head {
            task,
            dense: store.linear("predictions.dense", d, spec.embedding)?,
            activation: spec.activation,
            norm: Some(store.norm("predictions.LayerNorm", spec.embedding, spec.eps)?),
            out: to_words(
                store,
                "predictions.decoder.weight",
                &["predictions.bias", "predictions.decoder.bias"],
                &transformer.embedding.words,
            )?,
        },
    };
    store
        .finish("albert", &[&UNUSED[..], &["albert.pooler.", "predictions.", "sop_classifier."]].concat())?;
    Ok(Parts { transformer, head })
}

fn encoder(config: &Config, store: &mut Store) -> Result<Transformer, ModelError> {
    let heads = config.heads("hidden_size", "num_attention_heads")?;
    let d = heads.total();
    let e = config.count("embedding_size")?;
    let (steps, groups) =
        (config.count("num_hidden_layers")?, config.count_or("num_hidden_groups", 1)?.max(1));
    let inner_layers = config.count_or("inner_group_num", 1)?.max(1);
    let rows = config.count("max_position_embeddings")?;
    let spec = Spec {
        family: config.model_type.clone(),
        layers: steps * inner_layers,
        heads,
        width: d,
        inner: config.count("intermediate_size")?,
        embedding: e,
        vocabulary: config.count("vocab_size")?,
        longest: rows,
        positions: Positions::Learned,
        types: config.count_or("type_vocab_size", 2)?,
        activation: config.activation("hidden_act")?,
        eps: config.number_or("layer_norm_eps", 1e-12)?,
    };
    let types = match spec.types {
        0 => None,
        n => Some(store.tensor("albert.embeddings.token_type_embeddings.weight", &[n, e])?),
    };
    let embedding = Embedding {
        words: store.tensor("albert.embeddings.word_embeddings.weight", &[spec.vocabulary, e])?,
        positions: store.tensor("albert.embeddings.position_embeddings.weight", &[rows, e])?,
        types,
        norm: store.norm("albert.embeddings.LayerNorm", e, spec.eps)?,
        // The reference maps even where the two widths agree.
        project: Some(store.linear("albert.encoder.embedding_hidden_mapping_in", e, d)?),
    };
    let mut shared = Vec::new();
    for g in 0..groups {
        let mut group = Vec::new();
        for i in 0..inner_layers {
            let p = format!("albert.encoder.albert_layer_groups.{g}.albert_layers.{i}");
            group.push(Arc::new(Layer {
                query: store.linear(&format!("{p}.attention.query"), d, d)?,
                key: store.linear(&format!("{p}.attention.key"), d, d)?,
                value: store.linear(&format!("{p}.attention.value"), d, d)?,
                out: store.linear(&format!("{p}.attention.dense"), d, d)?,
                attn_norm: store.norm(&format!("{p}.attention.LayerNorm"), d, spec.eps)?,
                up: store.linear(&format!("{p}.ffn"), d, spec.inner)?,
                down: store.linear(&format!("{p}.ffn_output"), spec.inner, d)?,
                mlp_norm: store.norm(&format!("{p}.full_layer_layer_norm"), d, spec.eps)?,
            }));
        }
        shared.push(group);
    }
    // Step i belongs to group ⌊i · groups / steps⌋.
    let layers = (0..steps).flat_map(|i| shared[i * groups / steps].iter().cloned()).collect();
    Ok(Transformer { spec, embedding, layers })
}
