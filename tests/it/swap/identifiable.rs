//! Where other weights over the keys that are seen give the same output whatever they are.

use attncheck::model::Precision;
use attncheck::model::probe::to_f64;
use attncheck::swap::{Site, SwapOptions, swap};

use super::reach::{DECODERS, first, sites};
use crate::support::decoder::subject;
use crate::support::golden::Case;

/// A row is identifiable by the keys that it sees, however long the text is: counted in the observed patterns, whose weights are
/// 0 outside the reach alone.
#[test]
fn what_is_identifiable_is_by_the_keys_that_are_seen() {
    let (mut windowed, mut whole) = (0, 0);
    for name in DECODERS {
        let case = Case::open(name);
        let model = case.model(Precision::F64);
        let text = subject(&model, &case);
        let (t, width) = (text.tokens(), model.spec().heads.width);
        for site in sites(&text) {
            let found =
                swap(&text, site, &SwapOptions { steps: 0, ..SwapOptions::default() }).unwrap().unwrap();
            let layers = match site {
                Site::Row => model.spec().layers - 1..model.spec().layers,
                Site::Head { layer, .. } | Site::Layer(layer) => layer..layer + 1,
                Site::All => 0..model.spec().layers,
            };
            let most = layers.map(|layer| {
                let pattern = to_f64(&text.probe.trace.patterns[layer]).unwrap();
                let from = first(
                    &text,
                    if layer + 1 == model.spec().layers { Site::Row } else { Site::Layer(layer) },
                )
                .0;
                let rows = pattern.chunks_exact(t).take(t).skip(from);
                rows.map(|row| row.iter().filter(|weight| **weight > 0.0).count()).max().unwrap()
            });
            let most = most.max().unwrap();
            assert_eq!(found.identifiable, most <= width, "{name} {site}: {most} keys, {width} dimensions");
            windowed += usize::from(most < t);
            whole += usize::from(most == t);
        }
    }
    assert!(windowed > 0 && whole > 0);
}
