//! Llama (Touvron et al. 2023), Mistral, Qwen 2 and 3, Phi-3: RMS norms before the steps, rotary places, a gate.

use super::decoder::{Around, Biases, Gate, Kind, Names, Packed, Plan, decoder};
use super::rope::{self, Standard};
use super::window::{self, Windows};
use super::{Config, Decides, Parts};
use crate::model::error::ModelError;
use crate::model::place::Place;
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::{Positions, Spec};
use crate::model::step::Reads;
use crate::model::weights::Store;

/// What all of them call their tensors.
pub(super) const NAMES: Names = Names {
    words: "model.embed_tokens",
    places: None,
    projections: None,
    layer: "model.layers",
    maps: Packed::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    sides: None,
    out: "self_attn.o_proj",
    gate: Gate::Apart("mlp.gate_proj"),
    up: "mlp.up_proj",
    down: "mlp.down_proj",
    around: [Around::before("input_layernorm"), Around::before("post_attention_layernorm")],
    last: Some("model.norm"),
    to_words: &["lm_head"],
};

/// The norms of queries and keys, where a family has them.
pub(super) const SIDES: Option<[&str; 2]> = Some(["self_attn.q_norm", "self_attn.k_norm"]);

/// The shape that `config` gives, with the fields that all of these families share.
pub(super) fn spec(config: &Config, activation: &str, eps: &str) -> Result<Spec, ModelError> {
    let width = config.count("hidden_size")?;
    Ok(Spec {
        family: config.family.name.to_owned(),
        layers: config.count("num_hidden_layers")?,
        heads: config.shared_heads()?,
        width,
        inner: config.count("intermediate_size")?,
        embedding: width,
        vocabulary: config.count("vocab_size")?,
        longest: config.count("max_position_embeddings")?,
        positions: Positions::Learned,
        types: 0,
        activation: config.activation(activation)?,
        gated: true,
        eps: config.eps(eps)?,
    })
}

/// A family of RMS norms without rest, with one kind of place for all layers.
fn plan(
    config: &Config,
    (names, biases): (Names, Biases),
    windows: &Windows,
    turning: Standard<'_>,
) -> Result<Plan, ModelError> {
    let spec = spec(config, "hidden_act", "rms_norm_eps")?;
    let place = rope::place(config, spec.heads.width, turning)?;
    let scale = 1.0 / (spec.heads.width as f64).sqrt();
    Ok(Plan {
        layers: layers(&window::reaches(windows), scale, &place),
        names,
        kind: Kind::Rms,
        turned: false,
        biases,
        reads: Reads::Stream,
        scale: None,
        cap: None,
        skipped: 0,
        padding: config.padding()?,
        spec,
    })
}

/// Layers that differ in their reach alone.
pub(super) fn layers(reaches: &[Reach], scale: f64, place: &Place) -> Vec<(Scoring, Place)> {
    reaches.iter().map(|&reach| (Scoring { scale, cap: None, reach }, place.clone())).collect()
}

pub(super) fn llama(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let (attention, feed) = (config.flag("attention_bias")?, config.flag("mlp_bias")?);
    let biases = Biases { maps: attention, out: attention, feed, words: false };
    let windows = vec![None; config.count("num_hidden_layers")?];
    decoder(config, decides, store, &plan(config, (NAMES, biases), &windows, Standard::PLAIN)?)
}

pub(super) fn mistral(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let windows = window::everywhere(config)?;
    decoder(config, decides, store, &plan(config, (NAMES, Biases::NONE), &windows, Standard::PLAIN)?)
}

pub(super) fn qwen2(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let biases = Biases { maps: true, ..Biases::NONE };
    let plan = plan(config, (NAMES, biases), &from_a_layer_on(config)?, Standard::PLAIN)?;
    decoder(config, decides, store, &plan)
}

pub(super) fn qwen3(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let attention = config.flag("attention_bias")?;
    let biases = Biases { maps: attention, out: attention, ..Biases::NONE };
    let names = Names { sides: SIDES, ..NAMES };
    let plan = plan(config, (names, biases), &from_a_layer_on(config)?, Standard::PLAIN)?;
    decoder(config, decides, store, &plan)
}

pub(super) fn phi3(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let names = Names {
        maps: Packed::Columns("self_attn.qkv_proj"),
        gate: Gate::WithUp,
        up: "mlp.gate_up_proj",
        ..NAMES
    };
    let turning = Standard { part: Some(1.0), ..Standard::PLAIN };
    let plan = plan(config, (names, Biases::NONE), &window::everywhere(config)?, turning)?;
    decoder(config, decides, store, &plan)
}

/// Qwen's windows: where they are asked for at all, from a layer on.
fn from_a_layer_on(config: &Config) -> Result<Windows, ModelError> {
    let window =
        if config.flag("use_sliding_window")? { config.optional("sliding_window", 1)? } else { None };
    let first = config.optional("max_window_layers", 0)?.unwrap_or(0);
    window::by_kind(config, window, |layer| layer >= first)
}
