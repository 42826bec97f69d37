//! A model folder on this machine.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use super::layout::{
    ADDED_TOKENS, CHAT_TEMPLATE, CHAT_TEMPLATES, CONFIG, GENERATION, Layout, MERGES, PIECES, SCORES,
    SPECIAL_TOKENS_MAP, TARGET_PIECES, TARGET_SCORES, TOKENIZER, TOKENIZER_CONFIG, template_file,
};
use super::{Files, Impostor, SourceError, WeightFile, Weights, shards};
use crate::tokens::{TokenizerFiles, Vocabulary};

/// The model in a folder.
pub(super) fn read(folder: &Path) -> Result<Files, SourceError> {
    if !folder.exists() {
        return Err(SourceError::NoFolder { path: folder.to_path_buf() });
    }
    if !folder.is_dir() {
        return Err(SourceError::NotAFolder { path: folder.to_path_buf() });
    }
    read_as(folder, &folder.display().to_string())
}

/// The model in a folder that a report knows under another name.
pub(super) fn read_as(folder: &Path, name: &str) -> Result<Files, SourceError> {
    let names = names(folder)?;
    let layout = Layout::of(&names, name)?;
    let weights = weights(folder, &layout, name)?;
    let file = |file: &str| -> Result<Cow<'static, [u8]>, SourceError> {
        let path = folder.join(file);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) => return Err(SourceError::Read { path, source }),
        };
        match Impostor::of(&bytes) {
            Some(kind) => Err(SourceError::Impostor { path, kind }),
            None => Ok(Cow::Owned(bytes)),
        }
    };
    let optional = |name: &'static str| layout.optional.contains(&name).then(|| file(name)).transpose();
    let template = |name: &String| Ok((name.clone(), file(&template_file(name))?));
    let vocabulary = file(layout.tokenizer)?;
    Ok(Files {
        name: name.to_owned(),
        revision: None,
        commit: None,
        config: file(CONFIG)?,
        generation: optional(GENERATION)?,
        tokenizer: TokenizerFiles {
            vocabulary: match layout.tokenizer {
                TOKENIZER => Vocabulary::Json(vocabulary),
                file if SCORES.contains(&file) => Vocabulary::Scored { file, model: vocabulary },
                PIECES => match layout.cutter {
                    Some(cutter) => Vocabulary::Numbered {
                        vocab: vocabulary,
                        target_vocab: optional(TARGET_PIECES)?,
                        source: (cutter, file(cutter)?),
                        target: optional(TARGET_SCORES)?,
                    },
                    None => Vocabulary::Pairs { vocab: vocabulary, merges: file(MERGES)? },
                },
                _ => Vocabulary::WordPiece(vocabulary),
            },
            config: optional(TOKENIZER_CONFIG)?,
            special_tokens_map: optional(SPECIAL_TOKENS_MAP)?,
            added_tokens: optional(ADDED_TOKENS)?,
            chat_template: optional(CHAT_TEMPLATE)?,
            named_templates: layout.templates.iter().map(template).collect::<Result<_, SourceError>>()?,
        },
        weights,
    })
}

fn weights(folder: &Path, layout: &Layout, place: &str) -> Result<Weights, SourceError> {
    let chosen = layout.weights;
    let path = folder.join(chosen.name);
    let files = if chosen.is_index {
        let shards = shards::named_by(&path)?;
        let missing: Vec<_> = shards.iter().filter(|shard| !folder.join(shard).is_file()).cloned().collect();
        if !missing.is_empty() {
            return Err(SourceError::NoShards {
                place: place.to_owned(),
                index: chosen.name.to_owned(),
                missing,
            });
        }
        shards.iter().map(|shard| WeightFile::Path(folder.join(shard))).collect()
    } else {
        vec![WeightFile::Path(path)]
    };
    for file in &files {
        if let WeightFile::Path(path) = file {
            let found =
                Impostor::of_file(path).map_err(|source| SourceError::Read { path: path.clone(), source })?;
            if let Some(kind) = found {
                return Err(SourceError::Impostor { path: path.clone(), kind });
            }
        }
    }
    Ok(if chosen.is_torch { Weights::Torch(files) } else { Weights::Safetensors(files) })
}

/// The names of the files of a folder, and of those in its folder of chat templates behind that folder's. A link counts where
/// it leads to a file.
fn names(folder: &Path) -> Result<BTreeSet<String>, SourceError> {
    let mut names = BTreeSet::new();
    for (place, before) in [(folder.to_path_buf(), ""), (folder.join(CHAT_TEMPLATES), CHAT_TEMPLATES)] {
        if !before.is_empty() && !place.is_dir() {
            continue;
        }
        let failed = |source: io::Error| SourceError::Read { path: place.clone(), source };
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                names.insert(if before.is_empty() { name } else { format!("{before}/{name}") });
            }
        }
    }
    Ok(names)
}
