//! Attributions: readings of attention, and the references they are compared with.
//!
//! A *reading* collapses the patterns of all layers and heads to one weight per token, and is what an audit is
//! about. A *reference* scores the same words without looking at attention. A *control* knows nothing. Every
//! score is per content word; [`ALL`] says what each means.

mod attention;
mod baseline;
mod facts;
pub mod flow;
mod gradient;
mod joint;
mod leave_one_out;
mod massive;
mod method;
pub mod mixing;
mod path;
pub mod quadrature;
mod random;
mod reading;
pub mod rollout;
pub mod rule;
mod scores;
mod shapley;
mod shared;
mod sink;
mod value_norm;

pub use attention::Attention;
pub use baseline::Baseline;
pub use facts::{Basis, ByDefault, Joined, PatternsRead, Role};
pub use leave_one_out::LeaveOneOut;
pub use massive::{MassiveActivation, WithoutMassive, ZeroedNumbers, massive, without_massive};
pub use method::{ALL, Compute, LEAVE_ONE_OUT, Method, PATH_INTEGRAL, PLOTTED, SHAPLEY, find, shown};
pub use path::integrated_gradients_with;
pub use scores::{Path, Sampling, Scores};
pub use shared::{MethodOptions, Shared};
pub use sink::{BRINGS, SINK, Sinks, without_sinks};
