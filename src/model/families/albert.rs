//! ALBERT (Lan et al. 2020): a factorised embedding, and layers that share their weights in groups.

use std::sync::Arc;

use super::{Config, Decides, LayerNames, Parts, layer, to_logits, to_words, word_table};
use crate::model::error::ModelError;
use crate::model::readout::{Readout, Task};
use crate::model::spec::{Activation, Positions, Spec};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::weights::Store;

/// What a layer's tensors are called.
const LAYER: LayerNames = LayerNames {
    query: "attention.query",
    key: "attention.key",
    value: "attention.value",
    out: "attention.dense",
    attn_norm: "attention.LayerNorm",
    up: "ffn",
    down: "ffn_output",
    mlp_norm: "full_layer_layer_norm",
};

pub(super) fn albert(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let transformer = encoder(config, store)?;
    let spec = &transformer.spec;
    let d = spec.width;
    let readout = match decides {
        Decides::Classes(labels) => Readout::dense(
            Task::Classification,
            (store.linear("albert.pooler", d, d)?, Activation::Tanh),
            None,
            to_logits(store, "classifier", d, labels, true)?,
        ),
        Decides::Words => Readout::dense(
            Task::MaskedLm,
            (store.linear("predictions.dense", d, spec.embedding)?, spec.activation),
            Some(store.norm("predictions.LayerNorm", spec.embedding, spec.eps)?),
            to_words(
                config,
                store,
                "predictions.decoder.weight",
                &["predictions.bias", "predictions.decoder.bias"],
                &transformer.embedding.words,
            )?,
        ),
    };
    store.finish(&["albert.pooler."])?;
    Ok(Parts { transformer, readout })
}

fn encoder(config: &Config, store: &mut Store) -> Result<Transformer, ModelError> {
    let heads = config.heads("hidden_size", "num_attention_heads")?;
    let d = heads.total();
    let e = config.count("embedding_size")?;
    let (steps, groups) = (config.count("num_hidden_layers")?, config.count("num_hidden_groups")?);
    let inner_layers = config.count("inner_group_num")?;
    let rows = config.count("max_position_embeddings")?;
    let spec = Spec {
        family: config.family.name.to_owned(),
        layers: steps * inner_layers,
        heads,
        width: d,
        inner: config.count("intermediate_size")?,
        embedding: e,
        vocabulary: config.count("vocab_size")?,
        longest: rows,
        positions: Positions::Learned,
        types: config.count("type_vocab_size")?,
        activation: config.activation("hidden_act")?,
        gated: false,
        eps: config.eps("layer_norm_eps")?,
    };
    let types = match spec.types {
        0 => None,
        n => Some(store.tensor("albert.embeddings.token_type_embeddings.weight", &[n, e])?),
    };
    let embedding = Embedding {
        words: word_table(
            config,
            store,
            "albert.embeddings.word_embeddings.weight",
            "predictions.decoder.weight",
            [spec.vocabulary, e],
        )?,
        positions: Some(store.tensor("albert.embeddings.position_embeddings.weight", &[rows, e])?),
        types,
        scale: None,
        norm: Some(store.norm("albert.embeddings.LayerNorm", e, spec.eps)?),
        // The reference maps even where the two widths agree.
        project: Some(store.linear("albert.encoder.embedding_hidden_mapping_in", e, d)?),
    };
    let mut shared = Vec::new();
    for g in 0..groups {
        let mut group = Vec::new();
        for i in 0..inner_layers {
            let p = format!("albert.encoder.albert_layer_groups.{g}.albert_layers.{i}");
            group.push(Arc::new(layer(store, &p, &LAYER, &spec)?));
        }
        shared.push(group);
    }
    let layers = (0..steps).flat_map(|i| shared[group_of(i, steps, groups)].iter().cloned()).collect();
    Ok(Transformer { spec, embedding, layers, last: None })
}

/// The group whose weights step `i` of `steps` has: i · groups / steps, by the reference's two divisions, which round
/// some of the whole numbers down to the group before.
pub(super) fn group_of(i: usize, steps: usize, groups: usize) -> usize {
    (i as f64 / (steps as f64 / groups as f64)) as usize
}
