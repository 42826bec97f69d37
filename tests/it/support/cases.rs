//! The golden cases: a model, its examples as subjects, and the tensors that the reference libraries wrote.

use std::path::{Path, PathBuf};

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, Precision, Probe, Sequence, Target};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

/// An example of a case.
#[derive(Debug, Clone, Deserialize)]
pub struct Example {
    pub name: String,
    pub dtype: String,
    pub ids: Vec<u32>,
    pub types: Option<Vec<u32>>,
    pub content: Vec<usize>,
    pub decision: usize,
    pub predicted: usize,
    pub runner_up: Option<usize>,
    pub mask_id: u32,
    pub pad_id: u32,
}

#[derive(Deserialize)]
struct About {
    examples: Vec<Example>,
}

/// One folder under fixtures/golden/models.
pub struct Case {
    pub name: String,
    pub examples: Vec<Example>,
    folder: PathBuf,
    model: PathBuf,
}

/// Every case, by name.
pub fn all() -> Vec<Case> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut names: Vec<String> = std::fs::read_dir(fixtures.join("golden/models"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.iter().map(|name| case(name)).collect()
}

pub fn case(name: &str) -> Case {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folder = fixtures.join("golden/models").join(name);
    let about: About = serde_json::from_slice(&std::fs::read(folder.join("golden.json")).unwrap()).unwrap();
    let model =
        if folder.join("config.json").exists() { folder.clone() } else { fixtures.join("models").join(name) };
    Case { name: name.to_owned(), examples: about.examples, folder, model }
}

impl Case {
    pub fn model(&self, precision: Precision) -> Model {
        load(&self.model, precision)
    }

    pub fn example(&self, name: &str) -> &Example {
        self.examples.iter().find(|example| example.name == name).unwrap()
    }

    /// A golden tensor, flat.
    pub fn tensor(&self, example: &Example, name: &str) -> Option<Vec<f64>> {
        let all =
            candle_core::safetensors::load(self.folder.join("golden.safetensors"), &Device::Cpu).unwrap();
        let tensor: &Tensor = all.get(&format!("{}/{name}", example.name))?;
        Some(tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap())
    }

    /// The folder of its config.json and model.safetensors.
    pub fn model_folder(&self) -> &Path {
        &self.model
    }
}

pub fn load(folder: &Path, precision: Precision) -> Model {
    let mut config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    // Regression and multi-label heads are refused, because there softmax is not their probability; their logits
    // are what the goldens tell, so they are read here as plain classifiers.
    config.as_object_mut().unwrap().remove("problem_type");
    let config = serde_json::to_vec(&config).unwrap();
    let weights = Weights::Safetensors(vec![WeightFile::Path(folder.join("model.safetensors"))]);
    Model::load(&config, &weights, precision).unwrap()
}

impl Example {
    pub fn precision(&self) -> Precision {
        if self.dtype == "f64" { Precision::F64 } else { Precision::F32 }
    }

    /// Half an order of the engine's promise: 1e-4 in f32, four orders better in f64.
    pub fn tolerance(&self) -> f64 {
        if self.dtype == "f64" { 1e-8 } else { 1e-4 }
    }

    /// The example with one word per content token.
    pub fn subject<'m>(&self, model: &'m Model) -> Subject<'m> {
        let mut subject =
            subject(model, &self.ids, self.types.clone(), self.decision, |_| match self.runner_up {
                Some(against) => Target::Margin { class: self.predicted, against },
                // One label is the second of two classes, the first of which has logit 0.
                None => Target::Margin { class: 1, against: 0 },
            });
        subject.words = self.content.iter().map(|&t| t..t + 1).collect();
        (subject.mask, subject.pad) = (Some(self.mask_id), Some(self.pad_id));
        subject
    }
}

/// A subject without words or special ids.
pub fn subject<'m>(
    model: &'m Model,
    ids: &[u32],
    types: Option<Vec<u32>>,
    decision: usize,
    target: impl FnOnce(&[f64]) -> Target,
) -> Subject<'m> {
    let types = types.unwrap_or_else(|| vec![0; ids.len()]);
    let sequence = Sequence::new(ids.to_vec(), types, decision, model.spec().positions);
    let probe = Probe::new(model, sequence, target).unwrap();
    Subject { probe, words: Vec::new(), mask: None, pad: None, stream: Stream::new(7, ["1"]) }
}

/// The margin of the predicted class over the runner-up.
pub fn margin(logits: &[f64]) -> Target {
    let order = attncheck::stats::rank::argsort_descending(logits);
    Target::Margin { class: order[0], against: order[1] }
}

#[track_caller]
pub fn close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    for (at, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= tolerance, "{what}: {at} is {g}, expected {e}");
    }
}
