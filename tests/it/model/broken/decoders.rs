//! Decoders whose files are broken, are not all there, or are of a version to come: one clear error each.

use attncheck::model::ModelError;
use serde_json::json;

use super::{Files, pack, unsupported, weights_error};
use crate::support::golden::decoders;

const WORDS: &str = "model.embed_tokens.weight";

#[test]
fn every_tensor_of_every_family_is_missed() {
    for name in decoders() {
        let whole = Files::of(&name);
        for tensor in whole.tensors().keys() {
            let Err(error) = Files::of(&name).with_tensors(|all| drop(all.remove(tensor))).load() else {
                // Causal masks, which are computed; and a second copy of what two share.
                let spare = tensor.ends_with(".attn.bias") || tensor == "lm_head.weight";
                assert!(spare, "{name} without {tensor}");
                continue;
            };
            let told = match &error {
                // A file may leave out what stands before all names.
                ModelError::MissingTensor { name, .. } | ModelError::NotFineTuned { name, .. } => {
                    name.ends_with(tensor.as_str())
                }
                // Without it nothing tells a language model.
                ModelError::NoReadout { .. } => true,
                _ => false,
            };
            assert!(told && error.hint().is_some(), "{name} without {tensor}: {error}");
        }
    }
}

/// The map to the vocabulary may be the word embeddings, or be missing; the word embeddings may stand under its name.
#[test]
fn tied_weights_that_are_not_there() {
    let tied = |files: Files, tied: bool| files.field("tie_word_embeddings", Some(json!(tied)));
    let head = "lm_head.weight";
    // Two matrices in the file, of which one would do.
    tied(Files::of("llama"), true).load().unwrap();
    tied(Files::of("llama").without(head), true).load().unwrap();
    tied(Files::of("llama").without(WORDS), true).load().unwrap();
    match tied(Files::of("llama").without(head), false).load() {
        Err(error @ (ModelError::MissingTensor { .. } | ModelError::NoReadout { .. })) => {
            assert!(error.hint().is_some(), "{error}");
        }
        other => panic!("{other:?}"),
    }
    for is_tied in [false, true] {
        let neither = Files::of("llama").without(head).without(WORDS);
        match tied(neither, is_tied).load() {
            Err(error @ ModelError::MissingTensor { .. }) => {
                assert!(error.to_string().contains(WORDS), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn half_a_download() {
    for name in ["llama", "gpt2", "gemma3"] {
        let files = Files::of(name).bytes(|bytes| bytes.truncate(bytes.len() / 2));
        weights_error(&files);
        assert!(files.load().unwrap_err().to_string().contains("cut short"));
    }
    // One shard of two: the index that names the other is looked at where files are found.
    let mut files = Files::of("llama");
    let mut first = files.tensors();
    let second = first.split_off("model.layers.1");
    assert!(!second.is_empty());
    files.weights = vec![pack(&first)];
    match files.load() {
        Err(ModelError::MissingTensor { name, .. }) => assert!(name.starts_with("model.layers.1"), "{name}"),
        other => panic!("{other:?}"),
    }
    files.weights = vec![pack(&second), pack(&first)];
    files.load().unwrap();
}

#[test]
fn a_config_from_the_future() {
    for family in ["llama5", "qwen4", "gemma4_text", "gpt3"] {
        match Files::of("llama").field("model_type", Some(json!(family))).load() {
            Err(error @ ModelError::UnknownFamily { .. }) => {
                assert!(error.to_string().contains(family) && error.hint().is_some(), "{error}");
            }
            other => panic!("{family}: {other:?}"),
        }
    }
    let future = [
        ("rope_parameters", json!({ "rope_type": "spiral", "rope_theta": 500.0 })),
        ("rope_parameters", json!({ "rope_type": "default", "rope_theta": 500.0, "rope_phase": 0.5 })),
        ("layer_types", json!(["full_attention", "linear_attention"])),
        ("mlp_layer_types", json!(["dense", "sparse"])),
        ("attention_sink_window", json!(4)),
        ("num_experts", json!(8)),
        ("quantization_config", json!({ "quant_method": "fp4" })),
        ("auto_map", json!({ "AutoModel": "modeling.Own" })),
    ];
    for (field, value) in future {
        unsupported(&Files::of("llama").field(field, Some(value)), field);
    }
    // It need not know what changes no number.
    let version = Files::of("llama").field("transformers_version", Some(json!("9.0.0"))).load().unwrap();
    assert_eq!(version.notes, Files::of("llama").load().unwrap().notes);
}
