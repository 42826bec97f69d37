//! Translation models asked for one token at a time: a probe over source and what was written sees what the halves see, and
//! its passes are theirs.

use attncheck::model::probe::to_f64;
use attncheck::model::{Graph, Keep, Model, Precision, Probe, Sequence, Target, Translator};
use candle_core::Tensor;

use super::halves::{Both, both, logits, words};
use super::seq2seq::{CASES, Example, examples, flat, folder, gap, load};

/// A translator and a text, which is written up to the row that is read.
struct Opened {
    translator: Translator,
    given: Vec<u32>,
    example: Example,
    target: Target,
}

fn opened(case: &str, at: usize) -> Opened {
    let example = examples(case).swap_remove(at);
    let translator = load(&folder(case), Precision::F64);
    let target = Target::Margin { class: example.top[0], against: example.top[1] };
    let given = example.given[..=example.row].to_vec();
    Opened { translator, given, example, target }
}

impl Opened {
    fn model(&self) -> &Model {
        &self.translator.model
    }

    fn sequence(&self) -> Sequence {
        self.translator.sequence(&self.example.source, &self.given)
    }

    fn probe(&self) -> Probe<'_> {
        Probe::new(self.model(), self.sequence(), |_| self.target).unwrap()
    }

    /// Both halves by themselves.
    fn both(&self, graph: Graph) -> Both {
        let texts = (self.example.source.as_slice(), self.given.as_slice());
        let words = words(self.model(), texts.0, texts.1);
        both(self.model(), texts, [&words[0], &words[1]], (self.given.len() - 1, self.target, graph))
    }
}

fn each(with: impl Fn(&str, Opened)) {
    for case in CASES {
        for at in (0..examples(case).len()).filter(|at| examples(case)[*at].source.len() > 2) {
            with(case, opened(case, at));
        }
    }
}

/// What is written behind the row that is read is not looked at: patterns and logits are those of the goldens, which go on.
#[test]
fn a_probe_sees_what_transformers_sees() {
    each(|case, text| {
        let probe = text.probe();
        let (s, row) = (text.example.source.len(), text.given.len() - 1);
        assert_eq!((probe.queries(), probe.sequence.decision), (row + 1, row));
        let goldens = candle_core::safetensors::load(
            folder(case).join("golden.safetensors"),
            &candle_core::Device::Cpu,
        )
        .unwrap();
        let golden = |name: &str| goldens[&format!("{}.{name}", text.example.name)].clone();
        // Rows up to the one that is read, of those of all that was given.
        let cut = |name: &str, keys: usize| {
            let all = golden(name);
            let all = all.narrow(2, 0, row + 1).unwrap();
            to_f64(&all.narrow(3, 0, keys).unwrap().contiguous().unwrap()).unwrap()
        };
        let source = probe.trace.source.as_ref().unwrap();
        for (found, golden, what) in [
            (flat(&probe.trace.patterns), cut("cross", s), "cross-attention"),
            (flat(&source.written), cut("decoder", row + 1), "the decoder's patterns"),
            (flat(&source.patterns), to_f64(&golden("encoder")).unwrap(), "the encoder's patterns"),
            (flat(&source.hidden), to_f64(&golden("encoder_states")).unwrap(), "the encoder's states"),
            (probe.trace.logits.clone(), to_f64(&golden("logits").get(row).unwrap()).unwrap(), "logits"),
        ] {
            assert!(gap(&found, &golden) < 1e-8, "{case}, {what}");
        }
        let states = source.hidden.last().unwrap();
        for (layer, values) in probe.trace.values.iter().enumerate() {
            let made = text.model().attention(layer).unwrap().value.forward(states).unwrap();
            assert!(gap(&to_f64(values).unwrap(), &to_f64(&made).unwrap()) < 1e-12, "{case}, {layer}");
        }
    });
}

#[test]
fn a_probe_has_the_gradients_of_the_halves() {
    each(|case, text| {
        let probe = text.probe();
        for graph in [Graph::Whole, Graph::CutAtAttention] {
            let (found, at) = (probe.gradients(text.target, graph, Keep::Every).unwrap(), text.both(graph));
            assert!(gap(&found.words, &to_f64(&at.words[0]).unwrap()) < 1e-10, "{case}, {graph:?}");
            let last = at.cross.len() - 1;
            for layer in 0..=last {
                // Every row but the one that is read is 0 in the last layer.
                let found = found.pattern(layer).unwrap();
                assert!(gap(&found, &to_f64(&at.cross[layer]).unwrap()) < 1e-10, "{case}, {layer}");
            }
        }
        // Along a line too: at its end stands the observed text.
        let words = probe.words(&probe.sequence).unwrap();
        let (value, slope) = probe.gradients_at(&[words]).unwrap().swap_remove(0);
        assert!((value - probe.value()).abs() < 1e-10, "{case}");
        assert!(gap(&slope, &to_f64(&text.both(Graph::Whole).words[0]).unwrap()) < 1e-10, "{case}");
    });
}

#[test]
fn erased_sources_are_the_halves_own() {
    each(|case, text| {
        let (probe, sequence) = (text.probe(), text.sequence());
        let source = &text.example.source;
        let without: Vec<u32> = [&source[..1], &source[2..]].concat();
        let positions = text.model().reader().spec.positions;
        let erased = [
            sequence.clone(),
            sequence.with_blocked(&[1, 2]),
            sequence.with_zeroed(&[0]),
            sequence.without(&[1], positions),
            sequence.with_id(&[1], source[0]),
        ];
        let mut replaced = source.clone();
        replaced[1] = source[0];
        let by_halves = |source: &[u32], blocked: &[usize], zeroed: &[usize]| {
            logits(text.model(), (source, &text.given), blocked, zeroed)
        };
        let expected = [
            by_halves(source, &[], &[]),
            by_halves(source, &[1, 2], &[]),
            by_halves(source, &[], &[0]),
            by_halves(&without, &[], &[]),
            by_halves(&replaced, &[], &[]),
        ];
        // All at once, in batches of their lengths.
        let found = probe.logits(&erased).unwrap();
        for ((found, expected), at) in found.iter().zip(expected).zip(0..) {
            // Places that count around padding stay with the words in an audit.
            if at != 4 || positions.of(&replaced) == positions.of(source) {
                assert!(gap(found, &expected) < 1e-10, "{case}, erasure {at}");
            }
        }
        // Nothing is left of a source but its last token, and of what was written only the start.
        let all: Vec<usize> = (0..source.len()).collect();
        let (bare, last) = (sequence.without(&all, positions), &source[source.len() - 1..]);
        assert_eq!((bare.ids.as_slice(), bare.decision), (last, sequence.decision), "{case}");
        if text.given.len() > 1 {
            let forgotten = probe.logits(&[sequence.with_given_zeroed(&[1])]).unwrap().concat();
            assert!(gap(&forgotten, &probe.trace.logits) > 1e-6, "{case}");
        }
    });
}

/// Patterns that are put in the place of the observed: the same give the same, others what their gradient says.
#[test]
fn swaps_follow_their_gradients() {
    each(|case, text| {
        let probe = text.probe();
        let (layers, decision) = (probe.trace.patterns.len(), probe.sequence.decision);
        for layer in 0..layers {
            let whole = &probe.trace.patterns[layer];
            let observed =
                if layer + 1 == layers { whole.narrow(2, decision, 1).unwrap() } else { whole.clone() };
            let observed = observed.contiguous().unwrap();
            let shape = observed.shape().clone();
            let step = 1e-6;
            let nudge: Vec<f64> = (0..shape.elem_count()).map(|i| step * (i as f64 * 0.7).sin()).collect();
            let moved = |sign: f64| {
                let by: Vec<f64> = nudge.iter().map(|d| sign * d).collect();
                (&observed + Tensor::from_vec(by, &shape, observed.device()).unwrap()).unwrap()
            };
            let passes = [observed.clone(), moved(1.0), moved(-1.0)];
            let make = |range: std::ops::Range<usize>, _: usize| Tensor::cat(&passes[range], 0);
            let found = probe.swapped(&[layer], 3, make).unwrap();
            assert!(gap(&found[0], &probe.trace.logits) < 1e-12, "{case}, {layer}");
            let patterns = vec![(layer, Tensor::cat(&passes, 0).unwrap())];
            let (logits, at) =
                probe.pattern_gradients(patterns, |_, logits| text.target.gradient(logits)).unwrap();
            assert!(gap(&logits.concat(), &found.concat()) < 1e-12, "{case}, {layer}");
            let at = to_f64(&at[0]).unwrap();
            let first = &at[..nudge.len()];
            let value = |logits: &[f64]| text.target.value(logits);
            let slope = (value(&found[1]) - value(&found[2])) / 2.0;
            let by_gradient: f64 = first.iter().zip(&nudge).map(|(g, d)| g * d).sum();
            let scale = step * first.iter().map(|g| g.abs()).sum::<f64>().max(1e-3);
            assert!(
                (slope - by_gradient).abs() < 1e-5 * scale,
                "{case}, {layer}: {slope:e}, {by_gradient:e}"
            );
        }
        // Every layer at once, with the observed patterns in their own places.
        let all: Vec<usize> = (0..layers).collect();
        let make = |range: std::ops::Range<usize>, layer: usize| {
            let whole = &probe.trace.patterns[layer];
            let rows = if layer + 1 == layers { whole.narrow(2, decision, 1)? } else { whole.clone() };
            Tensor::cat(&vec![rows.contiguous()?; range.len()], 0)
        };
        let found = probe.swapped(&all, 2, make).unwrap();
        assert!(gap(&found[1], &probe.trace.logits) < 1e-12, "{case}");
    });
}

/// Edges that are cut are weights that are 0, the rest of a row scaled up.
#[test]
fn cut_edges_are_swapped_patterns() {
    each(|case, text| {
        let probe = text.probe();
        let (layers, decision) = (probe.trace.patterns.len(), probe.sequence.decision);
        let last = layers - 1;
        let found = probe.severed(&(last..layers), &[vec![1]], Some(decision)).unwrap();
        let row = probe.trace.patterns[last].narrow(2, decision, 1).unwrap().contiguous().unwrap();
        let mut weights = to_f64(&row).unwrap();
        for row in weights.chunks_exact_mut(text.example.source.len()) {
            row[1] = 0.0;
            let left: f64 = row.iter().sum();
            for weight in row {
                *weight /= left;
            }
        }
        let cut = Tensor::from_vec(weights, row.shape(), row.device()).unwrap();
        let same = probe.swapped(&[last], 1, |_, _| Ok(cut.clone())).unwrap();
        assert!(gap(&found.concat(), &same.concat()) < 1e-10, "{case}");
        // Where no query of any layer sees a key, its states do not matter to what is decided.
        let none = probe.severed(&(0..layers), &[vec![1]], None).unwrap();
        assert!(gap(&none.concat(), &probe.trace.logits) > 1e-9, "{case}");
    });
}

/// What is not fit to be asked says so.
#[test]
fn what_does_not_fit_is_refused() {
    let text = opened("bart", 0);
    let model = text.model();
    let vocabulary = model.spec().vocabulary as u32;
    let plain = text.sequence();
    let without = Sequence { given: None, ..plain.clone() };
    for (sequence, says) in [
        (without, "no tokens"),
        (plain.clone().with_given(&[vocabulary]), "token id"),
        (plain.with_given_zeroed(&[99]), "zeroed token"),
    ] {
        let error = model.check(&sequence).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
    let alone = attncheck_encoder();
    let ids = vec![2, 5, 3];
    let given = Sequence::new(ids, vec![0; 3], 0, alone.spec().positions).with_given(&[1]);
    assert!(alone.check(&given).is_err());
}

/// A model that translates nothing.
fn attncheck_encoder() -> Model {
    crate::support::subject::plain()
}
