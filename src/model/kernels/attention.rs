//! The attention pattern, its use, and the reverse of both. Heads lie side by side in the width, so no
//! product needs a copy: head h of a `[B, T, H·E]` tensor is its columns h·E to (h+1)·E.

use candle_core::{Result, Tensor};

use super::heads::{HeadRows, mixture, scores};
use super::share::{LEAST_WORK, share, share_chunks};
use super::tile::{Left, Output};
use super::{Real, composed, loops, make, on_cpu, read};
use crate::model::spec::Heads;

impl Heads {
    /// One head of one sequence in a `[B, rows, H·E]` buffer.
    fn of<T>(self, data: &[T], sequence: usize, rows: usize, head: usize) -> HeadRows<'_, T> {
        let stride = self.total();
        let data = data.get(sequence * rows * stride + head * self.width..).unwrap_or_default();
        HeadRows { data, rows, width: self.width, stride }
    }

    /// Calls `f` on every sequence and head, spread over threads.
    fn each(self, batch: usize, work: usize, f: impl Fn(usize, usize) + Sync) {
        share(batch * self.count, batch * self.count * work >= LEAST_WORK, |some| {
            some.for_each(|i| f(i / self.count, i % self.count));
        });
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
    fn cpu<R: Real>(
        q: &Tensor,
        k: &Tensor,
        heads: Heads,
        scale: f64,
        blocked: Option<&Tensor>,
    ) -> Result<Tensor> {
        let blocked = match blocked {
            Some(blocked) => blocked.flatten_all()?.to_vec1::<u8>()?,
            None => Vec::new(),
        };
        let ((batch, queries), (_, keys)) = (heads.check(q)?, heads.check(k)?);
        let mut out = vec![R::ZERO; batch * heads.count * queries * keys];
        read::<R, _>(q, |q| {
            read::<R, _>(k, |k| {
                let worth = out.len() * heads.width >= LEAST_WORK;
                share_chunks(&mut out, queries * keys, worth, |i, out| {
                    let (b, h) = (i / heads.count, i % heads.count);
                    scores(heads.of(q, b, queries, h), heads.of(k, b, keys, h), R::of(scale), out);
                    let blocked =
                        if blocked.len() <= keys { &blocked[..] } else { &blocked[b * keys..][..keys] };
                    loops::softmax_rows(out, keys, blocked);
                });
            })
        })??;
        make(out, (batch, heads.count, queries, keys))
    }
    let (batch, keys, _) = k.dims3()?;
    let marked = blocked.is_none_or(|blocked| [keys, batch * keys].contains(&blocked.elem_count()));
    if q.dims3()?.0 != batch || keys == 0 || !marked {
        candle_core::bail!("queries {:?}, keys {:?} and their mask do not fit", q.dims(), k.dims());
    }
    on_cpu!(q, R => cpu::<R>(q, k, heads, scale, blocked), else composed::pattern(q, k, heads, scale, blocked))
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
                let target = Output::new(&mut out, total);
                heads.each(batch, queries * keys * heads.width, |b, h| {
                    let data = &pattern[(b * heads.count + h) * queries * keys..][..queries * keys];
                    let values = heads.of(v, if shared { 0 } else { b }, keys, h);
                    let left = Left { data, row: keys, col: 1 };
                    mixture(left, queries, values, R::ONE, target.below(b * queries), h * heads.width);
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
                let worth = at_pattern.len() * heads.width >= LEAST_WORK;
                share_chunks(&mut at_pattern, queries * keys, worth, |i, out| {
                    let (b, h) = (i / heads.count, i % heads.count);
                    let value = heads.of(v, if shared { 0 } else { b }, keys, h);
                    scores(heads.of(grad, b, queries, h), value, R::ONE, out);
                });
            })
        })??;
        let at_values = if values {
            let mut out = vec![R::ZERO; batch * keys * total];
            read::<R, _>(grad, |grad| {
                read::<R, _>(pattern, |pattern| {
                    let target = Output::new(&mut out, total);
                    heads.each(batch, queries * keys * heads.width, |b, h| {
                        let data = &pattern[(b * heads.count + h) * queries * keys..][..queries * keys];
                        let left = Left { data, row: 1, col: keys };
                        let mixed = heads.of(grad, b, queries, h);
                        mixture(left, keys, mixed, R::ONE, target.below(b * keys), h * heads.width);
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
        else composed::mix_reverse(grad, pattern, v, heads, values)
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
        let size = queries * keys;
        let mut at_query = vec![R::ZERO; batch * queries * total];
        let mut at_key = vec![R::ZERO; batch * keys * total];
        let (to_query, to_key) = (Output::new(&mut at_query, total), Output::new(&mut at_key, total));
        let head = |b: usize, h: usize, [grad, pattern, q, k]: [&[R]; 4]| {
            let (own, column) = ((b * count + h) * size, h * heads.width);
            let mut at_scores = grad[own..][..size].to_vec();
            loops::softmax_reverse(&mut at_scores, &pattern[own..][..size], keys);
            let side = |(row, col), rows, other, target| {
                mixture(Left { data: &at_scores, row, col }, rows, other, R::of(scale), target, column);
            };
            side((keys, 1), queries, heads.of(k, b, keys, h), to_query.below(b * queries));
            side((1, keys), keys, heads.of(q, b, queries, h), to_key.below(b * keys));
        };
        read::<R, _>(grad, |grad| {
            read::<R, _>(pattern, |pattern| {
                read::<R, _>(q, |q| {
                    read::<R, _>(k, |k| {
                        let work = 2 * size * heads.width;
                        heads.each(batch, work, |b, h| head(b, h, [grad, pattern, q, k]));
                    })
                })
            })
        })????;
        Ok((make(at_query, (batch, queries, total))?, make(at_key, (batch, keys, total))?))
    }
    on_cpu!(
        grad,
        R => cpu::<R>(grad, pattern, q, k, heads, scale),
        else composed::pattern_reverse(grad, pattern, q, k, heads, scale)
    )
}
