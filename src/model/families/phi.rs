//! Phi 1 to 2 (Li et al. 2023): attention and feed-forward side by side over one norm, biases everywhere.

use super::decoder::{Around, Biases, Gate, Kind, Names, Plan, decoder};
use super::llama::{self, layers};
use super::rope::{self, Standard};
use super::{Config, Decides, Parts};
use crate::model::error::ModelError;
use crate::model::scoring::Reach;
use crate::model::spec::Spec;
use crate::model::step::Reads;
use crate::model::weights::Store;

const NAMES: Names = Names {
    out: "self_attn.dense",
    gate: Gate::None,
    up: "mlp.fc1",
    down: "mlp.fc2",
    around: [Around::before("input_layernorm"); 2],
    last: Some("model.final_layernorm"),
    ..llama::NAMES
};

pub(super) fn phi(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let spec = Spec { gated: false, ..llama::spec(config, "hidden_act", "layer_norm_eps")? };
    let turning = Standard { part: Some(0.5), ..Standard::PLAIN };
    let place = rope::place(config, spec.heads.width, turning)?;
    let scale = 1.0 / (spec.heads.width as f64).sqrt();
    let normed = config.flag("qk_layernorm")?;
    let sides = normed.then_some(["self_attn.q_layernorm", "self_attn.k_layernorm"]);
    let plan = Plan {
        names: Names { sides, ..NAMES },
        kind: Kind::Layer,
        turned: false,
        biases: Biases { maps: true, out: true, feed: true, words: true },
        reads: Reads::Entry,
        layers: layers(&vec![Reach::Causal; spec.layers], scale, &place),
        scale: None,
        cap: None,
        skipped: 0,
        padding: config.padding()?,
        spec,
    };
    decoder(config, decides, store, &plan)
}
