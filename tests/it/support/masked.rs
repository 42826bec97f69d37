//! A small masked-word model with a tokenizer: the embedded classifier's body under another head.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};

/// Saves it as a folder of Hugging Face files. What it guesses means nothing.
pub fn save(folder: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
    fs::create_dir_all(folder).unwrap();
    for file in ["tokenizer.json", "tokenizer_config.json"] {
        fs::copy(from.join(file), folder.join(file)).unwrap();
    }
    let config = fs::read_to_string(from.join("config.json")).unwrap();
    fs::write(folder.join("config.json"), config.replace("ForSequenceClassification", "ForMaskedLM"))
        .unwrap();
    let tensors = candle_core::safetensors::load(from.join("model.safetensors"), &Device::Cpu).unwrap();
    let mut tensors: BTreeMap<String, Tensor> = tensors
        .into_iter()
        .filter(|(name, _)| !name.starts_with("classifier") && !name.contains("pooler"))
        .map(|(name, tensor)| (name, tensor.to_dtype(DType::F32).unwrap()))
        .collect();
    let (vocabulary, width) = tensors["bert.embeddings.word_embeddings.weight"].dims2().unwrap();
    let head = "cls.predictions";
    let zeros = |n: usize| Tensor::zeros(n, DType::F32, &Device::Cpu).unwrap();
    let square = Tensor::eye(width, DType::F32, &Device::Cpu).unwrap();
    tensors.insert(format!("{head}.transform.dense.weight"), square);
    tensors.insert(format!("{head}.transform.dense.bias"), zeros(width));
    let ones = Tensor::ones(width, DType::F32, &Device::Cpu).unwrap();
    tensors.insert(format!("{head}.transform.LayerNorm.weight"), ones);
    tensors.insert(format!("{head}.transform.LayerNorm.bias"), zeros(width));
    tensors.insert(format!("{head}.bias"), zeros(vocabulary));
    let tensors: std::collections::HashMap<String, Tensor> = tensors.into_iter().collect();
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
}
