//! Damaged, hostile and foreign models: a named error each time, never a panic.

mod config;
mod decoders;
mod fuzz;
mod heads;
mod labels;
mod names;
mod pickle;
mod weights;

use std::collections::BTreeMap;
use std::path::PathBuf;

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, ModelError, Precision, Sequence};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::golden::Case;

/// The logits of a text of four tokens, bit for bit.
fn logits(model: &Model) -> Vec<u64> {
    let sequence = Sequence::new(vec![5, 6, 7, 8], vec![0; 4], 0, model.spec().positions);
    model.trace(&sequence).unwrap().logits.iter().map(|x| x.to_bits()).collect()
}

/// A small model's two files, to be damaged.
struct Files {
    config: Vec<u8>,
    weights: Vec<Vec<u8>>,
    folder: TempDir,
}

type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

impl Files {
    fn new() -> Self {
        Self::of("bert-gelu")
    }

    fn of(case: &str) -> Self {
        let case = Case::open(case);
        let weights = std::fs::read(case.folder.join("model.safetensors")).unwrap();
        Self { config: case.config(), weights: vec![weights], folder: tempfile::tempdir().unwrap() }
    }

    /// Sets a field of config.json, or removes it.
    fn field(mut self, name: &str, value: Option<Value>) -> Self {
        let mut config: Value = serde_json::from_slice(&self.config).unwrap();
        let fields = config.as_object_mut().unwrap();
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.remove(name),
        };
        self.config = serde_json::to_vec(&config).unwrap();
        self
    }

    fn tensors(&self) -> Tensors {
        let file = SafeTensors::deserialize(&self.weights[0]).unwrap();
        let own = |view: TensorView| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        file.iter().map(|(name, view)| (name.to_owned(), own(view))).collect()
    }

    fn with_tensors(mut self, change: impl FnOnce(&mut Tensors)) -> Self {
        let mut tensors = self.tensors();
        change(&mut tensors);
        self.weights = vec![pack(&tensors)];
        self
    }

    /// Gives every tensor another name.
    fn renamed(self, name: impl Fn(&str) -> String) -> Self {
        self.with_tensors(|tensors| {
            *tensors =
                std::mem::take(tensors).into_iter().map(|(old, tensor)| (name(&old), tensor)).collect();
        })
    }

    /// Takes away every tensor whose name begins so.
    fn without(self, start: &str) -> Self {
        self.with_tensors(|tensors| tensors.retain(|name, _| !name.starts_with(start)))
    }

    fn bytes(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.weights[0]);
        self
    }

    fn load(&self) -> Result<Model, ModelError> {
        self.load_in(Precision::F32)
    }

    fn load_in(&self, precision: Precision) -> Result<Model, ModelError> {
        let paths: Vec<PathBuf> =
            (0..self.weights.len()).map(|i| self.folder.path().join(format!("{i}.safetensors"))).collect();
        for (path, bytes) in paths.iter().zip(&self.weights) {
            std::fs::write(path, bytes).unwrap();
        }
        let files = paths.into_iter().map(WeightFile::Path).collect();
        Model::load(&self.config, &Weights::Safetensors(files), precision)
    }
}

fn pack(tensors: &Tensors) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, data))| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    serialize(views, None).unwrap()
}

/// A safetensors file of this header and so many bytes behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    out.resize(out.len() + data, 0);
    out
}

const QUERY: &str = "bert.encoder.layer.0.attention.self.query.weight";

#[track_caller]
fn config_error(files: &Files) {
    match files.load() {
        Err(ModelError::Config { .. }) => (),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unsupported(files: &Files, wanted: &str) {
    match files.load() {
        Err(error @ ModelError::UnsupportedFeature { .. }) => {
            assert!(error.to_string().contains(wanted) && error.hint().is_some(), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn weights_error(files: &Files) {
    match files.load() {
        Err(ModelError::WeightsFile { .. }) => (),
        other => panic!("{other:?}"),
    }
}
