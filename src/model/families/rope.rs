//! The rotary embedding that config.json describes: `rope_parameters`, or the fields of before transformers 5.

use std::f64::consts::PI;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Config;
use super::config::{shown, unsupported};
use super::fields::is_empty;
use crate::model::error::ModelError;
use crate::model::place::{Pairs, Place, Rotary};

/// The fields that describe it, besides those of `rope_parameters` itself.
pub(super) const OLDER: &[&str] = &["rope_theta", "rope_scaling", "partial_rotary_factor", "head_dim"];

/// What a family takes where config.json says nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standard<'a> {
    /// The base of the wavelengths.
    pub theta: f64,
    /// The share of a head that turns; none where a family always turns all of it.
    pub part: Option<f64>,
    /// The fields of before transformers 5 for these two.
    pub older: [&'a str; 2],
    /// The kind of layer, where each kind has parameters of its own.
    pub layer: Option<&'a str>,
    /// Whether the scaling of before transformers 5 is for this kind of layer.
    pub scaled: bool,
}

impl Standard<'_> {
    /// All of each head, with base 10 000.
    pub const PLAIN: Self = Self {
        theta: 1e4,
        part: None,
        older: ["rope_theta", "partial_rotary_factor"],
        layer: None,
        scaled: true,
    };
}

/// The parameters that some kind of scaling reads, and those that none does.
const KNOWN: [&str; 16] = [
    "rope_type",
    "type",
    "rope_theta",
    "partial_rotary_factor",
    "factor",
    "original_max_position_embeddings",
    "attention_factor",
    "beta_fast",
    "beta_slow",
    "mscale",
    "mscale_all_dim",
    "truncate",
    "short_factor",
    "long_factor",
    "low_freq_factor",
    "high_freq_factor",
];

/// One set of parameters, and the configuration that it is of.
struct Parameters<'c> {
    config: &'c Config,
    /// The field they stand in.
    field: &'static str,
    of: Map<String, Value>,
}

impl Parameters<'_> {
    fn named(&self, name: &str) -> String {
        format!("{}.{name}", self.field)
    }

    /// A positive number that may be absent.
    fn number(&self, name: &str) -> Result<Option<f64>, ModelError> {
        match self.of.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(x) if x > 0.0 && x.is_finite() => Ok(Some(x)),
                _ => {
                    let (name, value) = (self.named(name), shown(value));
                    Err(self.config.fail(format!("{name} is {value}, not a number above 0")))
                }
            },
        }
    }

    /// A positive number.
    fn needed(&self, name: &str) -> Result<f64, ModelError> {
        self.number(name)?
            .ok_or_else(|| self.config.fail(format!("the field {} is missing", self.named(name))))
    }

    /// A positive number for each of `count` pairs.
    fn each(&self, name: &str, count: usize) -> Result<Vec<f64>, ModelError> {
        let all = self.of.get(name).and_then(Value::as_array);
        let all: Vec<f64> = all.into_iter().flatten().filter_map(Value::as_f64).collect();
        if all.len() == count && all.iter().all(|x| *x > 0.0) {
            return Ok(all);
        }
        Err(self.config.fail(format!("{} is not a list of {count} numbers above 0", self.named(name))))
    }

    /// The tokens that a model was trained on before its window was made longer.
    fn original(&self) -> Result<f64, ModelError> {
        // Phi-3 has it outside, where it counts before the one inside.
        let outside = self.config.optional("original_max_position_embeddings", 1)?;
        match outside {
            Some(n) => Ok(n as f64),
            None => match self.number("original_max_position_embeddings")? {
                Some(n) => Ok(n),
                None => Ok(self.config.count("max_position_embeddings")? as f64),
            },
        }
    }

    /// How many times longer the window was made.
    fn longer(&self, original: f64) -> Result<f64, ModelError> {
        match self.number("factor")? {
            Some(factor) => Ok(factor),
            None => Ok(self.config.count("max_position_embeddings")? as f64 / original),
        }
    }
}

/// How places enter heads of this width.
pub(super) fn place(config: &Config, width: usize, standard: Standard<'_>) -> Result<Place, ModelError> {
    let parameters = parameters(config, standard)?;
    if let Some((name, value)) =
        parameters.of.iter().find(|(name, value)| !KNOWN.contains(&name.as_str()) && !is_empty(value))
    {
        return Err(unsupported(&parameters.named(name), &shown(value)));
    }
    let base = match parameters.number("rope_theta")? {
        Some(base) => base,
        None => config.optional_number(standard.older[0])?.unwrap_or(standard.theta),
    };
    let told = match parameters.number("partial_rotary_factor")? {
        None => config.optional_number(standard.older[1])?,
        told => told,
    };
    let part = match (told, standard.part) {
        (Some(told), None) if (told - 1.0).abs() > f64::EPSILON => {
            return Err(unsupported("partial_rotary_factor", &told.to_string()));
        }
        (told, part) => told.or(part).unwrap_or(1.0),
    };
    let turned = (width as f64 * part) as usize;
    if part > 1.0 || turned < 2 || !turned.is_multiple_of(2) {
        return Err(unsupported("partial_rotary_factor", &format!("{part} with heads of width {width}")));
    }
    let plain: Vec<f64> = (0..turned / 2).map(|i| base.powf(-2.0 * i as f64 / turned as f64)).collect();
    let kind = ["rope_type", "type"].into_iter().find_map(|name| parameters.of.get(name)).cloned();
    let kind = kind.filter(|kind| !kind.is_null()).unwrap_or_else(|| "default".into());
    let rotary =
        |rates: Vec<f64>, scale| Rotary { rates: rates.into(), long: None, scale, pairs: Pairs::Halves };
    Ok(Place::Rotary(match kind.as_str() {
        // The dynamic kind differs beyond `max_position_embeddings` alone, and no text may be longer than that.
        Some("default" | "dynamic") => rotary(plain, 1.0),
        Some("linear") => {
            let factor = parameters.needed("factor")?;
            rotary(plain.iter().map(|rate| rate / factor).collect(), 1.0)
        }
        Some("llama3") => rotary(llama3(&parameters, &plain)?, 1.0),
        // What Phi-3 called so in its first versions has a factor for each pair.
        Some("yarn") if parameters.of.contains_key("short_factor") => long(&parameters, &plain)?,
        Some("yarn") => {
            let (rates, scale) = yarn(&parameters, &plain, base)?;
            rotary(rates, scale)
        }
        Some("longrope" | "su") => long(&parameters, &plain)?,
        _ => return Err(unsupported(&parameters.named("rope_type"), &shown(&kind))),
    }))
}

/// The parameters of a kind of layer, from the field that has them.
fn parameters<'c>(config: &'c Config, standard: Standard<'_>) -> Result<Parameters<'c>, ModelError> {
    if let Some(of) = config.object("rope_parameters")? {
        let field = "rope_parameters";
        let own = standard.layer.and_then(|layer| of.get(layer));
        let of = match own {
            Some(Value::Object(own)) => own.clone(),
            Some(_) => Map::new(),
            None => of.clone(),
        };
        return Ok(Parameters { config, field, of });
    }
    let of = if standard.scaled { config.object("rope_scaling")?.cloned() } else { None };
    Ok(Parameters { config, field: "rope_scaling", of: of.unwrap_or_default() })
}

/// Llama 3.1: long waves are stretched, short ones are not, and those between in part.
fn llama3(parameters: &Parameters<'_>, plain: &[f64]) -> Result<Vec<f64>, ModelError> {
    let (factor, original) = (parameters.needed("factor")?, parameters.original()?);
    let (low, high) = (parameters.needed("low_freq_factor")?, parameters.needed("high_freq_factor")?);
    let scaled = |&rate: &f64| {
        // How many waves there are in the original window.
        let waves = original * rate / (2.0 * PI);
        if waves > high {
            rate
        } else if waves < low {
            rate / factor
        } else {
            let share = (waves - low) / (high - low);
            (1.0 - share) * rate / factor + share * rate
        }
    };
    Ok(plain.iter().map(scaled).collect())
}

/// `YaRN` (Peng et al. 2024): as above with a ramp over the pairs, and what cosines and sines are multiplied by.
fn yarn(parameters: &Parameters<'_>, plain: &[f64], base: f64) -> Result<(Vec<f64>, f64), ModelError> {
    let original = parameters.original()?;
    let factor = parameters.longer(original)?;
    let grown = |by: f64| if factor <= 1.0 { 1.0 } else { 0.1 * by * factor.ln() + 1.0 };
    let scale = match (
        parameters.number("attention_factor")?,
        parameters.number("mscale")?,
        parameters.number("mscale_all_dim")?,
    ) {
        (Some(scale), ..) => scale,
        (None, Some(up), Some(down)) => grown(up) / grown(down),
        _ => grown(1.0),
    };
    let turned = 2.0 * plain.len() as f64;
    // The pair that turns so often in the original window.
    let pair = |turns: f64| turned * (original / (turns * 2.0 * PI)).ln() / (2.0 * base.ln());
    let mut low = pair(parameters.number("beta_fast")?.unwrap_or(32.0));
    let mut high = pair(parameters.number("beta_slow")?.unwrap_or(1.0));
    if parameters.of.get("truncate").and_then(Value::as_bool) != Some(false) {
        (low, high) = (low.floor(), high.ceil());
    }
    (low, high) = (low.max(0.0), high.min(turned - 1.0));
    if (high - low).abs() < f64::EPSILON {
        high += 0.001;
    }
    let scaled = |(i, &rate): (usize, &f64)| {
        let stretched = ((i as f64 - low) / (high - low)).clamp(0.0, 1.0);
        rate / factor * stretched + rate * (1.0 - stretched)
    };
    Ok((plain.iter().enumerate().map(scaled).collect(), scale))
}

/// `LongRoPE` (Ding et al. 2024): a factor for each pair, others in texts beyond the original window.
fn long(parameters: &Parameters<'_>, plain: &[f64]) -> Result<Rotary, ModelError> {
    let original = parameters.original()?;
    let factor = parameters.longer(original)?;
    let scale = match parameters.number("attention_factor")? {
        Some(scale) => scale,
        None if factor <= 1.0 => 1.0,
        None => (1.0 + factor.ln() / original.ln()).sqrt(),
    };
    let rates = |name| -> Result<Arc<[f64]>, ModelError> {
        let factors = parameters.each(name, plain.len())?;
        Ok(plain.iter().zip(factors).map(|(rate, factor)| rate / factor).collect())
    };
    let long = Some((original as usize, rates("long_factor")?));
    Ok(Rotary { rates: rates("short_factor")?, long, scale, pairs: Pairs::Halves })
}
