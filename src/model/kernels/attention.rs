//! The attention pattern, its use, and the reverse of both. Heads lie side by side in the width, so no
//! product needs a copy: head h of a `[B, T, H·E]` tensor is its columns h·E to (h+1)·E.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::heads::{HeadRows, mixture, runs, scores, seen_scores};
use super::share::{LEAST_WORK, share, share_chunks};
use super::tile::{Left, Output};
use super::{Real, composed, loops, make, on_cpu, read};
use crate::model::scoring::{Asked, Reach, Scoring};
use crate::model::spec::Heads;

impl Heads {
    /// One head of one sequence in a `[B, rows, H·E]` buffer.
    fn of<T>(self, data: &[T], sequence: usize, rows: usize, head: usize) -> HeadRows<'_, T> {
        let stride = self.total();
        let data = data.get(sequence * rows * stride + head * self.width..).unwrap_or_default();
        HeadRows { data, rows, width: self.width, stride }
    }

    /// The keys or values of query head `head` of one sequence in a `[B, rows, H / shared_by · E]` buffer.
    fn shared<T>(self, data: &[T], sequence: usize, rows: usize, head: usize) -> HeadRows<'_, T> {
        self.of_keys().of(data, sequence, rows, head / self.shared_by)
    }

    /// Calls `f` on every sequence and head of keys, spread over threads: query heads that share one run one after another.
    fn each_key(self, batch: usize, work: usize, f: impl Fn(usize, usize) + Sync) {
        self.of_keys().each(batch, self.shared_by * work, f);
    }

    /// The query heads that share a head of keys.
    fn sharing(self, head: usize) -> Range<usize> {
        head * self.shared_by..(head + 1) * self.shared_by
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

/// The softmax of scores, by rows: `q [B, Tq, H·E]`, `k [B, T, H·E]` to `[B, H, Tq, T]`; `k` has the width of the heads of
/// keys.
///
/// `asked` says which queries the rows are. `blocked [B or 1, T]` (u8) marks keys that nobody may attend to, as far as
/// [`Reach::keeps_own`] allows. Entries of those, and of keys outside the reach, are exactly 0. A row without a key is all
/// zeros.
pub fn pattern(
    q: &Tensor,
    k: &Tensor,
    heads: Heads,
    scoring: Scoring,
    asked: Asked,
    blocked: Option<&Tensor>,
) -> Result<Tensor> {
    pattern_with(q, k, heads, (scoring, None), asked, blocked)
}

/// As [`pattern`], with a table `[H, Tq, T]` that is added to the scores of every sequence. The gradients at queries and keys
/// are those of [`pattern_reverse`], which the table has no part in.
pub fn pattern_with(
    q: &Tensor,
    k: &Tensor,
    heads: Heads,
    (scoring, added): (Scoring, Option<&Tensor>),
    asked: Asked,
    blocked: Option<&Tensor>,
) -> Result<Tensor> {
    fn cpu<R: Real>(
        q: &Tensor,
        k: &Tensor,
        heads: Heads,
        (scoring, added): (Scoring, Option<&Tensor>),
        asked: Asked,
        blocked: Option<&Tensor>,
    ) -> Result<Tensor> {
        let added = match added {
            Some(added) => read::<R, _>(added, <[R]>::to_vec)?,
            None => Vec::new(),
        };
        let blocked = match blocked {
            Some(blocked) => blocked.flatten_all()?.to_vec1::<u8>()?,
            None => Vec::new(),
        };
        let ((batch, queries), (_, keys)) = (heads.check(q)?, heads.of_keys().check(k)?);
        let mut out = vec![R::ZERO; batch * heads.count * queries * keys];
        read::<R, _>(q, |q| {
            read::<R, _>(k, |k| {
                let worth = out.len() * heads.width >= LEAST_WORK;
                share_chunks(&mut out, queries * keys, worth, |i, out| {
                    let (b, h) = (i / heads.count, i % heads.count);
                    let sides = (heads.of(q, b, queries, h), heads.shared(k, b, keys, h));
                    seen_scores(sides, R::of(scoring.scale), (scoring.reach, asked), out);
                    if let Some(cap) = scoring.cap {
                        loops::cap(out, cap);
                    }
                    if let Some(added) = added.get(h * out.len()..(h + 1) * out.len()) {
                        out.iter_mut().zip(added).for_each(|(score, added)| *score += *added);
                    }
                    let blocked =
                        if blocked.len() <= keys { &blocked[..] } else { &blocked[b * keys..][..keys] };
                    if scoring.reach == Reach::Every {
                        loops::softmax_rows(out, keys, blocked);
                    } else {
                        loops::softmax_seen(out, keys, (scoring.reach, asked), blocked);
                    }
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
    let table = [heads.count, q.dim(1)?, keys];
    if let Some(other) = added.filter(|added| added.dims() != table) {
        candle_core::bail!("a table of shape {:?} is not added to scores of {table:?}", other.dims());
    }
    on_cpu!(
        q,
        R => cpu::<R>(q, k, heads, (scoring, added), asked, blocked),
        else composed::pattern(q, k, heads, (scoring, added), asked, blocked)
    )
}

/// Each query's mean of the values under its pattern: `pattern [B, H, Tq, T]`, `v [B or 1, T, H·E]` to
/// `[B, Tq, H·E]`; `v` has the width of the heads of values. Values of batch 1 serve every pattern.
///
/// `seen` bounds the keys that are read: of a pattern that was computed those in its reach, of any other all.
pub fn mix(pattern: &Tensor, v: &Tensor, heads: Heads, seen: (Reach, Asked)) -> Result<Tensor> {
    fn cpu<R: Real>(
        pattern: &Tensor,
        v: &Tensor,
        heads: Heads,
        (reach, asked): (Reach, Asked),
    ) -> Result<Tensor> {
        let (batch, _, queries, keys) = pattern.dims4()?;
        let shared = v.dims()[0] == 1;
        let total = heads.total();
        let mut out = vec![R::ZERO; batch * queries * total];
        read::<R, _>(pattern, |pattern| {
            read::<R, _>(v, |v| {
                let target = Output::new(&mut out, total);
                heads.each(batch, queries * keys * heads.width, |b, h| {
                    let data = &pattern[(b * heads.count + h) * queries * keys..][..queries * keys];
                    let values = heads.shared(v, if shared { 0 } else { b }, keys, h);
                    for (rows, seen) in runs(reach, asked, queries, keys) {
                        let data = &data[rows.start * keys + seen.start..];
                        let (left, target) =
                            (Left { data, row: keys, col: 1 }, target.below(b * queries + rows.start));
                        mixture(
                            left,
                            rows.len(),
                            values.part(seen),
                            (R::ONE, false),
                            target,
                            h * heads.width,
                        );
                    }
                });
            })
        })??;
        make(out, (batch, queries, total))
    }
    let ((batch, count, _, keys), (values, rows)) = (pattern.dims4()?, heads.of_keys().check(v)?);
    if count != heads.count || rows != keys || !(values == 1 || values == batch) {
        candle_core::bail!(
            "a pattern of shape {:?} does not fit values of shape {:?}",
            pattern.dims(),
            v.dims()
        );
    }
    on_cpu!(pattern, R => cpu::<R>(pattern, v, heads, seen), else composed::mix(pattern, v, heads))
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
        let own = heads.of_keys();
        let (sequences, rows) = own.check(v)?;
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
                    let value = heads.shared(v, if shared { 0 } else { b }, keys, h);
                    scores(heads.of(grad, b, queries, h), value, R::ONE, Output::new(out, keys), 0);
                });
            })
        })??;
        let at_values = if values {
            let mut out = vec![R::ZERO; batch * keys * own.total()];
            read::<R, _>(grad, |grad| {
                read::<R, _>(pattern, |pattern| {
                    let target = Output::new(&mut out, own.total());
                    heads.each_key(batch, queries * keys * heads.width, |b, of| {
                        for (i, h) in heads.sharing(of).enumerate() {
                            let data = &pattern[(b * heads.count + h) * queries * keys..][..queries * keys];
                            let left = Left { data, row: 1, col: keys };
                            let mixed = heads.of(grad, b, queries, h);
                            let target = target.below(b * keys);
                            mixture(left, keys, mixed, (R::ONE, i > 0), target, of * heads.width);
                        }
                    });
                })
            })??;
            Some(make(out, (batch, keys, own.total()))?)
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

/// The gradients at q, `[B, Tq, H·E]`, and k, `[B, T, H·E]` as wide as it is, from the gradient at the pattern.
pub fn pattern_reverse(
    grad: &Tensor,
    pattern: &Tensor,
    q: &Tensor,
    k: &Tensor,
    heads: Heads,
    scoring: Scoring,
) -> Result<(Tensor, Tensor)> {
    fn cpu<R: Real>(
        grad: &Tensor,
        pattern: &Tensor,
        q: &Tensor,
        k: &Tensor,
        heads: Heads,
        scoring: Scoring,
    ) -> Result<(Tensor, Tensor)> {
        let (batch, count, queries, keys) = pattern.dims4()?;
        let (total, own) = (heads.total(), heads.of_keys());
        let fits = heads.check(q)? == (batch, queries) && own.check(k)? == (batch, keys);
        if grad.dims() != pattern.dims() || count != heads.count || !fits {
            candle_core::bail!("a gradient of shape {:?} does not fit its pattern", grad.dims());
        }
        let size = queries * keys;
        let mut at_query = vec![R::ZERO; batch * queries * total];
        let mut at_key = vec![R::ZERO; batch * keys * own.total()];
        let (to_query, to_key) = (Output::new(&mut at_query, total), Output::new(&mut at_key, own.total()));
        let head = |b: usize, h: usize, add: bool, [grad, pattern, q, k]: [&[R]; 4]| {
            let own = (b * count + h) * size;
            let (query, key) = (heads.of(q, b, queries, h), heads.shared(k, b, keys, h));
            let mut at_scores = grad[own..][..size].to_vec();
            loops::softmax_reverse(&mut at_scores, &pattern[own..][..size], keys);
            if let Some(cap) = scoring.cap {
                // The scores before the cap, computed again: a pattern does not tell them.
                let mut raw = vec![R::ZERO; size];
                scores(query, key, R::of(scoring.scale), Output::new(&mut raw, keys), 0);
                loops::cap_reverse(&mut at_scores, &raw, cap);
            }
            let side = |(row, col), rows, other, add, target, column| {
                let left = Left { data: &at_scores, row, col };
                mixture(left, rows, other, (R::of(scoring.scale), add), target, column);
            };
            side((keys, 1), queries, key, false, to_query.below(b * queries), h * heads.width);
            let column = h / heads.shared_by * heads.width;
            side((1, keys), keys, query, add, to_key.below(b * keys), column);
        };
        read::<R, _>(grad, |grad| {
            read::<R, _>(pattern, |pattern| {
                read::<R, _>(q, |q| {
                    read::<R, _>(k, |k| {
                        let work = 2 * size * heads.width;
                        heads.each_key(batch, work, |b, of| {
                            for (i, h) in heads.sharing(of).enumerate() {
                                head(b, h, i > 0, [grad, pattern, q, k]);
                            }
                        });
                    })
                })
            })
        })????;
        Ok((make(at_query, (batch, queries, total))?, make(at_key, (batch, keys, own.total()))?))
    }
    on_cpu!(
        grad,
        R => cpu::<R>(grad, pattern, q, k, heads, scoring),
        else composed::pattern_reverse(grad, pattern, q, k, heads, scoring)
    )
}
