//! The goldens: models with random weights, and what the reference libraries computed with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, Precision, Sequence, Target};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::Value;

/// One model and its examples.
pub struct Case {
    pub name: String,
    /// The folder of config.json and model.safetensors.
    pub folder: PathBuf,
    pub masked_lm: bool,
    /// Whether it is a decoder, classifier or language model.
    pub decoder: bool,
    pub examples: Vec<Example>,
}

/// One sequence, and what was computed of it.
#[derive(Deserialize)]
pub struct Example {
    pub name: String,
    dtype: String,
    pub ids: Vec<u32>,
    types: Option<Vec<u32>>,
    pub positions: Vec<u32>,
    pub content: Vec<usize>,
    pub decision: usize,
    predicted: usize,
    runner_up: Option<usize>,
    /// Decoders have none.
    #[serde(default)]
    pub mask_id: u32,
    pub pad_id: u32,
    pub baseline_ids: Vec<u32>,
    #[serde(skip)]
    tensors: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct Golden {
    task: String,
    examples: Vec<Example>,
}

/// The names of the encoders' cases, in order.
pub fn names() -> Vec<String> {
    cases("models")
}

/// The names of the decoders' cases, in order.
pub fn decoders() -> Vec<String> {
    cases("decoders")
}

fn cases(kind: &str) -> Vec<String> {
    let folders = std::fs::read_dir(root().join("fixtures/golden").join(kind)).unwrap();
    let mut names: Vec<String> =
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Case {
    pub fn open(name: &str) -> Self {
        let golden = root().join("fixtures/golden");
        let decoder = golden.join("decoders").join(name);
        let folder = if decoder.exists() { decoder } else { golden.join("models").join(name) };
        let own = folder.join("model.safetensors").exists();
        let model = if own { folder.clone() } else { root().join("fixtures/models").join(name) };
        Self::of(name, &folder, model)
    }

    /// The goldens of `folder` for the model in another.
    pub fn of(name: &str, folder: &Path, model: PathBuf) -> Self {
        let golden: Golden =
            serde_json::from_slice(&std::fs::read(folder.join("golden.json")).unwrap()).unwrap();
        let bytes = std::fs::read(folder.join("golden.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut examples = golden.examples;
        for (key, view) in tensors.iter() {
            let (example, tensor) = key.split_once('/').unwrap();
            let example = examples.iter_mut().find(|e| e.name == example).unwrap();
            example.tensors.insert(tensor.to_owned(), numbers(view.dtype(), view.data()));
        }
        let (masked_lm, decoder) =
            (golden.task == "masked-lm", folder.parent().unwrap().ends_with("decoders"));
        Self { name: name.to_owned(), folder: model, masked_lm, decoder, examples }
    }

    /// config.json; without `problem_type` where that asks for what is refused, which changes no logit.
    pub fn config(&self) -> Vec<u8> {
        let bytes = std::fs::read(self.folder.join("config.json")).unwrap();
        let mut config: Value = serde_json::from_slice(&bytes).unwrap();
        if config["problem_type"] != "single_label_classification" {
            config.as_object_mut().unwrap().remove("problem_type");
        }
        serde_json::to_vec(&config).unwrap()
    }

    pub fn weights(&self) -> Weights {
        Weights::Safetensors(vec![WeightFile::Path(self.folder.join("model.safetensors"))])
    }

    pub fn model(&self, precision: Precision) -> Model {
        Model::load(&self.config(), &self.weights(), precision).unwrap()
    }
}

impl Example {
    pub fn sequence(&self, model: &Model) -> Sequence {
        let types = self.types.clone().unwrap_or_else(|| vec![0; self.ids.len()]);
        Sequence::new(self.ids.clone(), types, self.decision, model.spec().positions)
    }

    /// Whether the golden was computed in f64.
    pub fn is_precise(&self) -> bool {
        self.dtype == "f64"
    }

    /// The class that is explained: with one label, that it applies.
    pub fn class(&self) -> usize {
        if self.runner_up.is_some() { self.predicted } else { 1 }
    }

    /// Logit of the class over the runner-up; with one label over "it does not apply", whose logit is 0.
    pub fn margin(&self) -> Target {
        Target::Margin { class: self.class(), against: self.runner_up.unwrap_or(0) }
    }

    /// The names of its golden tensors.
    pub fn tensors(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A golden tensor, row-major.
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.tensors.get(name).map(Vec::as_slice)
    }
}

fn numbers(dtype: Dtype, bytes: &[u8]) -> Vec<f64> {
    match dtype {
        Dtype::F32 => {
            bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect()
        }
        Dtype::F64 => bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
        other => panic!("{other:?} in a golden"),
    }
}
