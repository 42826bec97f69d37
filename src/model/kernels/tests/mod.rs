//! Every CPU kernel against its composed twin, and both reverses against candle's autograd.

pub(in crate::model) mod draw;
mod narrow;
mod wide;

use candle_core::{DType, Device, Tensor, Var};
use proptest::prelude::*;

use super::{
    Norm, activate, activate_reverse, composed, gated, gated_reverse, mix, mix_reverse, pattern,
    pattern_reverse, rotate, row_mix, row_mix_reverse, row_pattern, row_pattern_reverse,
};
use crate::model::place::{Pairs, Turns};
use crate::model::scoring::{Asked, Reach, Scoring};
use crate::model::spec::{Activation, Heads};
use draw::Draw;

const ACTIVATIONS: [Activation; 5] =
    [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu, Activation::Tanh];

/// Every key is read.
const ALL: (Reach, Asked) = (Reach::Every, Asked::from(0));

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn near(found: &Tensor, wanted: &Tensor) {
    assert_eq!(found.dims(), wanted.dims());
    let tolerance = if found.dtype() == DType::F64 { 1e-12 } else { 2e-5 };
    for (i, (a, b)) in numbers(found).iter().zip(numbers(wanted)).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "entry {i}: {a}, not {b}");
    }
}

/// The gradient of ⟨f(x), weights⟩ at x by autograd.
fn autograd(x: &Tensor, weights: &Tensor, f: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let x = Var::from_tensor(x).unwrap();
    let sum = (f(x.as_tensor()) * weights).unwrap().sum_all().unwrap();
    sum.backward().unwrap().get(&x).unwrap().clone()
}

/// candle's own derivative of its tanh form of gelu has constants of six digits, so both are spelled out here.
fn primitive(kind: Activation, x: &Tensor) -> Tensor {
    let inner = match kind {
        Activation::Gelu => (x * std::f64::consts::FRAC_1_SQRT_2).unwrap().erf().unwrap(),
        Activation::GeluTanh => {
            let cubic = (x + (x.powf(3.0).unwrap() * 0.044_715).unwrap()).unwrap();
            (cubic * (2.0 / std::f64::consts::PI).sqrt()).unwrap().tanh().unwrap()
        }
        _ => return composed::activate(kind, x).unwrap(),
    };
    ((x * 0.5).unwrap() * (inner + 1.0).unwrap()).unwrap()
}

fn reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        Just(Reach::Every),
        Just(Reach::Causal),
        (0usize..40, 0usize..3).prop_map(|(back, ahead)| Reach::Window { back, ahead }),
    ]
}

fn dtype() -> impl Strategy<Value = DType> {
    prop_oneof![Just(DType::F32), Just(DType::F64)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn linear_maps(
        seed: u64, dtype in dtype(), b in 1usize..4, t in 1usize..9, i in 1usize..40, o in 1usize..40, bias: bool,
    ) {
        let draw = Draw::new(seed);
        let map = draw.linear(dtype, i, o, bias);
        let (x, grad, onto) = (draw.tensor(dtype, &[b, t, i]), draw.tensor(dtype, &[b, t, o]), draw.tensor(dtype, &[b, t, i]));
        near(&map.forward(&x).unwrap(), &map.forward_composed(&x).unwrap());
        let reverse = autograd(&x, &grad, |x| map.forward_composed(x).unwrap());
        near(&map.reverse(&grad).unwrap(), &reverse);
        near(&map.reverse_composed(&grad).unwrap(), &reverse);
        near(&map.reverse_onto(&grad, &onto).unwrap(), &(reverse + onto).unwrap());
    }

    #[test]
    fn activations(seed: u64, dtype in dtype(), n in 1usize..70, spread in 0.1f64..8.0) {
        let draw = Draw::new(seed);
        for kind in ACTIVATIONS {
            let x = (draw.tensor(dtype, &[n]) * spread).unwrap();
            let grad = draw.tensor(dtype, &[n]);
            near(&activate(kind, &x).unwrap(), &composed::activate(kind, &x).unwrap());
            let reverse = activate_reverse(kind, &x, &grad).unwrap();
            near(&reverse, &composed::activate_reverse(kind, &x, &grad).unwrap());
            near(&reverse, &autograd(&x, &grad, |x| primitive(kind, x)));
            let up = draw.tensor(dtype, &[n]);
            near(&gated(kind, &x, &up).unwrap(), &composed::gated(kind, &x, &up).unwrap());
            let (at_gate, at_up) = gated_reverse(kind, (&x, &up), &grad).unwrap();
            let (twin_gate, twin_up) = composed::gated_reverse(kind, (&x, &up), &grad).unwrap();
            near(&at_gate, &twin_gate);
            near(&at_up, &twin_up);
            near(&at_gate, &autograd(&x, &grad, |x| (primitive(kind, x) * &up).unwrap()));
            near(&at_up, &autograd(&up, &grad, |up| composed::gated(kind, &x, up).unwrap()));
        }
    }

    #[test]
    fn rotations(
        seed: u64, dtype in dtype(), b in 1usize..4, t in 1usize..6, n in 1usize..4, pairs in 1usize..6, rest in 0usize..4,
        shared: bool, halves: bool,
    ) {
        let (draw, width) = (Draw::new(seed), 2 * pairs + rest);
        let angles = draw.tensor(DType::F64, &[if shared { 1 } else { b }, t, pairs]);
        let turns = Turns {
            cos: angles.cos().unwrap().to_dtype(dtype).unwrap(),
            sin: angles.sin().unwrap().to_dtype(dtype).unwrap(),
            pairs: if halves { Pairs::Halves } else { Pairs::Neighbours },
        };
        let (x, grad) = (draw.tensor(dtype, &[b, t, n * width]), draw.tensor(dtype, &[b, t, n * width]));
        let turned = rotate(&x, &turns, width, false).unwrap();
        near(&turned, &rotate::composed(&x, &turns, width, false).unwrap());
        near(&rotate(&turned, &turns, width, true).unwrap(), &x);
        let reverse = rotate(&grad, &turns, width, true).unwrap();
        near(&reverse, &autograd(&x, &grad, |x| rotate::composed(x, &turns, width, false).unwrap()));
    }

    #[test]
    fn norms(
        seed: u64, dtype in dtype(), b in 1usize..4, t in 1usize..6, d in 2usize..70, residual in 0usize..3, rms: bool,
    ) {
        let draw = Draw::new(seed);
        let norm = if rms {
            Norm::rms(draw.tensor(dtype, &[d]), 1e-3)
        } else {
            Norm::layer(draw.tensor(dtype, &[d]), draw.tensor(dtype, &[d]), 1e-3)
        };
        let (x, grad) = (draw.tensor(dtype, &[b, t, d]), draw.tensor(dtype, &[b, t, d]));
        let residual = match residual {
            0 => None,
            1 => Some(draw.tensor(dtype, &[1, t, d])),
            _ => Some(draw.tensor(dtype, &[b, t, d])),
        };
        let residual = residual.as_ref();
        let (found, twin) = (norm.forward(&x, residual).unwrap(), norm.forward_composed(&x, residual).unwrap());
        near(&found.out, &twin.out);
        near(&found.standard.unit, &twin.standard.unit);
        near(&found.standard.rate, &twin.standard.rate);
        let reverse = norm.reverse(&grad, &found.standard).unwrap();
        near(&reverse, &norm.reverse_composed(&grad, &twin.standard).unwrap());
        near(&reverse, &autograd(&x, &grad, |x| norm.forward_composed(x, residual).unwrap().out));
    }

    #[test]
    fn attention(
        seed: u64, dtype in dtype(), b in 1usize..4, h in 1usize..4, e in 1usize..9, t in 1usize..70,
        (one_row, shared) in (any::<bool>(), any::<bool>()), marks in prop::option::of(prop::collection::vec(0u8..2, 210)),
        reach in reach(), cap in prop::option::of(0.5f64..3.0), group in 1usize..4,
    ) {
        let (draw, heads) = (Draw::new(seed), Heads { count: h * group, width: e, shared_by: group });
        let (rows, total, own) = (if one_row { 1 } else { t }, heads.total(), heads.of_keys().total());
        let (scoring, asked) = (Scoring { scale: 0.7, cap, reach }, Asked::from(if one_row { t / 2 } else { 0 }));
        let (q, k) = (draw.tensor(dtype, &[b, rows, total]), draw.tensor(dtype, &[b, t, own]));
        let blocked = marks.map(|marks| {
            let kept = if shared { 1 } else { b };
            Tensor::from_slice(&marks[..kept * t], (kept, t), &Device::Cpu).unwrap()
        });
        let blocked = blocked.as_ref();
        let p = pattern(&q, &k, heads, scoring, asked, blocked).unwrap();
        near(&p, &composed::pattern(&q, &k, heads, (scoring, None), asked, blocked).unwrap());

        for (row, weights) in numbers(&p).chunks_exact(t).enumerate() {
            let seen = reach.seen(asked.query(row % rows), t);
            let out = |key: &usize| !seen.contains(key);
            prop_assert!((0..t).filter(out).all(|key| weights[key].to_bits() == 0), "row {row}");
        }

        let v = draw.tensor(dtype, &[if shared { 1 } else { b }, t, own]);
        near(&mix(&p, &v, heads, (reach, asked)).unwrap(), &composed::mix(&p, &v, heads).unwrap());
        let grad = draw.tensor(dtype, &[b, rows, total]);
        let (at_p, at_v) = mix_reverse(&grad, &p, &v, heads, true).unwrap();
        let (twin_p, twin_v) = composed::mix_reverse(&grad, &p, &v, heads, true).unwrap();
        near(&at_p, &twin_p);
        near(at_v.as_ref().unwrap(), twin_v.as_ref().unwrap());
        near(&at_p, &autograd(&p, &grad, |p| composed::mix(p, &v, heads).unwrap()));
        if !shared {
            near(&at_v.unwrap(), &autograd(&v, &grad, |v| composed::mix(&p, v, heads).unwrap()));
        }
        assert!(mix_reverse(&grad, &p, &v, heads, false).unwrap().1.is_none());

        let (at_q, at_k) = pattern_reverse(&at_p, &p, &q, &k, heads, scoring).unwrap();
        let (twin_q, twin_k) = composed::pattern_reverse(&at_p, &p, &q, &k, heads, scoring).unwrap();
        near(&at_q, &twin_q);
        near(&at_k, &twin_k);
        // The largest score is a constant to autograd's softmax only up to rounding; the derivative is the same.
        near(&at_q, &autograd(&q, &at_p, |q| composed::pattern(q, &k, heads, (scoring, None), asked, blocked).unwrap()));
        near(&at_k, &autograd(&k, &at_p, |k| composed::pattern(&q, k, heads, (scoring, None), asked, blocked).unwrap()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// One row without keys and values, against the same row with them; heads of any width, within panels or across.
    #[test]
    fn attention_of_one_row(
        seed: u64, dtype in dtype(), b in 1usize..4, h in 1usize..5, e in 1usize..70, d in 1usize..70, t in 1usize..20,
        (bias, shared) in (any::<bool>(), any::<bool>()), marks in prop::option::of(prop::collection::vec(0u8..2, 60)), reach in reach(),
        group in 1usize..4,
    ) {
        let (draw, heads) = (Draw::new(seed), Heads { count: h * group, width: e, shared_by: group });
        let (scoring, row) = (Scoring { scale: 0.5, cap: None, reach }, t / 2);
        let (total, asked) = (heads.total(), Asked::from(row));
        let sized = |shape: &[usize], n: usize| draw.sized(dtype, shape, n);
        let map = || draw.linear(dtype, d, heads.of_keys().total(), bias);
        let (key, value) = (map(), map());
        let (q, x) = (sized(&[b, 1, total], e), draw.tensor(dtype, &[b, t, d]));
        let blocked = marks.map(|marks| Tensor::from_slice(&marks[..b * t], (b, t), &Device::Cpu).unwrap());
        let blocked = blocked.as_ref();
        let k = key.forward(&x).unwrap();
        let (through, p) = row_pattern(&q, &x, &key, heads, (scoring, row), blocked).unwrap();
        near(&p, &pattern(&q, &k, heads, scoring, asked, blocked).unwrap());

        let stream = if shared { x.narrow(0, 0, 1).unwrap() } else { x.clone() };
        // Rows need not sum to 1: weights are erased from them.
        let p = (p * 0.7).unwrap();
        let v = value.forward(&stream).unwrap();
        near(&row_mix(&p, &stream, &value, heads).unwrap(), &mix(&p, &v, heads, ALL).unwrap());
        let grad = sized(&[b, 1, total], e);
        let (at_p, at_x) = row_mix_reverse(&grad, &p, &stream, &value, heads, !shared).unwrap();
        let (wanted, at_v) = mix_reverse(&grad, &p, &v, heads, !shared).unwrap();
        near(&at_p, &wanted);
        prop_assert_eq!(at_x.is_some(), at_v.is_some());
        if let (Some(at_x), Some(at_v)) = (at_x, at_v) {
            near(&at_x, &value.reverse(&at_v).unwrap());
        }

        let p = pattern(&q, &k, heads, scoring, asked, blocked).unwrap();
        let (at_q, at_x) = row_pattern_reverse(&at_p, &p, &through, &x, &key, heads, scoring).unwrap();
        let (wanted_q, at_k) = pattern_reverse(&at_p, &p, &q, &k, heads, scoring).unwrap();
        near(&at_x, &key.reverse(&at_k).unwrap());
        // Here the keys' bias adds a sum of gradients at scores that is 0 but for rounding.
        near(&at_q, &wanted_q);
    }
}

#[test]
fn blocked_keys_get_nothing_even_under_huge_scores() {
    let heads = Heads::new(1, 1);
    let huge = |x: f64| Tensor::full(x, (1, 3, 1), &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
    let of = |reach, marks: [u8; 3], score: f64| {
        let scoring = Scoring { reach, ..Scoring::every(1.0) };
        let blocked = Tensor::from_slice(&marks, (1, 3), &Device::Cpu).unwrap();
        numbers(&pattern(&huge(score), &huge(1.0), heads, scoring, Asked::from(0), Some(&blocked)).unwrap())
    };
    for score in [0.0, 1e30, -1e30] {
        assert_eq!(of(Reach::Every, [0, 1, 0], score), [0.5, 0.0, 0.5].repeat(3));
        assert_eq!(of(Reach::Every, [1, 1, 1], score), [0.0; 9]);
        // A blocked key is seen by its own query alone, so that the first of a text has a key left.
        let own = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].concat();
        assert_eq!(of(Reach::Causal, [1, 1, 1], score), own);
        let second = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5]].concat();
        assert_eq!(of(Reach::Causal, [0, 1, 0], score), second);
    }
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let draw = Draw::new(1);
    let x = |shape: &[usize]| draw.tensor(DType::F32, shape);
    let heads = Heads::new(2, 3);
    let map = draw.linear(DType::F32, 6, 4, true);
    assert!(map.forward(&x(&[1, 2, 5])).is_err());
    assert!(map.reverse(&x(&[1, 2, 5])).is_err());
    assert!(map.reverse_onto(&x(&[1, 2, 4]), &x(&[1, 3, 6])).is_err());
    let norm = Norm::layer(x(&[6]), x(&[6]), 1e-5);
    assert!(norm.forward(&x(&[2, 1, 6]), Some(&x(&[1, 2, 6]))).is_err());
    assert!(norm.forward(&x(&[4, 1, 6]), Some(&x(&[2, 1, 6]))).is_err());
    let (scoring, asked) = (Scoring::every(1.0), Asked::from(0));
    assert!(pattern(&x(&[1, 2, 5]), &x(&[1, 2, 6]), heads, scoring, asked, None).is_err());
    assert!(pattern(&x(&[1, 0, 6]), &x(&[1, 0, 6]), heads, scoring, asked, None).is_err());
    assert!(mix(&x(&[1, 2, 2, 3]), &x(&[1, 2, 6]), heads, ALL).is_err());
    assert!(mix(&x(&[3, 2, 2, 2]), &x(&[2, 2, 6]), heads, ALL).is_err());
    assert!(mix_reverse(&x(&[1, 3, 6]), &x(&[1, 2, 2, 2]), &x(&[1, 2, 6]), heads, true).is_err());
    let (q, k, p) = (x(&[1, 2, 6]), x(&[1, 3, 6]), x(&[1, 2, 2, 2]));
    assert!(pattern_reverse(&p, &p, &q, &k, heads, scoring).is_err());
    assert!(activate_reverse(Activation::Relu, &x(&[3]), &x(&[4])).is_err());
    assert!(gated(Activation::Relu, &x(&[3]), &x(&[4])).is_err());
    assert!(gated_reverse(Activation::Relu, (&x(&[3]), &x(&[3])), &x(&[4])).is_err());
    let turns = Turns { cos: x(&[1, 2, 2]), sin: x(&[1, 2, 2]), pairs: Pairs::Halves };
    assert!(
        rotate(&x(&[1, 2, 8]), &turns, 4, false).is_ok() && rotate(&x(&[1, 2, 6]), &turns, 3, false).is_err()
    );
    assert!(rotate(&x(&[1, 3, 8]), &turns, 4, false).is_err());
    let map = draw.linear(DType::F32, 5, 6, true);
    assert!(
        map.heads_forward(&x(&[1, 2, 5]), heads).is_ok() && map.heads_reverse(&x(&[1, 1, 6]), heads).is_ok()
    );
    assert!(
        map.heads_forward(&x(&[1, 3, 5]), heads).is_err() && map.heads_forward(&x(&[2, 5]), heads).is_err()
    );
    assert!(map.heads_reverse(&x(&[1, 2, 6]), heads).is_err());
    assert!(map.heads_reverse(&x(&[1, 1, 6]), Heads::new(2, 2)).is_err());
}
