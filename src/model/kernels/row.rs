//! Attention of a single query row, whose keys and values are never made.
//!
//! A score is `q·(x W_K)ᵀ = (q W_Kᵀ)·xᵀ`, and what is mixed is `Σ p (x W_V + b) = (Σ p x) W_V + b Σ p`: for one row
//! it is far less work to take the query, and the mixed stream, through the weights than every token. Exact up to
//! the order of sums. The keys' bias moves all scores of a row alike, which no softmax sees, and is left out.
//!
//! What is left is attention with one head as wide as the stream, whose H queries are the heads'. Heads that share keys and
//! values go through the same weights.
//!
//! Of the scores this holds only where nothing stands between the keys' map and the product, no norm and no rotation, and
//! where none is capped; of the mixed values it always does.

use candle_core::{D, Result, Tensor};

use super::{Linear, mix, mix_reverse, pattern, pattern_reverse};
use crate::model::scoring::{Asked, Reach, Scoring};
use crate::model::spec::Heads;

/// The stream `[B, T, D]` as the keys, or values, of one head.
fn whole(stream: &Tensor) -> Result<Heads> {
    Ok(Heads::new(1, stream.dim(D::Minus1)?))
}

/// `[B, H, 1, T]` to `[B, 1, H, T]`, or back: the same memory.
fn turned(pattern: &Tensor) -> Result<Tensor> {
    let (batch, a, b, tokens) = pattern.dims4()?;
    pattern.reshape((batch, b, a, tokens))
}

/// A bias of keys or values for each query head, `[H, E]`.
fn by_query(bias: &Tensor, heads: Heads) -> Result<Tensor> {
    let own = heads.of_keys();
    let each = bias.reshape((own.count, 1, own.width))?;
    each.broadcast_as((own.count, heads.shared_by, own.width))?
        .contiguous()?
        .reshape((heads.count, heads.width))
}

/// The queries taken through the keys' weights, `[B, H, D]`, and the pattern `[B, H, 1, T]`: `q [B, 1, H·E]` over the
/// keys of `stream [B, T, D]`, where it is query number `row`. `blocked` as for [`pattern`].
pub fn row_pattern(
    q: &Tensor,
    stream: &Tensor,
    key: &Linear,
    heads: Heads,
    (scoring, row): (Scoring, usize),
    blocked: Option<&Tensor>,
) -> Result<(Tensor, Tensor)> {
    let q = key.heads_reverse(q, heads)?;
    let found = pattern(&q, stream, whole(stream)?, scoring, Asked::only(row), blocked)?;
    Ok((q, turned(&found)?))
}

/// The values of `stream [B or 1, T, D]` mixed under `pattern [B, H, 1, T]`: `[B, 1, H·E]`.
pub fn row_mix(pattern: &Tensor, stream: &Tensor, value: &Linear, heads: Heads) -> Result<Tensor> {
    let mixed = mix(&turned(pattern)?, stream, whole(stream)?, (Reach::Every, Asked::only(0)))?;
    let out = value.heads_forward(&mixed, heads)?;
    let Some(bias) = &value.bias else { return Ok(out) };
    let sums = pattern.sum(D::Minus1)?;
    let split = out.reshape((out.dims()[0], heads.count, heads.width))?;
    let bias = sums.broadcast_mul(&by_query(bias, heads)?)?;
    (split + bias)?.reshape(out.shape())
}

/// The gradients at the pattern, `[B, H, 1, T]`, and, with `below`, at the stream, `[B, T, D]`, from the gradient at
/// what was mixed, `[B, 1, H·E]`.
pub fn row_mix_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    stream: &Tensor,
    value: &Linear,
    heads: Heads,
    below: bool,
) -> Result<(Tensor, Option<Tensor>)> {
    let at_mixed = value.heads_reverse(grad, heads)?;
    let (at_pattern, at_stream) = mix_reverse(&at_mixed, &turned(pattern)?, stream, whole(stream)?, below)?;
    let mut at_pattern = turned(&at_pattern)?;
    if let Some(bias) = &value.bias {
        let split = grad.reshape((grad.dims()[0], heads.count, heads.width))?;
        let along = split.broadcast_mul(&by_query(bias, heads)?)?;
        at_pattern = at_pattern.broadcast_add(&along.sum_keepdim(D::Minus1)?.unsqueeze(D::Minus1)?)?;
    }
    Ok((at_pattern, at_stream))
}

/// The gradients at q, `[B, 1, H·E]`, and at the stream, `[B, T, D]`, from the gradient at the pattern; `q` as
/// [`row_pattern`] gave it.
pub fn row_pattern_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    q: &Tensor,
    stream: &Tensor,
    key: &Linear,
    heads: Heads,
    scoring: Scoring,
) -> Result<(Tensor, Tensor)> {
    let (at_q, at_stream) =
        pattern_reverse(&turned(grad)?, &turned(pattern)?, q, stream, whole(stream)?, scoring)?;
    Ok((key.heads_forward(&at_q, heads)?, at_stream))
}
