//! The tensors of a safetensors file, with their bytes left where they are.

use std::collections::HashMap;

use candle_core::DType;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::Stored;
use super::stored::Element;

/// The tensors of a file, by name; else what is wrong with it, in words.
pub(super) fn tensors(bytes: &[u8]) -> Result<Vec<(String, Stored)>, String> {
    if bytes.starts_with(b"PK") {
        return Err("it is an archive, as `torch.save` writes it under the name pytorch_model.bin".to_owned());
    }
    let (header, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| cut_short(bytes).unwrap_or_else(|| error.to_string()))?;
    let stored = |info: &safetensors::tensor::TensorInfo| {
        let element = match info.dtype {
            Dtype::F32 => Element::Float(DType::F32),
            Dtype::F64 => Element::Float(DType::F64),
            Dtype::F16 => Element::Float(DType::F16),
            Dtype::BF16 => Element::Float(DType::BF16),
            other => Element::Other(format!("{other:?}")),
        };
        Stored { shape: info.shape.clone(), start: header + 8 + info.data_offsets.0, ..Stored::new(element) }
    };
    Ok(metadata.tensors().into_iter().map(|(name, info)| (name, stored(info))).collect())
}

/// The one thing of a header that tells how long the file should be.
#[derive(Deserialize)]
struct Offsets {
    data_offsets: (u64, u64),
}

/// How much of the file is there, where its own header says that it should be longer.
fn cut_short(bytes: &[u8]) -> Option<String> {
    let found = bytes.len() as u64;
    let header = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    let rest = bytes.get(8..)?;
    // A header is JSON; else its length is no length, and the file no safetensors file.
    if rest.first() != Some(&b'{') {
        return None;
    }
    let expected = match rest.get(..usize::try_from(header).ok()?) {
        None => header.checked_add(8)?,
        Some(json) => {
            let entries: HashMap<String, serde_json::Value> = serde_json::from_slice(json).ok()?;
            let ends =
                entries.into_values().filter_map(|entry| serde_json::from_value::<Offsets>(entry).ok());
            ends.map(|entry| entry.data_offsets.1).max()?.checked_add(header)?.checked_add(8)?
        }
    };
    (expected > found).then(|| format!("it is cut short: {found} bytes are there, of at least {expected}"))
}
