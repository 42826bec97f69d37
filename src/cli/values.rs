//! Values that must lie in a range or be of a known form.

use attncheck::attribution::{ALL, Compute};
use attncheck::model::{Device, DeviceError};
use attncheck::swap::{Site, SiteError};
use clap::builder::{PossibleValuesParser, RangedU64ValueParser};

use super::align::HeadChoice;

/// A whole number from 1.
pub fn count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// The names of the methods that score a whole text.
pub fn methods() -> PossibleValuesParser {
    let whole = ALL.iter().filter(|method| matches!(method.compute, Compute::Whole(_)));
    PossibleValuesParser::new(whole.map(|method| method.name))
}

/// Why a number was refused.
#[derive(Debug, thiserror::Error)]
pub enum RangeError {
    #[error("{0}")]
    NoNumber(#[from] std::num::ParseFloatError),
    #[error("{found} is not in {low}..={high}")]
    Outside { found: f64, low: f64, high: f64 },
}

/// A probability, a TVD or a share.
pub fn share(text: &str) -> Result<f64, RangeError> {
    within(text, 0.0, 1.0)
}

/// A JSD in nats, at most ln 2.
pub fn jsd(text: &str) -> Result<f64, RangeError> {
    within(text, 0.0, 0.693)
}

fn within(text: &str, low: f64, high: f64) -> Result<f64, RangeError> {
    let found: f64 = text.parse()?;
    if (low..=high).contains(&found) { Ok(found) } else { Err(RangeError::Outside { found, low, high }) }
}

/// A site, or the forms there are.
#[derive(Debug, thiserror::Error)]
#[error("{site}; {}", site.hint().unwrap_or_default())]
pub struct NoSite {
    site: SiteError,
}

/// `row`, `head:LAYER.HEAD`, `layer:LAYER` or `all`.
pub fn site(text: &str) -> Result<Site, NoSite> {
    text.parse().map_err(|site| NoSite { site })
}

/// A device, or the forms there are.
#[derive(Debug, thiserror::Error)]
#[error("{device}; {}", device.hint().unwrap_or_default())]
pub struct NoDevice {
    device: DeviceError,
}

/// `cpu`, `cuda` or `cuda:N`.
pub fn device(text: &str) -> Result<Device, NoDevice> {
    text.parse().map_err(|device| NoDevice { device })
}

/// A head, or the forms there are.
#[derive(Debug, thiserror::Error)]
#[error("a head is a number from 0, or mean")]
pub struct NoHead;

/// A number from 0, or `mean`.
pub fn head(text: &str) -> Result<HeadChoice, NoHead> {
    match text {
        "mean" => Ok(HeadChoice::Mean),
        number => number.parse().map(HeadChoice::One).map_err(|_| NoHead),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_end_at_0_and_1() {
        assert!(share("0").is_ok() && share("1").is_ok() && share("0.05").is_ok());
        for outside in ["-0.1", "1.01", "NaN", "inf", "", "five"] {
            assert!(share(outside).is_err(), "{outside:?} was taken");
        }
        assert!(jsd("0.7").is_err());
    }
}
