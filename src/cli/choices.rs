//! The words that stand for the library's choices.

use attncheck::align::{Pieces, Step};
use attncheck::attribution::Baseline;
use attncheck::audit::{Effort, TargetKind};
use attncheck::erasure::{KnockedRows, Operator};
use attncheck::input::{First, PairFormat};
use attncheck::model::Precision;
use attncheck::report::Document;
use attncheck::tokens::Units;
use clap::ValueEnum;

/// Declares the words of a flag and what each stands for.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident -> $into:ty { $($word:ident),+ })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub enum $name {
            $(#[doc(hidden)] $word),+
        }

        impl From<$name> for $into {
            fn from(choice: $name) -> Self {
                match choice {
                    $($name::$word => Self::$word),+
                }
            }
        }
    )+ };
}

choices! {
    /// --score
    ScoreChoice -> TargetKind { Margin, Logit, Probability, LogProbability }
    /// --units
    UnitsChoice -> Units { Words, Pieces }
    /// --operator
    OperatorChoice -> Operator { Mask, Attend, Delete, Pad, Zero }
    /// --knockout-from
    KnockoutChoice -> KnockedRows { Decision, Every }
    /// --ig-baseline
    BaselineChoice -> Baseline { Mask, Pad, Zero }
    /// --step
    StepChoice -> Step { Output, Input }
    /// --pieces
    PiecesChoice -> Pieces { Union, Sum }
    /// --input-format of pairs
    PairFormatChoice -> PairFormat { Bars, Tsv, Jsonl }
    /// --dtype
    DtypeChoice -> Precision { F32, F64 }
    /// --effort
    EffortChoice -> Effort { Quick, Standard, Thorough }
    /// The document of `attncheck schema`
    DocumentChoice -> Document { Audit, Lines, Heads, Mixing, Controls, ControlsModel, Compare, Seeds, Align }
}

/// --gold-first
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FirstChoice {
    #[doc(hidden)]
    #[value(name = "0")]
    Zero,
    #[doc(hidden)]
    #[value(name = "1")]
    One,
}

impl From<FirstChoice> for First {
    fn from(choice: FirstChoice) -> Self {
        match choice {
            FirstChoice::Zero => Self::Zero,
            FirstChoice::One => Self::One,
        }
    }
}

/// --cut
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CutChoice {
    #[doc(hidden)]
    Apart,
    #[doc(hidden)]
    Whole,
}
