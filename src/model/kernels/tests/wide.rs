//! Every instruction set that the machine has, on shapes beyond every constant that products are cut by, against
//! sums in f64 that are written out here.

use candle_core::{DType, Tensor};

use super::draw::Draw;
use super::numbers;
use crate::model::kernels::share::alone;
use crate::model::kernels::simd::{Set, at_most};
use crate::model::kernels::{
    Norm, activate, activate_reverse, composed, mix, mix_reverse, pattern, pattern_reverse, row_mix,
    row_pattern,
};
use crate::model::scoring::{Asked, Reach, Scoring};
use crate::model::spec::{Activation, Heads};

const DTYPES: [DType; 2] = [DType::F32, DType::F64];

/// Fails where what is named is not as wanted.
type Near<'a> = dyn Fn(&str, &Tensor, &[f64]) + 'a;

/// Calls `f` on this thread once for each instruction set that the machine has, and each element type. The draws are
/// the same every time.
fn everywhere(seed: u64, f: impl Fn(DType, &Draw, &Near<'_>)) {
    for set in Set::ALL.into_iter().filter(|set| set.is_here()) {
        for dtype in DTYPES {
            let tolerance = if dtype == DType::F64 { 1e-12 } else { 2e-5 };
            let near = |what: &str, found: &Tensor, wanted: &[f64]| {
                let found = numbers(found);
                assert_eq!(found.len(), wanted.len(), "{what}, {set:?}, {dtype:?}");
                for (i, (a, b)) in found.iter().zip(wanted).enumerate() {
                    let far = (a - b).abs() / b.abs().max(1.0);
                    assert!(far <= tolerance, "{what}, {set:?}, {dtype:?}, entry {i}: {a}, not {b}");
                }
            };
            at_most(set, || alone(|| f(dtype, &Draw::new(seed), &near)));
        }
    }
}

/// `a [m, k] · b [k, n]`, where entry (i, j) of a factor is at `i * row + j * col`.
fn product(
    (a, [a_row, a_col]): (&[f64], [usize; 2]),
    (b, [b_row, b_col]): (&[f64], [usize; 2]),
    (m, k, n): (usize, usize, usize),
) -> Vec<f64> {
    let entry =
        |i: usize, j: usize| (0..k).map(|l| a[i * a_row + l * a_col] * b[l * b_row + j * b_col]).sum();
    (0..m * n).map(|at| entry(at / n, at % n)).collect()
}

fn plus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b.iter().cycle()).map(|(a, b)| a + b).collect()
}

#[test]
fn linear_maps() {
    // Rows beyond a tile's 8, inputs beyond the 1024 that are swept at once, outputs within and across panels of 32.
    let shapes = [
        (1, 1, 1),
        (1, 1025, 33),
        (9, 1537, 65),
        (17, 2049, 31),
        (8, 1024, 32),
        (13, 40, 1057),
        (3, 2050, 1),
    ];
    everywhere(1, |dtype, draw, near| {
        for (i, (m, k, n)) in shapes.into_iter().enumerate() {
            let map = draw.linear(dtype, k, n, i % 2 == 0);
            let (x, onto) = (draw.tensor(dtype, &[1, m, k]), draw.tensor(dtype, &[1, m, k]));
            let grad = draw.tensor(dtype, &[1, m, n]);
            let weight = numbers(&map.weight().unwrap());
            let mut forward = product((&numbers(&x), [k, 1]), (&weight, [n, 1]), (m, k, n));
            if let Some(bias) = &map.bias {
                forward = plus(&forward, &numbers(bias));
            }
            near("a map", &map.forward(&x).unwrap(), &forward);
            // Its sums of n products are of the order of √(n / k).
            let reverse = product((&numbers(&grad), [n, 1]), (&weight, [1, n]), (m, n, k));
            let both = plus(&reverse, &numbers(&onto));
            for turned in ["", ", turned over"] {
                near(&format!("its reverse{turned}"), &map.reverse(&grad).unwrap(), &reverse);
                near(&format!("added{turned}"), &map.reverse_onto(&grad, &onto).unwrap(), &both);
                map.turn_over().unwrap();
            }
        }
    });
}

#[test]
fn layer_norms() {
    everywhere(2, |dtype, draw, near| {
        for d in [1, 17, 31, 513, 1025, 2049] {
            let norm = Norm::layer(draw.tensor(dtype, &[d]), draw.tensor(dtype, &[d]), 1e-5);
            let (x, residual) = (draw.tensor(dtype, &[1, 11, d]), draw.tensor(dtype, &[1, 11, d]));
            let (gain, bias) = (numbers(&norm.gain), numbers(norm.bias.as_ref().unwrap()));
            let sums = plus(&numbers(&x), &numbers(&residual));
            let mut wanted = Vec::new();
            for row in sums.chunks_exact(d) {
                let mean = row.iter().sum::<f64>() / d as f64;
                let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / d as f64;
                let rate = 1.0 / (variance + norm.eps).sqrt();
                wanted.extend((0..d).map(|i| (row[i] - mean) * rate * gain[i] + bias[i]));
            }
            let found = norm.forward(&x, Some(&residual)).unwrap();
            near("a norm", &found.out, &wanted);
            // One column has no spread, so that every digit of its rate is eps's.
            if d > 1 {
                let grad = draw.tensor(dtype, &[1, 11, d]);
                let (unit, rate) = (numbers(&found.standard.unit), numbers(&found.standard.rate));
                let mut wanted = Vec::new();
                for ((g, u), r) in numbers(&grad).chunks_exact(d).zip(unit.chunks_exact(d)).zip(rate) {
                    let g: Vec<f64> = g.iter().zip(&gain).map(|(g, w)| g * w).collect();
                    let mean = g.iter().sum::<f64>() / d as f64;
                    let along = g.iter().zip(u).map(|(g, u)| g * u).sum::<f64>() / d as f64;
                    wanted.extend(g.iter().zip(u).map(|(g, u)| r * (g - mean - u * along)));
                }
                near("its reverse", &norm.reverse(&grad, &found.standard).unwrap(), &wanted);
            }
        }
    });
}

#[test]
fn activations() {
    let kinds =
        [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu, Activation::Tanh];
    everywhere(3, |dtype, draw, near| {
        for n in [1, 17, 4096 + 37] {
            let (x, grad) = ((draw.tensor(dtype, &[n]) * 3.0).unwrap(), draw.tensor(dtype, &[n]));
            let exact = |t: &Tensor| t.to_dtype(DType::F64).unwrap();
            for kind in kinds {
                let wanted = numbers(&composed::activate(kind, &exact(&x)).unwrap());
                near(&format!("{kind:?}"), &activate(kind, &x).unwrap(), &wanted);
                let wanted = composed::activate_reverse(kind, &exact(&x), &exact(&grad)).unwrap();
                let found = activate_reverse(kind, &x, &grad).unwrap();
                near(&format!("the reverse of {kind:?}"), &found, &numbers(&wanted));
            }
        }
    });
}

/// One head of one text of `rows` rows.
fn head(all: &[f64], heads: Heads, rows: usize, (text, h): (usize, usize)) -> Vec<f64> {
    let from = |row: usize| (text * rows + row) * heads.total() + h * heads.width;
    (0..rows).flat_map(|row| all[from(row)..][..heads.width].to_vec()).collect()
}

/// `softmax(q·kᵀ·scale)` of every head, `[B, H, Tq, T]`.
fn softmaxes(
    (q, k): (&[f64], &[f64]),
    heads: Heads,
    (batch, queries, keys): (usize, usize, usize),
    scale: f64,
    blocked: &[u8],
) -> Vec<f64> {
    let e = heads.width;
    let mut all = Vec::new();
    for at in (0..batch).flat_map(|b| (0..heads.count).map(move |h| (b, h))) {
        let (q, k) = (head(q, heads, queries, at), head(k, heads, keys, at));
        for row in product((&q, [e, 1]), (&k, [1, e]), (queries, e, keys)).chunks_exact(keys) {
            let open = |i: usize| blocked[at.0 * keys + i] == 0;
            let top = (0..keys).filter(|i| open(*i)).map(|i| row[i]).fold(f64::NEG_INFINITY, f64::max);
            let weight = |i: usize| if open(i) { ((row[i] - top) * scale).exp() } else { 0.0 };
            let total: f64 = (0..keys).map(weight).sum();
            all.extend((0..keys).map(|i| weight(i) / total));
        }
    }
    all
}

/// Values mixed under the patterns of every head, `[B, Tq, H·E]`.
fn mixed(p: &[f64], v: &[f64], heads: Heads, (batch, queries, keys): (usize, usize, usize)) -> Vec<f64> {
    let (e, total) = (heads.width, heads.total());
    let mut all = vec![0.0; batch * queries * total];
    for (b, h) in (0..batch).flat_map(|b| (0..heads.count).map(move |h| (b, h))) {
        let p = &p[(b * heads.count + h) * queries * keys..][..queries * keys];
        let found = product((p, [keys, 1]), (&head(v, heads, keys, (b, h)), [e, 1]), (queries, keys, e));
        for (row, found) in found.chunks_exact(e).enumerate() {
            all[(b * queries + row) * total + h * e..][..e].copy_from_slice(found);
        }
    }
    all
}

#[test]
fn attention() {
    // (B, H, E, Tq, T): keys beyond 1024 and beyond the 2048 whose exponentials are taken together, heads wider than
    // both, one query and more than a tile of them.
    let shapes =
        [(1, 1, 1, 1, 1), (2, 3, 31, 9, 65), (1, 2, 33, 11, 1031), (1, 1, 3, 1, 2101), (1, 1, 1030, 9, 17)];
    everywhere(4, |dtype, draw, near| {
        for (b, h, e, queries, keys) in shapes {
            let heads = Heads::new(h, e);
            let (total, scale, sizes) = (heads.total(), 1.0 / (e as f64).sqrt(), (b, queries, keys));
            let (q, k) = (draw.tensor(dtype, &[b, queries, total]), draw.tensor(dtype, &[b, keys, total]));
            let scoring = Scoring::every(scale);
            let blocked = draw.blocked(b, keys);
            let marks: Vec<u8> = blocked.flatten_all().unwrap().to_vec1().unwrap();
            let p = pattern(&q, &k, heads, scoring, Asked::from(0), Some(&blocked)).unwrap();
            near("a pattern", &p, &softmaxes((&numbers(&q), &numbers(&k)), heads, sizes, scale, &marks));

            let v = draw.tensor(dtype, &[b, keys, total]);
            let found = mix(&p, &v, heads, (Reach::Every, Asked::from(0))).unwrap();
            near("a mixture", &found, &mixed(&numbers(&p), &numbers(&v), heads, sizes));

            // The reverses, against the composed forms in f64.
            let exact = |t: &Tensor| t.to_dtype(DType::F64).unwrap();
            let grad = draw.sized(dtype, &[b, queries, total], e);
            let (at_p, at_v) = mix_reverse(&grad, &p, &v, heads, true).unwrap();
            let (wanted_p, wanted_v) =
                composed::mix_reverse(&exact(&grad), &exact(&p), &exact(&v), heads, true).unwrap();
            near("the gradient at a pattern", &at_p, &numbers(&wanted_p));
            near("the gradient at values", &at_v.unwrap(), &numbers(&wanted_v.unwrap()));
            let (at_q, at_k) = pattern_reverse(&at_p, &p, &q, &k, heads, scoring).unwrap();
            let (wanted_q, wanted_k) =
                composed::pattern_reverse(&exact(&at_p), &exact(&p), &exact(&q), &exact(&k), heads, scoring)
                    .unwrap();
            near("the gradient at queries", &at_q, &numbers(&wanted_q));
            near("the gradient at keys", &at_k, &numbers(&wanted_k));
        }
    });
}

#[test]
fn attention_of_one_row() {
    // (B, H, E, D, T): the stream wider than 1024, heads that begin inside a panel.
    for (i, (b, h, e, d, t)) in
        [(9, 3, 43, 1030, 11), (2, 1, 64, 2049, 70), (1, 5, 7, 33, 1100)].into_iter().enumerate()
    {
        let heads = Heads::new(h, e);
        let (total, scale) = (heads.total(), 1.0 / (e as f64).sqrt());
        everywhere(5 + i as u64, |dtype, draw, near| {
            let (key, value) = (draw.linear(dtype, d, total, true), draw.linear(dtype, d, total, true));
            let (q, x) = (draw.tensor(dtype, &[b, 1, total]), draw.tensor(dtype, &[b, t, d]));
            let stream = numbers(&x);
            let made = |map: &crate::model::kernels::Linear| {
                let weight = numbers(&map.weight().unwrap());
                let all = product((&stream, [d, 1]), (&weight, [total, 1]), (b * t, d, total));
                plus(&all, &numbers(map.bias.as_ref().unwrap()))
            };
            let blocked = draw.blocked(b, t);
            let marks: Vec<u8> = blocked.flatten_all().unwrap().to_vec1().unwrap();
            let (_, p) =
                row_pattern(&q, &x, &key, heads, (Scoring::every(scale), 0), Some(&blocked)).unwrap();
            near("a row", &p, &softmaxes((&numbers(&q), &made(&key)), heads, (b, 1, t), scale, &marks));
            let found = row_mix(&p, &x, &value, heads).unwrap();
            near("its mixture", &found, &mixed(&numbers(&p), &made(&value), heads, (b, 1, t)));
        });
    }
}
