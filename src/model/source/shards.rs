//! The index that says which files the weights are spread over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::SourceError;
use super::names::is_plain;

#[derive(Deserialize)]
struct Index {
    /// Tensor name → shard.
    weight_map: BTreeMap<String, String>,
}

/// The shards that an index names, each once, by name; at least one, and every one a plain file name.
pub(super) fn named_by(path: &Path) -> Result<BTreeSet<String>, SourceError> {
    let bytes = fs::read(path).map_err(|source| SourceError::Read { path: path.to_path_buf(), source })?;
    let index: Index = serde_json::from_slice(&bytes)
        .map_err(|source| SourceError::Index { path: path.to_path_buf(), source })?;
    let shards: BTreeSet<String> = index.weight_map.into_values().collect();
    // A name with a folder in it could lead anywhere on the machine.
    if let Some(shard) = shards.iter().find(|shard| !is_plain(shard)) {
        return Err(SourceError::ShardName { path: path.to_path_buf(), shard: shard.clone() });
    }
    if shards.is_empty() {
        return Err(SourceError::EmptyIndex { path: path.to_path_buf() });
    }
    Ok(shards)
}
