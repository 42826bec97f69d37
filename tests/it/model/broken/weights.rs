//! Weights that are broken, or belong to another model.

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, ModelError, Precision};
use safetensors::Dtype;
use serde_json::{Value, json};

use super::{Files, QUERY, Tensors, file, logits, pack, weights_error};

#[test]
fn a_tensor_missing() {
    for name in Files::new().tensors().keys() {
        match Files::new().with_tensors(|tensors| drop(tensors.remove(name))).load() {
            Err(ModelError::MissingTensor { name: missing, .. }) => assert_eq!(&missing, name),
            Err(error @ ModelError::NotFineTuned { .. }) => {
                assert_eq!(name, "classifier.weight");
                assert!(error.to_string().contains("has not been fine-tuned"), "{error}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_tensor_of_the_encoder_that_nobody_has_a_place_for() {
    for name in ["bert.adapter.weight", "encoder.layer.0.attention.self.distance_embedding.weight"] {
        let extra =
            |tensors: &mut Tensors| drop(tensors.insert(name.to_owned(), (Dtype::F32, vec![1], vec![0; 4])));
        match Files::new().with_tensors(extra).load() {
            Err(error @ ModelError::LeftOver { count: 1, .. }) => {
                assert!(error.to_string().contains(name) && error.hint().is_some());
            }
            other => panic!("{other:?}"),
        }
    }
    // One layer fewer in config.json: that layer's weights are left.
    let files = Files::new();
    let layers =
        serde_json::from_slice::<Value>(&files.config).unwrap()["num_hidden_layers"].as_u64().unwrap();
    match files.field("num_hidden_layers", Some(json!(layers - 1))).load() {
        Err(error @ ModelError::LeftOver { .. }) => assert!(error.hint().is_some()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_adapter_that_is_not_merged() {
    let extra = |tensors: &mut Tensors| {
        let name = "bert.encoder.layer.0.attention.self.query.lora_A.default.weight";
        tensors.insert(name.to_owned(), (Dtype::F32, vec![1], vec![0; 4]));
    };
    match Files::new().with_tensors(extra).load() {
        Err(error @ ModelError::Adapter { .. }) => {
            assert!(error.hint().unwrap().contains("merge_and_unload"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_tensor_of_another_shape() {
    let flip = |tensors: &mut Tensors| {
        let entry = tensors.get_mut("bert.encoder.layer.0.intermediate.dense.weight").unwrap();
        entry.1.reverse();
    };
    let flat = |tensors: &mut Tensors| {
        let entry = tensors.get_mut(QUERY).unwrap();
        entry.1 = vec![entry.1.iter().product()];
    };
    for change in [&flip as &dyn Fn(&mut Tensors), &flat] {
        match Files::new().with_tensors(change).load() {
            Err(ModelError::WrongShape { .. }) => (),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_tensor_of_integers() {
    for dtype in [Dtype::I32, Dtype::U32] {
        match Files::new().with_tensors(|t| t.get_mut(QUERY).unwrap().0 = dtype).load() {
            Err(ModelError::WrongType { name, found }) => {
                assert_eq!((name.as_str(), found), (QUERY, format!("{dtype:?}")));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn weights_that_are_no_numbers() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for precision in [Precision::F32, Precision::F64] {
            let files = Files::new()
                .with_tensors(|t| t.get_mut(QUERY).unwrap().2[20..24].copy_from_slice(&bad.to_le_bytes()));
            match files.load_in(precision) {
                Err(error @ ModelError::NotFinite { index: 5, .. }) => assert!(error.hint().is_some()),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Finite in f64 and beyond f32: infinite once it is read.
#[test]
fn a_weight_too_large_for_the_precision() {
    let widen = |t: &mut Tensors| {
        let entry = t.get_mut(QUERY).unwrap();
        let count = entry.2.len() / 4;
        *entry = (Dtype::F64, entry.1.clone(), 1e300f64.to_le_bytes().repeat(count));
    };
    assert!(matches!(Files::new().with_tensors(widen).load(), Err(ModelError::NotFinite { .. })));
    Files::new().with_tensors(widen).load_in(Precision::F64).unwrap();
}

#[test]
fn a_file_cut_short() {
    let length = Files::new().weights[0].len();
    for keep in [0, 1, 7, 8, 9, 100, length / 2, length - 1] {
        weights_error(&Files::new().bytes(|b| b.truncate(keep)));
    }
    let error = Files::new().bytes(|b| b.truncate(length / 2)).load().unwrap_err().to_string();
    assert!(
        error.ends_with(&format!("cut short: {} bytes are there, of at least {length}", length / 2)),
        "{error}"
    );
    weights_error(&Files::new().bytes(|b| b.push(0)));
}

#[test]
fn a_header_of_hostile_length() {
    let length = Files::new().weights[0].len() as u64;
    for claim in [u64::MAX, u64::MAX - 7, 1 << 63, length, length - 7, 0, 1] {
        weights_error(&Files::new().bytes(|b| b[..8].copy_from_slice(&claim.to_le_bytes())));
    }
}

#[test]
fn a_header_that_is_no_json() {
    for header in [
        "",
        "{",
        "null",
        "[]",
        "{\"a\":3}",
        "\u{0}",
        "{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    ] {
        let mut files = Files::new();
        files.weights = vec![file(header, 4)];
        match files.load() {
            Err(ModelError::WeightsFile { .. }) => (),
            other => panic!("{header}: {other:?}"),
        }
    }
}

#[test]
fn offsets_that_overlap_or_leave_the_file() {
    let one = |shape: &str, from: u64, to: u64| {
        format!("{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[{from},{to}]}}}}")
    };
    let two = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\
                \"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}";
    let gap = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\
                \"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}";
    for (header, data) in [
        (one("[4]", 0, 16), 8),
        (one("[2]", 8, 0), 8),
        (one("[2]", 4, 12), 12),
        (one("[1]", 0, 8), 8),
        (one("[4294967296,4294967296]", 0, 8), 8),
        (one("[18446744073709551615]", 0, 8), 8),
        (one("[2]", u64::MAX - 7, u64::MAX), 8),
        (one("[2]", 0, u64::MAX), 8),
        (two.to_owned(), 12),
        (gap.to_owned(), 12),
    ] {
        let mut files = Files::new();
        files.weights = vec![file(&header, data)];
        match files.load() {
            Err(ModelError::WeightsFile { .. }) => (),
            other => panic!("{header}: {other:?}"),
        }
    }
}

#[test]
fn an_archive_under_the_name_of_safetensors() {
    let error = Files::new().bytes(|b| *b = b"PK\x03\x04 and so on".to_vec()).load().unwrap_err();
    assert!(error.to_string().contains("pytorch_model.bin"), "{error}");
}

#[test]
fn a_file_that_is_not_there() {
    let files = Files::new();
    let weights = Weights::Safetensors(vec![WeightFile::Path(files.folder.path().join("none.safetensors"))]);
    match Model::load(&files.config, &weights, Precision::F32) {
        Err(ModelError::WeightsFile { path, .. }) => assert!(path.ends_with("none.safetensors")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_tensor_in_two_files() {
    let mut files = Files::new();
    files.weights.push(files.weights[0].clone());
    match files.load() {
        Err(error @ ModelError::DuplicateTensor { .. }) => assert!(error.hint().is_some()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_shards_are_one_model() {
    let mut files = Files::new();
    let whole = logits(&files.load().unwrap());
    let mut first = files.tensors();
    let second = first.split_off("bert.encoder.layer.1");
    assert!(!first.is_empty() && !second.is_empty());
    files.weights = vec![pack(&first), pack(&second)];
    assert_eq!(logits(&files.load().unwrap()), whole);
}

/// Half-precision files are read as the very numbers they hold.
#[test]
fn half_precision_is_the_same_numbers_in_f32() {
    let bf16: fn(f32) -> [u8; 2] = |x| ((x.to_bits() >> 16) as u16).to_le_bytes();
    // A sign, four bits of exponent and three of fraction fit both formats.
    let f16: fn(f32) -> [u8; 2] = |x| {
        let bits = x.to_bits();
        let exponent = (bits >> 23 & 255) as i32 - 127 + 15;
        ((bits >> 16 & 0x8000) as u16 | (exponent as u16) << 10 | (bits >> 13 & 1023) as u16).to_le_bytes()
    };
    let coarse = |x: f32| {
        let x = f32::from_bits(x.to_bits() & 0xfff0_0000);
        if x.abs() < 0.001 { 0.25 } else { x }
    };
    let numbers = |data: &[u8]| -> Vec<f32> {
        data.chunks_exact(4).map(|b| coarse(f32::from_le_bytes(b.try_into().unwrap()))).collect()
    };
    let full = Files::new().with_tensors(|tensors| {
        for (_, _, data) in tensors.values_mut() {
            *data = numbers(data).iter().flat_map(|x| x.to_le_bytes()).collect();
        }
    });
    let expected = logits(&full.load().unwrap());
    for (dtype, narrow) in [(Dtype::F16, f16), (Dtype::BF16, bf16)] {
        let half = Files::new().with_tensors(|tensors| {
            for (kind, _, data) in tensors.values_mut() {
                *data = numbers(data).iter().flat_map(|&x| narrow(x)).collect();
                *kind = dtype;
            }
        });
        assert_eq!(logits(&half.load().unwrap()), expected, "{dtype:?}");
    }
}
