//! The reverse of every kind of layer against finite differences in f64.

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use super::Layer;
use crate::model::attend::Attend;
use crate::model::feed::Feed;
use crate::model::kernels::Norm;
use crate::model::kernels::tests::draw::Draw;
use crate::model::pass::{Graph, Pass, Rows};
use crate::model::place::{Pairs, Place, Places, Rotary};
use crate::model::probe::to_f64;
use crate::model::scoring::{Reach, Scoring};
use crate::model::spec::{Activation, Heads};
use crate::model::step::{Body, Reads, Step};
use crate::model::tap::{Edit, Tap, Untapped};

const HEADS: Heads = Heads::new(3, 2);
/// B, T and D.
const SHAPE: [usize; 3] = [2, 5, 6];
/// The row that is left where one is.
const ROW: usize = 3;

/// Attention of some heads whose maps have biases, or have none.
fn maps(draw: &Draw, heads: Heads, bias: bool) -> Attend {
    let map = |outputs| draw.linear(DType::F64, SHAPE[2], outputs, bias);
    let own = heads.of_keys().total();
    let out = draw.linear(DType::F64, heads.total(), SHAPE[2], bias);
    Attend::new([map(heads.total()), map(own), map(own), out], heads)
}

fn attend(draw: &Draw) -> Body {
    Body::Attend(maps(draw, HEADS, true))
}

fn feed(draw: &Draw) -> Body {
    let up = draw.linear(DType::F64, SHAPE[2], 7, true);
    Body::Feed(Feed::plain(up, draw.linear(DType::F64, 7, SHAPE[2], true), Activation::Gelu))
}

fn gated(draw: &Draw, activation: Activation) -> Body {
    let map = |inputs, outputs| draw.linear(DType::F64, inputs, outputs, false);
    let (gate, up, down) = (Some(map(SHAPE[2], 7)), map(SHAPE[2], 7), map(7, SHAPE[2]));
    Body::Feed(Feed { gate, up, down, activation })
}

fn norm(draw: &Draw) -> Norm {
    let one = || draw.tensor(DType::F64, &SHAPE[2..]);
    Norm::layer(one(), one(), 1e-3)
}

fn rms(draw: &Draw, width: usize) -> Norm {
    Norm::rms(draw.tensor(DType::F64, &[width]), 1e-3)
}

/// Half of each head turns, at two speeds.
fn rotary(pairs: Pairs) -> Place {
    Place::Rotary(Rotary { rates: Arc::from([0.9, 0.2]), long: None, scale: 1.1, pairs })
}

/// Attention of each kind that families have.
fn kinds(draw: &Draw) -> Vec<(&'static str, Attend)> {
    let heads = Heads { count: 4, width: 5, shared_by: 2 };
    let plain = |bias| maps(draw, heads, bias);
    let scoring = |attend: &Attend, cap, reach| Scoring { cap, reach, ..attend.scoring };
    let with = |bias, cap, reach| {
        let attend = plain(bias);
        Attend { scoring: scoring(&attend, cap, reach), ..attend }
    };
    let window = Reach::Window { back: 1, ahead: 0 };
    vec![
        ("shared keys", with(true, None, Reach::Every)),
        ("causal", with(false, None, Reach::Causal)),
        ("a window", with(true, None, window)),
        ("a window both ways", with(true, None, Reach::Window { back: 1, ahead: 1 })),
        ("capped", with(true, Some(0.8), Reach::Causal)),
        ("turned by halves", Attend { place: rotary(Pairs::Halves), ..with(false, None, Reach::Causal) }),
        (
            "turned by neighbours",
            Attend { place: rotary(Pairs::Neighbours), ..with(true, None, Reach::Every) },
        ),
        ("normed", Attend { norms: Some([rms(draw, 5), rms(draw, 5)]), ..with(false, None, Reach::Causal) }),
        (
            "normed, turned, capped, in a window",
            Attend {
                norms: Some([rms(draw, 5), rms(draw, 5)]),
                place: rotary(Pairs::Halves),
                ..with(false, Some(0.5), window)
            },
        ),
    ]
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
    let square = |body| Step { before: Some(rms(draw, SHAPE[2])), ..bare(body, Reads::Stream) };
    let around = |body| Step { within: Some(rms(draw, SHAPE[2])), ..square(body) };
    let mut all = vec![
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
        ("RMS norms, a gate", of(vec![square(attend(draw)), square(gated(draw, Activation::Silu))])),
        (
            "RMS norms before and within, a gate",
            of(vec![around(attend(draw)), around(gated(draw, Activation::GeluTanh))]),
        ),
        ("a gate of ReLU", of(vec![square(attend(draw)), square(gated(draw, Activation::Relu))])),
    ];
    all.extend(kinds(draw).into_iter().map(|(name, attend)| {
        (name, of(vec![square(Body::Attend(attend)), square(gated(draw, Activation::Gelu))]))
    }));
    all
}

fn places() -> Arc<Places> {
    let rows: Vec<u32> = (0..SHAPE[1] as u32).collect();
    Places::new(&Tensor::new(rows, &Device::Cpu).unwrap(), 1)
}

fn run(layer: &Layer, x: &Tensor, rows: Rows, tap: &mut dyn Tap) -> (Tensor, super::LayerTape) {
    let places = places();
    layer
        .forward(
            x,
            rows,
            &mut Pass { layer: 0, blocked: None, places: &places, before: None, memory: None, tap },
        )
        .unwrap()
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
                    let at = layer.reverse(tape, weights.clone(), Graph::Whole, false).unwrap();
                    assert!(at.pattern.is_some() && at.cross.is_none() && at.memory.is_none());
                    to_f64(&at.stream.unwrap()).unwrap()
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
        let at = layer.reverse(tape, out, Graph::Whole, true).unwrap();
        assert!(at.stream.is_none() && at.pattern.is_some(), "{name}");
    }
}

/// A row whose reach is bounded does not depend on a token outside it, in any bit.
#[test]
fn a_query_never_sees_a_key_outside_its_reach() {
    let draw = Draw::new(13);
    for dtype in [DType::F32, DType::F64] {
        for (name, attend) in kinds(&draw) {
            let reach = attend.scoring.reach;
            let as_dtype = &mut |weight: &Tensor| weight.to_dtype(dtype);
            let layer = Layer {
                steps: vec![Step {
                    before: None,
                    body: Body::Attend(attend).map(as_dtype).unwrap(),
                    within: None,
                    after: None,
                    reads: Reads::Stream,
                }],
            };
            let x = draw.tensor(dtype, &SHAPE);
            let rows = |x: &Tensor| {
                let out = to_f64(&run(&layer, x, Rows::All, &mut Untapped).0).unwrap();
                out.chunks_exact(SHAPE[2]).map(|row| row.iter().map(|x| x.to_bits()).collect()).collect()
            };
            let plain: Vec<Vec<u64>> = rows(&x);
            for token in 0..SHAPE[1] {
                let mut other = to_f64(&x).unwrap();
                for text in other.chunks_exact_mut(SHAPE[1] * SHAPE[2]) {
                    text[token * SHAPE[2]..][..SHAPE[2]].fill(3.7);
                }
                let other = Tensor::from_vec(other, &SHAPE, x.device()).unwrap().to_dtype(dtype).unwrap();
                for (i, (found, was)) in rows(&other).iter().zip(&plain).enumerate() {
                    let query = i % SHAPE[1];
                    let sees = reach.seen(query, SHAPE[1]).contains(&token);
                    assert_eq!(found != was, sees, "{name}, {dtype:?}, query {query}, token {token}");
                }
            }
        }
    }
}
