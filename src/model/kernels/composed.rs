//! Each kernel composed of candle's own operations: what runs on devices without a kernel of ours, and the
//! oracle of those that have one.

use candle_core::{D, DType, Device, Result, Tensor};

use crate::model::scoring::{Asked, Reach, Scoring};
use crate::model::spec::{Activation, Heads};

/// `x [.., in]` by `weight [in, out]`, and the bias added.
pub(super) fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (inputs, outputs) = weight.dims2()?;
    let mut shape = x.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    // One product over all rows: over a batch, the weights would be copied for each sequence.
    let out = x.reshape(((), inputs))?.matmul(weight)?.reshape(shape)?;
    match bias {
        Some(bias) => out.broadcast_add(bias),
        None => Ok(out),
    }
}

/// The gradient at the input of a map by `weight`.
pub(super) fn linear_reverse(grad: &Tensor, weight: &Tensor) -> Result<Tensor> {
    grad.broadcast_matmul(&weight.t()?)
}

pub(super) fn activate(kind: Activation, x: &Tensor) -> Result<Tensor> {
    match kind {
        Activation::Gelu => x.gelu_erf(),
        Activation::GeluTanh => x.gelu(),
        Activation::Relu => x.relu(),
        Activation::Silu => x.silu(),
        Activation::Tanh => x.tanh(),
    }
}

/// `activation(gate) ∘ up`, and its reverse below.
pub(super) fn gated(kind: Activation, gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    activate(kind, gate)? * up
}

/// The gradients at the gate and at what it lets through.
pub(super) fn gated_reverse(
    kind: Activation,
    (gate, up): (&Tensor, &Tensor),
    grad: &Tensor,
) -> Result<(Tensor, Tensor)> {
    Ok((activate_reverse(kind, gate, &(grad * up)?)?, (grad * activate(kind, gate)?)?))
}

pub(super) fn activate_reverse(kind: Activation, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
    let slope = match kind {
        Activation::Gelu => {
            let cdf = (((x * std::f64::consts::FRAC_1_SQRT_2)?.erf()? + 1.0)? * 0.5)?;
            let density = ((x.sqr()? * -0.5)?.exp()? * 0.398_942_280_401_432_7)?;
            (cdf + (x * density)?)?
        }
        Activation::GeluTanh => {
            let root = 0.797_884_560_802_865_4;
            let t = ((x + (x.powf(3.0)? * 0.044_715)?)? * root)?.tanh()?;
            let inner = ((x.sqr()? * (3.0 * 0.044_715 * root))? + root)?;
            let rest = ((x * 0.5)? * (1.0 - t.sqr()?)?)?;
            (((t + 1.0)? * 0.5)? + (rest * inner)?)?
        }
        Activation::Relu => x.gt(0.0)?.to_dtype(x.dtype())?,
        Activation::Silu => {
            let s = ((x.neg()?.exp()? + 1.0)?).recip()?;
            (&s * ((x * (1.0 - &s)?)? + 1.0)?)?
        }
        Activation::Tanh => (1.0 - x.tanh()?.sqr()?)?,
    };
    grad * slope
}

/// The norm of `x + residual`, RMS norm without a bias: the output, the rows before gain and bias, and one over their
/// standard deviations.
pub(super) fn add_norm(
    x: &Tensor,
    residual: Option<&Tensor>,
    (gain, bias): (&Tensor, Option<&Tensor>),
    eps: f64,
) -> Result<[Tensor; 3]> {
    let sum = match residual {
        Some(residual) => x.broadcast_add(residual)?,
        None => x.clone(),
    };
    let centred = if bias.is_some() { sum.broadcast_sub(&sum.mean_keepdim(D::Minus1)?)? } else { sum };
    let rate = (centred.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?.recip()?;
    let unit = centred.broadcast_mul(&rate)?;
    let out = unit.broadcast_mul(gain)?;
    let out = if let Some(bias) = bias { out.broadcast_add(bias)? } else { out };
    Ok([out, unit, rate.squeeze(D::Minus1)?])
}

/// The gradient at the sum, from that at the output, the rows before gain and bias, and their rates; `centred` is layer
/// norm.
pub(super) fn norm_reverse(
    grad: &Tensor,
    (unit, rate): (&Tensor, &Tensor),
    gain: &Tensor,
    centred: bool,
) -> Result<Tensor> {
    let g = grad.broadcast_mul(gain)?;
    let along = (&g * unit)?.mean_keepdim(D::Minus1)?;
    let free = if centred { g.broadcast_sub(&g.mean_keepdim(D::Minus1)?)? } else { g };
    let inner = free.sub(&unit.broadcast_mul(&along)?)?;
    inner.broadcast_mul(&rate.unsqueeze(D::Minus1)?)
}

/// Keys or values `[B, T, H / shared_by · E]` to `[B, H, T, E]`, each head's for all queries that share it.
fn spread(x: &Tensor, heads: Heads) -> Result<Tensor> {
    let each = split(x, heads.of_keys())?;
    let (b, h, t, e) = each.dims4()?;
    if heads.shared_by == 1 {
        return Ok(each);
    }
    let all = each.unsqueeze(2)?.broadcast_as((b, h, heads.shared_by, t, e))?;
    all.contiguous()?.reshape((b, heads.count, t, e))
}

/// Its reverse: `[B, H, T, E]` summed over the queries that share a head, to `[B, T, H / shared_by · E]`.
fn gathered(x: &Tensor, heads: Heads) -> Result<Tensor> {
    let (b, _, t, e) = x.dims4()?;
    if heads.shared_by == 1 {
        return merge(x);
    }
    let own = heads.of_keys();
    merge(&x.contiguous()?.reshape((b, own.count, heads.shared_by, t, e))?.sum(2)?)
}

/// 1 where a row may attend to a key, `[B or 1, 1, Tq, T]`; none where every row may to every key.
fn open(
    (reach, asked): (Reach, Asked),
    (queries, keys): (usize, usize),
    blocked: Option<&Tensor>,
    dtype: DType,
) -> Result<Option<Tensor>> {
    let (marks, device) = match blocked {
        None if reach == Reach::Every => return Ok(None),
        None => return Ok(Some(seen((reach, asked), (queries, keys), &vec![0; keys], &Device::Cpu)?)),
        Some(blocked) => (blocked.to_vec2::<u8>()?, blocked.device()),
    };
    let each = marks.iter().map(|marks| seen((reach, asked), (queries, keys), marks, device));
    Ok(Some(Tensor::cat(&each.collect::<Result<Vec<_>>>()?, 0)?.to_dtype(dtype)?))
}

/// [`open`] of one sequence, whose blocked keys are marked.
fn seen(
    (reach, asked): (Reach, Asked),
    (queries, keys): (usize, usize),
    marks: &[u8],
    device: &Device,
) -> Result<Tensor> {
    let mut all = vec![0.0f32; queries * keys];
    for (row, out) in all.chunks_exact_mut(keys).enumerate() {
        let query = asked.query(row);
        for key in reach.seen(query, keys) {
            let own = reach.keeps_own() && key == query;
            out[key] = if marks[key] == 0 || own { 1.0 } else { 0.0 };
        }
    }
    Tensor::from_vec(all, (1, 1, queries, keys), device)
}

/// `[B, T, H·E]` to `[B, H, T, E]`.
fn split(x: &Tensor, heads: Heads) -> Result<Tensor> {
    let (b, t, _) = x.dims3()?;
    x.reshape((b, t, heads.count, heads.width))?.transpose(1, 2)?.contiguous()
}

/// `[B, H, T, E]` to `[B, T, H·E]`.
fn merge(x: &Tensor) -> Result<Tensor> {
    let (b, h, t, e) = x.dims4()?;
    x.transpose(1, 2)?.contiguous()?.reshape((b, t, h * e))
}

/// Scores before softmax and masks, `[B, H, Tq, T]`; before the cap too.
fn products(q: &Tensor, k: &Tensor, heads: Heads, scale: f64) -> Result<Tensor> {
    split(q, heads)?.matmul(&spread(k, heads)?.t()?)? * scale
}

pub(super) fn pattern(
    q: &Tensor,
    k: &Tensor,
    heads: Heads,
    (scoring, added): (Scoring, Option<&Tensor>),
    asked: Asked,
    blocked: Option<&Tensor>,
) -> Result<Tensor> {
    let scores = products(q, k, heads, scoring.scale)?;
    let scores = match scoring.cap {
        Some(cap) => ((scores / cap)?.tanh()? * cap)?,
        None => scores,
    };
    let scores = match added {
        Some(added) => scores.broadcast_add(&added.unsqueeze(0)?)?,
        None => scores,
    };
    let sizes = (q.dim(1)?, k.dim(1)?);
    let open = open((scoring.reach, asked), sizes, blocked, q.dtype())?;
    let open = open.map(|open| open.to_dtype(q.dtype())?.to_device(q.device())).transpose()?;
    let scores = match &open {
        // The largest finite number, so that a row with every key blocked stays a number.
        Some(open) => {
            scores.broadcast_add(&((open - 1.0)? * if q.dtype() == DType::F64 { 1e300 } else { 1e38 })?)?
        }
        None => scores,
    };
    let top = scores.max_keepdim(D::Minus1)?;
    let weight = scores.broadcast_sub(&top)?.exp()?;
    let weight = match &open {
        Some(open) => weight.broadcast_mul(open)?,
        None => weight,
    };
    let total = weight.sum_keepdim(D::Minus1)?;
    // A row with every key blocked has total 0 and stays 0.
    let total = (&total + total.eq(0.0)?.to_dtype(total.dtype())?)?;
    weight.broadcast_div(&total)
}

/// `left [B, H, Tq, ..] · right [B or 1, H, .., ..]`. One right factor for many left ones is not copied for each:
/// the left ones are laid below one another.
fn product(left: &Tensor, right: &Tensor) -> Result<Tensor> {
    let ((b, h, rows, inner), (shared, _, _, outer)) = (left.dims4()?, right.dims4()?);
    if shared == b {
        return left.contiguous()?.matmul(right);
    }
    let below = left.transpose(0, 1)?.contiguous()?.reshape((1, h, b * rows, inner))?;
    below.matmul(right)?.reshape((h, b, rows, outer))?.transpose(0, 1)
}

pub(super) fn mix(pattern: &Tensor, v: &Tensor, heads: Heads) -> Result<Tensor> {
    merge(&product(pattern, &spread(v, heads)?)?)
}

pub(super) fn mix_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    v: &Tensor,
    heads: Heads,
    values: bool,
) -> Result<(Tensor, Option<Tensor>)> {
    let grad = split(grad, heads)?;
    let at_pattern = product(&grad, &spread(v, heads)?.t()?)?.contiguous()?;
    let at_values =
        values.then(|| gathered(&pattern.t()?.contiguous()?.matmul(&grad)?, heads)).transpose()?;
    Ok((at_pattern, at_values))
}

pub(super) fn pattern_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    q: &Tensor,
    k: &Tensor,
    heads: Heads,
    scoring: Scoring,
) -> Result<(Tensor, Tensor)> {
    let along = (grad * pattern)?.sum_keepdim(D::Minus1)?;
    let scores = ((pattern * grad.broadcast_sub(&along)?)? * scoring.scale)?;
    let scores = match scoring.cap {
        Some(cap) => {
            let raw = products(q, k, heads, scoring.scale)?;
            (scores * (1.0 - (raw / cap)?.tanh()?.sqr()?)?)?
        }
        None => scores,
    };
    let at_q = scores.matmul(&spread(k, heads)?)?;
    let at_k = scores.t()?.contiguous()?.matmul(&split(q, heads)?)?;
    Ok((merge(&at_q)?, gathered(&at_k, heads)?))
}
