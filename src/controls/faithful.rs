//! Kinds whose attention marks what decides: only path, sink, and a word against.

use super::channels::Channel;
use super::design::{Builder, Design};
use super::weigh::share;

/// Every head of the last layer puts its mass on a cue and brings it to the decision; nothing else does.
///
/// With two heads or more there are two deciding words, of worth 0.6 and 0.4, each with heads of its own:
/// the first gets 0.99 of its heads, the second 0.6 of its (the last token 0.39). So a word's mass over all
/// heads and its worth have the same order, and no head can stand in for another.
pub(super) fn only_path(builder: &Builder<'_>) -> Design {
    let heads = builder.heads();
    let two = heads >= 2;
    let (first, second) = (share(Channel::Cue(0), 1, 0.99), share(Channel::Cue(1), 1, 0.6));
    let rest = share(Channel::Last, 1, 0.39);
    let worth = if two { [0.6, 0.4] } else { [1.0, 0.0] };
    let of_second = if two { heads / 2 } else { 0 };
    let top = (0..heads)
        .map(|h| {
            if h < heads - of_second {
                builder.decide(&[first], &[(first, worth[0] / (heads - of_second) as f64)])
            } else {
                builder.decide(&[second, rest], &[(second, worth[1] / of_second as f64)])
            }
        })
        .collect();
    let lambda = builder.recipe.lambda;
    Design {
        blueprint: builder.on_idle(vec![top]),
        counts: [1, usize::from(two), 0],
        relevance: [lambda * worth[0], lambda * worth[1], 0.0],
        attended: Some(0),
    }
}

/// 0.9 of the mass lies on the two special tokens, which carry nothing; the rest on three deciding words, in the order
/// of their worth. As the sinks hold the denominator, the words add up.
///
/// A word of more mass is also worth more for its mass (12, 10 and 6.7), so that no mass moved to a lesser word brings
/// the same. With equal worth for mass, attention among the three would be exchangeable by construction, and
/// *non-exclusive* the right finding wherever the three are more than a fifth of the words.
pub(super) fn sink(builder: &Builder<'_>) -> Design {
    let cues = [(0.05, 0.6), (0.03, 0.3), (0.015, 0.1)];
    let words: Vec<_> = cues.iter().enumerate().map(|(k, &(m, _))| share(Channel::Cue(k), 1, m)).collect();
    let mut shares = words.clone();
    shares.extend([share(Channel::Last, 1, 0.6), share(Channel::First, 1, 0.3)]);
    let each = 1.0 / builder.heads() as f64;
    let from: Vec<_> = words.iter().zip(cues).map(|(&word, (_, worth))| (word, each * worth)).collect();
    let head = builder.decide(&shares, &from);
    Design {
        blueprint: builder.on_idle(vec![vec![head; builder.heads()]]),
        counts: [1, 1, 1],
        relevance: cues.map(|(_, worth)| builder.recipe.lambda * worth),
        attended: Some(0),
    }
}

/// One word of worth 1.3 for the predicted class and one of −0.3 against it, which gets more of the mass: a
/// weight has no sign. The last token holds the denominator.
pub(super) fn negative(builder: &Builder<'_>) -> Design {
    let (for_it, against) = (share(Channel::Cue(0), 1, 0.08), share(Channel::Cue(1), 1, 0.12));
    let each = 1.0 / builder.heads() as f64;
    let head = builder.decide(
        &[for_it, against, share(Channel::Last, 1, 0.795)],
        &[(for_it, 1.3 * each), (against, -0.3 * each)],
    );
    let lambda = builder.recipe.lambda;
    Design {
        blueprint: builder.on_idle(vec![vec![head; builder.heads()]]),
        counts: [1, 1, 0],
        relevance: [1.3 * lambda, -0.3 * lambda, 0.0],
        attended: Some(1),
    }
}
