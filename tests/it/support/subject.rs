//! The small classifier of the fixtures, whole or with weights changed, and texts in it.

use std::collections::BTreeMap;
use std::path::Path;

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, Precision, Probe, Sequence, Target};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

/// "the acting is superb and the story moved me ."
pub const PRAISE: [u32; 12] = [2, 111, 781, 140, 3418, 122, 111, 313, 5473, 394, 18, 3];
/// "a dull , lifeless film ."
pub const BLAME: [u32; 8] = [2, 43, 1024, 16, 4938, 168, 18, 3];

/// "not bad , though it drags"
pub const DOUBT: [u32; 8] = [2, 216, 443, 16, 907, 135, 5495, 3];

/// A text of 25 tokens: the blame, then the praise, then more of it, in one.
pub fn long() -> Vec<u32> {
    let mut ids = vec![2];
    for text in [&BLAME[1..7], &PRAISE[1..11], &BLAME[1..7], &PRAISE[6..7]] {
        ids.extend_from_slice(text);
    }
    ids.push(3);
    ids
}

/// A change to the tensors of a checkpoint: name to values.
pub type Change<'a> = &'a dyn Fn(&str, &mut [f32]);

/// The classifier, its weights changed by `change`.
pub fn model(precision: Precision, change: Change) -> Model {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
    let config = std::fs::read(folder.join("config.json")).unwrap();
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut changed = BTreeMap::new();
    for (name, view) in tensors.iter() {
        assert_eq!(view.dtype(), Dtype::F16);
        let halves = view.data().chunks_exact(2).map(|b| half(u16::from_le_bytes([b[0], b[1]])));
        let mut values: Vec<f32> = halves.collect();
        change(name, &mut values);
        let raw: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        changed.insert(name.to_owned(), (view.shape().to_vec(), raw));
    }
    let views = changed
        .iter()
        .map(|(name, (shape, raw))| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), raw).unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, serialize(views, None).unwrap()).unwrap();
    Model::load(&config, &Weights::Safetensors(vec![WeightFile::Path(path)]), precision).unwrap()
}

/// The classifier as it is.
pub fn plain() -> Model {
    model(Precision::F32, &|_, _| ())
}

/// A text with a special token at each end and a word per token between; the two words `joined` starts at are
/// pieces of one word.
pub fn subject<'a>(model: &'a Model, ids: &[u32], joined: Option<usize>) -> Subject<'a> {
    let sequence = Sequence::new(ids.to_vec(), vec![0; ids.len()], 0, model.spec().positions);
    let probe = Probe::new(model, sequence, |logits| {
        let class = usize::from(logits[1] > logits[0]);
        Target::Margin { class, against: 1 - class }
    });
    let mut words = Vec::new();
    let mut at = 1;
    while at + 1 < ids.len() {
        let end = if joined == Some(at) { at + 2 } else { at + 1 };
        words.push(at..end);
        at = end;
    }
    Subject { probe: probe.unwrap(), words, mask: Some(4), pad: Some(0), stream: Stream::new(7, ["text"]) }
}

/// A half-precision number.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}
