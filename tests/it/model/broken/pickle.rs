//! What `torch.save` writes: the same numbers as safetensors, and a named error for whatever else it is.

use std::fs;
use std::path::{Path, PathBuf};

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, ModelError, Precision};
use proptest::prelude::*;

use super::{Files, logits};

fn saved(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/torch").join(name)).unwrap()
}

fn load(bytes: &[u8]) -> Result<Model, ModelError> {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("pytorch_model.bin");
    fs::write(&path, bytes).unwrap();
    Model::load(&Files::of("bert-relu").config, &Weights::Torch(vec![WeightFile::Path(path)]), Precision::F32)
}

#[test]
fn both_formats_hold_the_numbers_of_safetensors() {
    let plain = logits(&Files::of("bert-relu").load().unwrap());
    for name in ["archive.bin", "legacy.bin"] {
        let model = load(&saved(name)).unwrap();
        assert_eq!((logits(&model), model.notes), (plain.clone(), vec![]), "{name}");
    }
}

#[track_caller]
fn refused(bytes: &[u8], said: &str) {
    match load(bytes) {
        Err(error @ ModelError::WeightsFile { .. }) => {
            assert!(error.to_string().contains(said) && error.hint().is_some(), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_cut_short() {
    for name in ["archive.bin", "legacy.bin"] {
        let whole = saved(name);
        for keep in [0, 1, 2, 20, 100, 1000, whole.len() / 2, whole.len() - 1] {
            refused(&whole[..keep], "PyTorch archive");
        }
    }
    refused(&saved("archive.bin")[..20_000], "cut short: 20000 bytes are there");
    refused(&saved("legacy.bin")[..10_000], "missing or cut short");
}

/// The instructions of a pickle behind the magic number, protocol and machine of the old format.
fn legacy(list: &[u8]) -> Vec<u8> {
    let head = &saved("legacy.bin")[..];
    let end = head.windows(4).position(|bytes| bytes == b"ccol").unwrap();
    let start = head[..end].iter().rposition(|&byte| byte == 0x80).unwrap();
    [&head[..start], list].concat()
}

#[test]
fn objects_that_are_no_table() {
    refused(&legacy(b"\x80\x02]."), "cut short");
    refused(&legacy(b"\x80\x02].\x80\x02]."), "a list, not a table of tensors");
    refused(&legacy(b"\x80\x02cmine\nModel\n)\x81.\x80\x02]."), "an object of mine.Model");
    refused(&legacy(b"\x80\x02}X\x05\0\0\0epochK\x03s.\x80\x02]."), "a dictionary of epoch");
    refused(&legacy(b"\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.\x80\x02]."), "an object of os.system");
    refused(&legacy(b"\x80\x02\x95."), "instruction 0x95");
}

/// Each would need the memory of a hundred machines, or a stack without end, if it were copied or followed.
#[test]
fn pickles_that_grow_without_bound() {
    // A list of itself, and of twice the list before, 200 times over.
    let mut doubling = b"\x80\x02]q\0".to_vec();
    for _ in 0..200 {
        doubling.extend_from_slice(b"h\0h\0\x86q\0");
    }
    doubling.extend_from_slice(b".\x80\x02].");
    refused(&legacy(&doubling), "a list");
    refused(&legacy(b"\x80\x02]q\0h\0a.\x80\x02]."), "a list");
    let deep =
        [b"\x80\x02".to_vec(), vec![b']'; 1 << 20], vec![0x85; 1 << 20], b".\x80\x02].".to_vec()].concat();
    refused(&legacy(&deep), "a list");
    let long = [b"\x80\x02".to_vec(), vec![b'N'; 5 << 20], b".".to_vec()].concat();
    refused(&legacy(&long), "more than 4194304 instructions");
    refused(&legacy(b"\x80\x02X\xff\xff\xff\xff"), "cut short");
}

/// Sizes, strides and offsets that leave the storage, or would fill any memory.
#[test]
fn tensors_beyond_their_storage() {
    let int = |n: i32| [b"J".to_vec(), n.to_le_bytes().to_vec()].concat();
    let tensor = |offset: i32, shape: [i32; 2], strides: [i32; 2], room: i32| {
        let pair = |of: [i32; 2]| [int(of[0]), int(of[1]), vec![0x86]].concat();
        [
            b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n".to_vec(),
            b"X\x01\0\0\0kX\x03\0\0\0cpu".to_vec(),
            int(room),
            b"tQ".to_vec(),
            int(offset),
            pair(shape),
            pair(strides),
            b"\x89}tRs.\x80\x02]X\x01\0\0\0ka.".to_vec(),
            4u64.to_le_bytes().to_vec(),
            vec![0; 16],
        ]
        .concat()
    };
    let found = load(&legacy(&tensor(0, [2, 2], [2, 1], 4))).unwrap_err();
    assert!(!matches!(found, ModelError::WeightsFile { .. }), "{found}");
    let most = i32::MAX;
    for (offset, shape, strides, room, said) in [
        (1, [2, 2], [2, 1], 4, "missing or cut short"),
        (0, [2, 2], [3, 1], 4, "missing or cut short"),
        (0, [most, most], [1, 1], 4, "more than its storage holds"),
        (0, [most, 1], [0, 0], 4, "more than its storage holds"),
        (0, [2, 3], [0, 0], 4, "more than its storage holds"),
        (0, [most, 2], [1, 1], most, "more than its storage holds"),
        (0, [2, 2], [most, most], most, "missing or cut short"),
        (most, [2, 2], [2, 1], 4, "missing or cut short"),
        (-1, [2, 2], [2, 1], 4, "not understood"),
        (0, [-2, 2], [2, 1], 4, "not understood"),
        (0, [2, 2], [-2, 1], 4, "not understood"),
        (0, [2, 2], [2, 1], -4, "missing or cut short"),
    ] {
        refused(&legacy(&tensor(offset, shape, strides, room)), said);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Loads to a model or a named error, and allocates no more than some multiple of the file.
    #[test]
    fn damaged_archives_never_panic(
        old in any::<bool>(),
        at in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        head in any::<bool>(),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = saved(if old { "legacy.bin" } else { "archive.bin" });
        // Half of the damage falls on the list of tensors, where it matters most.
        let reach = if head { 5000 } else { bytes.len() };
        for (index, byte) in &at {
            bytes[index.index(reach)] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = load(&bytes);
    }
}
