//! Named tensors from files: mapped safetensors (one file or shards) and `PyTorch`'s `.bin`.
//!
//! Every tensor is either used or on the family's named list of unused ones; anything else is an error,
//! because weights nobody reads mean that another model was computed than the one that was given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::device::Engine;
use super::error::{ModelError, PICKLE, without_backtrace};
use super::kernels::{Linear, Norm, not_finite};
use super::source::{WeightFile, Weights};

enum Bytes {
    Mapped(Mmap),
    Static(&'static [u8]),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Static(bytes) => bytes,
        }
    }
}

enum Entry {
    Safe { file: usize, start: usize, end: usize, dtype: DType, shape: Vec<usize> },
    Other { dtype: String },
    Pickled { file: usize },
}

/// The tensors of a checkpoint, each taken once by its name.
pub struct Store {
    files: Vec<Bytes>,
    pickles: Vec<(PathBuf, PthTensors)>,
    entries: BTreeMap<String, Entry>,
    used: BTreeSet<String>,
    engine: Engine,
    sha256: String,
}

impl Store {
    /// Opens the files; tensors come out as and where the engine has them.
    pub fn open(weights: &Weights, engine: &Engine) -> Result<Self, ModelError> {
        let mut store = Store {
            files: Vec::new(),
            pickles: Vec::new(),
            entries: BTreeMap::new(),
            used: BTreeSet::new(),
            engine: engine.clone(),
            sha256: String::new(),
        };
        let mut digest = Sha256::new();
        let (Weights::Safetensors(files) | Weights::Torch(files)) = weights;
        for file in files {
            let (bytes, path) = match file {
                WeightFile::Static { name, bytes } => (Bytes::Static(bytes), Path::new(name)),
                WeightFile::Path(path) => (map(path)?, path.as_path()),
            };
            digest.update(bytes.get());
            match weights {
                Weights::Safetensors(_) => store.add_safetensors(bytes, path)?,
                Weights::Torch(_) => store.add_pickle(path)?,
            }
        }
        store.sha256 = format!("{:x}", digest.finalize());
        Ok(store)
    }

    /// The SHA-256 of the weights files, one after another, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// A tensor of this exact shape.
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let found = self.raw(name)?;
        if found.dims() != shape {
            return Err(ModelError::WrongShape {
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: found.dims().to_vec(),
            });
        }
        let tensor = found.to_dtype(self.engine.precision.dtype())?;
        check_finite(name, &tensor)?;
        self.used.insert(name.to_owned());
        Ok(tensor.to_device(&self.engine.device)?)
    }

    /// A linear map from `{prefix}.weight [out, in]` and `{prefix}.bias [out]`.
    pub fn linear(&mut self, prefix: &str, inputs: usize, outputs: usize) -> Result<Linear, ModelError> {
        let weight = self.tensor(&format!("{prefix}.weight"), &[outputs, inputs])?;
        let bias = self.tensor(&format!("{prefix}.bias"), &[outputs])?;
        Ok(Linear::new(&weight.t()?, Some(bias))?)
    }

    /// A layer norm from `{prefix}.weight` and `.bias`, or TensorFlow's old `.gamma` and `.beta`.
    pub fn norm(&mut self, prefix: &str, width: usize, eps: f64) -> Result<Norm, ModelError> {
        let old = !self.has(&format!("{prefix}.weight")) && self.has(&format!("{prefix}.gamma"));
        let (gain, bias) = if old { ("gamma", "beta") } else { ("weight", "bias") };
        Ok(Norm {
            gain: self.tensor(&format!("{prefix}.{gain}"), &[width])?,
            bias: self.tensor(&format!("{prefix}.{bias}"), &[width])?,
            eps,
        })
    }

    /// Fails if a tensor was neither used nor has one of the `unused` beginnings or endings.
    pub fn finish(&self, family: &'static str, unused: &[&str]) -> Result<(), ModelError> {
        let known = |name: &str| unused.iter().any(|u| name.starts_with(u) || name.ends_with(u));
        let left: Vec<&String> =
            self.entries.keys().filter(|name| !self.used.contains(*name) && !known(name)).collect();
        match left.first() {
            None => Ok(()),
            Some(first) => Err(ModelError::LeftOver { family, count: left.len(), first: (*first).clone() }),
        }
    }

    fn raw(&self, name: &str) -> Result<Tensor, ModelError> {
        match self.entries.get(name) {
            None => Err(ModelError::MissingTensor { name: name.to_owned() }),
            Some(Entry::Other { dtype }) => {
                Err(ModelError::WrongType { name: name.to_owned(), found: dtype.clone() })
            }
            Some(Entry::Safe { file, start, end, dtype, shape }) => {
                let bytes = &self.files[*file].get()[*start..*end];
                Ok(Tensor::from_raw_buffer(bytes, *dtype, shape, &Device::Cpu)?)
            }
            Some(Entry::Pickled { file }) => {
                let (path, pickle) = &self.pickles[*file];
                match pickle.get(name).map_err(|e| not_a_pickle(path, &e))? {
                    Some(tensor) => Ok(tensor),
                    None => Err(ModelError::MissingTensor { name: name.to_owned() }),
                }
            }
        }
    }

    fn insert(&mut self, name: String, entry: Entry) -> Result<(), ModelError> {
        if self.entries.contains_key(&name) {
            return Err(ModelError::DuplicateTensor { name });
        }
        self.entries.insert(name, entry);
        Ok(())
    }

    fn add_safetensors(&mut self, bytes: Bytes, path: &Path) -> Result<(), ModelError> {
        let fail =
            |reason: String| ModelError::WeightsFile { path: path.to_owned(), format: "safetensors", reason };
        let (header, metadata) = SafeTensors::read_metadata(bytes.get()).map_err(|e| fail(e.to_string()))?;
        let base = header + 8;
        let file = self.files.len();
        for (name, info) in metadata.tensors() {
            let dtype = match info.dtype {
                Dtype::F32 => Some(DType::F32),
                Dtype::F64 => Some(DType::F64),
                Dtype::F16 => Some(DType::F16),
                Dtype::BF16 => Some(DType::BF16),
                _ => None,
            };
            let (start, end) = (base + info.data_offsets.0, base + info.data_offsets.1);
            let entry = match dtype {
                Some(dtype) => Entry::Safe { file, start, end, dtype, shape: info.shape.clone() },
                None => Entry::Other { dtype: format!("{:?}", info.dtype) },
            };
            self.insert(name, entry)?;
        }
        self.files.push(bytes);
        Ok(())
    }

    fn add_pickle(&mut self, path: &Path) -> Result<(), ModelError> {
        let pickle = PthTensors::new(path, None).map_err(|e| not_a_pickle(path, &e))?;
        let file = self.pickles.len();
        let names: BTreeSet<String> = pickle.tensor_infos().keys().cloned().collect();
        for name in names {
            self.insert(name, Entry::Pickled { file })?;
        }
        self.pickles.push((path.to_owned(), pickle));
        Ok(())
    }
}

/// The parser's words without the backtrace that candle may add: the fault is in the file.
fn not_a_pickle(path: &Path, error: &candle_core::Error) -> ModelError {
    let reason = without_backtrace(error).to_string();
    ModelError::WeightsFile { path: path.to_owned(), format: PICKLE, reason }
}

fn map(path: &Path) -> Result<Bytes, ModelError> {
    let fail = |e: std::io::Error| ModelError::WeightsFile {
        path: path.to_owned(),
        format: "a weights file",
        reason: e.to_string(),
    };
    let file = std::fs::File::open(path).map_err(fail)?;
    // SAFETY: the map is read only while the model is loaded; like every reader of mapped checkpoints this
    // relies on nobody truncating the file in those seconds.
    Ok(Bytes::Mapped(unsafe { Mmap::map(&file) }.map_err(fail)?))
}

fn check_finite(name: &str, tensor: &Tensor) -> Result<(), ModelError> {
    match not_finite(tensor)? {
        None => Ok(()),
        Some((index, x)) => Err(ModelError::NotFinite { name: name.to_owned(), found: x.to_string(), index }),
    }
}
