//! From the attention that is wanted to the logits that give it, and back where it hangs on the place.

use super::channels::{BITS, Channel, bit};

/// A group of keys and the part of the decision row's mass it is to get.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub channel: Channel,
    /// How many keys are in the group.
    pub count: usize,
    /// In (0, 1), for the whole group, at λ = 1.
    pub mass: f64,
}

/// A [`Share`], in one line.
pub(super) fn share(channel: Channel, count: usize, mass: f64) -> Share {
    Share { channel, count, mass }
}

/// The mass of a group at λ: from the uniform mass at 0 to the wanted one at 1, linearly.
pub(super) fn mass(share: Share, tokens: usize, lambda: f64) -> f64 {
    (1.0 - lambda) * share.count as f64 / tokens as f64 + lambda * share.mass
}

/// Key logits by channel that give each group its mass at λ, in a text of `tokens` tokens whose other keys
/// have logit 0.
///
/// Exact but for the heads' taste among neutral words, which changes what those get together by a factor of
/// about e^(TASTE²/2) = 1.03.
pub(super) fn logits(shares: &[Share], tokens: usize, lambda: f64) -> Vec<(Channel, f64)> {
    let taken: f64 = shares.iter().map(|&s| mass(s, tokens, lambda)).sum();
    let keys: usize = shares.iter().map(|s| s.count).sum();
    let other = (1.0 - taken) / (tokens - keys) as f64;
    shares.iter().map(|&s| (s.channel, (mass(s, tokens, lambda) / s.count as f64 / other).ln())).collect()
}

/// The mass of each of `tokens` places under a logit by place, in (0, 1), sum 1.
pub(super) fn masses_by_place(bits: &[f64; BITS], tokens: usize) -> Vec<f64> {
    let logit = |place: usize| bits.iter().enumerate().map(|(b, c)| c * bit(place, b)).sum::<f64>();
    let weights: Vec<f64> = (0..tokens).map(|place| logit(place).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}
