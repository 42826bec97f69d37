//! Massive activations: a few numbers of a layer's states that dwarf all others, at the same tokens whatever the text says.

use candle_core::Result;

use crate::model::Probe;
use crate::model::probe::to_f64;

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
}

/// The massive activations of a text, the greatest first: |h| > 100 and > 1000 × the median |h| of the states `[T, D]` that
/// enter the layer (Sun et al. 2024).
///
/// Such activations stand at tokens that draw attention, often the first, and act as biases. What the last layer gives is not
/// looked at: of it one row is computed.
pub fn massive(probe: &Probe<'_>) -> Result<Vec<MassiveActivation>> {
    let (layers, width) = (probe.model.spec().layers, probe.model.spec().width);
    let mut found: Vec<MassiveActivation> = Vec::new();
    for (layer, states) in probe.trace.hidden.iter().take(layers).enumerate() {
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
                    found.push(MassiveActivation { token, dimension, layer, value, median, layers: 1 });
                }
            }
        }
    }
    found.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    Ok(found)
}

/// The median size; of an even count the upper of the two in the middle.
fn median(states: &[f64]) -> f64 {
    let mut sizes: Vec<f64> = states.iter().map(|value| value.abs()).collect();
    let middle = sizes.len() / 2;
    if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable_by(middle, f64::total_cmp).1 }
}
