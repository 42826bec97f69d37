//! Weights of 16 bits are kept as they are stored: what is computed with them is, bit for bit, what a file of the same
//! numbers in 32 bits gives.

use attncheck::model::note::Note;
use attncheck::model::probe::to_f64;
use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Graph, Keep, Model, Precision, Probe, Sequence, Target};
use candle_core::{DType, Tensor};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

use crate::support::golden::{Case, decoders, names};

const T: usize = 10;

/// A tensor of a file: its name, type, shape and bytes.
type Kept = (String, Dtype, Vec<usize>, Vec<u8>);

/// The case's model from a file of its weights rounded to `kind`, and from one of these in f32.
fn both(case: &Case, kind: Dtype, precision: Precision) -> [Model; 2] {
    let bytes = std::fs::read(case.folder.join("model.safetensors")).unwrap();
    let mut files: [Vec<Kept>; 2] = [Vec::new(), Vec::new()];
    for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
        let numbers: Vec<f32> = match view.dtype() {
            Dtype::F32 => {
                view.data().chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect()
            }
            // A trained model of the fixtures is stored in 16 bits already.
            Dtype::F16 => {
                let bits = view.data().chunks_exact(2).map(|x| u16::from_le_bytes(x.try_into().unwrap()));
                bits.map(|bits| f16::from_bits(bits).to_f32()).collect()
            }
            other => panic!("{name} is stored in {other:?}"),
        };
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        for x in numbers {
            let (bits, back) = match kind {
                Dtype::BF16 => (bf16::from_f32(x).to_bits(), bf16::from_f32(x).to_f32()),
                _ => (f16::from_f32(x).to_bits(), f16::from_f32(x).to_f32()),
            };
            narrow.extend(bits.to_le_bytes());
            wide.extend(back.to_le_bytes());
        }
        files[0].push((name.to_owned(), kind, view.shape().to_vec(), narrow));
        files[1].push((name.to_owned(), Dtype::F32, view.shape().to_vec(), wide));
    }
    files.map(|tensors| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let views = tensors
            .iter()
            .map(|(name, kind, shape, data)| (name, TensorView::new(*kind, shape.clone(), data).unwrap()));
        std::fs::write(&path, serialize(views, None).unwrap()).unwrap();
        let weights = Weights::Safetensors(vec![WeightFile::Path(path)]);
        Model::load(&case.config(), &weights, precision).unwrap()
    })
}

fn sequence(model: &Model) -> Sequence {
    let spec = model.spec();
    let ids: Vec<u32> = (0..T).map(|i| ((7 + 13 * i * i) % spec.vocabulary) as u32).collect();
    let decision = model.readout.at.of(&ids).unwrap_or(0);
    Sequence::new(ids, vec![0; T], decision, spec.positions)
}

/// The bits of everything that a weight has a part in.
fn computed(model: &Model) -> Vec<(&'static str, Vec<u64>)> {
    let mut all = Vec::new();
    let mut say = |what, numbers: Vec<f64>| all.push((what, numbers.iter().map(|x| x.to_bits()).collect()));
    let flat = |tensors: &[Tensor]| tensors.iter().flat_map(|x| to_f64(x).unwrap()).collect::<Vec<f64>>();
    let target = Target::Margin { class: 1, against: 0 };
    let probe = Probe::new(model, sequence(model), |_| target).unwrap();
    say("logits", probe.trace.logits.clone());
    say("patterns", flat(&probe.trace.patterns));
    say("values", flat(&probe.trace.values));
    say("states", flat(&probe.trace.hidden));
    say("words", probe.words(&probe.sequence).unwrap());
    say("logits everywhere", model.logits_everywhere(&probe.sequence).unwrap().concat());
    for graph in [Graph::Whole, Graph::CutAtAttention] {
        let found = probe.gradients(target, graph, Keep::Every).unwrap();
        say("gradient at words", found.words);
        say("gradient at patterns", flat(&found.patterns));
    }
    let words = probe.words(&probe.sequence).unwrap();
    for (value, slope) in probe.gradients_at(&[words.iter().map(|x| 0.5 * x).collect()]).unwrap() {
        say("gradient on a path", [vec![value], slope].concat());
    }
    let text = &probe.sequence;
    let erased: Vec<Sequence> =
        (0..T).flat_map(|t| [text.with_blocked(&[t]), text.with_zeroed(&[t])]).collect();
    say("logits without words", probe.logits(&erased).unwrap().concat());
    let last = model.spec().layers - 1;
    say("logits without heads", probe.without_heads(last).unwrap().concat());
    all
}

fn same(case: &str, kind: Dtype, precision: Precision) {
    let case = Case::open(case);
    let [narrow, wide] = both(&case, kind, precision);
    for ((what, found), (_, wanted)) in computed(&narrow).into_iter().zip(computed(&wide)) {
        assert!(!wanted.is_empty(), "{what}");
        assert!(found == wanted, "{what} of {} in {kind:?}, {precision:?}", case.name);
    }
    let named = if kind == Dtype::BF16 { "bf16" } else { "f16" };
    let told = Note::Stored { types: vec![named], computed: precision.name() };
    assert!(narrow.notes.contains(&told), "{:?}", narrow.notes);
    assert!(!wide.notes.iter().any(|note| matches!(note, Note::Stored { .. })), "{:?}", wide.notes);
    // Whoever replaces weights is given numbers of the type that is computed in.
    let dtype = if precision == Precision::F32 { DType::F32 } else { DType::F64 };
    let again = narrow
        .map(&mut |_, weight| {
            assert_eq!(weight.dtype(), dtype);
            Ok(weight.clone())
        })
        .unwrap();
    let logits = |model: &Model| model.trace(&sequence(model)).unwrap().logits;
    assert_eq!(logits(&again), logits(&wide), "{}", case.name);
}

#[test]
fn half_the_bits_give_the_same_bits() {
    for name in decoders().iter().chain(&names()) {
        if !Case::open(name).folder.join("model.safetensors").exists() {
            continue;
        }
        same(name, Dtype::BF16, Precision::F32);
    }
    for name in ["llama", "gpt2", "gpt_neox", "phi3-window", "bert-gelu"] {
        same(name, Dtype::F16, Precision::F32);
        same(name, Dtype::BF16, Precision::F64);
        same(name, Dtype::F16, Precision::F64);
    }
}

/// What is stored in 32 bits is widened to 64 on its way too.
#[test]
fn singles_give_the_bits_of_doubles() {
    for name in ["llama", "gpt2", "bert-gelu"] {
        let case = Case::open(name);
        let stored = case.model(Precision::F64);
        let wide = stored.map(&mut |_, weight| weight.to_dtype(DType::F64)).unwrap();
        assert!(computed(&stored) == computed(&wide), "{name}");
    }
}
