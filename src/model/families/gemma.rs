//! Gemma 2 and 3 (Gemma Team 2024, 2025): norms before and within the steps, windows in some layers, caps.

use super::decoder::{Around, Biases, Kind, Names, Plan, decoder};
use super::llama::{self, SIDES};
use super::rope::{self, Standard};
use super::window::{self, FULL, SLIDING};
use super::{Config, Decides, Parts};
use crate::model::error::ModelError;
use crate::model::scoring::Scoring;
use crate::model::step::Reads;
use crate::model::weights::Store;

const NAMES: Names = Names {
    around: [
        Around::both("input_layernorm", "post_attention_layernorm"),
        Around::both("pre_feedforward_layernorm", "post_feedforward_layernorm"),
    ],
    ..llama::NAMES
};

pub(super) fn gemma2(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let cap = config.optional_number("attn_logit_softcapping")?;
    let plan = plan(config, &NAMES, cap, |layer| layer % 2 == 0, |_| Standard::PLAIN)?;
    decoder(config, decides, store, &plan)
}

pub(super) fn gemma3(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let every = ["sliding_window_pattern", "_sliding_window_pattern"];
    let every = every.map(|field| config.optional(field, 1));
    let [every, private] = every;
    let every = every?.or(private?).unwrap_or(6);
    let turning = |slides| {
        if slides {
            Standard {
                older: ["rope_local_base_freq", "partial_rotary_factor"],
                layer: Some(SLIDING),
                scaled: false,
                ..Standard::PLAIN
            }
        } else {
            Standard { theta: 1e6, layer: Some(FULL), ..Standard::PLAIN }
        }
    };
    let names = Names { sides: SIDES, ..NAMES };
    // It has a cap on scores too, by its configuration, which its attention never applies.
    decoder(config, decides, store, &plan(config, &names, None, |layer| (layer + 1) % every != 0, turning)?)
}

/// The plan, where the layers for which `slides` holds have a window, unless config.json says which.
fn plan<'a>(
    config: &Config,
    names: &Names,
    cap: Option<f64>,
    slides: impl Fn(usize) -> bool,
    turning: impl Fn(bool) -> Standard<'a>,
) -> Result<Plan, ModelError> {
    let spec = llama::spec(config, "hidden_activation", "rms_norm_eps")?;
    let windows = window::by_kind(config, config.optional("sliding_window", 1)?, slides)?;
    let [full, sliding] = [false, true].map(|slides| rope::place(config, spec.heads.width, turning(slides)));
    let [full, sliding] = [full?, sliding?];
    let scale = 1.0 / config.number("query_pre_attn_scalar")?.sqrt();
    let layer = |(reach, window): (_, &Option<usize>)| {
        let place = if window.is_some() { &sliding } else { &full };
        (Scoring { scale, cap, reach }, place.clone())
    };
    let attention = config.flag("attention_bias")?;
    Ok(Plan {
        layers: window::reaches(&windows).into_iter().zip(&windows).map(layer).collect(),
        names: *names,
        kind: Kind::RmsLessOne,
        turned: false,
        biases: Biases { maps: attention, out: attention, ..Biases::NONE },
        reads: Reads::Stream,
        scale: Some((spec.width as f64).sqrt()),
        cap: config.optional_number("final_logit_softcapping")?,
        skipped: 0,
        padding: config.padding()?,
        spec,
    })
}
