//! Which patterns a swap replaces.

use std::fmt;
use std::str::FromStr;

use crate::model::Spec;

/// Which patterns are swapped; layers and heads count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// The decision row of the last layer, all heads: the closest analogue of single-layer attention, and what
    /// is usually plotted.
    Row,
    /// Every row of one head.
    Head {
        /// The head's layer, from 0 to L − 1.
        layer: usize,
        /// The head's number in its layer, from 0 to H − 1.
        head: usize,
    },
    /// Every row of every head of one layer.
    Layer(usize),
    /// Every row of every head of every layer.
    All,
}

/// Whether the mass on special tokens may move too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Specials {
    /// Special tokens keep their mass.
    Keep,
    /// Special tokens are keys like any other.
    Include,
}

/// Why a site cannot be swapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// Not one of the four forms.
    #[error("{found:?} is no site")]
    Form {
        /// The text that was given for a site.
        found: String,
    },
    /// No such layer.
    #[error("site {site} names layer {found}, but the model's layers are 0 to {last}")]
    Layer {
        /// The site that was asked for.
        site: Site,
        /// The layer it names.
        found: usize,
        /// The model's last layer, L − 1.
        last: usize,
    },
    /// No such head.
    #[error("site {site} names head {found}, but the model's heads are 0 to {last}")]
    Head {
        /// The site that was asked for.
        site: Site,
        /// The head it names.
        found: usize,
        /// A layer's last head, H − 1.
        last: usize,
    },
}

impl SiteError {
    /// The forms that a site may have, where the given one has none of them.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            SiteError::Form { .. } => Some(
                "sites are row, head:LAYER.HEAD, layer:LAYER and all; layers and heads count from 0"
                    .to_owned(),
            ),
            SiteError::Layer { .. } | SiteError::Head { .. } => None,
        }
    }
}

impl Site {
    /// Whether the model has this site.
    ///
    /// # Errors
    ///
    /// Names the range of layers or heads that the site is outside of.
    pub fn check(self, spec: &Spec) -> Result<(), SiteError> {
        let (layers, heads) = (spec.layers, spec.heads.count);
        match self {
            Site::Head { layer, .. } | Site::Layer(layer) if layer >= layers => {
                Err(SiteError::Layer { site: self, found: layer, last: layers.saturating_sub(1) })
            }
            Site::Head { head, .. } if head >= heads => {
                Err(SiteError::Head { site: self, found: head, last: heads.saturating_sub(1) })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Site::Row => f.write_str("row"),
            Site::Head { layer, head } => write!(f, "head:{layer}.{head}"),
            Site::Layer(layer) => write!(f, "layer:{layer}"),
            Site::All => f.write_str("all"),
        }
    }
}

impl FromStr for Site {
    type Err = SiteError;

    fn from_str(text: &str) -> Result<Self, SiteError> {
        let parsed = match text.split_once(':') {
            None if text == "row" => Some(Site::Row),
            None if text == "all" => Some(Site::All),
            Some(("layer", layer)) => number(layer).map(Site::Layer),
            Some(("head", pair)) => pair
                .split_once('.')
                .and_then(|(layer, head)| Some(Site::Head { layer: number(layer)?, head: number(head)? })),
            _ => None,
        };
        parsed.ok_or_else(|| SiteError::Form { found: text.to_owned() })
    }
}

/// Digits only, so that every site has one spelling but for leading zeros.
fn number(text: &str) -> Option<usize> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
