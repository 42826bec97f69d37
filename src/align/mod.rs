//! Word alignment from cross-attention: a link for every target word, and how it compares with the links of people.
//!
//! A decoder's row is of a step. The row that *outputs* a word and the row that *takes it in* are two, and they tell different
//! things: they are never mixed (Kobayashi et al. 2020; Chen et al. 2020). From pieces to words there are two conventions,
//! which give different numbers: the one that was used is always named ([`Pieces`]).

mod error;
pub mod map;
mod model;
mod open;
mod plan;
mod reading;
mod run;
mod scored;
mod sentence;
pub mod symmetrize;

pub use error::AlignError;
pub use map::{Cross, Pieces, Step};
pub use open::align;
pub use plan::AlignPlan;
pub use reading::Reading;
pub use run::{Attending, TranslateError, align_with};
pub use scored::RANDOM_DRAWS;
