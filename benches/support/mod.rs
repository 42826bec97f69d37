//! A model of a given shape with random weights: speed does not depend on what they are.

use std::sync::Arc;

use attncheck::model::attend::Attend;
use attncheck::model::feed::Feed;
use attncheck::model::kernels::{Linear, Norm};
use attncheck::model::spec::{Activation, Heads, Positions};
use attncheck::model::transformer::Embedding;
use attncheck::model::{Layer, Model, Precision, Readout, Sequence, Spec, Task, Transformer};
use candle_core::{Device, Tensor};

fn random(shape: &[usize]) -> Tensor {
    Tensor::randn(0f32, 0.05, shape, &Device::Cpu).expect("a shape of small numbers")
}

fn linear(inputs: usize, outputs: usize) -> Linear {
    Linear::new(&random(&[inputs, outputs]), Some(random(&[outputs]))).expect("a matrix")
}

fn norm(width: usize) -> Norm {
    Norm::layer(random(&[width]), random(&[width]), 1e-12)
}

/// Six layers of width 384 with 12 heads: the shape of `MiniLM`.
pub fn minilm() -> Model {
    let (d, f, vocabulary, longest) = (384, 1536, 1000, 512);
    let spec = Spec {
        family: "bench".to_owned(),
        layers: 6,
        heads: Heads::new(12, 32),
        width: d,
        inner: f,
        embedding: d,
        vocabulary,
        longest,
        positions: Positions::Learned,
        types: 0,
        activation: Activation::Gelu,
        gated: false,
        eps: 1e-12,
    };
    let layer = || {
        let attend = Attend::new([linear(d, d), linear(d, d), linear(d, d), linear(d, d)], spec.heads);
        let feed = Feed::plain(linear(d, f), linear(f, d), spec.activation);
        Arc::new(Layer::post_norm((attend, norm(d)), (feed, norm(d))))
    };
    let embedding = Embedding {
        words: random(&[vocabulary, d]),
        positions: Some(random(&[longest, d])),
        types: None,
        scale: None,
        norm: Some(norm(d)),
        project: None,
    };
    let layers = (0..spec.layers).map(|_| layer()).collect();
    let readout = Readout::dense(Task::Classification, (linear(d, d), Activation::Tanh), None, linear(d, 2));
    Model {
        encoder: None,
        transformer: Transformer { spec, embedding, layers, last: None },
        readout,
        labels: vec!["no".to_owned(), "yes".to_owned()],
        regression: false,
        sha256: String::new(),
        notes: Vec::new(),
        precision: Precision::F32,
    }
}

/// Any text of `tokens` tokens.
pub fn text(tokens: usize) -> Sequence {
    let ids = (0..tokens as u32).map(|i| (i * 37 + 5) % 1000).collect();
    Sequence::new(ids, vec![0; tokens], 0, Positions::Learned)
}
