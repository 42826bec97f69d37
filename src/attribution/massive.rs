//! Massive activations: a few numbers of a layer's states that dwarf all others, at the same tokens whatever the text says.

use candle_core::{Result, Tensor};

use crate::erasure::Change;
use crate::missing::{Missing, Outcome, Stop, settle};
use crate::model::probe::to_f64;
use crate::model::{Number, Probe, softmax};
use crate::subject::Subject;

/// An activation is massive above this size,
const LARGE: f64 = 100.0;
/// and above so many times the median size of its layer's (Sun et al. 2024).
const TIMES: f64 = 1000.0;

/// One dimension of one token's state that is massive in one layer or several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MassiveActivation {
    /// The token's position.
    pub token: usize,
    /// The dimension of the state, from 0 to D − 1.
    pub dimension: usize,
    /// The layer that the state enters where it is greatest, from 0 to L − 1.
    pub layer: usize,
    /// Its value there, with its sign.
    pub value: f64,
    /// The median size of all numbers of the states that enter that layer.
    pub median: f64,
    /// How many layers' states have it.
    pub layers: usize,
    /// The lowest layer that the state enters with it.
    pub first: usize,
}

/// The massive activations of a text, the greatest first: |h| > 100 and > 1000 × the median |h| of the states `[T, D]` that
/// enter the layer (Sun et al. 2024).
///
/// Such activations stand at tokens that draw attention, often the first, and act as biases. What the last layer gives is not
/// looked at: of it one row is computed.
pub fn massive(probe: &Probe<'_>) -> Result<Vec<MassiveActivation>> {
    let width = probe.model.reader().spec.width;
    let mut found: Vec<MassiveActivation> = Vec::new();
    for (layer, states) in probe.read_states().iter().enumerate() {
        // Few models have any, and the greatest number alone says so.
        let largest = to_f64(&states.flatten_all()?.abs()?.max(0)?)?;
        if largest.iter().all(|size| *size <= LARGE) {
            continue;
        }
        let states = to_f64(states)?;
        let median = median(&states);
        for (at, &value) in states.iter().enumerate() {
            if value.abs() <= LARGE || value.abs() <= TIMES * median {
                continue;
            }
            let (token, dimension) = (at / width, at % width);
            match found.iter_mut().find(|one| (one.token, one.dimension) == (token, dimension)) {
                Some(one) => {
                    one.layers += 1;
                    if value.abs() > one.value.abs() {
                        (one.layer, one.value, one.median) = (layer, value, median);
                    }
                }
                None => {
                    found.push(MassiveActivation {
                        token,
                        dimension,
                        layer,
                        value,
                        median,
                        layers: 1,
                        first: layer,
                    });
                }
            }
        }
    }
    found.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    Ok(found)
}

/// What becomes of a text where massive activations are set to 0 as they first appear (Sun et al. 2024), and where as many
/// usual numbers are.
#[derive(Debug, Clone, PartialEq)]
pub struct WithoutMassive {
    /// The lowest layer that a state enters with one: below it all is as it was.
    pub layer: usize,
    /// How many numbers were set to 0.
    pub numbers: usize,
    /// The share of their attention, in [0, 1], that the other tokens give to those with massive activations, as it was
    /// observed: the mean over heads, the layers from `layer` on and the queries that see such a token; `None` where no other
    /// token sees one.
    pub share: Option<f64>,
    /// Without the massive activations.
    pub massive: ZeroedNumbers,
    /// Without as many numbers of the same states, those whose sizes are nearest to the median.
    pub usual: ZeroedNumbers,
}

/// What becomes of a text where numbers of its states are set to 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZeroedNumbers {
    /// What the prediction loses.
    pub change: Change,
    /// The share of attention, as [`WithoutMassive::share`].
    pub share: Option<f64>,
}

/// Sets the massive activations that were `found` to 0, each where the lowest layer's state has it. Sun et al. (2024) also set
/// them to their mean over texts, of which one text knows nothing.
///
/// [`Missing::RestsOn`] where none was found, [`Missing::NotFinite`] where a prediction is none. Cost: two passes of what lies
/// above the lowest of these layers.
pub fn without_massive(subject: &Subject<'_>, found: &[MassiveActivation]) -> Outcome<WithoutMassive> {
    settle(zero(subject, found))
}

fn zero(subject: &Subject<'_>, found: &[MassiveActivation]) -> std::result::Result<WithoutMassive, Stop> {
    let probe = &subject.probe;
    let number =
        |one: &MassiveActivation| Number { layer: one.first, token: one.token, dimension: one.dimension };
    let numbers: Vec<Number> = found.iter().map(number).collect();
    let Some(layer) = numbers.iter().map(|number| number.layer).min() else {
        return Err(Missing::RestsOn { what: "a massive activation" }.into());
    };
    let mut tokens: Vec<usize> = numbers.iter().map(|number| number.token).collect();
    tokens.sort_unstable();
    tokens.dedup();
    let before = softmax(&probe.trace.logits);
    let run = |numbers: &[Number]| -> std::result::Result<ZeroedNumbers, Stop> {
        let ran = probe.zeroed(numbers)?;
        // Usual numbers may first be set in a layer above.
        let patterns: Vec<&Tensor> =
            probe.read_patterns()[layer..ran.layer].iter().chain(&ran.patterns).collect();
        let change = Change::of(subject, &before, &ran.logits)?;
        Ok(ZeroedNumbers { change, share: share(probe, layer, &patterns, &tokens)? })
    };
    let observed: Vec<&Tensor> = probe.read_patterns()[layer..].iter().collect();
    Ok(WithoutMassive {
        layer,
        numbers: numbers.len(),
        share: share(probe, layer, &observed, &tokens)?,
        massive: run(&numbers)?,
        usual: run(&usual(probe, &numbers)?)?,
    })
}

/// For each number another of the same state, of a size as near to its layer's median as there is, that is no other's; as many
/// as there are.
fn usual(probe: &Probe<'_>, numbers: &[Number]) -> Result<Vec<Number>> {
    let width = probe.model.reader().spec.width;
    let mut taken = numbers.to_vec();
    for number in numbers {
        let states = to_f64(&probe.read_states()[number.layer])?;
        let (median, state) = (median(&states), &states[number.token * width..][..width]);
        let others = (0..width).map(|dimension| Number { dimension, ..*number }).filter(|other| {
            !taken.iter().any(|taken| (taken.token, taken.dimension) == (other.token, other.dimension))
        });
        let far = |other: &Number| (state[other.dimension].abs() - median).abs();
        taken.extend(others.min_by(|a, b| far(a).total_cmp(&far(b))));
    }
    Ok(taken.split_off(numbers.len()))
}

/// The share of attention that other tokens give to `tokens`, which rise; `patterns` are those of the layers from `first` on.
fn share(probe: &Probe<'_>, first: usize, patterns: &[&Tensor], tokens: &[usize]) -> Result<Option<f64>> {
    let (t, (mut sum, mut rows)) = (probe.sequence.len(), (0.0, 0_usize));
    for (layer, pattern) in (first..).zip(patterns) {
        let reach = probe.model.reader().reach(layer);
        let asks = |query: usize| {
            let seen = reach.seen(query, t);
            tokens.binary_search(&query).is_err() && tokens.iter().any(|token| seen.contains(token))
        };
        let weights = to_f64(pattern)?;
        for (_, weights) in weights.chunks_exact(t).enumerate().filter(|(row, _)| asks(row % t)) {
            sum += tokens.iter().map(|&token| weights[token]).sum::<f64>();
            rows += 1;
        }
    }
    Ok((rows > 0).then(|| sum / rows as f64))
}

/// The median size; of an even count the upper of the two in the middle.
fn median(states: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = states.iter().map(|value| value.abs()).collect();
    let middle = sizes.len() / 2;
    if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable_by(middle, f64::total_cmp).1 }
}
