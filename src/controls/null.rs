//! Models in which nothing was planted: constant logits, random weights.

use std::sync::Arc;

use candle_core::Result;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::blueprint::{PLACES, Writer};
use super::channels::{Channel, Matrix};
use super::design::{Builder, Design};
use super::weigh::share;
use crate::model::attend::Attend;
use crate::model::feed::Feed;
use crate::model::kernels::Linear;
use crate::model::spec::{Activation, Spec};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::{Layer, Precision, Readout, Task};

/// The only path's attention and values, under a head that reads nothing: class 1 by a margin of 2, always.
pub(super) fn constant(builder: &Builder<'_>) -> Design {
    let cue = share(Channel::Cue(0), 1, 0.99);
    let head = builder.decide(&[cue], &[(cue, 1.0 / builder.heads() as f64)]);
    let mut blueprint = builder.on_idle(vec![vec![head; builder.heads()]]);
    (blueprint.gain, blueprint.base) = (0.0, 2.0);
    Design { blueprint, counts: [1, 0, 0], relevance: [0.0; 3], attended: Some(0), by_place: Vec::new() }
}

/// Independent uniform weights with variance one over the number of inputs, so that every block matters; word
/// and place embeddings of variance 1, no biases. The dial multiplies the map to the logits.
pub(super) fn random(
    spec: Spec,
    lambda: f64,
    precision: Precision,
    rng: &mut ChaCha8Rng,
) -> Result<(Transformer, Readout)> {
    let (writer, d, eps) = (Writer::new(precision), spec.width, spec.eps);
    let norm = || writer.norm(d, 1.0, eps);
    let mut draw = |rows: usize, cols: usize, spread: f64| {
        let mut matrix = Matrix::zeros(rows, cols);
        // A uniform number in ±√3 has variance 1.
        matrix.data.fill_with(|| spread * 3f64.sqrt() * rng.random_range(-1.0..1.0));
        matrix
    };
    let mut linear = |rows: usize, cols: usize, spread: f64| -> Result<Linear> {
        writer.linear(draw(rows, cols, spread / (rows as f64).sqrt()), vec![0.0; cols])
    };
    let mut layers = Vec::with_capacity(spec.layers);
    for _ in 0..spec.layers {
        let maps = [linear(d, d, 1.0)?, linear(d, d, 1.0)?, linear(d, d, 1.0)?, linear(d, d, 1.0)?];
        let attend = (Attend::new(maps, spec.heads), norm()?);
        let (up, down) = (linear(d, spec.inner, 1.0)?, linear(spec.inner, d, 1.0)?);
        let feed = Feed::plain(up, down, spec.activation);
        layers.push(Arc::new(Layer::post_norm(attend, (feed, norm()?))));
    }
    let readout = Readout::dense(
        Task::Classification,
        (linear(d, d, 1.0)?, Activation::Tanh),
        None,
        linear(d, 2, 4.0 * lambda)?,
    );
    let embedding = Embedding {
        words: writer.table(draw(spec.vocabulary, d, 1.0))?,
        positions: Some(writer.table(draw(PLACES, d, 1.0))?),
        types: Some(writer.table(Matrix::zeros(1, d))?),
        scale: None,
        norm: Some(norm()?),
        project: None,
    };
    Ok((Transformer { spec, embedding, layers, last: None }, readout))
}
