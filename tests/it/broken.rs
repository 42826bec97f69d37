//! Damaged, hostile and unsupported models: a named error each, and never a panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, ModelError, Precision, Probe, Sequence, Target};
use proptest::prelude::*;
use safetensors::Dtype;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::golden::{Case, Tensors, file};

/// The smallest golden of BERT's shape: D 12, 3 heads, 2 layers, V 40.
fn case() -> Case {
    Case::open("bert-relu")
}

/// Loads `config` with weights files of these bytes.
fn load(config: &[u8], files: &[Vec<u8>]) -> Result<Model, ModelError> {
    let folder = TempDir::new().unwrap();
    let write = |(i, bytes): (usize, &Vec<u8>)| {
        let path = folder.path().join(format!("{i}.safetensors"));
        std::fs::write(&path, bytes).unwrap();
        WeightFile::Path(path)
    };
    let weights = Weights::Safetensors(files.iter().enumerate().map(write).collect());
    Model::load(config, &weights, Precision::F32)
}

/// The error of a config.json with some fields set; `Null` takes a field away.
fn with_fields(case: &Case, fields: &Value) -> ModelError {
    let mut config: Value = serde_json::from_slice(&case.config()).unwrap();
    for (field, value) in fields.as_object().unwrap() {
        match value {
            Value::Null => config.as_object_mut().unwrap().remove(field),
            value => config.as_object_mut().unwrap().insert(field.clone(), value.clone()),
        };
    }
    load(config.to_string().as_bytes(), &[file(&case.tensors())]).unwrap_err()
}

/// The error of the small model with its tensors changed.
fn with_tensors(change: impl FnOnce(&mut Tensors)) -> ModelError {
    let mut tensors = case().tensors();
    change(&mut tensors);
    load(&case().config(), &[file(&tensors)]).unwrap_err()
}

fn told(error: &ModelError, parts: &[&str]) {
    let told = error.to_string();
    assert!(parts.iter().all(|part| told.contains(part)), "{told:?} lacks one of {parts:?}");
}

#[test]
fn configs_that_cannot_be_read() {
    for (bytes, part) in [
        (&b""[..], "EOF"),
        (b"[]", "invalid type"),
        (b"{\"model_type\": \"bert\"", "EOF"),
        (b"{}", "model_type is missing"),
        (b"{\"model_type\": 3}", "model_type is 3"),
        (b"\xff\xfe", "expected value"),
    ] {
        let error = load(bytes, &[]).unwrap_err();
        assert!(matches!(error, ModelError::Config { .. }));
        told(&error, &["config.json", part]);
    }
    for (fields, parts) in [
        (json!({"hidden_size": null}), ["hidden_size", "missing"]),
        (json!({"hidden_size": "12"}), ["hidden_size", "\"12\""]),
        (json!({"hidden_size": -12}), ["hidden_size", "-12"]),
        (json!({"hidden_size": 12.5}), ["hidden_size", "12.5"]),
        (json!({"hidden_size": 1u64 << 40}), ["hidden_size", "1099511627776"]),
        (json!({"num_attention_heads": 0}), ["num_attention_heads", "0"]),
        (json!({"num_hidden_layers": 0}), ["num_hidden_layers", "0"]),
        (json!({"num_hidden_layers": 1 << 30}), ["num_hidden_layers", "1073741824"]),
        (json!({"vocab_size": []}), ["vocab_size", "[]"]),
        (json!({"layer_norm_eps": 0}), ["layer_norm_eps", "0"]),
        (json!({"layer_norm_eps": "1e-12"}), ["layer_norm_eps", "1e-12"]),
        (json!({"hidden_act": null}), ["hidden_act", "missing"]),
        (json!({"hidden_act": {"name": "gelu"}}), ["hidden_act", "gelu"]),
        (json!({"id2label": {"0": "no", "2": "yes"}}), ["id2label", "2"]),
        (json!({"id2label": {"zero": "no", "1": "yes"}}), ["id2label", "zero"]),
        (json!({"id2label": {"0": "no", "00": "yes"}}), ["id2label", "in full"]),
        (json!({"id2label": ["no", "yes"]}), ["id2label", "not an object"]),
    ] {
        let error = with_fields(&case(), &fields);
        assert!(matches!(error, ModelError::Config { .. }), "{fields}: {error}");
        told(&error, &parts);
    }
}

#[test]
fn features_that_are_not_computed() {
    for (field, value) in [
        ("hidden_act", json!("gelu_fast")),
        ("is_decoder", json!(true)),
        ("add_cross_attention", json!(true)),
        ("position_embedding_type", json!("relative_key")),
        ("pruned_heads", json!({"0": [1]})),
        ("quantization_config", json!({"bits": 4})),
        ("problem_type", json!("multi_label_classification")),
        ("num_attention_heads", json!(5)),
    ] {
        let error = with_fields(&case(), &json!({field: value}));
        assert!(matches!(&error, ModelError::UnsupportedFeature { field: f, .. } if f == field), "{error}");
        assert!(error.hint().is_some());
    }
    let error = with_fields(&case(), &json!({"model_type": "mamba"}));
    assert!(matches!(&error, ModelError::UnknownFamily { found } if found == "mamba"));
    assert!(error.hint().unwrap().contains("distilbert"));
    for (architectures, part) in [
        (json!(["BertModel"]), "BertModel"),
        (json!(null), "none named"),
        (json!([3]), "none named"),
        (json!(["BertForTokenClassification"]), "BertForTokenClassification"),
    ] {
        let error = with_fields(&case(), &json!({"architectures": architectures}));
        assert!(matches!(error, ModelError::NoHead { .. }), "{error}");
        told(&error, &[part]);
    }
}

/// Numbers that no file of this size can back: refused by a shape or a name, before anything is reserved.
#[test]
fn absurd_numbers_fail_before_memory_is_reserved() {
    let huge = (1u64 << 31) - 1;
    for (case, field) in [
        (case(), "vocab_size"),
        (case(), "max_position_embeddings"),
        (case(), "intermediate_size"),
        (case(), "type_vocab_size"),
        (case(), "num_labels"),
        (Case::open("albert-two-groups"), "num_hidden_groups"),
        (Case::open("albert-two-groups"), "inner_group_num"),
        (Case::open("albert-two-groups"), "embedding_size"),
        (Case::open("distilbert-gelu"), "hidden_dim"),
    ] {
        let error = with_fields(&case, &json!({field: huge, "id2label": null}));
        assert!(
            matches!(error, ModelError::WrongShape { .. } | ModelError::MissingTensor { .. }),
            "{field}: {error}"
        );
    }
    for (case, field) in
        [(Case::open("albert-one-group"), "num_hidden_layers"), (Case::open("distilbert-gelu"), "n_layers")]
    {
        told(&with_fields(&case, &json!({field: huge})), &[field, "more than 4096"]);
    }
}

const WEIGHT: &str = "bert.encoder.layer.1.output.dense.weight";

#[test]
fn tensors_that_do_not_fit() {
    let error = with_tensors(|tensors| drop(tensors.remove(WEIGHT)));
    assert!(matches!(&error, ModelError::MissingTensor { name } if name == WEIGHT));

    let error = with_tensors(|tensors| {
        let extra = tensors[WEIGHT].clone();
        tensors.insert("bert.encoder.layer.2.output.dense.weight".to_owned(), extra);
    });
    told(&error, &["1 tensors", "bert.encoder.layer.2.output.dense.weight"]);
    assert!(matches!(error, ModelError::LeftOver { count: 1, .. }));

    let error = with_tensors(|tensors| tensors.get_mut(WEIGHT).unwrap().1.reverse());
    told(&error, &[WEIGHT, "[19, 12]", "[12, 19]"]);
    assert!(matches!(error, ModelError::WrongShape { .. }));

    let error = with_tensors(|tensors| tensors.get_mut(WEIGHT).unwrap().0 = Dtype::I32);
    told(&error, &[WEIGHT, "I32"]);
    assert!(matches!(error, ModelError::WrongType { .. }));

    for (bad, word) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let error = with_tensors(|tensors| {
            tensors.get_mut(WEIGHT).unwrap().2[4 * 7..4 * 8].copy_from_slice(&bad.to_le_bytes());
        });
        told(&error, &[WEIGHT, word, "index 7"]);
        assert!(matches!(error, ModelError::NotFinite { index: 7, .. }));
    }
    // Finite weights whose logits are not.
    let mut tensors = case().tensors();
    for name in ["bert.pooler.dense.weight", "classifier.weight"] {
        let bytes = &mut tensors.get_mut(name).unwrap().2;
        let big: Vec<u8> = (0..bytes.len() / 4).flat_map(|_| 3e38f32.to_le_bytes()).collect();
        *bytes = big;
    }
    let model = load(&case().config(), &[file(&tensors)]).unwrap();
    let sequence = Sequence::new(vec![2, 9, 3], vec![0; 3], 0, model.spec().positions);
    let error = Probe::new(&model, sequence, |_| Target::Logit(0)).unwrap_err();
    assert!(matches!(error, ModelError::LogitsNotFinite { .. }), "{error}");
}

#[test]
fn files_that_are_not_safetensors() {
    let config = case().config();
    let good = file(&case().tensors());
    let length = u64::from_le_bytes(good[..8].try_into().unwrap());
    let with_length = |n: u64| [&n.to_le_bytes()[..], &good[8..]].concat();
    let with_header = |header: &str| {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &good[8 + length as usize..]].concat()
    };
    let one =
        |a: u64, b: u64| format!("{{\"x\":{{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[{a},{b}]}}}}");
    let two = "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\
               \"y\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}";
    let overflow = "{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}";
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("seven bytes", good[..7].to_vec()),
        ("header alone", good[..8].to_vec()),
        ("cut in the header", good[..8 + length as usize / 2].to_vec()),
        ("cut in the tensors", good[..good.len() - 1].to_vec()),
        ("one byte more", [&good[..], &[0]].concat()),
        ("length 0", with_length(0)),
        ("length of everything", with_length(u64::MAX)),
        ("length near overflow", with_length(u64::MAX - 7)),
        ("length beyond the file", with_length(good.len() as u64)),
        ("length one short", with_length(length - 1)),
        ("not JSON", with_header("{\"x\":")),
        ("not an object", with_header("[1, 2]")),
        (
            "not UTF-8",
            with_header("{\"\u{fffd}").iter().map(|b| if *b == 0xbf { 0xff } else { *b }).collect(),
        ),
        ("overlapping", with_header(two)),
        ("beyond the file", with_header(&one(0, 1 << 40))),
        ("backwards", with_header(&one(8, 0))),
        ("offset overflow", with_header(&one(u64::MAX - 7, u64::MAX))),
        ("shape overflow", with_header(overflow)),
        ("a pickle", b"\x80\x02}q\x00.".to_vec()),
    ] {
        let error = load(&config, &[bytes]).unwrap_err();
        assert!(matches!(error, ModelError::WeightsFile { format: "safetensors", .. }), "{name}: {error}");
        told(&error, &["0.safetensors"]);
    }
    let missing = Weights::Safetensors(vec![WeightFile::Path("/nowhere/model.safetensors".into())]);
    let error = Model::load(&config, &missing, Precision::F32).unwrap_err();
    told(&error, &["/nowhere/model.safetensors"]);
    let torch = Weights::Torch(vec![WeightFile::Path(case().folder.join("model.safetensors"))]);
    let error = Model::load(&config, &torch, Precision::F32).unwrap_err();
    assert!(matches!(error, ModelError::WeightsFile { format: "a PyTorch archive", .. }), "{error}");
}

fn logits(model: &Model) -> Vec<u64> {
    let sequence = Sequence::new(vec![2, 17, 39, 6, 3], vec![0; 5], 0, model.spec().positions);
    model.trace(&sequence).unwrap().logits.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn shards_are_one_model() {
    let (config, all) = (case().config(), case().tensors());
    let (mut first, mut second) = (all.clone(), all.clone());
    first.retain(|name, _| name.as_str() < "bert.encoder.layer.1");
    second.retain(|name, _| name.as_str() >= "bert.encoder.layer.1");
    let whole = load(&config, &[file(&all)]).unwrap();
    let sharded = load(&config, &[file(&first), file(&second)]).unwrap();
    assert_eq!(logits(&whole), logits(&sharded));
    assert_ne!(whole.sha256, sharded.sha256);
    let error = load(&config, &[file(&all), file(&second)]).unwrap_err();
    assert!(matches!(error, ModelError::DuplicateTensor { .. }), "{error}");
}

/// The same numbers in any element type are the same model.
#[test]
fn halves_are_widened_exactly() {
    let config = case().config();
    // A bfloat16 is an f32 without its lower half; the fixture's numbers have no subnormals in f16.
    let mut full = case().tensors();
    for (_, _, bytes) in full.values_mut() {
        for number in bytes.chunks_exact_mut(4) {
            let x = f32::from_le_bytes(number.try_into().unwrap());
            // Seven bits of fraction fit both halves.
            let coarse = f32::from_bits(x.to_bits() & 0xffff_0000);
            let coarse = if coarse.abs() < 6.2e-5 { 0.0 } else { coarse };
            number.copy_from_slice(&coarse.to_le_bytes());
        }
    }
    let narrow = |dtype, cut: &dyn Fn(u32) -> u16| -> Tensors {
        let halves = |bytes: &[u8]| {
            let bits = |b: &[u8]| u32::from_le_bytes(b.try_into().unwrap());
            bytes.chunks_exact(4).flat_map(|b| cut(bits(b)).to_le_bytes()).collect()
        };
        full.iter().map(|(name, (_, shape, b))| (name.clone(), (dtype, shape.clone(), halves(b)))).collect()
    };
    let bf16 = narrow(Dtype::BF16, &|bits| (bits >> 16) as u16);
    let f16 = narrow(Dtype::F16, &|bits| {
        let (sign, exponent, fraction) = (bits >> 31, bits >> 23 & 255, bits >> 13 & 1023);
        let exponent = if exponent == 0 { 0 } else { exponent - 112 };
        (sign << 15 | exponent << 10 | fraction) as u16
    });
    let wanted = logits(&load(&config, &[file(&full)]).unwrap());
    for halves in [bf16, f16] {
        assert_eq!(logits(&load(&config, &[file(&halves)]).unwrap()), wanted);
    }
}

#[test]
fn sequences_that_the_model_cannot_take() {
    for name in ["bert-relu", "roberta", "distilbert-gelu"] {
        let model = Case::open(name).model(Precision::F32);
        let of = |ids: Vec<u32>| {
            let types = vec![0; ids.len()];
            Sequence::new(ids, types, 0, model.spec().positions)
        };
        let longest = model.spec().longest;
        assert_eq!(longest, if name == "roberta" { 10 } else { 12 });
        model.check(&of(vec![5; longest])).unwrap();
        let good = of(vec![2, 9, 3]);
        let mut far = good.clone();
        far.decision = 3;
        let mut typed = good.clone();
        typed.types[1] = 2;
        let mut placed = good.clone();
        placed.places[2] = 12;
        let mut short = good.clone();
        short.types.pop();
        let mut bad = vec![
            (of(vec![]), "no tokens"),
            (of(vec![5; longest + 1]), "at most"),
            (of(vec![2, 40, 3]), "token id 40"),
            (of(vec![2, u32::MAX, 3]), "token id 4294967295"),
            (far, "decision token 3"),
            (placed, "place 12"),
            (short, "2 token types"),
            (good.with_blocked(&[3]), "erased token 3"),
            (good.with_zeroed(&[7]), "erased token 7"),
        ];
        if model.spec().types > 0 {
            bad.push((typed, "token type 2"));
        }
        for (sequence, part) in bad {
            let error = model.check(&sequence).unwrap_err();
            told(&error, &[part]);
            let told_by = |error: String| assert!(error.contains(part), "{name}: {error:?}, not {part:?}");
            told_by(Probe::new(&model, sequence.clone(), |_| Target::Logit(0)).unwrap_err().to_string());
            told_by(model.trace(&sequence).unwrap_err().to_string());
            told_by(model.logits_everywhere(&sequence).unwrap_err().to_string());
            told_by(model.logits(&[good.clone(), sequence]).unwrap_err().to_string());
        }
        for target in [Target::Logit(9), Target::Margin { class: 0, against: 9 }] {
            told(&Probe::new(&model, good.clone(), |_| target).unwrap_err(), &["class 9"]);
        }
        assert!(model.logits(&[]).unwrap().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever a file holds: an error or a model, never a panic.
    #[test]
    fn no_bytes_bring_it_down(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
        in_config in any::<bool>(),
    ) {
        let (mut config, mut weights) = (case().config(), file(&case().tensors()));
        let header = 8 + u64::from_le_bytes(weights[..8].try_into().unwrap()) as usize;
        let hit = if in_config { &mut config } else { &mut weights };
        for (place, byte, anywhere) in flips {
            // Most of a file is numbers, which can hardly be wrong; the header is where it can break.
            let end = if in_config || anywhere { hit.len() } else { header };
            hit[place.index(end)] = byte;
        }
        if let Some(cut) = cut {
            hit.truncate(cut.index(hit.len()));
        }
        if let Ok(model) = load(&config, &[weights]) {
            let sequence = Sequence::new(vec![2, 17, 39, 6, 3], vec![0; 5], 0, model.spec().positions);
            let _ = Probe::new(&model, sequence, |_| Target::Logit(0));
        }
    }
}
