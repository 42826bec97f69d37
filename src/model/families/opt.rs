//! OPT (Zhang et al. 2022): learned places from the third row of their table on, norms before the steps or after the sums.

use super::decoder::{Around, Biases, Gate, Kind, Names, Packed, Plan, decoder};
use super::{Config, Decides, Parts};
use crate::model::error::ModelError;
use crate::model::place::Place;
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::{Positions, Spec};
use crate::model::step::Reads;
use crate::model::weights::Store;

const NORMS: [&str; 2] = ["self_attn_layer_norm", "final_layer_norm"];

const NAMES: Names = Names {
    words: "model.decoder.embed_tokens",
    places: Some("model.decoder.embed_positions"),
    projections: Some(["model.decoder.project_in", "model.decoder.project_out"]),
    layer: "model.decoder.layers",
    maps: Packed::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    sides: None,
    out: "self_attn.out_proj",
    gate: Gate::None,
    up: "fc1",
    down: "fc2",
    around: [Around::before(NORMS[0]), Around::before(NORMS[1])],
    last: Some("model.decoder.final_layer_norm"),
    to_words: &["lm_head"],
};

/// Rows of the table of places that no token has: its family counted them from the id of padding on.
const SKIPPED: usize = 2;

/// Fixed in the reference implementation.
const EPS: f64 = 1e-5;

pub(super) fn opt(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let heads = config.heads("hidden_size", "num_attention_heads")?;
    let (width, layers) = (heads.total(), config.count("num_hidden_layers")?);
    let before = config.flag("do_layer_norm_before")?;
    let (around, last) = if before { (NAMES.around, NAMES.last) } else { (NORMS.map(Around::after), None) };
    let last = if config.flag("_remove_final_layer_norm")? { None } else { last };
    let biases = config.flag("enable_bias")?;
    let scale = 1.0 / (heads.width as f64).sqrt();
    let plan = Plan {
        spec: Spec {
            family: config.family.name.to_owned(),
            layers,
            heads,
            width,
            inner: config.count("ffn_dim")?,
            embedding: config.optional("word_embed_proj_dim", 1)?.unwrap_or(width),
            vocabulary: config.count("vocab_size")?,
            longest: config.count("max_position_embeddings")?,
            positions: Positions::Learned,
            types: 0,
            activation: config.activation("activation_function")?,
            gated: false,
            eps: EPS,
        },
        names: Names { around, last, ..NAMES },
        kind: if config.flag("layer_norm_elementwise_affine")? { Kind::Layer } else { Kind::Bare },
        turned: false,
        biases: Biases { maps: biases, out: biases, feed: biases, words: false },
        reads: Reads::Stream,
        layers: vec![(Scoring { scale, cap: None, reach: Reach::Causal }, Place::None); layers],
        scale: None,
        cap: None,
        skipped: SKIPPED,
        padding: config.padding()?,
    };
    decoder(config, decides, store, &plan)
}
