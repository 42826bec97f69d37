//! Decoders: one builder for all of them. What a family differs in are settings, and the names of its tensors.

use std::sync::Arc;

use candle_core::{DType, Tensor};

use super::{Config, Decides, Parts, to_logits, word_table};
use crate::model::attend::Attend;
use crate::model::error::ModelError;
use crate::model::feed::Feed;
use crate::model::kernels::{Linear, Norm};
use crate::model::layer::Layer;
use crate::model::place::Place;
use crate::model::readout::{Link, Readout, Task};
use crate::model::scoring::Scoring;
use crate::model::spec::Spec;
use crate::model::step::{Body, Reads, Step};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::weights::Store;

/// How the maps to queries, keys and values lie in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Packed {
    /// A matrix each.
    Apart([&'static str; 3]),
    /// One matrix: all queries, then all keys, then all values.
    Columns(&'static str),
    /// One matrix: of each head its query, its key and its value.
    ByHead(&'static str),
}

/// How the gate of the feed-forward block lies in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gate {
    /// There is none.
    None,
    /// In a matrix of its own.
    Apart(&'static str),
    /// In that of `up`, before it.
    WithUp,
}

/// The norms around one step, as [`Step`] has them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around {
    pub before: Option<&'static str>,
    pub within: Option<&'static str>,
    pub after: Option<&'static str>,
}

impl Around {
    pub const fn before(name: &'static str) -> Self {
        Self { before: Some(name), within: None, after: None }
    }

    pub const fn both(before: &'static str, within: &'static str) -> Self {
        Self { before: Some(before), within: Some(within), after: None }
    }

    pub const fn after(name: &'static str) -> Self {
        Self { before: None, within: None, after: Some(name) }
    }
}

/// What a family calls its tensors, without `.weight` and `.bias`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub words: &'static str,
    /// The table of places; none where they enter elsewhere.
    pub places: Option<&'static str>,
    /// From the width of a word embedding to the stream's and back, where they differ.
    pub projections: Option<[&'static str; 2]>,
    /// What stands before the number of a layer.
    pub layer: &'static str,
    pub maps: Packed,
    /// The norms of queries and keys.
    pub sides: Option<[&'static str; 2]>,
    pub out: &'static str,
    pub gate: Gate,
    pub up: &'static str,
    pub down: &'static str,
    pub around: [Around; 2],
    /// The norm above the last layer.
    pub last: Option<&'static str>,
    /// The map to the vocabulary, by the names that it has had.
    pub to_words: &'static [&'static str],
}

/// The map to the vocabulary by the name that it had in the older files of one family.
pub(super) const OLDER_WORDS: &str = "embed_out.weight";

/// Which norm a family has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Layer,
    /// A layer norm without gain and bias.
    Bare,
    Rms,
    /// RMS norm whose gain is stored less 1.
    RmsLessOne,
}

/// Which maps have a bias.
#[expect(clippy::struct_excessive_bools, reason = "each is of maps of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Biases {
    /// Those to queries, keys and values.
    pub maps: bool,
    pub out: bool,
    pub feed: bool,
    /// The one to the vocabulary.
    pub words: bool,
}

impl Biases {
    pub const NONE: Self = Self { maps: false, out: false, feed: false, words: false };
}

/// A decoder as its configuration describes it.
#[derive(Debug)]
pub(super) struct Plan {
    pub spec: Spec,
    pub names: Names,
    pub kind: Kind,
    /// Whether matrices are stored `[in, out]`.
    pub turned: bool,
    pub biases: Biases,
    /// What each of the two steps of a layer reads.
    pub reads: Reads,
    /// Of each layer.
    pub layers: Vec<(Scoring, Place)>,
    /// What word embeddings are multiplied by.
    pub scale: Option<f64>,
    /// The cap on a language model's logits.
    pub cap: Option<f64>,
    /// Rows of the table of places before the first place.
    pub skipped: usize,
    /// The id of padding.
    pub padding: Option<u32>,
}

/// Builds the decoder, with a classifier's or a language model's readout.
pub(super) fn decoder(
    config: &Config,
    decides: &Decides,
    store: &mut Store,
    plan: &Plan,
) -> Result<Parts, ModelError> {
    let Plan { spec, names, .. } = plan;
    let (d, e) = (spec.width, spec.embedding);
    let at = |name: &str| format!("{name}.weight");
    let lent = names.to_words.iter().copied().map(at).find(|name| store.has(name)).unwrap_or_default();
    let words = word_table(config, store, &at(names.words), &lent, [spec.vocabulary, e])?;
    let [project, back] = match names.projections.filter(|_| e != d) {
        Some([into, out]) => [Some(store.map(into, e, d, false)?), Some(store.map(out, d, e, false)?)],
        None => [None, None],
    };
    let positions = match names.places {
        None => None,
        Some(name) => {
            let all = store.tensor(&at(name), &[spec.longest + plan.skipped, d])?;
            Some(all.narrow(0, plan.skipped, spec.longest)?.contiguous()?)
        }
    };
    let layers: Result<Vec<_>, ModelError> =
        (0..spec.layers).map(|l| layer(store, plan, l).map(Arc::new)).collect();
    let (layers, last) = (layers?, named(store, plan, names.last.map(str::to_owned), d)?);
    let mut readout = match decides {
        Decides::Classes(labels) => {
            let out = to_logits(store, "score", e, labels, false)?;
            Readout::plain(Task::Classification, plan.padding, out, None)
        }
        Decides::Words => {
            let out = to_vocabulary(config, store, plan, &words)?;
            Readout::plain(Task::NextToken, None, out, plan.cap)
        }
    };
    readout.chain.extend(back.map(Link::Map));
    store.finish(&[])?;
    let embedding = Embedding { words, positions, types: None, scale: plan.scale, norm: None, project };
    Ok(Parts { transformer: Transformer { spec: spec.clone(), embedding, layers, last }, readout })
}

/// The map to the vocabulary: the word embedding where config.json ties the two and the file has no other.
fn to_vocabulary(
    config: &Config,
    store: &mut Store,
    plan: &Plan,
    words: &Tensor,
) -> Result<Linear, ModelError> {
    let (rows, width) = words.dims2()?;
    let names = plan.names.to_words;
    let first = names.first().copied().unwrap_or_default();
    let name = names.iter().copied().find(|name| store.has(&format!("{name}.weight"))).unwrap_or(first);
    let own = format!("{name}.weight");
    let weight = if store.has(&own) || !config.flag("tie_word_embeddings")? {
        store.matrix(&own, &[rows, width])?
    } else {
        words.clone()
    };
    let bias = plan.biases.words.then(|| store.tensor(&format!("{name}.bias"), &[rows])).transpose()?;
    Ok(Linear::stored(&weight.t()?, bias, store.dtype())?)
}

/// Layer number `l`.
fn layer(store: &mut Store, plan: &Plan, l: usize) -> Result<Layer, ModelError> {
    let Plan { spec, names, biases, .. } = plan;
    let (d, inner, heads) = (spec.width, spec.inner, spec.heads);
    let at = |name: &str| format!("{}.{l}.{name}", names.layer);
    let [query, key, value] = maps(store, plan, &at)?;
    let norms = match names.sides {
        Some([q, k]) => Some([
            norm(store, plan.kind, &at(q), (heads.width, spec.eps))?,
            norm(store, plan.kind, &at(k), (heads.width, spec.eps))?,
        ]),
        None => None,
    };
    let out = one(store, plan, &at(names.out), (heads.total(), d), biases.out)?;
    let (scoring, place) = plan.layers[l].clone();
    let attend = Attend { query, key, value, out, norms, heads, scoring, place };
    let (gate, up) = match names.gate {
        Gate::None => (None, one(store, plan, &at(names.up), (d, inner), biases.feed)?),
        Gate::Apart(gate) => (
            Some(one(store, plan, &at(gate), (d, inner), biases.feed)?),
            one(store, plan, &at(names.up), (d, inner), biases.feed)?,
        ),
        Gate::WithUp => {
            let (weight, bias) = matrix(store, plan, &at(names.up), (d, 2 * inner), biases.feed)?;
            let part = |from| columns((&weight, bias.as_ref()), from, inner, store.dtype());
            (Some(part(0)?), part(inner)?)
        }
    };
    let down = one(store, plan, &at(names.down), (inner, d), biases.feed)?;
    let feed = Feed { gate, up, down, activation: spec.activation };
    let mut steps = Vec::with_capacity(2);
    for (body, around) in [Body::Attend(attend), Body::Feed(feed)].into_iter().zip(names.around) {
        let mut around = [around.before, around.within, around.after].map(|name| name.map(at));
        let [before, within, after] = &mut around;
        steps.push(Step {
            before: named(store, plan, before.take(), d)?,
            body,
            within: named(store, plan, within.take(), d)?,
            after: named(store, plan, after.take(), d)?,
            reads: plan.reads,
        });
    }
    Ok(Layer { steps })
}

/// The maps to queries, keys and values.
fn maps(store: &mut Store, plan: &Plan, at: &dyn Fn(&str) -> String) -> Result<[Linear; 3], ModelError> {
    let (heads, d) = (plan.spec.heads, plan.spec.width);
    let (all, own) = (heads.total(), heads.of_keys().total());
    let bias = plan.biases.maps;
    match plan.names.maps {
        Packed::Apart([q, k, v]) => Ok([
            one(store, plan, &at(q), (d, all), bias)?,
            one(store, plan, &at(k), (d, own), bias)?,
            one(store, plan, &at(v), (d, own), bias)?,
        ]),
        Packed::Columns(name) => {
            let (weight, bias) = matrix(store, plan, &at(name), (d, all + 2 * own), bias)?;
            let part = |from, width| columns((&weight, bias.as_ref()), from, width, store.dtype());
            Ok([part(0, all)?, part(all, own)?, part(all + own, own)?])
        }
        Packed::ByHead(name) => {
            let (weight, bias) = matrix(store, plan, &at(name), (d, 3 * all), bias)?;
            let part = |which| -> Result<Linear, ModelError> {
                let split = weight.reshape((d, heads.count, 3, heads.width))?.narrow(2, which, 1)?;
                let weight = split.contiguous()?.reshape((d, all))?;
                let bias = match &bias {
                    Some(bias) => {
                        let split = bias.reshape((heads.count, 3, heads.width))?.narrow(1, which, 1)?;
                        Some(split.contiguous()?.reshape(all)?)
                    }
                    None => None,
                };
                Ok(Linear::stored(&weight, bias, store.dtype())?)
            };
            Ok([part(0)?, part(1)?, part(2)?])
        }
    }
}

/// Some columns of a packed map, as a map of their own.
fn columns(
    (weight, bias): (&Tensor, Option<&Tensor>),
    from: usize,
    width: usize,
    dtype: DType,
) -> Result<Linear, ModelError> {
    let bias = bias.map(|bias| bias.narrow(0, from, width)?.contiguous()).transpose()?;
    Ok(Linear::stored(&weight.narrow(1, from, width)?, bias, dtype)?)
}

/// The matrix `[in, out]` of a map, and its bias.
fn matrix(
    store: &mut Store,
    plan: &Plan,
    name: &str,
    (inputs, outputs): (usize, usize),
    bias: bool,
) -> Result<(Tensor, Option<Tensor>), ModelError> {
    let weight = format!("{name}.weight");
    let weight = if plan.turned {
        store.matrix(&weight, &[inputs, outputs])?
    } else {
        store.matrix(&weight, &[outputs, inputs])?.t()?
    };
    let bias = bias.then(|| store.tensor(&format!("{name}.bias"), &[outputs])).transpose()?;
    Ok((weight, bias))
}

fn one(
    store: &mut Store,
    plan: &Plan,
    name: &str,
    sizes: (usize, usize),
    bias: bool,
) -> Result<Linear, ModelError> {
    let (weight, bias) = matrix(store, plan, name, sizes, bias)?;
    Ok(Linear::stored(&weight, bias, store.dtype())?)
}

/// A norm of the family's kind, where it has a name.
fn named(
    store: &mut Store,
    plan: &Plan,
    name: Option<String>,
    width: usize,
) -> Result<Option<Norm>, ModelError> {
    name.map(|name| norm(store, plan.kind, &name, (width, plan.spec.eps))).transpose()
}

fn norm(store: &mut Store, kind: Kind, name: &str, (width, eps): (usize, f64)) -> Result<Norm, ModelError> {
    if kind == Kind::Bare {
        let bias = store.zeros(width)?;
        return Ok(Norm::layer((&bias + 1.0)?, bias, eps));
    }
    let gain = store.tensor(&format!("{name}.weight"), &[width])?;
    Ok(match kind {
        Kind::Rms => Norm::rms(gain, eps),
        Kind::RmsLessOne => Norm::rms((gain + 1.0)?, eps),
        Kind::Layer | Kind::Bare => Norm::layer(gain, store.tensor(&format!("{name}.bias"), &[width])?, eps),
    })
}
