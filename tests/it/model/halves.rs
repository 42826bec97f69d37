//! An encoder and a decoder run one after the other by themselves, forwards and back: what a model of both is held to.

use attncheck::model::probe::to_f64;
use attncheck::model::tap::Untapped;
use attncheck::model::{Graph, Keep, Memory, Model, Rows, State, Target, Transformer};
use candle_core::Tensor;

/// What one pass over both halves, and one back from a scalar of one row, gives.
pub struct Both {
    /// The scalar.
    pub value: f64,
    /// What the readout reads, every row of it, `[1, T, D]`.
    pub hidden: Tensor,
    /// The gradients at the word embeddings of the source, `[1, S, D]`, and of what was written, `[1, T, D]`.
    pub words: [Tensor; 2],
    /// Those at the patterns, by layer: of the encoder, of the decoder, over the source.
    pub encoder: Vec<Tensor>,
    pub decoder: Vec<Tensor>,
    pub cross: Vec<Tensor>,
}

fn tensor(half: &Transformer, ids: &[u32]) -> Tensor {
    Tensor::new(ids, half.embedding.words.device()).unwrap()
}

fn places(half: &Transformer, ids: &[u32]) -> [Tensor; 2] {
    let places = tensor(half, &half.spec.positions.of(ids));
    [places.clone(), places.zeros_like().unwrap()]
}

/// The word embeddings of the source and of what was written, `[1, T, D]` each.
pub fn words(model: &Model, source: &[u32], given: &[u32]) -> [Tensor; 2] {
    let of = |half: &Transformer, ids: &[u32]| half.words(&tensor(half, ids).unsqueeze(0).unwrap()).unwrap();
    [of(model.reader(), source), of(&model.transformer, given)]
}

/// Both halves from these word embeddings, read at `row`.
pub fn both(
    model: &Model,
    (source, given): (&[u32], &[u32]),
    [read, written]: [&Tensor; 2],
    (row, target, graph): (usize, Target, Graph),
) -> Both {
    let (encoder, decoder) = (model.reader(), &model.transformer);
    let [at, types] = places(encoder, source);
    let below = encoder.tape(read, (&at, &types), None, Rows::All, &mut Untapped).unwrap();
    let memory = Memory { states: below.hidden.clone(), blocked: None };
    let [at, types] = places(decoder, given);
    let above = decoder.tape_over(written, (&at, &types), memory, Rows::All, &mut Untapped).unwrap();
    let hidden = above.hidden.clone();
    let readout = model.readout.forward(&hidden.narrow(1, row, 1).unwrap().contiguous().unwrap()).unwrap();
    let logits = to_f64(&readout.logits).unwrap();
    let at = Tensor::from_vec(target.gradient(&logits), readout.logits.shape(), hidden.device()).unwrap();
    let at = model.readout.reverse(&readout, &at.to_dtype(hidden.dtype()).unwrap()).unwrap();
    let at = at.reshape((1, 1, hidden.dim(2).unwrap())).unwrap();
    let at = at.pad_with_zeros(1, row, given.len() - row - 1).unwrap();
    let above = decoder.reverse(above, &at, graph, Keep::Every).unwrap();
    let below = encoder.reverse(below, &above.memory.unwrap(), graph, Keep::Every).unwrap();
    Both {
        value: target.value(&logits),
        hidden,
        words: [below.words.unwrap(), above.words.unwrap()],
        encoder: below.patterns,
        decoder: above.patterns,
        cross: above.cross,
    }
}

/// The logits after the last token that was written, of a source with tokens that nobody may attend to and such without a word
/// embedding.
pub fn logits(
    model: &Model,
    (source, given): (&[u32], &[u32]),
    blocked: &[usize],
    zeroed: &[usize],
) -> Vec<f64> {
    let (encoder, decoder, s) = (model.reader(), &model.transformer, source.len());
    let [read, written] = words(model, source, given);
    let keep = (0..s).map(|at| if zeroed.contains(&at) { 0.0 } else { 1.0 }).collect::<Vec<f64>>();
    let keep = Tensor::from_vec(keep, (1, s, 1), read.device()).unwrap().to_dtype(read.dtype()).unwrap();
    let marks: Vec<u8> = (0..s).map(|at| u8::from(blocked.contains(&at))).collect();
    let marks = Tensor::from_vec(marks, (1, s), read.device()).unwrap();
    let blocked = Some(marks).filter(|_| !blocked.is_empty());
    let [at, types] = places(encoder, source);
    let state = encoder.enter(&read.broadcast_mul(&keep).unwrap(), &at, &types, blocked.clone()).unwrap();
    let states = encoder.run(state, Rows::All, &mut Untapped).unwrap();
    let [at, types] = places(decoder, given);
    let state = decoder.enter(&written, &at, &types, None).unwrap();
    let state = State { memory: Some(Memory { states, blocked }), ..state };
    let hidden = decoder.run(state, Rows::All, &mut Untapped).unwrap();
    let last = hidden.narrow(1, given.len() - 1, 1).unwrap().contiguous().unwrap();
    to_f64(&model.readout.forward(&last).unwrap().logits).unwrap()
}
