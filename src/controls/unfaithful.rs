//! Kinds whose attention is not what decides, or not alone: decoy, bypass, redundant, mixing.

use super::blueprint::{HeadPlan, Look};
use super::channels::Channel;
use super::design::{Bench, Design};
use super::weigh::share;

/// All heads of the last layer but one put 0.99 of their mass on decoys, which are more than half of the
/// words, and bring nothing. The last head decides by one word that gets a quarter of a decoy's mean mass.
///
/// The decoys are so many because a fraction of words is erased at a time: behind two or three decoys the
/// deciding word would still be among the top fifth, and erasing those would rightly change the prediction.
pub(super) fn decoy(bench: &Bench<'_>) -> Design {
    let (heads, words) = (bench.heads(), bench.recipe.words);
    let decoys = words / 2 + 1;
    let little = (0.25 * (heads - 1) as f64 / decoys as f64).min(0.1);
    let cue = share(Channel::Cue(0), 1, little);
    let mut top = vec![bench.idle(&[share(Channel::Cue(1), decoys, 0.99)]); heads - 1];
    top.push(bench.decide(&[cue, share(Channel::Last, 1, 0.995 - little)], &[(cue, 1.0)]));
    Design {
        blueprint: bench.on_idle(vec![top]),
        counts: [1, decoys, 0],
        relevance: [bench.recipe.lambda, 0.0, 0.0],
        attended: Some(1),
    }
}

/// The last layer but one brings the deciding word; the last layer looks at two idle words and brings nothing.
pub(super) fn bypass(bench: &Bench<'_>) -> Design {
    let top = bench.idle(&[share(Channel::Cue(1), 2, 0.9)]);
    around(bench, top, [1, 2, 0], 1)
}

/// As [`bypass`], but the last layer looks at the deciding word too, and still brings nothing: its map marks
/// the right word and has no part in the decision.
pub(super) fn bypass_aligned(bench: &Bench<'_>) -> Design {
    let top = bench.idle(&[share(Channel::Cue(0), 1, 0.99)]);
    around(bench, top, [1, 0, 0], 0)
}

fn around(bench: &Bench<'_>, top: HeadPlan, counts: [usize; 3], attended: usize) -> Design {
    let heads = bench.heads();
    let cue = share(Channel::Cue(0), 1, 0.99);
    let below = bench.decide(&[cue], &[(cue, 1.0 / heads as f64)]);
    Design {
        blueprint: bench.on_idle(vec![vec![below; heads], vec![top; heads]]),
        counts,
        relevance: [bench.recipe.lambda, 0.0, 0.0],
        attended: Some(attended),
    }
}

/// A group of words brings the same evidence. One of them gets 0.95 of the mass; were it not there the others
/// would get it, and any pattern over the group gives the same decision.
pub(super) fn redundant(bench: &Bench<'_>) -> Design {
    let others = (bench.recipe.words / 4).max(3) - 1;
    // All idle tokens together get a two-hundredth of what one of the others gets, so that one alone suffices.
    let idle = 0.05 / (200 * others) as f64;
    let (leader, others) = (share(Channel::Cue(0), 1, 0.95), share(Channel::Cue(1), others, 0.05 - idle));
    // One gain for the whole group: it brings λ under the mass of all of them.
    let group = share(Channel::Cue(0), 1 + others.count, leader.mass + others.mass);
    let gain = bench.gain(group, 1.0 / bench.heads() as f64);
    let carry = [leader, others].map(|s| (s.channel, Channel::Decision, gain)).to_vec();
    let head = HeadPlan { look: bench.look(&[leader, others]), carry };
    let lambda = bench.recipe.lambda;
    Design {
        blueprint: bench.on_idle(vec![vec![head; bench.heads()]]),
        counts: [1, others.count, 0],
        relevance: [lambda, lambda, 0.0],
        attended: Some(0),
    }
}

/// In the last layer but one the second and third word of every group of three copy what the first is; the
/// last layer looks at the copies, and away from the original.
///
/// There are two copies, so that the paths down from them meet again at the original. Rollout gives each copy
/// half of the row's mass on it (the residual's part), and the original half of both.
pub(super) fn mixing(bench: &Bench<'_>) -> Design {
    let each = 1.0 / bench.heads() as f64;
    let below = HeadPlan { look: Look::Elsewhere, carry: vec![(Channel::Cue(0), Channel::Moved, each)] };
    let copies = share(Channel::Moved, 2, 0.997);
    let original = share(Channel::Cue(0), 1, 0.0005 / bench.recipe.words as f64);
    let top = bench.decide(&[copies, original], &[(copies, each)]);
    Design {
        blueprint: bench.on_idle(vec![vec![below; bench.heads()], vec![top; bench.heads()]]),
        counts: [1, 0, 0],
        relevance: [bench.recipe.lambda, 0.0, 0.0],
        attended: None,
    }
}
