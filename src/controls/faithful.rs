//! Kinds whose attention marks what decides: only path, one word, several words, sink, and a word against.

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
        by_place: Vec::new(),
    }
}

/// Every head of the last layer puts 0.998 of its mass on the one word that decides.
pub(super) fn one_word(builder: &Builder<'_>) -> Design {
    let cue = share(Channel::Cue(0), 1, 0.998);
    let head = builder.decide(&[cue], &[(cue, 1.0 / builder.heads() as f64)]);
    Design {
        blueprint: builder.on_idle(vec![vec![head; builder.heads()]]),
        counts: [1, 0, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(0),
        by_place: Vec::new(),
    }
}

/// Three words of worth 0.5, 0.3 and 0.2, each with a third of the heads, which give it 0.99, 0.6 and 0.4 of their mass
/// and the last token the rest. So mass over all heads and worth have the same order, and no head can stand in for
/// another: were all three in one head, what one word loses the others would get.
pub(super) fn several_words(builder: &Builder<'_>) -> Design {
    let (heads, lambda) = (builder.heads(), builder.recipe.lambda);
    let (masses, worths) = ([0.99, 0.6, 0.4], [0.5, 0.3, 0.2]);
    // The first words get the heads that do not divide by three.
    let many = [heads.div_ceil(3), (heads + 1) / 3, heads / 3];
    let head = |k: usize| {
        let cue = share(Channel::Cue(k), 1, masses[k]);
        let rest = share(Channel::Last, 1, 0.995 - masses[k]);
        let shares = if k == 0 { vec![cue] } else { vec![cue, rest] };
        builder.decide(&shares, &[(cue, worths[k] / many[k] as f64)])
    };
    let top = (0..3).flat_map(|k| vec![head(k); many[k]]).collect();
    Design {
        blueprint: builder.on_idle(vec![top]),
        counts: [1, 1, 1],
        relevance: worths.map(|worth| lambda * worth),
        attended: Some(0),
        by_place: Vec::new(),
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
        by_place: Vec::new(),
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
        by_place: Vec::new(),
    }
}
