//! The attention pattern, its use, and the reverse of both. Heads lie side by side in the width, so no
//! product needs a copy: head h of a `[B, T, H·E]` tensor is its columns h·E to (h+1)·E.

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::matmul::{Shape, matmul};
use super::{Real, composed, loops, make, on_cpu, read};

/// How the width of a projection splits into heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// H.
    pub count: usize,
    /// E.
    pub width: usize,
}

impl Heads {
    /// H·E.
    #[must_use]
    pub fn total(self) -> usize {
        self.count * self.width
    }

    /// One head of one sequence in a `[B, rows, H·E]` buffer.
    fn view(self, sequence: usize, rows: usize, head: usize) -> Shape {
        let width = self.total();
        Shape {
            start: sequence * rows * width + head * self.width,
            rows,
            cols: self.width,
            row: width,
            col: 1,
        }
    }

    fn check(self, tensor: &Tensor) -> Result<(usize, usize)> {
        let (batch, rows, width) = tensor.dims3()?;
        if width != self.total() {
            candle_core::bail!(
                "{} heads of width {} cannot be read from width {width}",
                self.count,
                self.width
            );
        }
        Ok((batch, rows))
    }
}

/// softmax(q·kᵀ·scale) by rows: `q [B, Tq, H·E]`, `k [B, T, H·E]` to `[B, H, Tq, T]`.
///
/// `blocked [B or 1, T]` (u8) marks keys that nobody may attend to; their entries are exactly 0. A row whose keys
/// are all blocked is all zeros.
pub fn pattern(q: &Tensor, k: &Tensor, heads: Heads, scale: f64, blocked: Option<&Tensor>) -> Result<Tensor> {
    fn cpu<R: Real>(q: &Tensor, k: &Tensor, heads: Heads, scale: f64, blocked: &[u8]) -> Result<Tensor> {
        let ((batch, queries), (_, keys)) = (heads.check(q)?, heads.check(k)?);
        let mut out = vec![R::ZERO; batch * heads.count * queries * keys];
        read::<R, _>(q, |q| {
            read::<R, _>(k, |k| {
                out.par_chunks_mut((queries * keys).max(1)).enumerate().for_each(|(i, out)| {
                    let (b, h) = (i / heads.count, i % heads.count);
                    let (query, key) = (heads.view(b, queries, h), heads.view(b, keys, h).t());
                    matmul((out, Shape::dense(queries, keys)), (q, query), (k, key), R::of(scale), false);
                    let blocked = if blocked.len() <= keys { blocked } else { &blocked[b * keys..][..keys] };
                    loops::softmax_rows(out, keys, blocked);
                });
            })
        })??;
        make(out, (batch, heads.count, queries, keys))
    }
    let marks = match blocked {
        Some(blocked) => blocked.flatten_all()?.to_vec1::<u8>()?,
        None => Vec::new(),
    };
    let (batch, keys, _) = k.dims3()?;
    let marked = blocked.is_none() || marks.len() == keys || marks.len() == batch * keys;
    if q.dims3()?.0 != batch || keys == 0 || !marked {
        candle_core::bail!("queries {:?}, keys {:?} and their mask do not fit", q.dims(), k.dims());
    }
    on_cpu!(q, R => cpu::<R>(q, k, heads, scale, &marks), else composed::pattern(q, k, heads, scale, blocked))
}

/// Each query's mean of the values under its pattern: `pattern [B, H, Tq, T]`, `v [B or 1, T, H·E]` to
/// `[B, Tq, H·E]`. Values of batch 1 serve every pattern.
pub fn mix(pattern: &Tensor, v: &Tensor, heads: Heads) -> Result<Tensor> {
    fn cpu<R: Real>(pattern: &Tensor, v: &Tensor, heads: Heads) -> Result<Tensor> {
        let (batch, _, queries, keys) = pattern.dims4()?;
        let shared = v.dims()[0] == 1;
        let total = heads.total();
        let mut out = vec![R::ZERO; batch * queries * total];
        read::<R, _>(pattern, |pattern| {
            read::<R, _>(v, |v| {
                out.par_chunks_mut((queries * total).max(1)).enumerate().for_each(|(b, out)| {
                    for h in 0..heads.count {
                        let start = (b * heads.count + h) * queries * keys;
                        let weights = Shape { start, ..Shape::dense(queries, keys) };
                        let values = heads.view(if shared { 0 } else { b }, keys, h);
                        matmul(
                            (out, heads.view(0, queries, h)),
                            (pattern, weights),
                            (v, values),
                            R::ONE,
                            false,
                        );
                    }
                });
            })
        })??;
        make(out, (batch, queries, total))
    }
    let ((batch, count, _, keys), (values, rows)) = (pattern.dims4()?, heads.check(v)?);
    if count != heads.count || rows != keys || !(values == 1 || values == batch) {
        candle_core::bail!(
            "a pattern of shape {:?} does not fit values of shape {:?}",
            pattern.dims(),
            v.dims()
        );
    }
    on_cpu!(pattern, R => cpu::<R>(pattern, v, heads), else composed::mix(pattern, v, heads))
}

/// The gradients at the pattern, `[B, H, Tq, T]`, and, with `values`, at v, `[B, T, H·E]`, from the gradient
/// at the mixed values, `[B, Tq, H·E]`.
pub fn mix_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    v: &Tensor,
    heads: Heads,
    values: bool,
) -> Result<(Tensor, Option<Tensor>)> {
    fn cpu<R: Real>(
        grad: &Tensor,
        pattern: &Tensor,
        v: &Tensor,
        heads: Heads,
        values: bool,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let (batch, count, queries, keys) = pattern.dims4()?;
        let shared = v.dims()[0] == 1;
        let total = heads.total();
        let (sequences, rows) = heads.check(v)?;
        if heads.check(grad)? != (batch, queries)
            || (count, rows) != (heads.count, keys)
            || !(shared || sequences == batch)
        {
            candle_core::bail!("a gradient of shape {:?} does not fit its mixed values", grad.dims());
        }
        let mut at_pattern = vec![R::ZERO; pattern.elem_count()];
        read::<R, _>(grad, |grad| {
            read::<R, _>(v, |v| {
                at_pattern.par_chunks_mut((queries * keys).max(1)).enumerate().for_each(|(i, out)| {
                    let (b, h) = (i / heads.count, i % heads.count);
                    let value = heads.view(if shared { 0 } else { b }, keys, h).t();
                    let mixed = heads.view(b, queries, h);
                    matmul((out, Shape::dense(queries, keys)), (grad, mixed), (v, value), R::ONE, false);
                });
            })
        })??;
        let at_values = if values {
            let mut out = vec![R::ZERO; batch * keys * total];
            read::<R, _>(grad, |grad| {
                read::<R, _>(pattern, |pattern| {
                    out.par_chunks_mut((keys * total).max(1)).enumerate().for_each(|(b, out)| {
                        for h in 0..heads.count {
                            let start = (b * heads.count + h) * queries * keys;
                            let weights = Shape { start, ..Shape::dense(queries, keys) }.t();
                            let mixed = heads.view(b, queries, h);
                            matmul(
                                (out, heads.view(0, keys, h)),
                                (pattern, weights),
                                (grad, mixed),
                                R::ONE,
                                false,
                            );
                        }
                    });
                })
            })??;
            Some(make(out, (batch, keys, total))?)
        } else {
            None
        };
        Ok((make(at_pattern, pattern.shape())?, at_values))
    }
    on_cpu!(
        grad,
        R => cpu::<R>(grad, pattern, v, heads, values),
        else composed::mix_reverse(grad, pattern, v, heads)
    )
}

/// The gradients at q, `[B, Tq, H·E]`, and k, `[B, T, H·E]`, from the gradient at the pattern.
pub fn pattern_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    q: &Tensor,
    k: &Tensor,
    heads: Heads,
    scale: f64,
) -> Result<(Tensor, Tensor)> {
    fn cpu<R: Real>(
        grad: &Tensor,
        pattern: &Tensor,
        q: &Tensor,
        k: &Tensor,
        heads: Heads,
        scale: f64,
    ) -> Result<(Tensor, Tensor)> {
        let (batch, count, queries, keys) = pattern.dims4()?;
        let total = heads.total();
        let fits = heads.check(q)? == (batch, queries) && heads.check(k)? == (batch, keys);
        if grad.dims() != pattern.dims() || count != heads.count || !fits {
            candle_core::bail!("a gradient of shape {:?} does not fit its pattern", grad.dims());
        }
        let mut scores = read::<R, _>(grad, <[R]>::to_vec)?;
        read::<R, _>(pattern, |pattern| {
            let size = (queries * keys).max(1);
            scores
                .par_chunks_mut(size)
                .zip(pattern.par_chunks(size))
                .for_each(|(grad, pattern)| loops::softmax_reverse(grad, pattern, keys));
        })?;
        let side = |rows: usize, others: usize, flip: bool, other: &Tensor| -> Result<Tensor> {
            let mut out = vec![R::ZERO; batch * rows * total];
            read::<R, _>(other, |other| {
                out.par_chunks_mut((rows * total).max(1)).enumerate().for_each(|(b, out)| {
                    for h in 0..heads.count {
                        let start = (b * heads.count + h) * queries * keys;
                        let s = Shape { start, ..Shape::dense(queries, keys) };
                        let s = if flip { s.t() } else { s };
                        let (to, from) = (heads.view(0, rows, h), heads.view(b, others, h));
                        matmul((out, to), (&scores, s), (other, from), R::of(scale), false);
                    }
                });
            })?;
            make(out, (batch, rows, total))
        };
        Ok((side(queries, keys, false, k)?, side(keys, queries, true, q)?))
    }
    on_cpu!(
        grad,
        R => cpu::<R>(grad, pattern, q, k, heads, scale),
        else composed::pattern_reverse(grad, pattern, q, k, heads, scale)
    )
}
