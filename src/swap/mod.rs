//! Counterfactual swaps: does another attention give the same prediction?
//!
//! *Leverage* comes first: how far the prediction moves under any plain swap (uniform, shuffled, one-hot), in probability or,
//! where that is saturated, in log-odds. Without
//! leverage the site is inert, and an adversary that succeeds there proves nothing. With leverage, an attention
//! that looks very different and leaves the prediction as it was makes the map non-exclusive (Jain & Wallace
//! 2019). That attention is a post-hoc counterfactual of one text, not a model that would compute it (Wiegreffe &
//! Pinter 2019).
//!
//! A counterfactual must also point elsewhere: the words that the map highlights (the fewest that hold four fifths of
//! it, at most a fifth of all) get at most their even share. Jain & Wallace ask
//! for divergence alone, by which a diffuse map sharpened onto its own top word is already another explanation.
//!
//! Divergences here are of the site's own map, the mean decision row of its heads. Another reading of the same site moves
//! otherwise under the same swap: [`Remade`] makes an attention again, so that the reading can be computed under it.
//!
//! Within each swapped row only the shares of movable keys change. Special tokens keep their mass unless asked,
//! nothing moves onto a blocked key, nor to one that the row's query does not see. So leverage says what the attention *to words* can move.

pub mod adam;
pub mod adversarial;
mod conclude;
mod ground;
pub mod leverage;
pub mod loss;
mod map;
pub mod moves;
mod objective;
mod options;
mod pool;
mod remade;
mod shown;
pub mod site;
mod slab;

use candle_core::Tensor;

pub use adversarial::{Adversarial, Moved, OtherAttention};
pub use leverage::{OneHot, Permuted};
pub use moves::PlainSwap;
pub use options::{Start, SwapOptions};
pub use pool::Feasible;
pub use remade::{Remade, Shares};
pub use shown::Shown;
pub use site::{Site, SiteError, Specials};

use crate::missing::{Measured, Missing, settle};
use crate::shift::{LEAST_SPAN, Observed, Scale, Shift};
use crate::subject::Subject;
use conclude::{conclude, tried};
use ground::Ground;
pub(crate) use ground::is_identifiable;

/// What the swaps at one site say about its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapOutcome {
    /// No plain swap moved the prediction by ε: it ignores where this attention goes among words.
    Inert,
    /// The site has leverage, and a very different map goes with the same prediction.
    NonExclusive,
    /// The site has leverage, and no such map was found; which proves nothing.
    NoAdversaryFound,
}

/// Which swap was the most divergent of those that left the prediction as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwapKind {
    /// Equal weights.
    Uniform,
    /// One of the shuffles.
    Permutation,
    /// All weight on one key.
    OneHot,
    /// A pattern that the optimiser found.
    Adversary,
}

/// The most divergent attention, of every kind tried, that left the prediction within ε.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// How the attention was made.
    pub kind: SwapKind,
    /// The attention, and how far it is from the observed one.
    pub counterfactual: OtherAttention,
}

/// One plain swap: how far the map moved, and how far the prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// How the attention was made.
    pub kind: SwapKind,
    /// Which it was, so that it can be made again.
    pub swap: PlainSwap,
    /// How far the map moved, in nats, on its units.
    pub jsd: f64,
    /// How far the prediction moved.
    pub shift: Shift,
    /// Whether the swapped map points elsewhere: the units that the observed map highlights get at most their even share.
    pub elsewhere: bool,
}

/// The evidence of one site on one text.
#[derive(Debug, Clone, PartialEq)]
pub struct SwapEvidence {
    /// Which patterns were swapped.
    pub site: Site,
    /// The greatest distances over all plain swaps. Predictions near 0 or 1 have little total variation, whatever
    /// attention does; their log-odds tell.
    pub leverage: Shift,
    /// On which scale the prediction stays or moves: the first on which leverage reaches ε. `None` on an inert site.
    pub scale: Option<Scale>,
    /// Total variation under equal weights.
    pub uniform_tvd: f64,
    /// What the shuffles do to the prediction.
    pub permute: Measured<Permuted>,
    /// What all weight on one key does to the prediction.
    pub one_hot: OneHot,
    /// Every plain swap: uniform, the shuffles, the one-hots.
    pub tried: Vec<Tried>,
    /// The gradient's search. Missing on an inert site, where it would prove nothing.
    pub adversarial: Measured<Adversarial>,
    /// The best counterfactual of all kinds; none where every swap moved the prediction.
    pub witness: Option<Witness>,
    /// What the swaps say about the map at this site.
    pub outcome: SwapOutcome,
    /// The observed map: a weight per content word (and per special token, where these may change), with sum 1.
    pub map: Vec<f64>,
    /// The mean mass of the map's rows that could move, in [0, 1]: the rest stayed on special tokens.
    pub mass: f64,
    /// Rows that the prediction rests on, over the heads and layers of the site.
    pub rows: usize,
    /// How many of them can move: those whose query sees two movable keys or more.
    pub moving: usize,
    /// No row sees more than E keys. Where it does not hold, many patterns give the same output exactly (Brunner et al. 2020).
    pub identifiable: bool,
}

/// Why swaps could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The site is not there.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] candle_core::Error),
}

impl SwapError {
    /// What the user may give instead, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            SwapError::Site(error) => error.hint(),
            SwapError::Engine(_) => None,
        }
    }
}

/// Swaps the patterns of `site` on one text.
///
/// Missing with fewer than two content words, where the map has no mass on words, or where a number is not
/// finite. Cost: `1 + permutations + n` passes of what lies above the site's lowest pattern, and the adversary's; where all
/// layers are swapped, each of the n is a pass of the few tokens that keep their mass and one more.
pub fn swap(
    subject: &Subject,
    site: Site,
    options: &SwapOptions,
) -> Result<Measured<SwapEvidence>, SwapError> {
    site.check(subject.probe.model.spec())?;
    let ground = match Ground::new(subject, site, options.specials) {
        Ok(ground) => ground,
        Err(missing) => return Ok(Err(missing)),
    };
    let map = match ground.map()? {
        Ok(map) => map,
        Err(missing) => return Ok(Err(missing)),
    };
    let swaps = PlainSwap::all(options.permutations, ground.n());
    let prediction = Observed::of(&subject.probe, options.span);
    let shifts = match leverage::shifts(&ground, &prediction, &swaps)? {
        Ok(shifts) => shifts,
        Err(missing) => return Ok(Err(missing)),
    };
    let tried = match settle(tried(&ground, &map, &swaps, &shifts))? {
        Ok(tried) => tried,
        Err(missing) => return Ok(Err(missing)),
    };
    let leverage = shifts.iter().copied().fold(Shift::default(), Shift::max);
    let scale = Scale::reached(leverage.tvd, leverage.log_odds, options.epsilon);
    let adversarial = match (scale, options.adversary) {
        (None, _) => Err(Missing::NoLeverage),
        (_, false) => Err(Missing::NotAsked),
        (Some(scale), true) => adversarial::search(&ground, &map, options, (&tried, (&prediction, scale)))?,
    };
    Ok(settle(conclude(&ground, &map, (tried, leverage, scale), adversarial, options))?)
}

/// The evidence of plain swaps, with a search: `plain` are those of the same text without one.
///
/// Nothing is searched for at an inert site. Missing where a number is not finite. Cost: the adversary's.
pub fn search(
    subject: &Subject,
    plain: SwapEvidence,
    options: &SwapOptions,
) -> Result<Measured<SwapEvidence>, SwapError> {
    let Some(scale) = plain.scale else { return Ok(Ok(plain)) };
    let ground = match Ground::new(subject, plain.site, options.specials) {
        Ok(ground) => ground,
        Err(missing) => return Ok(Err(missing)),
    };
    let map = match ground.map()? {
        Ok(map) => map,
        Err(missing) => return Ok(Err(missing)),
    };
    let prediction = Observed::of(&subject.probe, options.span);
    let found = adversarial::search(&ground, &map, options, (&plain.tried, (&prediction, scale)))?;
    let tried = (plain.tried, plain.leverage, Some(scale));
    Ok(settle(conclude(&ground, &map, tried, found, options))?)
}

/// The patterns of one plain swap: per layer of the site `[1, H, R, T]`, R = 1 in the last layer.
pub fn patterns(
    subject: &Subject,
    site: Site,
    specials: Specials,
    swap: PlainSwap,
) -> Result<Measured<Vec<(usize, Tensor)>>, SwapError> {
    site.check(subject.probe.model.spec())?;
    match Ground::new(subject, site, specials) {
        Err(missing) => Ok(Err(missing)),
        Ok(ground) => match swap {
            PlainSwap::OneHot(key) if key >= ground.n() => {
                Ok(Err(Missing::TooFewWords { found: ground.n(), needed: key + 1 }))
            }
            _ => Ok(Ok(ground.swapped(&[swap])?)),
        },
    }
}

/// The patterns of a counterfactual that was found at `site`, as [`patterns`] gives them.
pub fn patterns_of(
    subject: &Subject,
    site: Site,
    specials: Specials,
    found: &OtherAttention,
) -> Result<Measured<Vec<(usize, Tensor)>>, SwapError> {
    site.check(subject.probe.model.spec())?;
    match Ground::new(subject, site, specials) {
        Err(missing) => Ok(Err(missing)),
        Ok(ground) => {
            let shares = match &found.moved {
                Moved::Plain(swap) => return Ok(Ok(ground.swapped(&[*swap])?)),
                Moved::Found(shares) => shares,
            };
            let slabs = ground
                .slabs
                .iter()
                .map(|slab| ground.observed(slab))
                .collect::<candle_core::Result<Vec<_>>>()?;
            Ok(Ok(ground.all_patterns(&slabs, (1, shares))?))
        }
    }
}

/// The adversary's loss and its gradient at `logits`: of each of K candidates those of the S swapped rows of the site, as many
/// in each as its query sees of the n movable keys, so `[K, S, n]` where it sees all; the prediction is to stay by `scale`,
/// log-odds as shares of [`LEAST_SPAN`].
pub fn adversary_loss(
    subject: &Subject,
    site: Site,
    (specials, scale): (Specials, Scale),
    logits: &[f64],
) -> Result<Measured<(f64, Vec<f64>)>, SwapError> {
    site.check(subject.probe.model.spec())?;
    let ground = match Ground::new(subject, site, specials) {
        Ok(ground) => ground,
        Err(missing) => return Ok(Err(missing)),
    };
    let map = match ground.map()? {
        Ok(map) => map,
        Err(missing) => return Ok(Err(missing)),
    };
    let prediction = Observed::of(&subject.probe, LEAST_SPAN);
    let at = objective::Objective::new(&ground, &map, (&prediction, scale))?.evaluate(logits)?;
    Ok(at.map(|at| (at.loss, at.gradient)))
}
