//! Erasure: what becomes of the prediction without the words, or the attention weights, that are highlighted.
//!
//! Everything in probability is of the explained class, which is the predicted one unless another was named;
//! everything in the target's unit is of the target. Changes are `before − after`: above 0, what was erased spoke
//! for the class.

mod attention;
mod bounds;
mod capped;
mod curve;
mod erased;
mod excess;
mod knockout;
mod operator;
pub mod order;
mod plausible;
mod soft;
mod violation;

pub use attention::{Analogue, DecisionRow, Flip, FlipOrder, WeightEffect, erase_weights};
pub use bounds::{Bounds, Side};
pub use capped::{Cap, Capped, CappedEvidence};
pub use curve::{BINS, Curve, Curves, Evidence, bins};
pub use erased::{Change, Erased};
pub use excess::{Excess, RandomBand};
pub use knockout::{KnockedRows, Knockout, KnockoutEvidence, knockout_window};
pub use operator::Operator;
pub use plausible::{Implausible, NO_MEASURE, Stand, Standing, standing};
pub use soft::{LEVELS, Soft, SoftEvidence, shares};
pub use violation::{Violation, violation};
