//! Kinds whose attention is not what decides, or not alone: decoy, null decoys, bypass, redundant, copies, mixing.

use super::blueprint::{HeadPlan, Look};
use super::channels::Channel;
use super::design::{Builder, Design};
use super::weigh::share;

/// All heads of the last layer but one put 0.99 of their mass on decoys, which are more than half of the
/// words, and bring nothing. The last head decides by one word that gets a quarter of a decoy's mean mass.
///
/// The decoys are so many because a fraction of words is erased at a time: behind two or three decoys the
/// deciding word would still be among the top fifth, and erasing those would rightly change the prediction.
pub(super) fn decoy(builder: &Builder<'_>) -> Design {
    let (heads, words) = (builder.heads(), builder.recipe.words);
    let decoys = words / 2 + 1;
    let little = (0.25 * (heads - 1) as f64 / decoys as f64).min(0.1);
    let cue = share(Channel::Cue(0), 1, little);
    let mut top = vec![builder.idle(&[share(Channel::Cue(1), decoys, 0.99)]); heads - 1];
    top.push(builder.decide(&[cue, share(Channel::Last, 1, 0.995 - little)], &[(cue, 1.0)]));
    Design {
        blueprint: builder.on_idle(vec![top]),
        counts: [1, decoys, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(1),
        by_place: Vec::new(),
    }
}

/// Of the mass that words get a quarter of the words, which have no value, have two thirds and more, and the word that decides
/// half as much as one of these. Nearly all mass is on the last token, so that an erased decoy leaves nothing to others.
///
/// The mass ranks the deciding word behind a quarter of all; what weighs the mass by the values finds it alone, and no
/// pattern makes such a map point elsewhere, as no other word has any value.
pub(super) fn null_decoys(builder: &Builder<'_>) -> Design {
    let decoys = (builder.recipe.words / 4).max(2);
    let (of_decoys, of_others) = (7e-4, 1e-5);
    let little = 0.5 * of_decoys / decoys as f64;
    let cue = share(Channel::Cue(0), 1, little);
    let rest = 1.0 - of_decoys - little - of_others;
    let shares = [cue, share(Channel::Cue(1), decoys, of_decoys), share(Channel::Last, 1, rest)];
    let head = builder.decide(&shares, &[(cue, 1.0 / builder.heads() as f64)]);
    Design {
        blueprint: builder.on_idle(vec![vec![head; builder.heads()]]),
        counts: [1, decoys, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(1),
        by_place: Vec::new(),
    }
}

/// The deciding word stands in three places, which share 0.9995 of the mass; were two of them not there the third would
/// get all of it.
pub(super) fn copies(builder: &Builder<'_>) -> Design {
    let all = share(Channel::Cue(0), 3, 0.9995);
    let head = builder.decide(&[all], &[(all, 1.0 / builder.heads() as f64)]);
    Design {
        blueprint: builder.on_idle(vec![vec![head; builder.heads()]]),
        counts: [3, 0, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(0),
        by_place: Vec::new(),
    }
}

/// The last layer but one brings the deciding word; the last layer looks at two idle words and brings nothing.
pub(super) fn bypass(builder: &Builder<'_>) -> Design {
    let top = builder.idle(&[share(Channel::Cue(1), 2, 0.9)]);
    around(builder, top, [1, 2, 0], 1)
}

/// As [`bypass`], but the last layer looks at the deciding word too, and still brings nothing: its map marks
/// the right word and has no part in the decision.
pub(super) fn bypass_aligned(builder: &Builder<'_>) -> Design {
    let top = builder.idle(&[share(Channel::Cue(0), 1, 0.99)]);
    around(builder, top, [1, 0, 0], 0)
}

fn around(builder: &Builder<'_>, top: HeadPlan, counts: [usize; 3], attended: usize) -> Design {
    let heads = builder.heads();
    let cue = share(Channel::Cue(0), 1, 0.99);
    let below = builder.decide(&[cue], &[(cue, 1.0 / heads as f64)]);
    Design {
        blueprint: builder.on_idle(vec![vec![below; heads], vec![top; heads]]),
        counts,
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(attended),
        by_place: Vec::new(),
    }
}

/// A group of words brings the same evidence. One of them gets 0.95 of the mass; were it not there the others
/// would get it, and any pattern over the group gives the same decision.
pub(super) fn redundant(builder: &Builder<'_>) -> Design {
    let others = (builder.recipe.words / 4).max(3) - 1;
    // All idle tokens together get a two-hundredth of what one of the others gets, so that one alone suffices.
    let idle = 0.05 / (200 * others) as f64;
    let (leader, others) = (share(Channel::Cue(0), 1, 0.95), share(Channel::Cue(1), others, 0.05 - idle));
    // One gain for the whole group: it brings λ under the mass of all of them.
    let group = share(Channel::Cue(0), 1 + others.count, leader.mass + others.mass);
    let gain = builder.gain(group, 1.0 / builder.heads() as f64);
    let carry = [leader, others].map(|s| (s.channel, Channel::Decision, gain)).to_vec();
    let head = HeadPlan { look: builder.look(&[leader, others]), carry };
    let lambda = builder.recipe.lambda;
    Design {
        blueprint: builder.on_idle(vec![vec![head; builder.heads()]]),
        counts: [1, others.count, 0],
        relevance: [lambda, lambda, 0.0],
        attended: Some(0),
        by_place: Vec::new(),
    }
}

/// In the last layer but one the second and third word of every group of three copy what the first is; the
/// last layer looks at the copies, and away from the original.
///
/// There are two copies, so that the paths down from them meet again at the original. Rollout gives each copy
/// half of the row's mass on it (the residual's part), and the original half of both.
pub(super) fn mixing(builder: &Builder<'_>) -> Design {
    let each = 1.0 / builder.heads() as f64;
    let below = HeadPlan { look: Look::Elsewhere(&[]), carry: vec![(Channel::Cue(0), Channel::Moved, each)] };
    let copies = share(Channel::Moved, 2, 0.997);
    let original = share(Channel::Cue(0), 1, 0.0005 / builder.recipe.words as f64);
    let top = builder.decide(&[copies, original], &[(copies, each)]);
    Design {
        blueprint: builder.on_idle(vec![vec![below; builder.heads()], vec![top; builder.heads()]]),
        counts: [1, 0, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: None,
        by_place: Vec::new(),
    }
}
