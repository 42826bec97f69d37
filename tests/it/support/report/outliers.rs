//! What stands out of a text whatever it says.

use attncheck::report::example::{MassiveNumber, MassiveZeroed, ZeroedNumbers};

/// A number that dwarfs all others.
pub fn massive() -> MassiveNumber {
    MassiveNumber {
        token: 0,
        piece: "[CLS]".into(),
        dimension: 7,
        layer: 4,
        value: -2041.5,
        median: 0.5,
        layers: 6,
        first: Some(2),
    }
}

/// The text without it: the prediction goes, and the sink with it.
pub fn zeroed() -> MassiveZeroed {
    let massive =
        ZeroedNumbers { target: 5.5, probability: 0.42, log_odds: 5.9, tvd: 0.42, share: Some(0.04) };
    let usual = ZeroedNumbers { target: 0.01, probability: 0.0, log_odds: 0.01, tvd: 0.0, share: Some(0.4) };
    MassiveZeroed { layer: 2, numbers: 1, share: Some(0.4), massive, usual }
}
