//! Encoder-decoders with the layers of the first transformer (Vaswani et al. 2017): Marian (Junczys-Dowmunt et al. 2018),
//! BART (Lewis et al. 2020), mBART (Liu et al. 2020), M2M-100 and NLLB (Fan et al. 2021), PEGASUS (Zhang et al. 2020).
//! One builder for all: what they differ in is a row of a table.

use std::sync::Arc;

use candle_core::Tensor;

use super::sinusoids::{Angles, sinusoids};
use super::table::Reader;
use super::{Config, t5, unsupported};
use crate::model::attend::Attend;
use crate::model::error::ModelError;
use crate::model::feed::Feed;
use crate::model::kernels::{Linear, Norm};
use crate::model::layer::Layer;
use crate::model::note::Note;
use crate::model::readout::{Readout, Task};
use crate::model::scoring::Reach;
use crate::model::spec::{Positions, Spec};
use crate::model::step::{Body, Reads, Step};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::weights::Store;

/// Fixed in all reference implementations.
const EPS: f64 = 1e-5;

/// Rows of a table of places that no token has.
const SKIPPED: usize = 2;

/// Where the table of places comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Places {
    /// It was learned; its first two rows are of no token.
    Learned,
    /// Sines and cosines, of the file where it has them.
    Sinusoids,
    /// Sines and cosines, never of the file; counted from the id of padding on.
    Counted,
}

/// What a family differs in, and the ids that its class in transformers takes where config.json names none.
#[derive(Debug, Clone, Copy)]
struct Kind {
    places: Places,
    /// Whether a norm stands over the sum of words and places.
    normed: bool,
    /// Whether norms stand before the blocks, and one above the last layer.
    before: bool,
    /// Whether a bias is added to the logits.
    bias: bool,
    ids: Ids,
}

/// Ids of special tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Ids {
    /// What the decoder is started with.
    pub start: Option<u32>,
    /// What ends a text.
    pub eos: u32,
    /// What stands for padding.
    pub pad: u32,
    /// What a text is ended with where it has become too long.
    pub forced_eos: Option<u32>,
}

impl Kind {
    fn of(reader: Reader) -> Option<Self> {
        let bart = Self {
            places: Places::Learned,
            normed: true,
            before: false,
            bias: true,
            ids: Ids { start: Some(2), eos: 2, pad: 1, forced_eos: Some(2) },
        };
        Some(match reader {
            Reader::Marian => Self {
                places: Places::Sinusoids,
                normed: false,
                ids: Ids { start: Some(58100), eos: 0, pad: 58100, forced_eos: Some(0) },
                ..bart
            },
            Reader::Bart => bart,
            Reader::MBart => Self { before: true, ids: Ids { start: None, ..bart.ids }, ..bart },
            Reader::M2M100 => Self {
                places: Places::Counted,
                normed: false,
                before: true,
                bias: false,
                ids: Ids { forced_eos: None, ..bart.ids },
            },
            Reader::Pegasus => Self {
                places: Places::Sinusoids,
                normed: false,
                before: true,
                ids: Ids { start: Some(0), eos: 1, pad: 0, forced_eos: Some(1) },
                ..bart
            },
            _ => return None,
        })
    }
}

/// What an encoder-decoder is built of.
pub(in crate::model) struct Halves {
    pub encoder: Transformer,
    pub decoder: Transformer,
    pub readout: Readout,
    pub ids: Ids,
}

/// Which half of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Encoder,
    Decoder,
}

impl Half {
    fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
        }
    }
}

/// Builds the encoder-decoder that config.json describes; each of its weights must be used or known.
///
/// # Errors
///
/// Where the classes that config.json names do not write texts, and as [`super::build`].
pub(in crate::model) fn halves(config: &Config, store: &mut Store) -> Result<Halves, ModelError> {
    config.notes.iter().for_each(|note| store.note(note.clone()));
    if config.family.reader == Reader::T5 {
        return t5::t5(config, store);
    }
    let Some(kind) = Kind::of(config.family.reader) else {
        return Err(ModelError::NoDecoder { found: config.family.name.to_owned() });
    };
    if !config.flag("is_encoder_decoder")? {
        return Err(unsupported("is_encoder_decoder", "false"));
    }
    config.writes()?;
    let [source, target] = words(config, store)?;
    let encoder = half(config, store, kind, (Half::Encoder, source))?;
    let decoder = half(config, store, kind, (Half::Decoder, target))?;
    let out = to_vocabulary(config, store, kind, &decoder.embedding.words)?;
    let readout = Readout::plain(Task::NextToken, None, out, None);
    // Copies of what is shared, and tables that are computed.
    store.finish(&[
        "embed_tokens.weight",
        "lm_head.weight",
        "embed_positions.weights",
        "shared.weight",
        ".version",
    ])?;
    Ok(Halves { encoder, decoder, readout, ids: kind.ids })
}

/// The word embeddings of the encoder and of the decoder, which may be one table.
fn words(config: &Config, store: &mut Store) -> Result<[Tensor; 2], ModelError> {
    let (rows, d) = (config.count("vocab_size")?, config.count("d_model")?);
    let marian = config.family.reader == Reader::Marian;
    if marian && !config.flag("share_encoder_decoder_embeddings")? {
        let of_decoder = config.optional("decoder_vocab_size", 1)?.unwrap_or(rows);
        return Ok([
            store.matrix("model.encoder.embed_tokens.weight", &[rows, d])?,
            store.matrix("model.decoder.embed_tokens.weight", &[of_decoder, d])?,
        ]);
    }
    if let Some(other) = marian.then(|| config.optional("decoder_vocab_size", 1)).transpose()?.flatten()
        && other != rows
    {
        let found = format!("{other} with one table of {rows} words");
        return Err(unsupported("decoder_vocab_size", &found));
    }
    let copies = [
        "model.shared.weight",
        "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight",
        "lm_head.weight",
    ];
    let name = copies.into_iter().find(|name| store.has(name)).unwrap_or(copies[0]);
    // Where nothing is tied, each half has a table of its own, if the file has one.
    let tied = config.flag("tie_word_embeddings")?;
    let mut own = |half: &str| {
        let own = format!("model.{half}.embed_tokens.weight");
        store.matrix(if !tied && store.has(&own) { &own } else { name }, &[rows, d])
    };
    let source = own("encoder")?;
    let target = if tied { source.clone() } else { own("decoder")? };
    Ok([source, target])
}

/// The map to the vocabulary: the decoder's word embeddings where config.json ties the two and the file has no other.
fn to_vocabulary(
    config: &Config,
    store: &mut Store,
    kind: Kind,
    words: &Tensor,
) -> Result<Linear, ModelError> {
    let (rows, width) = words.dims2()?;
    let own = "lm_head.weight";
    let weight = if config.flag("tie_word_embeddings")? {
        words.clone()
    } else {
        store.matrix(own, &[rows, width])?
    };
    let name = "final_logits_bias";
    let bias = match (kind.bias, store.has(name)) {
        (false, _) => None,
        (true, true) => Some(store.tensor(name, &[1, rows])?.flatten_all()?),
        (true, false) => {
            store.note(Note::NoBias { name: name.to_owned() });
            None
        }
    };
    Ok(Linear::stored(&weight.t()?, bias, store.dtype())?)
}

/// The encoder or the decoder.
fn half(
    config: &Config,
    store: &mut Store,
    kind: Kind,
    (half, words): (Half, Tensor),
) -> Result<Transformer, ModelError> {
    let side = half.name();
    let heads = config.heads("d_model", &format!("{side}_attention_heads"))?;
    let (vocabulary, width) = words.dims2()?;
    let rows = config.count("max_position_embeddings")?;
    let padding = config.id("pad_token_id")?;
    let positions = match kind.places {
        Places::Counted => Positions::LearnedAfterPadding { padding },
        Places::Learned | Places::Sinusoids => Positions::Learned,
    };
    let spec = Spec {
        family: config.family.name.to_owned(),
        layers: config.count(&format!("{side}_layers"))?,
        heads,
        width,
        inner: config.count(&format!("{side}_ffn_dim"))?,
        embedding: width,
        vocabulary,
        longest: rows,
        positions,
        types: 0,
        activation: config.activation("activation_function")?,
        gated: false,
        eps: EPS,
    };
    let table = places(store, kind, &format!("model.{side}.embed_positions.weight"), (rows, width, padding))?;
    let over = |store: &mut Store, name: &str| store.norm(&format!("model.{side}.{name}"), width, EPS);
    let norm = kind.normed.then(|| over(store, "layernorm_embedding")).transpose()?;
    let last = kind.before.then(|| over(store, "layer_norm")).transpose()?;
    let scale = config.flag("scale_embedding")?.then(|| (width as f64).sqrt());
    let layers: Result<Vec<_>, ModelError> =
        (0..spec.layers).map(|l| layer(store, kind, (half, l), &spec).map(Arc::new)).collect();
    let embedding = Embedding { words, positions: Some(table), types: None, scale, norm, project: None };
    Ok(Transformer { spec, embedding, layers: layers?, last })
}

/// The table of places, `[places, D]`.
fn places(
    store: &mut Store,
    kind: Kind,
    name: &str,
    (rows, width, padding): (usize, usize, u32),
) -> Result<Tensor, ModelError> {
    match kind.places {
        Places::Learned => {
            let all = store.tensor(name, &[rows + SKIPPED, width])?;
            Ok(all.narrow(0, SKIPPED, rows)?.contiguous()?)
        }
        Places::Sinusoids if store.has(name) => store.tensor(name, &[rows, width]),
        Places::Sinusoids => store.table(rows, sinusoids(rows, width, Angles::Pairs)),
        Places::Counted => {
            let rows = rows + SKIPPED;
            let mut all = sinusoids(rows, width, Angles::Ends);
            // The row of padding is 0.
            if let Some(row) = all.get_mut(padding as usize * width..(padding as usize + 1) * width) {
                row.fill(0.0);
            }
            store.table(rows, all)
        }
    }
}

/// Layer number `l`: self-attention, in a decoder attention over the encoder's states, and the feed-forward block.
fn layer(store: &mut Store, kind: Kind, (half, l): (Half, usize), spec: &Spec) -> Result<Layer, ModelError> {
    let (d, inner) = (spec.width, spec.inner);
    let at = |name: &str| format!("model.{}.layers.{l}.{name}", half.name());
    let attend = |store: &mut Store, name: &str| -> Result<Attend, ModelError> {
        let mut map = |which: &str| store.linear(&at(&format!("{name}.{which}")), d, d);
        Ok(Attend::new([map("q_proj")?, map("k_proj")?, map("v_proj")?, map("out_proj")?], spec.heads))
    };
    let mut own = attend(store, "self_attn")?;
    let mut steps = Vec::with_capacity(3);
    if half == Half::Decoder {
        own.scoring.reach = Reach::Causal;
    }
    steps.push(step(kind, Body::Attend(own), store.norm(&at("self_attn_layer_norm"), d, EPS)?));
    if half == Half::Decoder {
        let over = attend(store, "encoder_attn")?;
        steps.push(step(kind, Body::Cross(over), store.norm(&at("encoder_attn_layer_norm"), d, EPS)?));
    }
    let (up, down) = (store.linear(&at("fc1"), d, inner)?, store.linear(&at("fc2"), inner, d)?);
    let feed = Feed::plain(up, down, spec.activation);
    steps.push(step(kind, Body::Feed(feed), store.norm(&at("final_layer_norm"), d, EPS)?));
    Ok(Layer { steps })
}

fn step(kind: Kind, body: Body, norm: Norm) -> Step {
    if kind.before {
        Step { before: Some(norm), body, within: None, after: None, reads: Reads::Stream }
    } else {
        Step::post_norm(body, norm)
    }
}
