//! What a planted model is to do, and the weights that do it.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::channels::{BITS, Channel, IDENTITY, KEEP, KINDS, Matrix, QUANTITIES, bit};
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
    /// Every row attends to the place it copies from.
    Elsewhere,
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
    let heads = Heads::new(heads, (2 * QUANTITIES).div_ceil(heads).max(2 * BITS));
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
    // Undoes the norm for a state of constants alone: KEEP, and two places of ±1 bits.
    let gain = (2.0 / spec.width as f64 * (KEEP * KEEP + 2.0 * BITS as f64)).sqrt();
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

/// Words: what each is, and numbers that mean nothing for the neutral ones. Places: the constants.
fn embedding(spec: &Spec, writer: &Writer, gain: f64, rng: &mut ChaCha8Rng) -> Result<Embedding> {
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
    let mut places = Matrix::zeros(PLACES, spec.width);
    for place in 0..PLACES {
        places.write(place, Channel::Keep, KEEP);
        let from = source_of(place);
        for b in 0..BITS {
            places.write(place, Channel::At(b), bit(place, b));
            places.write(place, Channel::From(b), bit(from, b));
        }
    }
    Ok(Embedding {
        words: writer.table(words)?,
        positions: Some(writer.table(places)?),
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

fn layer(
    heads: &[HeadPlan],
    rule: Option<PairRule>,
    spec: &Spec,
    writer: &Writer,
    gain: f64,
    rng: &mut ChaCha8Rng,
) -> Result<Layer> {
    let (d, e) = (spec.width, spec.heads.width);
    let (mut query, mut key) = (Matrix::zeros(d, d), Matrix::zeros(d, d));
    let (mut value, mut out) = (Matrix::zeros(d, d), Matrix::zeros(d, d));
    let mut query_bias = vec![0.0; d];
    // The engine divides scores by √E, E the width of a head.
    let scale = (e as f64).sqrt();
    for (h, head) in heads.iter().enumerate() {
        let at = h * e;
        if !matches!(head.look, Look::Elsewhere) {
            query.read(Channel::First, at, scale);
            query_bias[at + 1] = IDLE * scale;
            query.read(Channel::First, at + 1, -IDLE * scale);
            key.read(Channel::First, at + 1, 1.0);
        }
        match &head.look {
            Look::Decision(logits) => {
                for &(channel, logit) in logits {
                    key.read(channel, at, logit);
                }
                for i in 0..IDENTITY {
                    // The identities have variance 1/12, so this sum has that of TASTE².
                    let taste = TASTE * (12.0 / IDENTITY as f64).sqrt();
                    key.read(Channel::Identity(i), at, if rng.random() { taste } else { -taste });
                }
            }
            Look::Places(bits) => {
                for (b, &logit) in bits.iter().enumerate() {
                    key.read(Channel::At(b), at, logit);
                }
            }
            Look::Elsewhere => {
                for b in 0..BITS {
                    query.read(Channel::From(b), at + b, PLACE * scale);
                    key.read(Channel::At(b), at + b, 1.0);
                }
            }
        }
        for (i, &(from, to, gain)) in head.carry.iter().enumerate() {
            value.read(from, at + i, 1.0);
            out.write(at + i, to, gain);
        }
    }
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
    let none = || vec![0.0; d];
    let maps = [
        writer.linear(query, query_bias)?,
        writer.linear(key, none())?,
        writer.linear(value, none())?,
        writer.linear(out, none())?,
    ];
    let attend = (Attend::new(maps, spec.heads), writer.norm(d, gain, spec.eps)?);
    let (up, down) = (writer.linear(up, up_bias)?, writer.linear(down, none())?);
    let feed = (Feed::plain(up, down, spec.activation), writer.norm(d, gain, spec.eps)?);
    Ok(Layer::post_norm(attend, feed))
}
