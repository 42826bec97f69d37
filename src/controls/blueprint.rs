//! What a planted model is to do, and the weights that do it.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::causal::Causal;
use super::channels::{BITS, Channel, IDENTITY, KEEP, KINDS, Matrix, QUANTITIES, bit, deviation};
use super::text::{CLS, SEP, cue_id};
use crate::model::attend::Attend;
use crate::model::feed::Feed;
use crate::model::kernels::{Linear, Norm};
use crate::model::spec::{Activation, Heads, Positions, Spec};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::{Layer, Precision, Readout, Task};

/// Rows of the table of places: the most tokens of a text.
pub(super) const PLACES: usize = 1 << BITS;

/// Logit by which a row with nothing to look for attends to the decision token, which carries nothing.
const IDLE: f64 = 30.0;

/// Logit per bit of a place: one bit off costs 2·16, so the neighbour gets e⁻³².
const PLACE: f64 = 16.0;

/// Logit by which a row that does not copy attends to the first token, wherever it would copy from: more than all bits of
/// two places can differ by.
const ELSEWHERE: f64 = 3.0 * PLACE * BITS as f64;

/// The standard deviation, about, of the logits by which a head prefers one neutral word to another.
const TASTE: f64 = 0.25;

/// Width of the pooler's input per unit of decision evidence: tanh is nearly straight there.
const SLOPE: f64 = 0.25;

/// Which keys a head's rows attend to.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// The decision row: logits of the keys by what they carry. Every other row idles at the decision token.
    Decision(Vec<(Channel, f64)>),
    /// The decision row: a logit by the place of the key, the sum over its bits of coefficient × ±1, whatever stands
    /// there. Every other row idles at the decision token.
    Places([f64; BITS]),
    /// Every row, or where quantities are named every row that has one, attends to the place it copies from; others idle at
    /// the first token.
    Elsewhere(&'static [Channel]),
    /// Every row, or where a quantity is asked for every row that has it: logits of the keys by what they carry. Rows that
    /// do not have it idle at the first token.
    Rows {
        asks: Option<Channel>,
        logits: Vec<(Channel, f64)>,
        /// Whether it prefers one neutral word to another, as a decision row does.
        taste: bool,
    },
    /// Every row idles at the first token.
    Rest,
    /// Every row, by the place that it stands at or asks for: a logit of the key at each place of the source; `taste` is
    /// about the standard deviation of the logits by which it prefers one word to another.
    Table { rows: Vec<Vec<f64>>, taste: f64 },
}

/// One head: where it looks, and (from, to, gain) of what it carries. Nothing carried means null values.
#[derive(Debug, Clone)]
pub(super) struct HeadPlan {
    pub look: Look,
    pub carry: Vec<(Channel, Channel, f64)>,
}

/// A rule of two words in the last feed-forward block:
/// decision += `each`·(relu(left) + relu(right)) + `both`·relu(left + right − `unit`).
#[derive(Debug, Clone, Copy)]
pub(super) struct PairRule {
    pub each: f64,
    pub both: f64,
    pub unit: f64,
}

/// What every head does, the rule of two words, and how the evidence becomes a margin.
#[derive(Debug, Clone)]
pub(super) struct Blueprint {
    /// L layers from the bottom, each of H heads.
    pub layers: Vec<Vec<HeadPlan>>,
    /// What the last feed-forward block computes; all others are zero.
    pub rule: Option<PairRule>,
    /// The margin of class 1 over class 0 is `gain`·d + `base`, d the decision evidence.
    pub gain: f64,
    pub base: f64,
    /// What it has beside that where it is a decoder.
    pub causal: Option<Causal>,
}

/// Writes matrices in the precision of the model.
pub(super) struct Writer(pub DType);

impl Writer {
    pub(super) fn new(precision: Precision) -> Self {
        Self(match precision {
            Precision::F32 => DType::F32,
            Precision::F64 => DType::F64,
        })
    }

    pub(super) fn table(&self, matrix: Matrix) -> Result<Tensor> {
        Tensor::from_vec(matrix.data, (matrix.rows, matrix.cols), &Device::Cpu)?.to_dtype(self.0)
    }

    pub(super) fn vector(&self, data: Vec<f64>) -> Result<Tensor> {
        Tensor::new(data, &Device::Cpu)?.to_dtype(self.0)
    }

    pub(super) fn linear(&self, matrix: Matrix, bias: Vec<f64>) -> Result<Linear> {
        Linear::new(&self.table(matrix)?, Some(self.vector(bias)?))
    }

    pub(super) fn norm(&self, width: usize, gain: f64, eps: f64) -> Result<Norm> {
        Ok(Norm::layer(self.vector(vec![gain; width])?, self.vector(vec![0.0; width])?, eps))
    }
}

/// The shape of a planted model: wide enough for every quantity, heads wide enough for a place.
pub(super) fn spec(layers: usize, heads: usize, vocabulary: usize) -> Spec {
    shape(layers, (heads, QUANTITIES), vocabulary)
}

/// The same for so many quantities.
pub(super) fn shape(layers: usize, (heads, quantities): (usize, usize), vocabulary: usize) -> Spec {
    let heads = Heads::new(heads, (2 * quantities).div_ceil(heads).max(2 * BITS));
    Spec {
        family: "bert".to_owned(),
        layers,
        heads,
        width: heads.total(),
        inner: 4,
        embedding: heads.total(),
        vocabulary,
        longest: PLACES,
        positions: Positions::Learned,
        types: 1,
        activation: Activation::Relu,
        gated: false,
        eps: 1e-12,
    }
}

/// Builds the transformer and the readout that do what the blueprint says.
pub(super) fn build(
    blueprint: &Blueprint,
    spec: Spec,
    precision: Precision,
    rng: &mut ChaCha8Rng,
) -> Result<(Transformer, Readout)> {
    let writer = Writer::new(precision);
    let gain = norm_gain(&spec);
    let embedding = embedding(&spec, &writer, gain, rng)?;
    let last = blueprint.layers.len() - 1;
    let mut layers = Vec::with_capacity(blueprint.layers.len());
    for (l, heads) in blueprint.layers.iter().enumerate() {
        let rule = blueprint.rule.filter(|_| l == last);
        layers.push(Arc::new(layer(heads, rule, &spec, &writer, gain, rng)?));
    }
    let mut dense = Matrix::zeros(spec.width, spec.width);
    dense.read(Channel::Decision, 0, SLOPE);
    let mut out = Matrix::zeros(spec.width, 2);
    out.add(0, 0, -blueprint.gain / (2.0 * SLOPE));
    out.add(0, 1, blueprint.gain / (2.0 * SLOPE));
    let readout = Readout::dense(
        Task::Classification,
        (writer.linear(dense, vec![0.0; spec.width])?, Activation::Tanh),
        None,
        writer.linear(out, vec![-blueprint.base / 2.0, blueprint.base / 2.0])?,
    );
    Ok((Transformer { spec, embedding, layers, last: None }, readout))
}

/// Undoes a norm for a state of constants alone: KEEP, and two places of ±1 bits.
pub(super) fn norm_gain(spec: &Spec) -> f64 {
    deviation(spec.width, 2.0 * BITS as f64)
}

/// What each word is, and numbers that mean nothing for the neutral ones.
pub(super) fn word_table(spec: &Spec, rng: &mut ChaCha8Rng) -> Matrix {
    let mut words = Matrix::zeros(spec.vocabulary, spec.width);
    words.write(CLS as usize, Channel::First, 1.0);
    words.write(SEP as usize, Channel::Last, 1.0);
    for kind in 0..KINDS {
        words.write(cue_id(kind) as usize, Channel::Cue(kind), 1.0);
    }
    for id in cue_id(KINDS) as usize..spec.vocabulary {
        for i in 0..IDENTITY {
            words.write(id, Channel::Identity(i), rng.random_range(-0.5..0.5));
        }
    }
    words
}

/// The constants, and where a place copies from.
pub(super) fn place_table(spec: &Spec, source_of: impl Fn(usize) -> usize) -> Matrix {
    let mut places = Matrix::zeros(PLACES, spec.width);
    for place in 0..PLACES {
        places.write(place, Channel::Keep, KEEP);
        let from = source_of(place);
        for b in 0..BITS {
            places.write(place, Channel::At(b), bit(place, b));
            places.write(place, Channel::From(b), bit(from, b));
        }
    }
    places
}

fn embedding(spec: &Spec, writer: &Writer, gain: f64, rng: &mut ChaCha8Rng) -> Result<Embedding> {
    Ok(Embedding {
        words: writer.table(word_table(spec, rng))?,
        positions: Some(writer.table(place_table(spec, source_of))?),
        types: Some(writer.table(Matrix::zeros(1, spec.width))?),
        scale: None,
        norm: Some(writer.norm(spec.width, gain, spec.eps)?),
        project: None,
    })
}

/// The place that `place` copies from: words go in threes, the second and third of which copy the first, and
/// every other place copies the decision token, which carries nothing.
pub(super) fn source_of(place: usize) -> usize {
    match place.saturating_sub(1) % 3 {
        _ if place == 0 => 0,
        0 => 0,
        behind => place - behind,
    }
}

/// The maps to queries, keys and values, and the one from the heads to the stream.
pub(super) fn maps(
    heads: &[HeadPlan],
    spec: &Spec,
    writer: &Writer,
    rng: &mut ChaCha8Rng,
) -> Result<[Linear; 4]> {
    let (d, e) = (spec.width, spec.heads.width);
    let (mut query, mut key) = (Matrix::zeros(d, d), Matrix::zeros(d, d));
    let (mut value, mut out) = (Matrix::zeros(d, d), Matrix::zeros(d, d));
    let mut query_bias = vec![0.0; d];
    // The engine divides scores by √E, E the width of a head.
    let scale = (e as f64).sqrt();
    for (h, head) in heads.iter().enumerate() {
        let at = h * e;
        let asks = match &head.look {
            Look::Decision(_) | Look::Places(_) => Some(Channel::First),
            Look::Rows { asks, .. } => *asks,
            Look::Elsewhere(_) | Look::Rest | Look::Table { .. } => None,
        };
        if let Some(asks) = asks {
            query.read(asks, at, scale);
            query.read(asks, at + 1, -IDLE * scale);
        }
        if asks.is_some() || matches!(head.look, Look::Rest) {
            query_bias[at + 1] = IDLE * scale;
            key.read(Channel::First, at + 1, 1.0);
        } else if matches!(head.look, Look::Rows { .. }) {
            query_bias[at] = scale;
        }
        match &head.look {
            Look::Decision(logits) | Look::Rows { logits, .. } => {
                for &(channel, logit) in logits {
                    key.read(channel, at, logit);
                }
                if !matches!(head.look, Look::Rows { taste: false, .. }) {
                    key.prefer(at, TASTE, rng);
                }
            }
            Look::Places(bits) => {
                for (b, &logit) in bits.iter().enumerate() {
                    key.read(Channel::At(b), at, logit);
                }
            }
            Look::Elsewhere(asks) => {
                if !asks.is_empty() {
                    let idle = at + BITS;
                    query_bias[idle] = ELSEWHERE * scale;
                    key.read(Channel::First, idle, 1.0);
                    for &channel in *asks {
                        query.read(channel, idle, -ELSEWHERE * scale);
                    }
                }
                for b in 0..BITS {
                    query.read(Channel::From(b), at + b, PLACE * scale);
                    key.read(Channel::At(b), at + b, 1.0);
                }
            }
            Look::Rest => {}
            Look::Table { rows, taste } => {
                if *taste > 0.0 {
                    query_bias[at + rows.len()] = scale;
                    key.prefer(at + rows.len(), *taste, rng);
                }
                for (place, row) in rows.iter().enumerate() {
                    key.read(Channel::Place(place), at + place, 1.0);
                    for (to, &logit) in row.iter().enumerate() {
                        query.read(Channel::Place(place), at + to, logit * scale);
                    }
                }
            }
        }
        for (i, &(from, to, gain)) in head.carry.iter().enumerate() {
            value.read(from, at + i, 1.0);
            out.write(at + i, to, gain);
        }
    }
    let none = || vec![0.0; d];
    Ok([
        writer.linear(query, query_bias)?,
        writer.linear(key, none())?,
        writer.linear(value, none())?,
        writer.linear(out, none())?,
    ])
}

/// The feed-forward block of the rule, or one of zeros.
pub(super) fn feed(rule: Option<PairRule>, spec: &Spec, writer: &Writer) -> Result<Feed> {
    let d = spec.width;
    let (mut up, mut up_bias) = (Matrix::zeros(d, spec.inner), vec![0.0; spec.inner]);
    let mut down = Matrix::zeros(spec.inner, d);
    if let Some(rule) = rule {
        for (unit, channels) in
            [&[Channel::Left][..], &[Channel::Right], &[Channel::Left, Channel::Right]].iter().enumerate()
        {
            for &channel in *channels {
                up.read(channel, unit, 1.0);
            }
            down.write(unit, Channel::Decision, if unit < 2 { rule.each } else { rule.both });
        }
        up_bias[2] = -rule.unit;
    }
    let (up, down) = (writer.linear(up, up_bias)?, writer.linear(down, vec![0.0; d])?);
    Ok(Feed::plain(up, down, spec.activation))
}

fn layer(
    heads: &[HeadPlan],
    rule: Option<PairRule>,
    spec: &Spec,
    writer: &Writer,
    gain: f64,
    rng: &mut ChaCha8Rng,
) -> Result<Layer> {
    let norm = || writer.norm(spec.width, gain, spec.eps);
    let attend = Attend::new(maps(heads, spec, writer, rng)?, spec.heads);
    Ok(Layer::post_norm((attend, norm()?), (feed(rule, spec, writer)?, norm()?)))
}
