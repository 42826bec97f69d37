//! Two words that decide together: AND, OR, XOR.

use super::blueprint::{HeadPlan, PairRule};
use super::channels::Channel;
use super::design::{Builder, Design};
use super::planted::Planted;
use super::weigh::share;

/// Half of the heads bring one word to the left operand, the others another to the right one; the last
/// feed-forward block, of rectifiers, computes the rule exactly where each operand is 0 or λ:
///
/// - AND: relu(a + b − λ);
/// - OR: a + b − relu(a + b − λ);
/// - XOR: a + b − 2·relu(a + b − λ).
///
/// Each head puts 0.5 of its mass on its word and nearly all the rest on the last token, so that one word's
/// absence does not change what the other brings.
pub(super) fn two_words(builder: &Builder<'_>) -> Design {
    let (heads, lambda) = (builder.heads(), builder.recipe.lambda);
    let rest = share(Channel::Last, 1, 0.495);
    let of_right = heads / 2;
    let top = (0..heads)
        .map(|h| {
            let (kind, to, many) = if h < heads - of_right {
                (0, Channel::Left, heads - of_right)
            } else {
                (1, Channel::Right, of_right)
            };
            let cue = share(Channel::Cue(kind), 1, 0.5);
            let gain = builder.gain(cue, 1.0 / many as f64);
            HeadPlan { look: builder.look(&[cue, rest]), carry: vec![(cue.channel, to, gain)] }
        })
        .collect();
    let (each, both) = match builder.recipe.kind {
        Planted::And => (0.0, 1.0),
        Planted::Or => (1.0, -1.0),
        _ => (1.0, -2.0),
    };
    let mut blueprint = builder.on_idle(vec![top]);
    blueprint.rule = Some(PairRule { each, both, unit: lambda });
    Design {
        blueprint,
        counts: [1, 1, 0],
        relevance: [lambda, lambda, 0.0],
        attended: None,
        by_place: Vec::new(),
    }
}
