//! Kinds that are decoders: an induction head, a fact, a sink on the first place, a decoy head, a window.

use super::blueprint::{Blueprint, HeadPlan, Look, PairRule};
use super::causal::Causal;
use super::channels::{Channel, KINDS};
use super::design::{Builder, Design};
use super::text::{Layout, cue_id};
use super::weigh::{Share, logits, share};

/// What decoy heads bring to where nothing reads it: as much as leaves norms what they were, to 2 parts in 1000.
const LOUD: f64 = 6.0;

/// What the deciding word brings beside them: less than any decoy, and made more by the rule.
const QUIET: f64 = 0.04;

/// Where a word without value is gone others get its mass. Evidence that little mass brings is a ramp that ends at so many
/// times what the text has: the prediction is then only a little surer.
const MOST: f64 = 1.25;

/// The rows that are asked for attend by these logits.
fn rows(asks: Option<Channel>, logits: Vec<(Channel, f64)>) -> Look {
    Look::Rows { asks, logits, taste: true }
}

/// Every row attends by these shares.
fn every(shares: &[Share], builder: &Builder<'_>) -> Look {
    rows(None, logits(shares, builder.tokens(), builder.recipe.lambda))
}

/// A head that rests on the first place. Values are as long at all other places, and nothing reads them.
fn rest(builder: &Builder<'_>) -> HeadPlan {
    let carry = vec![(Channel::Later, Channel::Unread, 1.0 / builder.heads() as f64)];
    HeadPlan { look: Look::Rest, carry }
}

/// The last layers of a decoder above those that rest.
fn decoder(builder: &Builder<'_>, top: Vec<Vec<HeadPlan>>, causal: Causal) -> Blueprint {
    let below = builder.recipe.layers.saturating_sub(top.len());
    let below = vec![vec![rest(builder); builder.heads()]; below];
    Blueprint { causal: Some(causal), ..builder.stacked(below, top) }
}

/// One answer, the last kind of cue, which no text has.
fn one_answer(layout: Layout) -> Causal {
    let answers = vec![(Channel::Decision, cue_id(KINDS - 1))];
    Causal { answers, back: None, layout }
}

/// The text is … A B … A, and the model says B (Elhage et al. 2021): the last layer but one looks, from each word that can be
/// said, at the one before it and marks what stands behind an A; a last row whose word is A attends to what is marked
/// and says what it is. There are two words that can be said; the other one stands before the first A.
///
/// Both A and the B between them are needed; the row lies on B and, a little, on the two A.
pub(super) fn induction(builder: &Builder<'_>) -> Design {
    let each = 1.0 / builder.heads() as f64;
    let below = HeadPlan {
        look: Look::Elsewhere(&[Channel::Cue(1), Channel::Cue(2)]),
        carry: vec![(Channel::Cue(0), Channel::Moved, each)],
    };
    // Where nothing is marked the row rests on the word itself, which cannot be blocked to it.
    let (marked, own) = (share(Channel::Moved, 1, 0.99), share(Channel::Cue(0), 2, 0.0095));
    let found = logits(&[marked, own], builder.tokens(), builder.recipe.lambda);
    let gain = builder.gain(marked, each);
    let answers = [(Channel::Cue(1), Channel::Decision), (Channel::Cue(2), Channel::Right)];
    let carry = answers.map(|(from, to)| (from, to, gain)).to_vec();
    let top = HeadPlan { look: rows(Some(Channel::Cue(0)), found), carry };
    let answers = vec![(Channel::Decision, cue_id(1)), (Channel::Right, cue_id(2))];
    let causal = Causal { answers, back: None, layout: Layout::Induction };
    Design {
        blueprint: decoder(builder, vec![vec![below; builder.heads()], vec![top; builder.heads()]], causal),
        counts: [2, 1, 1],
        relevance: [builder.recipe.lambda; 3],
        attended: None,
        by_place: Vec::new(),
    }
}

/// The last layer but one looks up, in the subject's own row, what is known of it; the last row attends to the subject and
/// reads that (Geva et al. 2023).
pub(super) fn fact(builder: &Builder<'_>) -> Design {
    let each = 1.0 / builder.heads() as f64;
    let (subject, known) = (share(Channel::Cue(0), 1, 0.99), share(Channel::Moved, 1, 0.99));
    // How the subject looks at itself is no part of the dial.
    let own = rows(Some(Channel::Cue(0)), logits(&[subject], builder.tokens(), 1.0));
    let below = HeadPlan { look: own, carry: vec![(Channel::Cue(0), Channel::Moved, each)] };
    let gain = builder.gain(known, each);
    let top =
        HeadPlan { look: every(&[known], builder), carry: vec![(Channel::Moved, Channel::Decision, gain)] };
    let causal = one_answer(Layout::Inside);
    Design {
        blueprint: decoder(builder, vec![vec![below; builder.heads()], vec![top; builder.heads()]], causal),
        counts: [1, 0, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(0),
        by_place: Vec::new(),
    }
}

/// A ramp over what heads bring to the left operand, where all of it is λ·`whole`.
fn ramp(builder: &Builder<'_>, whole: f64) -> PairRule {
    PairRule { each: 1.0 / whole, both: -1.0 / whole, unit: MOST * whole * builder.recipe.lambda }
}

/// 0.9 of the last row's mass lies on the first place, whatever word stands there, and brings nothing. Two words decide, with
/// 0.06 and 0.03.
pub(super) fn position_sink(builder: &Builder<'_>) -> Design {
    let each = 1.0 / builder.heads() as f64;
    let cues = [(0.06, 0.6), (0.03, 0.4)];
    let words = [0, 1].map(|k| share(Channel::Cue(k), 1, cues[k].0));
    let sink = share(Channel::First, 1, 0.9);
    let carry = [0, 1].map(|k| {
        let gain = builder.gain(words[k], each * cues[k].1);
        (words[k].channel, Channel::Left, gain)
    });
    // No taste for the first word, which holds the denominator.
    let logits = logits(&[words[0], words[1], sink], builder.tokens(), builder.recipe.lambda);
    let look = Look::Rows { asks: None, logits, taste: false };
    let head = HeadPlan { look, carry: carry.to_vec() };
    let mut blueprint = decoder(builder, vec![vec![head; builder.heads()]], one_answer(Layout::Inside));
    blueprint.rule = Some(ramp(builder, 1.0));
    Design {
        blueprint,
        counts: [1, 1, 0],
        relevance: [cues[0].1, cues[1].1, 0.0].map(|worth| builder.recipe.lambda * worth),
        attended: None,
        by_place: Vec::new(),
    }
}

/// All heads of the last layer but one put 0.99 of their mass on decoys, which are more than half of the words, and bring
/// much to where nothing reads it. The last head looks about evenly at all words, and decides by one that gets a quarter of a
/// decoy's mean mass.
///
/// As the encoder's decoy, but what the decoys bring is the most: what weighs by values is misled too.
pub(super) fn decoy_head(builder: &Builder<'_>) -> Design {
    let (heads, words) = (builder.heads(), builder.recipe.words);
    let decoys = words / 2 + 1;
    let little = (0.25 * (heads - 1) as f64 / decoys as f64).min(0.1);
    let (cue, decoy) = (share(Channel::Cue(0), 1, little), share(Channel::Cue(1), decoys, 0.99));
    let loud = LOUD / (heads - 1) as f64;
    let striking =
        HeadPlan { look: every(&[decoy], builder), carry: vec![(Channel::Cue(1), Channel::Unread, loud)] };
    let mut top = vec![striking; heads - 1];
    // No taste among the other words, which hold the denominator here.
    let alone = logits(&[cue], builder.tokens(), builder.recipe.lambda);
    let look = Look::Rows { asks: None, logits: alone, taste: false };
    let carry = vec![(cue.channel, Channel::Left, builder.gain(cue, QUIET))];
    top.push(HeadPlan { look, carry });
    let mut blueprint = decoder(builder, vec![top], one_answer(Layout::BeforeLast));
    blueprint.rule = Some(ramp(builder, QUIET));
    Design {
        blueprint,
        counts: [1, decoys, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(1),
        by_place: Vec::new(),
    }
}

/// The last layer sees the last half of the words, looks at two of them and brings nothing. What decides stands before that
/// and comes by the layer below.
pub(super) fn window(builder: &Builder<'_>) -> Design {
    let (heads, back) = (builder.heads(), builder.recipe.words / 2);
    let cue = share(Channel::Cue(0), 1, 0.99);
    let gain = builder.gain(cue, 1.0 / heads as f64);
    let below =
        HeadPlan { look: every(&[cue], builder), carry: vec![(cue.channel, Channel::Decision, gain)] };
    let idle = logits(&[share(Channel::Cue(1), 2, 0.9)], back + 1, builder.recipe.lambda);
    let top = HeadPlan { look: rows(None, idle), carry: Vec::new() };
    let causal = Causal { back: Some(back), ..one_answer(Layout::Window { back }) };
    Design {
        blueprint: decoder(builder, vec![vec![below; heads], vec![top; heads]], causal),
        counts: [1, 2, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: Some(1),
        by_place: Vec::new(),
    }
}
