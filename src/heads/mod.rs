//! Every head by itself: how it attends, what it does to the prediction, and whether it agrees with a reference.

mod agreement;
mod table;

pub use agreement::{HeadAgreement, HeadsAgreement, agreement};
pub use table::{Ablation, HeadRow, Mass, ablations, table};
