//! `DistilBERT` (Sanh et al. 2019): BERT's layers under other names, no token types, no pooler.

use std::sync::Arc;

use super::{Config, Decides, LayerNames, Parts, layer, to_logits, to_words, word_table};
use crate::model::error::ModelError;
use crate::model::readout::{Readout, Task};
use crate::model::spec::{Activation, Positions, Spec};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::weights::Store;

/// What a layer's tensors are called.
const LAYER: LayerNames = LayerNames {
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    out: "attention.out_lin",
    attn_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    mlp_norm: "output_layer_norm",
};

/// Fixed in the reference implementation.
const EPS: f64 = 1e-12;

pub(super) fn distilbert(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let transformer = encoder(config, store)?;
    let d = transformer.spec.width;
    let readout = match decides {
        Decides::Classes(labels) => Readout::dense(
            Task::Classification,
            (store.linear("pre_classifier", d, d)?, Activation::Relu),
            None,
            to_logits(store, "classifier", d, labels, true)?,
        ),
        Decides::Words => Readout::dense(
            Task::MaskedLm,
            (store.linear("vocab_transform", d, d)?, transformer.spec.activation),
            Some(store.norm("vocab_layer_norm", d, EPS)?),
            to_words(
                config,
                store,
                "vocab_projector.weight",
                &["vocab_projector.bias"],
                &transformer.embedding.words,
            )?,
        ),
    };
    store.finish(&[])?;
    Ok(Parts { transformer, readout })
}

fn encoder(config: &Config, store: &mut Store) -> Result<Transformer, ModelError> {
    let heads = config.heads("dim", "n_heads")?;
    let d = heads.total();
    let rows = config.count("max_position_embeddings")?;
    let spec = Spec {
        family: config.family.name.to_owned(),
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
        gated: false,
        eps: EPS,
    };
    let e = "distilbert.embeddings";
    let places = format!("{e}.position_embeddings.weight");
    let embedding = Embedding {
        words: word_table(
            config,
            store,
            &format!("{e}.word_embeddings.weight"),
            "vocab_projector.weight",
            [spec.vocabulary, d],
        )?,
        positions: Some(if !store.has(&places) && config.flag("sinusoidal_pos_embds")? {
            store.computed(rows, sinusoids(rows, d))?
        } else {
            store.tensor(&places, &[rows, d])?
        }),
        types: None,
        scale: None,
        norm: Some(store.norm(&format!("{e}.LayerNorm"), d, EPS)?),
        project: None,
    };
    let mut layers = Vec::new();
    for l in 0..spec.layers {
        let p = format!("distilbert.transformer.layer.{l}");
        layers.push(Arc::new(layer(store, &p, &LAYER, &spec)?));
    }
    Ok(Transformer { spec, embedding, layers, last: None })
}

/// Sines and cosines of falling frequency (Vaswani et al. 2017), `[rows, width]`: what a file without a table of
/// places means, where its configuration says so.
fn sinusoids(rows: usize, width: usize) -> Vec<f32> {
    let angle = |place: usize, j: usize| place as f64 / 10_000f64.powf(2.0 * (j / 2) as f64 / width as f64);
    let number = |place, j| if j % 2 == 0 { angle(place, j).sin() } else { angle(place, j).cos() };
    (0..rows).flat_map(|place| (0..width).map(move |j| number(place, j) as f32)).collect()
}
