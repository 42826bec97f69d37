//! GPT-2 (Radford et al. 2019): learned places, norms before the steps, matrices stored `[in, out]`.

use super::decoder::{Around, Biases, Gate, Kind, Names, Packed, Plan, decoder};
use super::{Config, Decides, Parts};
use crate::model::error::ModelError;
use crate::model::place::Place;
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::{Positions, Spec};
use crate::model::step::Reads;
use crate::model::weights::Store;

const NAMES: Names = Names {
    words: "transformer.wte",
    places: Some("transformer.wpe"),
    projections: None,
    layer: "transformer.h",
    maps: Packed::Columns("attn.c_attn"),
    sides: None,
    out: "attn.c_proj",
    gate: Gate::None,
    up: "mlp.c_fc",
    down: "mlp.c_proj",
    around: [Around::before("ln_1"), Around::before("ln_2")],
    last: Some("transformer.ln_f"),
    to_words: &["lm_head"],
};

pub(super) fn gpt2(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let heads = config.heads("n_embd", "n_head")?;
    let (width, layers) = (heads.total(), config.count("n_layer")?);
    let scale = if config.flag("scale_attn_weights")? { 1.0 / (heads.width as f64).sqrt() } else { 1.0 };
    let by_layer = config.flag("scale_attn_by_inverse_layer_idx")?;
    let scoring = |l: usize| {
        let scale = if by_layer { scale / (l + 1) as f64 } else { scale };
        (Scoring { scale, cap: None, reach: Reach::Causal }, Place::None)
    };
    let plan = Plan {
        spec: Spec {
            family: config.family.name.to_owned(),
            layers,
            heads,
            width,
            inner: config.optional("n_inner", 1)?.unwrap_or(4 * width),
            embedding: width,
            vocabulary: config.count("vocab_size")?,
            longest: config.count("n_positions")?,
            positions: Positions::Learned,
            types: 0,
            activation: config.activation("activation_function")?,
            gated: false,
            eps: config.eps("layer_norm_epsilon")?,
        },
        names: NAMES,
        kind: Kind::Layer,
        turned: true,
        biases: Biases { maps: true, out: true, feed: true, words: false },
        reads: Reads::Stream,
        layers: (0..layers).map(scoring).collect(),
        scale: None,
        cap: None,
        skipped: 0,
        padding: config.padding()?,
    };
    decoder(config, decides, store, &plan)
}
