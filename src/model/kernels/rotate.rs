//! Pairs of columns of every head turned by their row's angles, and back.

use candle_core::{D, Result, Tensor};

use super::share::{LEAST_ELEMENTS, share_chunks};
use super::{Real, loops, make, on_cpu, read};
use crate::model::place::{Pairs, Turns};

/// `x [B, T, N·E]` with the pairs of each of its heads, `width` wide, turned; `back` undoes a turn of scale 1, and is the
/// reverse of any.
pub fn rotate(x: &Tensor, turns: &Turns, width: usize, back: bool) -> Result<Tensor> {
    fn cpu<R: Real>(x: &Tensor, turns: &Turns, width: usize, back: bool) -> Result<Tensor> {
        let mut out = read::<R, _>(x, <[R]>::to_vec)?;
        let (pairs, total) = (turns.cos.dim(D::Minus1)?, x.dim(D::Minus1)?);
        let signed = |sin: &[R]| sin.iter().map(|&sin| if back { R::ZERO - sin } else { sin }).collect();
        let sin: Vec<R> = read::<R, _>(&turns.sin, signed)?;
        let halves = turns.pairs == Pairs::Halves;
        read::<R, _>(&turns.cos, |cos| {
            let rows = cos.len() / pairs.max(1);
            share_chunks(&mut out, total, x.elem_count() >= LEAST_ELEMENTS, |row, out| {
                let at = (row % rows) * pairs;
                loops::turn_pairs(out, width, &cos[at..][..pairs], &sin[at..][..pairs], halves);
            });
        })?;
        make(out, x.shape())
    }
    let ((batch, tokens, total), (shared, rows, pairs)) = (x.dims3()?, turns.cos.dims3()?);
    let fits = rows == tokens && (shared == 1 || shared == batch) && turns.sin.dims() == turns.cos.dims();
    if !fits || width == 0 || total % width != 0 || 2 * pairs > width || pairs == 0 {
        candle_core::bail!(
            "turns of shape {:?} do not fit heads of width {width} in {:?}",
            turns.cos.dims(),
            x.dims()
        );
    }
    on_cpu!(x, R => cpu::<R>(x, turns, width, back), else composed(x, turns, width, back))
}

/// [`rotate`] of candle's own operations.
pub(super) fn composed(x: &Tensor, turns: &Turns, width: usize, back: bool) -> Result<Tensor> {
    let (b, t, total) = x.dims3()?;
    let pairs = turns.cos.dim(D::Minus1)?;
    let heads = x.reshape((b, t, total / width, width))?;
    let (cos, sin) = (turns.cos.unsqueeze(2)?, turns.sin.unsqueeze(2)?);
    let sin = if back { sin.neg()? } else { sin };
    let turned = |a: &Tensor, b: &Tensor| -> Result<[Tensor; 2]> {
        let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
        Ok([first, (b.broadcast_mul(&cos)? + a.broadcast_mul(&sin)?)?])
    };
    let moved = heads.narrow(3, 0, 2 * pairs)?;
    let moved = match turns.pairs {
        Pairs::Halves => {
            let [a, b] = turned(&moved.narrow(3, 0, pairs)?, &moved.narrow(3, pairs, pairs)?)?;
            Tensor::cat(&[a, b], 3)?
        }
        Pairs::Neighbours => {
            let split = moved.reshape((b, t, total / width, pairs, 2))?;
            let [a, b] = turned(&split.narrow(4, 0, 1)?.squeeze(4)?, &split.narrow(4, 1, 1)?.squeeze(4)?)?;
            Tensor::stack(&[a, b], 4)?.reshape(moved.shape())?
        }
    };
    let rest = heads.narrow(3, 2 * pairs, width - 2 * pairs)?;
    let all = if width == 2 * pairs { moved } else { Tensor::cat(&[moved, rest], 3)? };
    all.contiguous()?.reshape((b, t, total))
}
