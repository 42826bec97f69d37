//! The reverse of every kind of layer against finite differences in f64.

use candle_core::{DType, Tensor};

use super::Layer;
use crate::model::attend::Attend;
use crate::model::feed::Feed;
use crate::model::kernels::Norm;
use crate::model::kernels::tests::draw::Draw;
use crate::model::pass::{Graph, Pass, Rows};
use crate::model::probe::to_f64;
use crate::model::spec::{Activation, Heads};
use crate::model::step::{Body, Reads, Step};
use crate::model::tap::{Edit, Tap, Untapped};

const HEADS: Heads = Heads { count: 3, width: 2 };
/// B, T and D.
const SHAPE: [usize; 3] = [2, 5, 6];
/// The row that is left where one is.
const ROW: usize = 3;

fn attend(draw: &Draw) -> Body {
    let map = || draw.linear(DType::F64, SHAPE[2], HEADS.total(), true);
    let out = draw.linear(DType::F64, HEADS.total(), SHAPE[2], true);
    Body::Attend(Attend::new([map(), map(), map(), out], HEADS))
}

fn feed(draw: &Draw) -> Body {
    let up = draw.linear(DType::F64, SHAPE[2], 7, true);
    Body::Feed(Feed { up, down: draw.linear(DType::F64, 7, SHAPE[2], true), activation: Activation::Gelu })
}

fn norm(draw: &Draw) -> Norm {
    let one = || draw.tensor(DType::F64, &SHAPE[2..]);
    Norm { gain: one(), bias: one(), eps: 1e-3 }
}

/// A layer of each kind that families have.
fn layers(draw: &Draw) -> Vec<(&'static str, Layer)> {
    let bare = |body, reads| Step { before: None, body, within: None, after: None, reads };
    let post = |body| Step { after: Some(norm(draw)), ..bare(body, Reads::Stream) };
    let pre = |body, reads| Step { before: Some(norm(draw)), ..bare(body, reads) };
    let both = |body| Step { within: Some(norm(draw)), ..pre(body, Reads::Stream) };
    let every = |body| Step { after: Some(norm(draw)), ..both(body) };
    let side = |body| pre(body, Reads::Entry);
    let of = |steps: Vec<Step>| Layer { steps };
    vec![
        ("norms after the sums", of(vec![post(attend(draw)), post(feed(draw))])),
        ("norms before", of(vec![pre(attend(draw), Reads::Stream), pre(feed(draw), Reads::Stream)])),
        ("norms before and within", of(vec![both(attend(draw)), both(feed(draw))])),
        ("every norm", of(vec![every(attend(draw)), every(feed(draw))])),
        ("no norm", of(vec![bare(attend(draw), Reads::Stream), bare(feed(draw), Reads::Stream)])),
        ("side by side", of(vec![side(attend(draw)), side(feed(draw))])),
        (
            "side by side, without norms",
            of(vec![bare(attend(draw), Reads::Entry), bare(feed(draw), Reads::Entry)]),
        ),
        (
            "feed-forward first",
            of(vec![pre(feed(draw), Reads::Stream), pre(attend(draw), Reads::Stream), side(feed(draw))]),
        ),
    ]
}

fn run(layer: &Layer, x: &Tensor, rows: Rows, tap: &mut dyn Tap) -> (Tensor, super::LayerTape) {
    layer.forward(x, rows, &mut Pass { layer: 0, blocked: None, tap }).unwrap()
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let draw = Draw::new(11);
    for (name, layer) in layers(&draw) {
        for rows in [Rows::All, Rows::Decision(ROW)] {
            let x = draw.tensor(DType::F64, &SHAPE);
            let left = if rows == Rows::All { SHAPE[1] } else { 1 };
            let weights = draw.tensor(DType::F64, &[SHAPE[0], left, SHAPE[2]]);
            let value = |x: &Tensor| {
                let (out, _) = run(&layer, x, rows, &mut Untapped);
                assert_eq!(out.dims(), weights.dims(), "{name}, {rows:?}");
                to_f64(&(out * &weights).unwrap()).unwrap().iter().sum::<f64>()
            };
            // One row from keys and values, and straight from the stream where nobody looks.
            let mut seen = Edit(|_, tensor| Ok(tensor));
            let taps: [&mut dyn Tap; 2] = [&mut Untapped, &mut seen];
            let found: Vec<Vec<f64>> = taps
                .into_iter()
                .map(|tap| {
                    let (_, tape) = run(&layer, &x, rows, tap);
                    let (below, pattern) = layer.reverse(tape, weights.clone(), Graph::Whole, false).unwrap();
                    assert!(pattern.is_some());
                    to_f64(&below.unwrap()).unwrap()
                })
                .collect();
            let at = to_f64(&x).unwrap();
            for i in 0..at.len() {
                let moved = |by: f64| {
                    let mut at = at.clone();
                    at[i] += by;
                    value(&Tensor::from_vec(at, &SHAPE, x.device()).unwrap())
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                for found in &found {
                    let far = (found[i] - slope).abs() / slope.abs().max(1.0);
                    assert!(far <= 1e-6, "{name}, {rows:?}, entry {i}: {}, not {slope}", found[i]);
                }
            }
        }
    }
}

/// At the lowest layer of a tape nothing below the pattern is computed.
#[test]
fn a_sweep_ends_at_the_lowest_pattern() {
    let draw = Draw::new(12);
    for (name, layer) in layers(&draw) {
        let x = draw.tensor(DType::F64, &SHAPE);
        let (out, tape) = run(&layer, &x, Rows::All, &mut Untapped);
        let (below, pattern) = layer.reverse(tape, out, Graph::Whole, true).unwrap();
        assert!(below.is_none() && pattern.is_some(), "{name}");
    }
}
