//! Word alignment from cross-attention: a link for every target word, and how it compares with the links of people.
//!
//! A decoder's row is of a step. The row that *outputs* a word and the row that *takes it in* are two, and they tell different
//! things: they are never mixed (Kobayashi et al. 2020; Chen et al. 2020). From pieces to words there are two conventions,
//! which give different numbers: the one that was used is always named ([`Pieces`]).

pub mod links;
pub mod map;
pub mod score;
pub mod symmetrize;

pub use map::{Cross, Pieces, Step};
