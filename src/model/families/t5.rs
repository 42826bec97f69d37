//! T5 (Raffel et al. 2020), T5 1.1, Flan-T5 (Chung et al. 2022) and mT5 (Xue et al. 2021): places enter as numbers that are
//! added to scores, which are not scaled; RMS norms before the blocks; no biases.

use std::sync::Arc;

use super::default::Default::{Count, Empty, Number, Text};
use super::default::Fields;
use super::fields::activation;
use super::seq2seq::{Halves, Ids};
use super::table::{Family, Reader};
use super::{Config, unsupported};
use crate::model::attend::Attend;
use crate::model::error::ModelError;
use crate::model::feed::Feed;
use crate::model::kernels::{Linear, Norm, to_f64};
use crate::model::layer::Layer;
use crate::model::place::{Place, Relative};
use crate::model::readout::{Link, Readout, Task};
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::{Activation, Heads, Positions, Spec};
use crate::model::step::{Body, Reads, Step};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::weights::Store;

const FIELDS: Fields = &[
    ("vocab_size", Count(32128)),
    ("d_model", Count(512)),
    ("d_kv", Count(64)),
    ("d_ff", Count(2048)),
    ("num_layers", Count(6)),
    ("num_decoder_layers", Empty),
    ("num_heads", Count(8)),
    ("relative_attention_num_buckets", Count(32)),
    ("relative_attention_max_distance", Count(128)),
    ("layer_norm_epsilon", Number(1e-6)),
    ("feed_forward_proj", Text("relu")),
    ("is_encoder_decoder", super::default::Default::Flag(true)),
    ("tie_word_embeddings", super::default::Default::Flag(true)),
    ("pad_token_id", Count(0)),
];

const MT5_FIELDS: Fields = &[
    ("vocab_size", Count(250_112)),
    ("d_model", Count(512)),
    ("d_kv", Count(64)),
    ("d_ff", Count(1024)),
    ("num_layers", Count(8)),
    ("num_decoder_layers", Empty),
    ("num_heads", Count(6)),
    ("relative_attention_num_buckets", Count(32)),
    ("relative_attention_max_distance", Count(128)),
    ("layer_norm_epsilon", Number(1e-6)),
    ("feed_forward_proj", Text("gated-gelu")),
    ("is_encoder_decoder", super::default::Default::Flag(true)),
    ("tie_word_embeddings", super::default::Default::Flag(true)),
    ("pad_token_id", Count(0)),
];

pub(super) const T5: Family = Family {
    name: "t5",
    class: "T5",
    base: "model",
    parts: &["shared.", "encoder.", "decoder."],
    embedding: "shared.weight",
    fields: FIELDS,
    older: &[],
    // transformers derives the first two from feed_forward_proj; positions are not counted, so nothing bounds a text.
    idle: &["dense_act_fn", "is_gated_act", "n_positions", "scale_decoder_outputs"],
    aliases: &[
        ("hidden_size", "d_model"),
        ("num_attention_heads", "num_heads"),
        ("num_hidden_layers", "num_layers"),
        ("head_dim", "d_kv"),
    ],
    classifier: "classification_head.out_proj.weight",
    speaks: Task::NextToken,
    words: "lm_head.weight",
    reader: Reader::T5,
};

pub(super) const MT5: Family = Family { name: "mt5", class: "MT5", fields: MT5_FIELDS, ..T5 };

/// Texts of any length can be read; more than so many tokens no memory holds.
const LONGEST: usize = 1 << 16;

/// One half, as its layers are built.
struct Half<'c> {
    config: &'c Config,
    name: &'static str,
    spec: Spec,
    place: Place,
    reach: Reach,
}

/// Builds the encoder-decoder.
pub(super) fn t5(config: &Config, store: &mut Store) -> Result<Halves, ModelError> {
    if !config.flag("is_encoder_decoder")? {
        return Err(unsupported("is_encoder_decoder", "false"));
    }
    config.writes()?;
    let (rows, d) = (config.count("vocab_size")?, config.count("d_model")?);
    let copies = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];
    let name = copies.into_iter().find(|name| store.has(name)).unwrap_or(copies[0]);
    let words = store.matrix(name, &[rows, d])?;
    let embedding = || Embedding {
        words: words.clone(),
        positions: None,
        types: None,
        scale: None,
        norm: None,
        project: None,
    };
    let eps = config.eps("layer_norm_epsilon")?;
    let mut halves = Vec::with_capacity(2);
    for name in ["encoder", "decoder"] {
        let half = Half::of(config, store, name)?;
        let layers: Result<Vec<_>, ModelError> =
            (0..half.spec.layers).map(|l| half.layer(store, l).map(Arc::new)).collect();
        let last = rms(store, &format!("{name}.final_layer_norm"), d, eps)?;
        halves.push(Transformer {
            spec: half.spec,
            embedding: embedding(),
            layers: layers?,
            last: Some(last),
        });
    }
    // Files of T5 1.1 say that nothing is tied and have a map of their own; only where the two are one are states scaled.
    let tied = config.flag("tie_word_embeddings")?;
    let own = "lm_head.weight";
    let weight = if !tied && store.has(own) { store.matrix(own, &[rows, d])? } else { words.clone() };
    let out = Linear::stored(&weight.t()?, None, store.dtype())?;
    let mut readout = Readout::plain(Task::NextToken, None, out, None);
    if tied {
        readout.chain.push(Link::Scale(1.0 / (d as f64).sqrt()));
    }
    store.finish(&["embed_tokens.weight", own, "EncDecAttention.relative_attention_bias.weight"])?;
    let ids = Ids { start: Some(0), eos: 1, pad: 0, forced_eos: None };
    let (Some(decoder), Some(encoder)) = (halves.pop(), halves.pop()) else {
        return Err(config.fail("a half is missing".to_owned()));
    };
    Ok(Halves { encoder, decoder, readout, ids })
}

fn rms(store: &mut Store, name: &str, width: usize, eps: f64) -> Result<Norm, ModelError> {
    Ok(Norm::rms(store.tensor(&format!("{name}.weight"), &[width])?, eps))
}

impl<'c> Half<'c> {
    fn of(config: &'c Config, store: &mut Store, name: &'static str) -> Result<Self, ModelError> {
        let heads = Heads::new(config.count("num_heads")?, config.count("d_kv")?);
        let (activation, gated) = feeds(config)?;
        let layers = config.count("num_layers")?;
        let layers = match name {
            "decoder" => config.optional("num_decoder_layers", 1)?.unwrap_or(layers),
            _ => layers,
        };
        let width = config.count("d_model")?;
        let (buckets, both) = (config.count("relative_attention_num_buckets")?, name == "encoder");
        let farthest = config.count("relative_attention_max_distance")?;
        // Of the buckets of one side half must be of single distances, and the farthest beyond them.
        let exact = if both { buckets / 4 } else { buckets / 2 };
        if exact == 0 || farthest <= exact {
            return Err(unsupported(
                "relative_attention_num_buckets",
                &format!("{buckets} up to {farthest}"),
            ));
        }
        let table = format!("{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        let table = store.tensor(&table, &[buckets, heads.count])?;
        let table = Arc::from(to_f64(&table)?);
        let spec = Spec {
            family: config.family.name.to_owned(),
            layers,
            heads,
            width,
            inner: config.count("d_ff")?,
            embedding: width,
            vocabulary: config.count("vocab_size")?,
            longest: LONGEST,
            positions: Positions::Learned,
            types: 0,
            activation,
            gated,
            eps: config.eps("layer_norm_epsilon")?,
        };
        let place = Place::Relative(Relative { table, buckets, farthest, both });
        let reach = if both { Reach::Every } else { Reach::Causal };
        Ok(Self { config, name, spec, place, reach })
    }

    /// Layer number `l`: self-attention, in a decoder attention over the encoder's states, and the feed-forward block.
    fn layer(&self, store: &mut Store, l: usize) -> Result<Layer, ModelError> {
        let (d, inner) = (self.spec.width, self.spec.inner);
        let at = |number: usize, name: &str| format!("{}.block.{l}.layer.{number}.{name}", self.name);
        let mut bodies = vec![];
        let mut own = self.attend(store, &at(0, "SelfAttention"))?;
        own.scoring.reach = self.reach;
        own.place = self.place.clone();
        bodies.push(Body::Attend(own));
        if self.name == "decoder" {
            bodies.push(Body::Cross(self.attend(store, &at(1, "EncDecAttention"))?));
        }
        let feed = |name: &str| at(bodies.len(), &format!("DenseReluDense.{name}"));
        let (gate, up) = if self.spec.gated {
            let gate = store.map(&feed("wi_0"), d, inner, false)?;
            (Some(gate), store.map(&feed("wi_1"), d, inner, false)?)
        } else {
            (None, store.map(&feed("wi"), d, inner, false)?)
        };
        let down = store.map(&feed("wo"), inner, d, false)?;
        bodies.push(Body::Feed(Feed { gate, up, down, activation: self.spec.activation }));
        let eps = self.config.eps("layer_norm_epsilon")?;
        let steps = bodies.into_iter().enumerate().map(|(number, body)| {
            let before = Some(rms(store, &at(number, "layer_norm"), d, eps)?);
            Ok(Step { before, body, within: None, after: None, reads: Reads::Stream })
        });
        Ok(Layer { steps: steps.collect::<Result<_, ModelError>>()? })
    }

    /// Scores are not scaled.
    fn attend(&self, store: &mut Store, name: &str) -> Result<Attend, ModelError> {
        let (d, all) = (self.spec.width, self.spec.heads.total());
        let maps = [
            store.map(&format!("{name}.q"), d, all, false)?,
            store.map(&format!("{name}.k"), d, all, false)?,
            store.map(&format!("{name}.v"), d, all, false)?,
            store.map(&format!("{name}.o"), all, d, false)?,
        ];
        Ok(Attend { scoring: Scoring::every(1.0), ..Attend::new(maps, self.spec.heads) })
    }
}

/// The activation of the feed-forward block, and whether it is gated.
fn feeds(config: &Config) -> Result<(Activation, bool), ModelError> {
    let field = "feed_forward_proj";
    let text = config.text(field)?;
    // An old name: it is the tanh form that these models were trained with.
    if text == "gated-gelu" {
        return Ok((Activation::GeluTanh, true));
    }
    let (gated, name) = match text.strip_prefix("gated-") {
        Some(name) => (true, name),
        None => (false, text.as_str()),
    };
    match activation(name) {
        Some(kind) => Ok((kind, gated)),
        None => Err(unsupported(field, &text)),
    }
}
