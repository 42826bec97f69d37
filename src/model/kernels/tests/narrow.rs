//! Weights that are stored in fewer bits, against the same numbers widened beforehand: every product bit for bit.

use candle_core::{DType, Tensor};
use proptest::prelude::*;

use super::draw::Draw;
use super::numbers;
use crate::model::kernels::Linear;
use crate::model::spec::Heads;

/// A map by stored weights and one by the same in what is computed in.
fn both(draw: &Draw, (stored, computed): (DType, DType), (i, o): (usize, usize), bias: bool) -> [Linear; 2] {
    let weight = draw.tensor(DType::F64, &[i, o]).to_dtype(stored).unwrap();
    let bias = bias.then(|| draw.tensor(computed, &[o]));
    let wide = weight.to_dtype(computed).unwrap();
    [Linear::stored(&weight, bias.clone(), computed).unwrap(), Linear::new(&wide, bias).unwrap()]
}

fn types() -> impl Strategy<Value = (DType, DType)> {
    prop_oneof![
        Just((DType::BF16, DType::F32)),
        Just((DType::F16, DType::F32)),
        Just((DType::BF16, DType::F64)),
        Just((DType::F16, DType::F64)),
        Just((DType::F32, DType::F64)),
    ]
}

fn bits(tensor: &Tensor) -> Vec<u64> {
    numbers(tensor).iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn products(
        seed: u64, types in types(), t in 1usize..20, i in prop_oneof![1usize..70, 1000usize..1100],
        o in prop_oneof![1usize..70, 1000usize..1100], bias: bool,
    ) {
        let (draw, dtype) = (Draw::new(seed), types.1);
        let [narrow, wide] = both(&draw, types, (i, o), bias);
        prop_assert_eq!(narrow.dtype(), dtype);
        prop_assert_eq!(bits(&narrow.weight().unwrap()), bits(&wide.weight().unwrap()));
        prop_assert_eq!(narrow.weight().unwrap().dtype(), dtype);
        let (x, grad, onto) = (draw.tensor(dtype, &[1, t, i]), draw.tensor(dtype, &[1, t, o]), draw.tensor(dtype, &[1, t, i]));
        let all = |map: &Linear| {
            let before = [map.forward(&x).unwrap(), map.reverse(&grad).unwrap(), map.reverse_onto(&grad, &onto).unwrap()];
            map.turn_over().unwrap();
            let found = [&before[..], &[map.reverse(&grad).unwrap(), map.reverse_onto(&grad, &onto).unwrap()]].concat();
            found.iter().map(bits).collect::<Vec<_>>()
        };
        prop_assert_eq!(all(&narrow), all(&wide));
    }

    #[test]
    fn products_by_heads(
        seed: u64, types in types(), b in 1usize..3, h in 1usize..4, e in 1usize..50, d in 1usize..70, group in 1usize..3,
    ) {
        let (draw, heads) = (Draw::new(seed), Heads { count: h * group, width: e, shared_by: group });
        let [narrow, wide] = both(&draw, types, (d, heads.of_keys().total()), true);
        let (x, grad) = (draw.tensor(types.1, &[b, heads.count, d]), draw.tensor(types.1, &[b, 1, heads.total()]));
        let all = |map: &Linear| [bits(&map.heads_forward(&x, heads).unwrap()), bits(&map.heads_reverse(&grad, heads).unwrap())];
        prop_assert_eq!(all(&narrow), all(&wide));
    }
}

/// What does not widen is converted: 64 bits to 32.
#[test]
fn wider_weights_are_rounded_once() {
    let draw = Draw::new(3);
    let weight = draw.tensor(DType::F64, &[5, 40]);
    let map = Linear::stored(&weight, None, DType::F32).unwrap();
    let wanted = Linear::new(&weight.to_dtype(DType::F32).unwrap(), None).unwrap();
    let x = draw.tensor(DType::F32, &[2, 5]);
    assert_eq!(bits(&map.forward(&x).unwrap()), bits(&wanted.forward(&x).unwrap()));
}
