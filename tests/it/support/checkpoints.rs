//! Other checkpoints of the small model: its weights, moved a little by a seeded draw.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use attncheck::stats::seed;
use candle_core::{DType, Device, Tensor};

/// The model that is in the repository.
pub const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/sst2-tiny-s1");

/// A copy in `folder` whose weights each got a normal draw of `share` of their tensor's own spread.
pub fn checkpoint(folder: &Path, name: &str, share: f64) -> PathBuf {
    let place = folder.join(name);
    fs::create_dir(&place).unwrap();
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(Path::new(TINY).join(file), place.join(file)).unwrap();
    }
    let weights =
        candle_core::safetensors::load(Path::new(TINY).join("model.safetensors"), &Device::Cpu).unwrap();
    let moved: HashMap<String, Tensor> = weights
        .iter()
        .map(|(tensor, values)| {
            let mut rng = seed::rng(0, name, tensor);
            let flat: Vec<f32> =
                values.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let spread = (flat.iter().map(|v| v * v).sum::<f32>() / flat.len() as f32).sqrt() * share as f32;
            let flat: Vec<f32> = flat.iter().map(|v| v + spread * seed::normal(&mut rng) as f32).collect();
            (tensor.clone(), Tensor::from_vec(flat, values.shape(), &Device::Cpu).unwrap())
        })
        .collect();
    candle_core::safetensors::save(&moved, place.join("model.safetensors")).unwrap();
    place
}
