//! Named tensors from files: mapped safetensors (one file or shards) and `PyTorch`'s `.bin`.
//!
//! Every tensor is either used, or named in a note, or refused: weights nobody reads inside the encoder mean that
//! another model was computed than the one that was given.

mod names;
mod pickle;
mod safe;
mod stored;
mod torch;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use candle_core::{DType, Tensor};
use memmap2::Mmap;
#[cfg(unix)]
use memmap2::UncheckedAdvice;
use sha2::{Digest, Sha256};

use super::device::Engine;
use super::error::{ModelError, PICKLE};
use super::kernels::{Linear, Norm, not_finite, of_f64, widens};
use super::note::Note;
use super::source::{WeightFile, Weights};
use crate::guard::guarded;
use names::Names;
use stored::{Element, Stored};

/// So much of a file is read before its memory is given back.
const PIECE: usize = 32 << 20;

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

    /// Gives the memory of what was read back to the system, which reads the file again where it is wanted again: else a
    /// checkpoint would be held twice.
    fn release(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Bytes::Mapped(map) = self {
            let range = range.start..range.end.min(map.len());
            // SAFETY: the range lies in the map, which is private and which nobody writes to, so its pages are the file's
            // whenever they are read.
            let given =
                unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len()) };
            // Where the system does not take the advice, the pages stay.
            drop(given);
        }
        #[cfg(not(unix))]
        let _ = range;
    }

    /// Reads all of it into `digest`.
    fn digest(&self, digest: &mut Sha256) {
        for (i, piece) in self.get().chunks(PIECE).enumerate() {
            digest.update(piece);
            self.release(i * PIECE..i * PIECE + piece.len());
        }
    }
}

/// The tensors of a checkpoint, each taken by its name in transformers, whatever the file calls it.
pub struct Store {
    files: Vec<Bytes>,
    /// By the name in the file: the number of the file, and the place in it.
    entries: BTreeMap<String, (usize, Stored)>,
    names: Names,
    used: BTreeSet<String>,
    /// The types of 16 bits that tensors which were used are stored in.
    halves: BTreeSet<&'static str>,
    engine: Engine,
    sha256: String,
    notes: RefCell<Vec<Note>>,
}

impl Store {
    /// Opens the files; tensors come out as and where the engine has them. What stands under `base` is named also without
    /// it, and the other way round, as in transformers; `parts` are what its names begin with then.
    pub fn open(
        weights: &Weights,
        engine: &Engine,
        (base, parts): (&'static str, &'static [&'static str]),
    ) -> Result<Self, ModelError> {
        let mut store = Store {
            files: Vec::new(),
            entries: BTreeMap::new(),
            names: Names::new(base, parts),
            used: BTreeSet::new(),
            halves: BTreeSet::new(),
            engine: engine.clone(),
            sha256: String::new(),
            notes: RefCell::default(),
        };
        let mut digest = Sha256::new();
        let (Weights::Safetensors(files) | Weights::Torch(files)) = weights;
        for file in files {
            let (bytes, path) = match file {
                WeightFile::Static { name, bytes } => (Bytes::Static(bytes), Path::new(name)),
                WeightFile::Path(path) => (map(path)?, path.as_path()),
            };
            bytes.digest(&mut digest);
            let found = match weights {
                Weights::Safetensors(_) => {
                    let read = guarded("safetensors", || safe::tensors(bytes.get()));
                    read.unwrap_or_else(|panic| Err(panic.to_string()))
                        .map_err(|reason| ("safetensors", reason))
                }
                Weights::Torch(_) => {
                    let read = guarded("zip", || torch::tensors(bytes.get()).map_err(|e| e.to_string()));
                    read.unwrap_or_else(|panic| Err(panic.to_string())).map_err(|reason| (PICKLE, reason))
                }
            };
            let tensors = found.map_err(|(format, reason)| ModelError::WeightsFile {
                path: path.to_owned(),
                format,
                reason,
            })?;
            let number = store.files.len();
            for (name, stored) in tensors {
                let name = store.names.unwrap(name);
                if store.entries.insert(name.clone(), (number, stored)).is_some() {
                    return Err(ModelError::DuplicateTensor { name });
                }
            }
            store.files.push(bytes);
        }
        store.sha256 = format!("{:x}", digest.finalize());
        if let Some(name) = store.entries.keys().find(|name| name.contains(".lora_")) {
            return Err(ModelError::Adapter { name: name.clone() });
        }
        Ok(store)
    }

    /// The SHA-256 of the weights files, one after another, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Remembers what a reader must know.
    pub fn note(&self, note: Note) {
        self.notes.borrow_mut().push(note);
    }

    /// All that was noted.
    pub fn notes(&self) -> Vec<Note> {
        let names = self.names.notes(self.used.iter().map(String::as_str));
        let types: Vec<&'static str> = self.halves.iter().copied().collect();
        let computed = self.engine.precision.name();
        let stored = (!types.is_empty()).then_some(Note::Stored { types, computed });
        self.notes.borrow().iter().cloned().chain(names).chain(stored).collect()
    }

    /// Whether a tensor of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.find(name).map(|(_, (_, stored))| stored.shape.as_slice())
    }

    fn find(&self, name: &str) -> Option<(&String, &(usize, Stored))> {
        self.names.of(name).find_map(|name| self.entries.get_key_value(&name))
    }

    /// Fails if no tensor of this name is there.
    pub fn require(&self, name: &str) -> Result<(), ModelError> {
        if self.has(name) { Ok(()) } else { Err(self.missing(name)) }
    }

    fn missing(&self, name: &str) -> ModelError {
        ModelError::MissingTensor { name: name.to_owned(), first: self.entries.keys().next().cloned() }
    }

    /// The type that is computed in.
    pub fn dtype(&self) -> DType {
        self.engine.precision.dtype()
    }

    /// A tensor of this exact shape, in the type that is computed in.
    pub fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let found = self.taken(name, shape)?.to_dtype(self.dtype())?;
        // A number too large for the type that is computed in.
        check_finite(name, &found)?;
        Ok(found.to_device(&self.engine.device)?)
    }

    /// A large tensor of this exact shape: in the type that it is stored in, where what is computed in holds its numbers
    /// exactly and the kernels of the CPU widen them.
    pub fn matrix(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let found = self.taken(name, shape)?;
        if self.engine.device.is_cpu() && widens(found.dtype(), self.dtype()) {
            return Ok(found);
        }
        let found = found.to_dtype(self.dtype())?;
        check_finite(name, &found)?;
        Ok(found.to_device(&self.engine.device)?)
    }

    /// A tensor of this exact shape as it is stored; every number is finite.
    fn taken(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let Some((key, (file, stored))) = self.find(name) else {
            return Err(self.missing(name));
        };
        let dtype = match &stored.element {
            Element::Float(dtype) => *dtype,
            Element::Other(found) => {
                return Err(ModelError::WrongType { name: name.to_owned(), found: found.clone() });
            }
        };
        if stored.shape != shape {
            return Err(ModelError::WrongShape {
                name: name.to_owned(),
                expected: shape.to_vec(),
                found: stored.shape.clone(),
            });
        }
        let bytes = &self.files[*file];
        let found = stored.read(dtype, bytes.get())?;
        bytes.release(stored.start..stored.start + found.elem_count() * dtype.size_in_bytes());
        let key = key.clone();
        check_finite(name, &found)?;
        if matches!(dtype, DType::BF16 | DType::F16) {
            self.halves.insert(dtype.as_str());
        }
        self.used.insert(key);
        Ok(found)
    }

    /// A vector of zeros, as transformers makes where a bias is not there.
    pub fn zeros(&self, length: usize) -> Result<Tensor, ModelError> {
        Ok(Tensor::zeros(length, self.dtype(), &self.engine.device)?)
    }

    /// A matrix that no file holds, from its numbers, row after row.
    pub fn computed(&self, rows: usize, numbers: Vec<f32>) -> Result<Tensor, ModelError> {
        let columns = numbers.len() / rows.max(1);
        let tensor = Tensor::from_vec(numbers, (rows, columns), &candle_core::Device::Cpu)?;
        Ok(tensor.to_dtype(self.dtype())?.to_device(&self.engine.device)?)
    }

    /// As [`Self::computed`], from numbers of full precision.
    pub fn table(&self, rows: usize, numbers: Vec<f64>) -> Result<Tensor, ModelError> {
        let columns = numbers.len() / rows.max(1);
        Ok(of_f64(numbers, (rows, columns), self.dtype(), &self.engine.device)?)
    }

    /// A linear map from `{prefix}.weight [out, in]` and `{prefix}.bias [out]`.
    pub fn linear(&mut self, prefix: &str, inputs: usize, outputs: usize) -> Result<Linear, ModelError> {
        self.map(prefix, inputs, outputs, true)
    }

    /// A linear map that may have no bias.
    pub fn map(
        &mut self,
        prefix: &str,
        inputs: usize,
        outputs: usize,
        bias: bool,
    ) -> Result<Linear, ModelError> {
        let weight = self.matrix(&format!("{prefix}.weight"), &[outputs, inputs])?;
        let bias = bias.then(|| self.tensor(&format!("{prefix}.bias"), &[outputs])).transpose()?;
        Ok(Linear::stored(&weight.t()?, bias, self.dtype())?)
    }

    /// A layer norm from `{prefix}.weight` and `.bias`.
    pub fn norm(&mut self, prefix: &str, width: usize, eps: f64) -> Result<Norm, ModelError> {
        let gain = self.tensor(&format!("{prefix}.weight"), &[width])?;
        Ok(Norm::layer(gain, self.tensor(&format!("{prefix}.bias"), &[width])?, eps))
    }

    /// Fails if a tensor of the encoder was not used; notes what stands outside it, or begins or ends as one of `unused`.
    pub fn finish(&self, unused: &[&str]) -> Result<(), ModelError> {
        // Buffers of whole numbers that transformers computes anew.
        const BUFFERS: [&str; 8] = [
            "position_ids",
            "token_type_ids",
            "sinusoidal_pos_embds",
            "rotary_emb.inv_freq",
            // Causal masks.
            ".attn.bias",
            ".attn.masked_bias",
            ".attention.bias",
            ".attention.masked_bias",
        ];
        let left = self.entries.keys().filter(|name| !self.used.contains(*name));
        let left = left.filter(|name| !BUFFERS.iter().any(|buffer| name.ends_with(buffer)));
        let known = |name: &&String| unused.iter().any(|part| name.starts_with(part) || name.ends_with(part));
        let (outside, inside): (Vec<&String>, Vec<&String>) =
            left.partition(|name| known(name) || !self.names.is_inside(name));
        if let Some(first) = inside.first() {
            let family = self.names.base;
            return Err(ModelError::LeftOver { family, count: inside.len(), first: (*first).clone() });
        }
        if let Some(first) = outside.first() {
            self.note(Note::Ignored { count: outside.len(), first: (*first).clone() });
        }
        Ok(())
    }
}

fn map(path: &Path) -> Result<Bytes, ModelError> {
    let fail = |e: std::io::Error| ModelError::WeightsFile {
        path: PathBuf::from(path),
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
