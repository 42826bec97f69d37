//! GPT-NeoX and Pythia (Black et al. 2022): attention and feed-forward side by side, a share of each head turned.

use super::decoder::{Around, Biases, Gate, Kind, Names, Packed, Plan, decoder};
use super::llama::layers;
use super::rope::{self, Standard};
use super::{Config, Decides, Parts};
use crate::model::error::ModelError;
use crate::model::scoring::Reach;
use crate::model::spec::{Positions, Spec};
use crate::model::step::Reads;
use crate::model::weights::Store;

const NAMES: Names = Names {
    words: "gpt_neox.embed_in",
    places: None,
    projections: None,
    layer: "gpt_neox.layers",
    maps: Packed::ByHead("attention.query_key_value"),
    sides: None,
    out: "attention.dense",
    gate: Gate::None,
    up: "mlp.dense_h_to_4h",
    down: "mlp.dense_4h_to_h",
    around: [Around::before("input_layernorm"), Around::before("post_attention_layernorm")],
    last: Some("gpt_neox.final_layer_norm"),
    to_words: &["lm_head", "embed_out"],
};

pub(super) fn gpt_neox(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let heads = config.heads("hidden_size", "num_attention_heads")?;
    let width = heads.total();
    let spec = Spec {
        family: config.family.name.to_owned(),
        layers: config.count("num_hidden_layers")?,
        heads,
        width,
        inner: config.count("intermediate_size")?,
        embedding: width,
        vocabulary: config.count("vocab_size")?,
        longest: config.count("max_position_embeddings")?,
        positions: Positions::Learned,
        types: 0,
        activation: config.activation("hidden_act")?,
        gated: false,
        eps: config.eps("layer_norm_eps")?,
    };
    let turning = Standard { part: Some(0.25), older: ["rotary_emb_base", "rotary_pct"], ..Standard::PLAIN };
    let place = rope::place(config, heads.width, turning)?;
    let scale = 1.0 / (heads.width as f64).sqrt();
    let attention = config.flag("attention_bias")?;
    let plan = Plan {
        names: NAMES,
        kind: Kind::Layer,
        turned: false,
        biases: Biases { maps: attention, out: attention, feed: true, words: false },
        reads: if config.flag("use_parallel_residual")? { Reads::Entry } else { Reads::Stream },
        layers: layers(&vec![Reach::Causal; spec.layers], scale, &place),
        scale: None,
        cap: None,
        skipped: 0,
        padding: config.padding()?,
        spec,
    };
    decoder(config, decides, store, &plan)
}
