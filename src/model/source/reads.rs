//! Which files of a folder belong to a model, so that nothing else is written over them.

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::CHAT_TEMPLATES;
use super::shards;

/// The ends of names of weights in any format, and of what else a model is made of.
const ENDS: [&str; 15] = [
    "config.json",
    ".index.json",
    ".safetensors",
    ".bin",
    ".pt",
    ".pth",
    ".ckpt",
    ".h5",
    ".msgpack",
    ".onnx",
    ".gguf",
    ".model",
    ".codes",
    ".spm",
    ".py",
];

/// Names of tokenizers.
const TOKENIZERS: [&str; 10] = [
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "vocab.bpe",
    "merges.txt",
    "added_tokens.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "modules.json",
    "processor.json",
];

/// The files of a model in this folder: those that are there, and those that would change the model if they were.
#[must_use]
pub fn files_of(folder: &Path) -> Vec<PathBuf> {
    let there = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (mut files, mut indices) = (Vec::new(), Vec::new());
    for path in there {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        if name.ends_with(".index.json") {
            indices.push(path.clone());
        }
        if TOKENIZERS.contains(&&*name) || ENDS.iter().any(|end| name.ends_with(end)) {
            files.push(path);
        }
    }
    // What is wrong with an index is told when the model is opened.
    let shards = indices.iter().filter_map(|index| shards::named_by(index).ok()).flatten();
    files.extend(shards.map(|shard| folder.join(shard)));
    let templates = fs::read_dir(folder.join(CHAT_TEMPLATES)).into_iter().flatten().flatten();
    files.extend(templates.map(|entry| entry.path()));
    let others = ["config.json", "tokenizer_config.json", "model.safetensors", "pytorch_model.bin"];
    files.extend(TOKENIZERS.into_iter().chain(others).map(|name| folder.join(name)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_its_files_and_a_report_beside_them_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let index = r#"{"weight_map": {"a": "part.one", "b": "part.two"}}"#;
        for (name, text) in
            [("model.safetensors.index.json", index), ("report.json", ""), ("Spiece.MODEL", "")]
        {
            fs::write(at(name), text).unwrap();
        }
        fs::create_dir(at("additional_chat_templates")).unwrap();
        fs::write(at("additional_chat_templates/rag.jinja"), "").unwrap();
        let files = files_of(folder.path());
        for name in [
            "model.safetensors.index.json",
            "Spiece.MODEL",
            "part.one",
            "part.two",
            "config.json",
            "vocab.txt",
            "additional_chat_templates/rag.jinja",
        ] {
            assert!(files.contains(&at(name)), "{name}");
        }
        assert!(!files.contains(&at("report.json")));
    }
}
