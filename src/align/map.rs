//! From the weights between pieces to links between words.

use std::fmt;
use std::ops::Range;

use crate::input::Link;
use crate::links::sorted;
use crate::tokens::{Sides, Tokens};

/// The cross-attention of one pair under teacher forcing: L layers, H heads, T rows of the decoder, S source pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Cross {
    layers: usize,
    heads: usize,
    rows: usize,
    pieces: usize,
    /// `[L][H][T][S]`, every row a distribution.
    weights: Vec<f32>,
}

impl Cross {
    /// Of `weights` in the order `[L][H][T][S]`; `None` where they are not as many.
    #[must_use]
    pub fn new([layers, heads, rows, pieces]: [usize; 4], weights: Vec<f32>) -> Option<Self> {
        let all = layers.checked_mul(heads)?.checked_mul(rows)?.checked_mul(pieces)?;
        (all == weights.len()).then_some(Self { layers, heads, rows, pieces, weights })
    }

    /// L: layers of the decoder.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// H: heads of a layer.
    #[must_use]
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// T and S: rows of the decoder, and pieces of the source.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.pieces)
    }

    fn row(&self, layer: usize, head: usize, row: usize) -> &[f32] {
        let at = ((layer * self.heads + head) * self.rows + row) * self.pieces;
        &self.weights[at..at + self.pieces]
    }

    /// One row `[S]` of a head, or of the mean of a layer's heads.
    fn weights(&self, layer: usize, head: Option<usize>, row: usize) -> Vec<f64> {
        if let Some(head) = head {
            return self.row(layer, head, row).iter().map(|weight| f64::from(*weight)).collect();
        }
        let mut mean = vec![0.0; self.pieces];
        for head in 0..self.heads {
            for (sum, weight) in mean.iter_mut().zip(self.row(layer, head, row)) {
                *sum += f64::from(*weight);
            }
        }
        mean.iter().map(|sum| sum / self.heads as f64).collect()
    }
}

/// Which row of the decoder a target piece is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The row that outputs it: where the decoder chose it (AWO of Kobayashi et al. 2020, "naive" of Chen et al. 2020).
    Output,
    /// The row that takes it in: one further (AWI, "shifted").
    Input,
}

impl Step {
    /// Both, in the order in which they are told.
    pub const ALL: [Self; 2] = [Self::Output, Self::Input];

    /// As it is typed and reported.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Input => "input",
        }
    }

    /// The row of the piece that is the label of row `label`.
    fn row(self, label: usize) -> usize {
        match self {
            Self::Output => label,
            Self::Input => label + 1,
        }
    }
}

/// How links between words are made of weights between pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pieces {
    /// Each target piece is linked to the source piece of the greatest weight, special tokens left aside; two words are linked
    /// where any of their pieces are (Zenkel et al. 2019; Chen et al. 2020). Every word with a piece has a link.
    Union,
    /// Weights are added up over the pieces of a source word and averaged over those of a target word; the target word is
    /// linked to the word of the greatest sum, and to none where a special token has more (Kobayashi et al. 2020; Ferrando
    /// et al. 2022).
    Sum,
}

impl Pieces {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Union, Self::Sum];

    /// As it is typed and reported.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::Sum => "sum",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which pieces make up the words of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// I source words: the places of their pieces among the S.
    source: Vec<Range<usize>>,
    /// J target words: the rows that output their pieces.
    target: Vec<Range<usize>>,
    /// `[S]`: the source word of each piece; `None` for special tokens.
    of: Vec<Option<usize>>,
}

/// Where a target word's weight lies: a word of the source, in [0, 1] each, and what is left for special tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Mass {
    /// `[I]`
    pub words: Vec<f64>,
    /// The weight of each special token, in the order in which they stand.
    pub specials: Vec<f64>,
}

impl Words {
    /// Of a pair as its tokenizers cut it.
    #[must_use]
    pub fn of(sides: &Sides) -> Self {
        let words = |tokens: &Tokens| tokens.words.iter().map(|word| word.pieces.clone()).collect();
        Self::new(words(&sides.source), words(&sides.target.labels), sides.source.len())
    }

    /// Of the pieces of each word, and how many pieces the source has with its special tokens.
    #[must_use]
    pub fn new(source: Vec<Range<usize>>, target: Vec<Range<usize>>, pieces: usize) -> Self {
        let mut of = vec![None; pieces];
        for (word, range) in source.iter().enumerate() {
            for place in range.clone().filter(|place| *place < pieces) {
                of[place] = Some(word);
            }
        }
        Self { source, target, of }
    }

    /// I and J: words of the source and of the target.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        (self.source.len(), self.target.len())
    }

    /// The links of a head, or of the mean of a layer's heads.
    #[must_use]
    pub fn links(
        &self,
        cross: &Cross,
        (layer, head): (usize, Option<usize>),
        step: Step,
        pieces: Pieces,
    ) -> Vec<Link> {
        let of_word = |(j, range): (usize, &Range<usize>)| -> Vec<Link> {
            let rows = rows(cross, range, step).map(|row| cross.weights(layer, head, row));
            match pieces {
                Pieces::Union => {
                    rows.filter_map(|weights| self.greatest(&weights)).map(|word| (word, j)).collect()
                }
                Pieces::Sum => {
                    let link = self.mean(rows).and_then(|mass| mass.link());
                    link.map(|word| (word, j)).into_iter().collect()
                }
            }
        };
        sorted(self.target.iter().enumerate().flat_map(of_word).collect())
    }

    /// `[J]`: where the weight of each target word lies; `None` for a word without a piece.
    #[must_use]
    pub fn masses(
        &self,
        cross: &Cross,
        (layer, head): (usize, Option<usize>),
        step: Step,
    ) -> Vec<Option<Mass>> {
        let of_word = |range: &Range<usize>| {
            self.mean(rows(cross, range, step).map(|row| cross.weights(layer, head, row)))
        };
        self.target.iter().map(of_word).collect()
    }

    /// The word with the piece of the greatest weight; the first of several.
    fn greatest(&self, weights: &[f64]) -> Option<usize> {
        let own = weights.iter().zip(&self.of).filter_map(|(weight, word)| Some((*weight, (*word)?)));
        first_greatest(own)
    }

    fn mean(&self, rows: impl Iterator<Item = Vec<f64>>) -> Option<Mass> {
        let specials = self.of.iter().filter(|word| word.is_none()).count();
        let mut mass = Mass { words: vec![0.0; self.source.len()], specials: vec![0.0; specials] };
        let mut count = 0;
        for weights in rows {
            let mut special = mass.specials.iter_mut();
            for (weight, word) in weights.iter().zip(&self.of) {
                match word {
                    Some(word) => mass.words[*word] += weight,
                    None => special.next().into_iter().for_each(|sum| *sum += weight),
                }
            }
            count += 1;
        }
        mass.words.iter_mut().chain(&mut mass.specials).for_each(|sum| *sum /= f64::from(count));
        (count > 0).then_some(mass)
    }
}

impl Mass {
    /// The word of the greatest weight; `None` where a special token has more.
    #[must_use]
    pub fn link(&self) -> Option<usize> {
        let words = self.words.iter().enumerate().map(|(word, weight)| (*weight, Some(word)));
        let specials = self.specials.iter().map(|weight| (*weight, None));
        first_greatest(words.chain(specials)).flatten()
    }
}

/// The rows of a target word's pieces. The last label is a special token, so each has a row that takes it in.
fn rows(cross: &Cross, labels: &Range<usize>, step: Step) -> impl Iterator<Item = usize> + use<> {
    let rows = cross.rows;
    labels.clone().map(move |label| step.row(label)).filter(move |row| *row < rows)
}

/// What stands beside the greatest number; the first of several.
fn first_greatest<T>(all: impl Iterator<Item = (f64, T)>) -> Option<T> {
    let mut best: Option<(f64, T)> = None;
    for (weight, of) in all {
        if best.as_ref().is_none_or(|(most, _)| weight > *most) {
            best = Some((weight, of));
        }
    }
    best.map(|(_, of)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two source words of 2 and 1 pieces and an end; a target word of two pieces, one of one, and an end. One layer, two
    /// heads; the second head is the first with its rows one further down.
    fn example() -> (Cross, Words) {
        let rows: [[f32; 4]; 4] =
            [[0.3, 0.3, 0.35, 0.05], [0.1, 0.1, 0.7, 0.1], [0.2, 0.1, 0.1, 0.6], [0.25, 0.25, 0.4, 0.1]];
        let second = [rows[3], rows[0], rows[1], rows[2]];
        let weights = rows.iter().chain(&second).flatten().copied().collect();
        (Cross::new([1, 2, 4, 4], weights).unwrap(), Words::new(vec![0..2, 2..3], vec![0..2, 2..3], 4))
    }

    #[test]
    fn pieces_make_links_by_either_convention() {
        let (cross, words) = example();
        let links = |head, step, pieces| words.links(&cross, (0, head), step, pieces);
        // Piece by piece the third source piece is the greatest twice; the end is left aside.
        assert_eq!(links(Some(0), Step::Output, Pieces::Union), [(0, 1), (1, 0)]);
        // Added up: word 0 has (.6 + .2) / 2 = .4, word 1 (.35 + .7) / 2; the second target word's weight is the end's.
        assert_eq!(links(Some(0), Step::Output, Pieces::Sum), [(1, 0)]);
        let mass = words.masses(&cross, (0, Some(0)), Step::Output)[0].clone().unwrap();
        assert!((mass.words[0] - 0.4).abs() < 1e-6 && (mass.words[1] - 0.525).abs() < 1e-6);
        assert!((mass.specials[0] - 0.075).abs() < 1e-6);
    }

    #[test]
    fn the_row_that_takes_a_piece_in_is_one_further() {
        let (cross, words) = example();
        for pieces in Pieces::ALL {
            let of = |head, step| words.links(&cross, (0, Some(head)), step, pieces);
            assert_eq!(of(0, Step::Output), of(1, Step::Input));
            assert_ne!(of(0, Step::Output), of(0, Step::Input));
        }
    }

    #[test]
    fn heads_are_averaged_before_anything_is_linked() {
        let (cross, words) = example();
        let mass = words.masses(&cross, (0, None), Step::Output)[1].clone().unwrap();
        // Rows 2 and 1 of the first head.
        assert!((mass.words[0] - f64::midpoint(0.3, 0.2)).abs() < 1e-6);
        assert!((mass.words[1] - f64::midpoint(0.1, 0.7)).abs() < 1e-6);
    }

    #[test]
    fn a_word_without_a_piece_has_no_link() {
        let (cross, _) = example();
        let words = Words::new(vec![0..0, 0..3], vec![0..1, 1..1, 1..3], 4);
        for pieces in Pieces::ALL {
            let links = words.links(&cross, (0, Some(0)), Step::Output, pieces);
            assert!(links.iter().all(|(i, j)| *i == 1 && *j != 1), "{links:?}");
        }
        assert_eq!(words.masses(&cross, (0, None), Step::Input)[1], None);
        assert!(Cross::new([1, 1, 2, 2], vec![0.0; 3]).is_none());
    }
}
