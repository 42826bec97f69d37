//! Missing is not zero: a measure that could not be taken carries its reason instead of a number.
//!
//! A measure can be missing, which is told in the report, or the engine can fail, which ends the audit.

/// Why a measure could not be taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Missing {
    /// Fewer content words than the measure needs.
    #[error("{found} content words are fewer than the {needed} this needs")]
    TooFewWords {
        /// How many there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// More content words than the budget pays for.
    #[error("{found} content words are too many for {budget} passes")]
    TooManyWords {
        /// How many there are.
        found: usize,
        /// The most passes that it may take.
        budget: usize,
    },
    /// The tokenizer has no such special token.
    #[error("the tokenizer has no {token} token")]
    NoToken {
        /// "mask" or "padding".
        token: &'static str,
    },
    /// Every score is the same, so there is no ranking.
    #[error("every score is the same, so nothing is ranked")]
    Constant,
    /// A number that is not finite came out.
    #[error("{what} is not a finite number")]
    NotFinite {
        /// The quantity, in words.
        what: &'static str,
    },
    /// The prediction ignores the site, so a search there proves nothing.
    #[error("the prediction ignores this attention, so another one proves nothing")]
    NoLeverage,
    /// A path integral that stopped short of its tolerance ranks nothing.
    #[error("{method} did not converge")]
    NotConverged {
        /// The method.
        method: &'static str,
    },
    /// It was switched off.
    #[error("not computed at --effort {effort}")]
    Effort {
        /// The effort that was asked for.
        effort: &'static str,
    },
    /// Nobody asked for it, or --only left it out.
    #[error("it was not asked for")]
    NotAsked,
    /// It is known from planted models for other circumstances only.
    #[error("it was measured {for_what} only")]
    Unmeasured {
        /// "for 8 to 128 words".
        for_what: &'static str,
    },
    /// Something it rests on is missing.
    #[error("{what} could not be computed")]
    RestsOn {
        /// The quantity, in words.
        what: &'static str,
    },
    /// What a search would be for is known without one.
    #[error("plain swaps have decided it")]
    Decided,
    /// Every pattern that was tried changes the prediction.
    #[error("every pattern that was tried changes the prediction")]
    NoCounterpart,
    /// A search would hold too many numbers at once.
    #[error("attention of so many weights is not searched at this effort")]
    TooLarge,
    /// No plain swap makes another map of it, so there is nothing that could keep the prediction.
    #[error("no plain swap makes its map very different")]
    NothingDiffers,
    /// People marked nothing, or nothing of what was audited.
    #[error("the rationale marks no word that was audited")]
    Unmarked,
    /// Where all is marked, every order of words is as good.
    #[error("the rationale marks every word")]
    AllMarked,
    /// It is known when every example is done.
    #[error("it takes every example's p-value")]
    OfAll,
    /// No order of words costs anything on these texts, so no map could have shown anything.
    #[error("erasing words costs too little on these texts, in any order, to tell maps apart")]
    NothingToFind,
    /// No example has a value to average.
    #[error("no example has this measure")]
    NoExamples,
    /// No text has a value on both sides.
    #[error("no text has this measure on both sides")]
    NoPairs,
    /// Probabilities of other classes.
    #[error("the two models' classes have other names")]
    OtherClasses,
    /// A report leaves it out.
    #[error("{what} is not in the report")]
    NotKept {
        /// The quantity, in words.
        what: &'static str,
    },
    /// The scores are no distribution: they are not shares of a whole.
    #[error("its scores are no shares of a whole")]
    NoShares,
    /// It is known when every figure is compared.
    #[error("it takes every figure's p-value")]
    OfFigures,
}

/// A measure, or the reason why there is none.
pub type Measured<T> = Result<T, Missing>;

/// A measure or the reason why there is none; an error where the engine failed.
pub type Outcome<T> = candle_core::Result<Measured<T>>;

/// Both at once, so that `?` serves both.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// There is no such measure here.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The engine failed.
    #[error(transparent)]
    Failed(#[from] candle_core::Error),
}

/// Tells the two apart again.
pub(crate) fn settle<T>(result: Result<T, Stop>) -> Outcome<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Missing(missing)) => Ok(Err(missing)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
