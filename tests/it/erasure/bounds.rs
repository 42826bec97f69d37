//! Bounds over all orders.

use super::*;

/// Every order of `n` words.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        let grow = |order: Vec<usize>| {
            (0..n)
                .filter(|word| !order.contains(word))
                .map(|word| [&order[..], &[word]].concat())
                .collect::<Vec<_>>()
        };
        all = all.into_iter().flat_map(grow).collect();
    }
    all
}

#[test]
fn bounds_are_those_of_all_orders() {
    let model = model();
    for n in [2, 5, 6] {
        let subject = text(&model, n);
        let erased = Erased::new(&subject, Operator::Mask);
        let curves = Curves::new(&erased, 20).unwrap().unwrap();
        let all = curves.of(&permutations(n)).unwrap().unwrap();
        for (side, of) in [
            (Side::Comprehensiveness, Curve::aopc_comprehensiveness as fn(&Curve) -> Change),
            (Side::Sufficiency, Curve::aopc_sufficiency),
        ] {
            let aopc: Vec<f64> = all.iter().map(|curve| of(curve).probability).collect();
            let least = aopc.iter().copied().fold(f64::INFINITY, f64::min);
            let most = aopc.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let found = curves.bounds(side, 1).unwrap().unwrap();
            assert!(found.exact);
            close(&[found.lower, found.upper], &[least, most], 1e-12, "bounds");
            close(&[found.normalise(most).unwrap()], &[1.0], 1e-9, "NAOPC");
        }
    }
    assert_eq!(Bounds { lower: 0.1, upper: 0.1, exact: true }.normalise(0.1), None);
}

#[test]
fn a_beam_finds_orders_that_there_are_and_more_of_them_when_wider() {
    let model = model();
    let subject = text(&model, 10);
    let erased = Erased::new(&subject, Operator::Mask);
    let curves = Curves::new(&erased, 20).unwrap().unwrap();
    let bounds = |width| curves.bounds(Side::Comprehensiveness, width).unwrap().unwrap();
    let (greedy, beam, whole) = (bounds(1), bounds(5), bounds(100_000));
    assert!(!greedy.exact && greedy.lower < greedy.upper);
    for found in [greedy, beam] {
        assert!(whole.lower <= found.lower + 1e-12 && found.upper <= whole.upper + 1e-12);
    }
    for curve in &curves.random {
        let aopc = curve.aopc_comprehensiveness().probability;
        assert!((whole.lower - 1e-12..=whole.upper + 1e-12).contains(&aopc));
    }
}
