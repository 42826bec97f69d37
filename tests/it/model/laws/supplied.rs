//! What is supplied in the place of a model's own, or taken away.

use super::*;

#[test]
fn a_head_taken_away_is_a_head_zeroed_by_hand() {
    each(|name, model, sequence| {
        let probe = Probe::new(model, sequence.clone(), margin).unwrap();
        let heads = model.spec().heads;
        for layer in 0..model.spec().layers {
            let found = probe.without_heads(layer).unwrap();
            assert_eq!(found.len(), heads.count);
            for (head, found) in found.iter().enumerate() {
                let mut tap = Edit(|spot: Spot, tensor: Tensor| {
                    if spot != (Spot { layer, point: Point::HeadOut }) {
                        return Ok(tensor);
                    }
                    let shape = tensor.dims().to_vec();
                    let mut values = to_f64(&tensor)?;
                    for row in values.chunks_exact_mut(heads.total()) {
                        row[head * heads.width..][..heads.width].fill(0.0);
                    }
                    Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(DType::F32)
                });
                let expected = logits(model, sequence, &mut tap);
                close(found, &expected, 1e-5, &format!("{name} layer {layer} head {head}"));
            }
        }
    });
}

/// `count` patterns of shape `[count, H, rows, T]`, each row a distribution that differs from pass to pass.
fn distributions(count: usize, heads: usize, rows: usize, tokens: usize, dtype: DType) -> Tensor {
    let mut values = Vec::with_capacity(count * heads * rows * tokens);
    for row in 0..count * heads * rows {
        let weights: Vec<f64> = (0..tokens).map(|t| 1.0 + ((row * 7 + t * 13) % 5) as f64).collect();
        let total: f64 = weights.iter().sum();
        values.extend(weights.iter().map(|w| w / total));
    }
    Tensor::from_vec(values, (count, heads, rows, tokens), &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
}

#[test]
fn a_swap_is_a_full_pass_with_the_pattern_replaced() {
    each(|name, model, sequence| {
        let probe = Probe::new(model, sequence.clone(), margin).unwrap();
        let (spec, t) = (model.spec(), sequence.len());
        let (last, count) = (spec.layers - 1, 3);
        let all: Vec<usize> = (0..spec.layers).collect();
        for layers in [vec![last], vec![0], all] {
            let full = distributions(count, spec.heads.count, t, t, DType::F32);
            let make = |range: std::ops::Range<usize>, layer| {
                let part = full.narrow(0, range.start, range.len())?;
                // Of the last layer the decision row is all that is asked.
                if layer == last { part.narrow(2, sequence.decision, 1)?.contiguous() } else { Ok(part) }
            };
            let found = probe.swapped(&layers, count, make).unwrap();
            assert_eq!(found.len(), count);
            for (i, found) in found.iter().enumerate() {
                let one = full.narrow(0, i, 1).unwrap();
                let mut tap = Replace::patterns(layers.iter().map(|&layer| (layer, one.clone())));
                let expected = logits(model, sequence, &mut tap);
                close(found, &expected, 1e-5, &format!("{name} layers {layers:?} pass {i}"));
            }
        }
    });
}

#[test]
fn a_supplied_pattern_of_other_rows_is_refused() {
    each(|_, model, sequence| {
        let probe = Probe::new(model, sequence.clone(), margin).unwrap();
        let (last, t) = (model.spec().layers - 1, sequence.len());
        let full = distributions(1, model.spec().heads.count, t, t, DType::F32);
        // Only the decision row is computed there, so T rows would answer for another token.
        assert!(probe.swapped(&[last], 1, |_, _| Ok(full.clone())).is_err());
    });
}
