//! Where a model comes from: what is typed, the embedded model, and folders.

mod folder;
mod hashes;
mod reference;

use std::fs;
use std::path::{Path, PathBuf};

use attncheck::model::source::{Files, WeightFile, Weights};

/// The folder of the embedded model.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1")
}

/// The contents of every weight file.
pub fn weight_bytes(files: &Files) -> Vec<Vec<u8>> {
    let (Weights::Safetensors(weights) | Weights::Torch(weights)) = &files.weights;
    let read = |file: &WeightFile| match file {
        WeightFile::Path(path) => fs::read(path).unwrap(),
        WeightFile::Static { bytes, .. } => bytes.to_vec(),
    };
    weights.iter().map(read).collect()
}
