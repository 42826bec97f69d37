//! Any byte of any file may be wrong: never a panic.

use attncheck::model::{Probe, Sequence, Target};
use proptest::prelude::*;
use serde_json::json;

use super::Files;
use crate::support::golden::Case;

/// Loads, and runs what loads.
fn survive(files: &Files) {
    if let Ok(model) = files.load() {
        let sequence = Sequence::new(vec![5, 6], vec![0; 2], 0, model.spec().positions);
        let _ = Probe::new(&model, sequence, |_| Target::Logit(0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_bytes_never_panic(
        at in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        head in any::<bool>(),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        survive(&Files::new().bytes(|bytes| {
            // Half of the damage falls on the header, where it matters most.
            let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
            let reach = if head { header } else { bytes.len() };
            for (index, byte) in &at {
                bytes[index.index(reach)] = *byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
        }));
    }

    #[test]
    fn a_damaged_config_never_panics(
        at in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut files = Files::new();
        for (index, byte) in &at {
            let index = index.index(files.config.len());
            files.config[index] = *byte;
        }
        if let Some(cut) = cut {
            files.config.truncate(cut.index(files.config.len()));
        }
        survive(&files);
    }

    #[test]
    fn any_number_in_the_config_never_panics(
        field in prop::sample::select(vec![
            "hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size", "vocab_size",
            "max_position_embeddings", "type_vocab_size", "pad_token_id", "num_labels",
        ]),
        value in any::<u64>(),
        shift in 0u32..64,
        family in prop::sample::select(vec!["bert-gelu", "roberta", "albert-two-groups", "electra-projected"]),
    ) {
        let case = Case::open(family);
        let mut files = Files::new();
        files.config = case.config();
        files.weights = vec![std::fs::read(case.folder.join("model.safetensors")).unwrap()];
        survive(&files.field(field, Some(json!(value >> shift))));
    }
}
