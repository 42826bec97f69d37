//! Attention: its queries over the keys of one stream, or of a memory, the values mixed, and the reverse of both.

mod cross;
mod reverse;

use candle_core::{Result, Tensor};

use super::kernels::{Linear, Norm, Standard, mix, pattern_with, rotate, row_mix, row_pattern};
use super::pass::{Pass, Rows};
use super::place::{Place, Places, Turns};
use super::scoring::{Asked, Reach, Scoring};
use super::spec::Heads;
use super::tap::Point;
pub(super) use cross::CrossTape;
pub(super) use reverse::joined;

/// Patterns of so many keys or more are not kept for the reverse pass; in a model of BERT's shapes they are then at
/// least a third of what it would keep.
const LONG: usize = 256;

/// `softmax(scores)·v` by heads, then the output map.
#[derive(Debug)]
pub struct Attend {
    /// `[D, H·E]`.
    pub query: Linear,
    /// `[D, H / shared_by · E]`.
    pub key: Linear,
    /// As wide as the keys.
    pub value: Linear,
    /// `[H·E, D]`.
    pub out: Linear,
    /// The norms over each head's queries and over its keys, where the family has them.
    pub norms: Option<[Norm; 2]>,
    /// How the width of queries, keys and values splits into heads.
    pub heads: Heads,
    /// How queries and keys make a pattern.
    pub scoring: Scoring,
    /// How places enter queries and keys, after their norms.
    pub place: Place,
}

/// Queries or keys, as scores read them.
#[derive(Debug)]
struct Side {
    out: Tensor,
    /// What the reverse of their norm needs.
    norm: Option<Standard>,
}

/// What a pattern was computed from.
#[derive(Debug)]
enum Scored {
    /// It was supplied, and so does not depend on anything.
    Given,
    Keys {
        query: Side,
        key: Side,
    },
    /// One row, straight from the stream; the query as [`row_pattern`] gives it.
    Stream {
        query: Tensor,
    },
}

/// What was mixed.
#[derive(Debug)]
enum Mixed {
    Values(Tensor),
    /// One row, straight from the stream that was read.
    Stream(Tensor),
}

/// A pattern, until the reverse pass reads it.
#[derive(Debug)]
enum Kept {
    Whole(Tensor),
    /// Not kept: queries and keys give the same again, which takes a few per cent of the pass and spares its greatest
    /// tensors.
    Again {
        query: Tensor,
        key: Tensor,
        blocked: Option<Tensor>,
    },
}

/// What the reverse of attention needs.
#[derive(Debug)]
pub(super) struct AttendTape {
    scored: Scored,
    mixed: Mixed,
    pattern: Kept,
    turns: Option<Turns>,
    rows: Rows,
    /// The batch of the stream that was read; 1 where one stream serves many patterns.
    batch: usize,
}

/// A pattern that may be another than the one that was computed.
struct Found {
    pattern: Tensor,
    /// The keys that it can have weight on.
    reach: Reach,
}

impl Attend {
    /// Every query over every key, with scores over √E.
    #[must_use]
    pub fn new([query, key, value, out]: [Linear; 4], heads: Heads) -> Self {
        let scoring = Scoring::every(1.0 / (heads.width as f64).sqrt());
        Self { query, key, value, out, norms: None, heads, scoring, place: Place::None }
    }

    /// `x [B, T, D]` to `[B, Tq, D]`: what the rows that are asked take from the stream.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        rows: Rows,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, AttendTape)> {
        let asked = if let Rows::Decision(_) = rows { rows.of(x)? } else { x.clone() };
        let turns = self.turns(pass.places, x)?;
        let (mixed, straight) = self.mixed(x, rows, pass)?;
        let stream = if let Mixed::Stream(stream) = &mixed { Some(stream) } else { None };
        let (scored, found) = self.scored(x, (&asked, rows, stream), turns.as_ref(), pass)?;
        let Found { pattern, reach } = found;
        let (pattern, first) = match rows {
            Rows::Patterns(row) => (pattern.narrow(2, row, 1)?.contiguous()?, pass.first_row() + row),
            _ => (pattern, pass.first_row() + first(rows)),
        };
        let out = match &mixed {
            Mixed::Values(value) => mix(&pattern, value, self.heads, (reach, Asked::from(first)))?,
            Mixed::Stream(stream) => row_mix(&pattern, stream, &self.value, self.heads)?,
        };
        let out = pass.visit(Point::HeadOut, out)?;
        let out = pass.visit(Point::AttnOut, self.out.forward(&out)?)?;
        let pattern = match &scored {
            Scored::Keys { query, key } if x.dims()[1] >= LONG && !straight && !pass.sees(Point::Pattern) => {
                Kept::Again { query: query.out.clone(), key: key.out.clone(), blocked: pass.blocked.cloned() }
            }
            _ => Kept::Whole(pattern),
        };
        Ok((out, AttendTape { scored, mixed, pattern, turns, rows, batch: x.dims()[0] }))
    }

    /// The values of the stream `x`, or the stream itself where one row is asked and nobody looks at keys and values: then
    /// they need not be made, which is also told.
    fn mixed(&self, x: &Tensor, rows: Rows, pass: &mut Pass<'_>) -> Result<(Mixed, bool)> {
        let given = pass.supply(Point::Value)?;
        let unseen = [Point::Key, Point::Value].iter().all(|point| !pass.sees(*point));
        let kernels = self.key.is_laid_out() && !x.track_op();
        if let (Rows::Decision(_), None, true, true) = (rows, &given, unseen, kernels) {
            let stream = pass.before.map_or_else(|| Ok(x.clone()), |before| before.read(x))?;
            return Ok((Mixed::Stream(stream), true));
        }
        let value = made(&self.value, x, given)?;
        let value =
            pass.before.map_or_else(|| Ok(value.clone()), |before| before.values(pass.layer, &value))?;
        Ok((Mixed::Values(pass.visit(Point::Value, value)?), false))
    }

    /// The pattern of the rows that were `asked` over the stream `x`, or straight over `stream`, where keys are not made; and
    /// what it comes from.
    fn scored(
        &self,
        x: &Tensor,
        (asked, rows, stream): (&Tensor, Rows, Option<&Tensor>),
        turns: Option<&Turns>,
        pass: &mut Pass<'_>,
    ) -> Result<(Scored, Found)> {
        let fit = [self.heads.count, asked.dims()[1], pass.first_row() + x.dims()[1]];
        let visited = |computed: Tensor, reach: Reach, pass: &mut Pass<'_>| -> Result<Found> {
            if computed.dims().get(1..) != Some(&fit[..]) {
                candle_core::bail!("a supplied pattern of shape {:?} does not fit {fit:?}", computed.dims());
            }
            let pattern = pass.visit(Point::Pattern, computed.clone())?;
            // Another than the computed one may look anywhere.
            let reach = if pattern.id() == computed.id() { reach } else { Reach::Every };
            Ok(Found { pattern, reach })
        };
        if let Some(supplied) = pass.supply(Point::Pattern)? {
            return Ok((Scored::Given, visited(supplied, Reach::Every, pass)?));
        }
        let (heads, scoring, first) = (self.heads, self.scoring, pass.first_row() + first(rows));
        if let Some(stream) = stream.filter(|_| self.factors()) {
            let q = pass.visit(Point::Query, self.query.forward(asked)?)?;
            let (query, p) = row_pattern(&q, stream, &self.key, heads, (scoring, first), pass.blocked)?;
            return Ok((Scored::Stream { query }, visited(p, scoring.reach, pass)?));
        }
        let (q, k) = (pass.supply(Point::Query)?, pass.supply(Point::Key)?);
        let of_row = match (turns, rows) {
            (Some(turns), Rows::Decision(row)) => Some(turns.row(row)?),
            (turns, _) => turns.cloned(),
        };
        let mut query = self.side(0, asked, q, of_row.as_ref())?;
        query.out = pass.visit(Point::Query, query.out)?;
        let mut key = self.side(1, x, k, turns)?;
        if let Some(before) = pass.before {
            key.out = before.keys(pass.layer, &key.out)?;
        }
        key.out = pass.visit(Point::Key, key.out)?;
        let added = self.added((first, fit[1], fit[2]), &query.out)?;
        let scoring_with = (scoring, added.as_ref());
        let p = pattern_with(&query.out, &key.out, heads, scoring_with, Asked::from(first), pass.blocked)?;
        Ok((Scored::Keys { query, key }, visited(p, scoring.reach, pass)?))
    }

    /// Whether the scores of one row can be taken through the keys' weights: nothing stands between the two products, and
    /// the keys' bias moves all scores alike, which the softmax does not see where none is capped.
    fn factors(&self) -> bool {
        self.norms.is_none() && self.place == Place::None && self.scoring.cap.is_none()
    }

    /// What is added to the scores of so many queries from the first on over so many keys, where places enter so.
    fn added(&self, sizes: (usize, usize, usize), like: &Tensor) -> Result<Option<Tensor>> {
        match &self.place {
            Place::Relative(relative) => relative.added(self.heads.count, sizes, like).map(Some),
            Place::None | Place::Rotary(_) => Ok(None),
        }
    }

    /// The angles of this attention for the tokens of a pass.
    fn turns(&self, places: &Places, x: &Tensor) -> Result<Option<Turns>> {
        match &self.place {
            Place::None | Place::Relative(_) => Ok(None),
            Place::Rotary(rotary) => places.turns(rotary, x.dtype()).map(Some),
        }
    }

    /// Queries (`which` 0) or keys (1) of the rows that were read, normed head by head and turned; `given` ones are so
    /// already.
    fn side(
        &self,
        which: usize,
        read: &Tensor,
        given: Option<Tensor>,
        turns: Option<&Turns>,
    ) -> Result<Side> {
        let map = if which == 0 { &self.query } else { &self.key };
        if given.is_some() {
            return Ok(Side { out: made(map, read, given)?, norm: None });
        }
        let mut out = map.forward(read)?;
        let mut norm = None;
        if let Some(norms) = &self.norms {
            let (b, t, total) = out.dims3()?;
            let each = out.reshape((b, t, total / self.heads.width, self.heads.width))?;
            let normed = norms[which].forward(&each, None)?;
            (out, norm) = (normed.out.reshape((b, t, total))?, Some(normed.standard));
        }
        if let Some(turns) = turns {
            out = rotate(&out, turns, self.heads.width, false)?;
        }
        Ok(Side { out, norm })
    }

    /// The queries, keys and values of a stream, as a tap may supply them.
    pub(super) fn sides(&self, x: &Tensor, places: &Places) -> Result<[(Point, Tensor); 3]> {
        let turns = self.turns(places, x)?;
        let side = |which| Ok::<_, candle_core::Error>(self.side(which, x, None, turns.as_ref())?.out);
        let value = self.value.forward(x)?;
        Ok([(Point::Query, side(0)?), (Point::Key, side(1)?), (Point::Value, value)])
    }
}

/// The first query that is asked.
fn first(rows: Rows) -> usize {
    if let Rows::Decision(row) = rows { row } else { 0 }
}

/// The output of a map, unless it was given.
fn made(map: &Linear, from: &Tensor, given: Option<Tensor>) -> Result<Tensor> {
    match given {
        Some(given) if given.dims() == [from.dims()[0], from.dims()[1], map.outputs()] => Ok(given),
        Some(other) => candle_core::bail!("a supplied tensor of shape {:?} does not fit", other.dims()),
        None => map.forward(from),
    }
}
