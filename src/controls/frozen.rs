//! Kinds whose attention does not hang on the words: random maps, frozen uniform, frozen random, one head of many.
//!
//! Attention that is frozen while a model is trained (Wiegreffe & Pinter 2019) is the same for every text, uniform or
//! random; so it is here, planted. What decides is told by the values alone.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::blueprint::{HeadPlan, Look, PairRule};
use super::channels::{BITS, Channel};
use super::design::{Builder, Design};
use super::weigh::{masses_by_place, share};

/// Logits of random places lie within this of 0: so much attention varies that is random beside what decides.
const SPREAD: f64 = 1.2;

/// The same where what is decided is proportional to the mass: at most e^(2·0.5) = 2.7 times as much at one place as at
/// another.
const NARROW: f64 = 0.5;

/// What the deciding word brings to its operand, too little beside [`NOISE`] to make its value longer than others.
const WORTH: f64 = 0.5;

/// What every token brings to a quantity that nothing reads, by its place, at the most: so long are the values of words.
const NOISE: f64 = 4.0;

/// What every token brings straight to the decision, by its place, at the most. It stays where a word is erased, so it
/// decides nothing, but a gradient at the pattern sees it.
const TRACE: f64 = 0.02;

/// A layer of heads by place, and the mass that their mean gives each place.
struct Layer {
    looks: Vec<[f64; BITS]>,
    masses: Vec<f64>,
}

impl Layer {
    /// Random logits by place, for every head its own, within `spread` of 0.
    fn random(builder: &Builder<'_>, spread: f64, rng: &mut ChaCha8Rng) -> Self {
        let used = usize::BITS - (builder.tokens() - 1).leading_zeros();
        let mut look = || {
            let mut bits = [0.0; BITS];
            for logit in bits.iter_mut().take(used as usize) {
                let size = spread / f64::from(used) * rng.random_range(0.5..1.0);
                *logit = if rng.random() { size } else { -size };
            }
            bits
        };
        let looks: Vec<_> = (0..builder.heads()).map(|_| look()).collect();
        let each: Vec<Vec<f64>> = looks.iter().map(|bits| masses_by_place(bits, builder.tokens())).collect();
        let mean = |place: usize| each.iter().map(|of| of[place]).sum::<f64>() / each.len() as f64;
        Self { masses: (0..builder.tokens()).map(mean).collect(), looks }
    }

    /// Every head the same carry.
    fn carrying(&self, carry: &[(Channel, Channel, f64)]) -> Vec<HeadPlan> {
        self.looks.iter().map(|bits| HeadPlan { look: Look::Places(*bits), carry: carry.to_vec() }).collect()
    }

    /// The least mass of a place at which a word can stand.
    fn least(&self) -> f64 {
        let words = self.masses.get(1..self.masses.len() - 1).unwrap_or_default();
        words.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// What a head carries of the lowest bits of a place, at random, `most` in all at the most.
fn by_place(
    bits: usize,
    to: Channel,
    most: f64,
    rng: &mut ChaCha8Rng,
) -> impl Iterator<Item = (Channel, Channel, f64)> {
    let mut gain = || most / bits as f64 * rng.random_range(-1.0..1.0);
    let gains: Vec<f64> = (0..bits).map(|_| gain()).collect();
    gains.into_iter().enumerate().map(move |(bit, gain)| (Channel::At(bit), to, gain))
}

/// Layers below the top one that attend at random and carry nothing.
fn below(builder: &Builder<'_>, spread: f64, rng: &mut ChaCha8Rng) -> Vec<Vec<HeadPlan>> {
    let layers = builder.recipe.layers.saturating_sub(1);
    (0..layers).map(|_| Layer::random(builder, spread, rng).carrying(&[])).collect()
}

/// Every layer attends by place, at random; the values of all words are as long as their places make them; and the deciding
/// word is seen wherever it stands, as it brings more than enough.
///
/// Its evidence is a ramp that the least attended place already climbs, so that its slope there is 0: a gradient at the
/// pattern sees only the traces of the places. So attention, its rollout, its values and its gradient are all random beside
/// what decides, while erasing the word undoes the decision.
pub(super) fn random_maps(builder: &Builder<'_>) -> Design {
    let (lambda, mut rng) = (builder.recipe.lambda, builder.recipe.rng("places"));
    let below = below(builder, SPREAD, &mut rng);
    let top = Layer::random(builder, SPREAD, &mut rng);
    let each = 1.0 / builder.heads() as f64;
    let mut carry = vec![(Channel::Cue(0), Channel::Left, each * WORTH)];
    carry.extend(by_place(4, Channel::Decision, each * lambda * TRACE, &mut rng));
    carry.extend(by_place(6, Channel::Moved, each * NOISE, &mut rng));
    let mut blueprint = builder.stacked(below, vec![top.carrying(&carry)]);
    let enough = top.least() * WORTH / 1.2;
    blueprint.rule = Some(PairRule { each: lambda / enough, both: -lambda / enough, unit: enough });
    Design {
        blueprint,
        counts: [1, 0, 0],
        relevance: [lambda, 0.0, 0.0],
        attended: None,
        by_place: Vec::new(),
    }
}

/// The first head puts 0.99 of its mass on the one word that decides; all others attend by place, at random, and bring
/// nothing.
pub(super) fn one_head(builder: &Builder<'_>) -> Design {
    let mut rng = builder.recipe.rng("places");
    let below = below(builder, SPREAD, &mut rng);
    let cue = share(Channel::Cue(0), 1, 0.99);
    let mut top = Layer::random(builder, SPREAD, &mut rng).carrying(&[]);
    if let Some(first) = top.first_mut() {
        *first = builder.decide(&[cue], &[(cue, 1.0)]);
    }
    Design {
        blueprint: builder.stacked(below, vec![top]),
        counts: [1, 0, 0],
        relevance: [builder.recipe.lambda, 0.0, 0.0],
        attended: None,
        by_place: Vec::new(),
    }
}

/// Every pattern is uniform over all tokens; one word brings the evidence.
pub(super) fn uniform(builder: &Builder<'_>) -> Design {
    let (heads, lambda) = (builder.heads(), builder.recipe.lambda);
    let flat = |carry: Vec<_>| vec![HeadPlan { look: Look::Places([0.0; BITS]), carry }; heads];
    let gain = lambda * builder.tokens() as f64 / heads as f64;
    let below = vec![flat(Vec::new()); builder.recipe.layers.saturating_sub(1)];
    Design {
        blueprint: builder.stacked(below, vec![flat(vec![(Channel::Cue(0), Channel::Decision, gain)])]),
        counts: [1, 0, 0],
        relevance: [lambda, 0.0, 0.0],
        attended: None,
        by_place: Vec::new(),
    }
}

/// Every pattern is random by place; one word brings evidence in proportion to the mass that its place has, λ at the least.
pub(super) fn random(builder: &Builder<'_>) -> Design {
    let (lambda, mut rng) = (builder.recipe.lambda, builder.recipe.rng("places"));
    let below = below(builder, NARROW, &mut rng);
    let top = Layer::random(builder, NARROW, &mut rng);
    let least = top.least();
    let gain = lambda / least / builder.heads() as f64;
    Design {
        blueprint: builder.stacked(below, vec![top.carrying(&[(Channel::Cue(0), Channel::Decision, gain)])]),
        counts: [1, 0, 0],
        relevance: [lambda, 0.0, 0.0],
        attended: None,
        by_place: top.masses.iter().map(|mass| mass / least).collect(),
    }
}
