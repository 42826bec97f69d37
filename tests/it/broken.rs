//! Damaged, hostile and foreign models: a named error each time, never a panic.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attncheck::model::source::{WeightFile, Weights};
use attncheck::model::{Model, ModelError, Precision, Probe, Sequence, Target};
use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::golden::Case;

/// A small model's two files, to be damaged.
struct Files {
    config: Vec<u8>,
    weights: Vec<Vec<u8>>,
    folder: TempDir,
}

type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

impl Files {
    fn new() -> Self {
        let case = Case::open("bert-gelu");
        let weights = std::fs::read(case.folder.join("model.safetensors")).unwrap();
        Self { config: case.config(), weights: vec![weights], folder: tempfile::tempdir().unwrap() }
    }

    /// Sets a field of config.json, or removes it.
    fn field(mut self, name: &str, value: Option<Value>) -> Self {
        let mut config: Value = serde_json::from_slice(&self.config).unwrap();
        let fields = config.as_object_mut().unwrap();
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.remove(name),
        };
        self.config = serde_json::to_vec(&config).unwrap();
        self
    }

    fn tensors(&self) -> Tensors {
        let file = SafeTensors::deserialize(&self.weights[0]).unwrap();
        let own = |view: TensorView| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        file.iter().map(|(name, view)| (name.to_owned(), own(view))).collect()
    }

    fn with_tensors(mut self, change: impl FnOnce(&mut Tensors)) -> Self {
        let mut tensors = self.tensors();
        change(&mut tensors);
        self.weights = vec![pack(&tensors)];
        self
    }

    fn bytes(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.weights[0]);
        self
    }

    fn load(&self) -> Result<Model, ModelError> {
        self.load_in(Precision::F32)
    }

    fn load_in(&self, precision: Precision) -> Result<Model, ModelError> {
        let paths: Vec<PathBuf> =
            (0..self.weights.len()).map(|i| self.folder.path().join(format!("{i}.safetensors"))).collect();
        for (path, bytes) in paths.iter().zip(&self.weights) {
            std::fs::write(path, bytes).unwrap();
        }
        let files = paths.into_iter().map(WeightFile::Path).collect();
        Model::load(&self.config, &Weights::Safetensors(files), precision)
    }
}

fn pack(tensors: &Tensors) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, (dtype, shape, data))| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    serialize(views, None).unwrap()
}

/// A safetensors file of this header and so many bytes behind it.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    out.resize(out.len() + data, 0);
    out
}

const QUERY: &str = "bert.encoder.layer.0.attention.self.query.weight";

#[track_caller]
fn config_error(files: &Files) {
    match files.load() {
        Err(ModelError::Config { .. }) => (),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unsupported(files: &Files, wanted: &str) {
    match files.load() {
        Err(error @ ModelError::UnsupportedFeature { .. }) => {
            assert!(error.to_string().contains(wanted) && error.hint().is_some(), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn weights_error(files: &Files) {
    match files.load() {
        Err(ModelError::WeightsFile { .. }) => (),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_files_unharmed_load() {
    Files::new().load().unwrap();
    let again = Files::new().with_tensors(|_| ());
    again.load().unwrap();
}

#[test]
fn a_config_that_is_not_one() {
    for bytes in
        [&b""[..], b"{", b"[]", b"null", b"{\"model_type\": 3}", b"{}", b"\xff\xfe", b"{\"model_type\":null}"]
    {
        let mut files = Files::new();
        files.config = bytes.to_vec();
        config_error(&files);
    }
}

#[test]
fn an_unknown_model_type() {
    for name in ["gpt2", "", "BERT", "bert "] {
        match Files::new().field("model_type", Some(json!(name))).load() {
            Err(error @ ModelError::UnknownFamily { .. }) => {
                assert!(error.hint().unwrap().contains("roberta"));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn fields_missing_or_of_the_wrong_kind() {
    let needed = [
        "hidden_size",
        "num_attention_heads",
        "num_hidden_layers",
        "intermediate_size",
        "vocab_size",
        "max_position_embeddings",
        "hidden_act",
    ];
    for field in needed {
        config_error(&Files::new().field(field, None));
        for wrong in [json!([1]), json!({}), json!(true), json!(null), json!(-1), json!(1.5)] {
            config_error(&Files::new().field(field, Some(wrong)));
        }
    }
    for count in &needed[..6] {
        for wrong in [json!(0), json!("32"), json!(u64::MAX), json!(1e300)] {
            config_error(&Files::new().field(count, Some(wrong)));
        }
    }
    for wrong in [json!(0), json!(-1.0), json!("1e-12")] {
        config_error(&Files::new().field("layer_norm_eps", Some(wrong)));
    }
}

#[test]
fn features_that_are_not_computed() {
    for act in ["gelu_fast", "quick_gelu", "GELU", ""] {
        unsupported(&Files::new().field("hidden_act", Some(json!(act))), "hidden_act");
    }
    unsupported(&Files::new().field("is_decoder", Some(json!(true))), "is_decoder");
    unsupported(&Files::new().field("add_cross_attention", Some(json!(true))), "add_cross_attention");
    unsupported(&Files::new().field("pruned_heads", Some(json!({"0": [1]}))), "pruned_heads");
    unsupported(&Files::new().field("quantization_config", Some(json!({}))), "quantization_config");
    for kind in ["relative_key", "relative_key_query"] {
        unsupported(&Files::new().field("position_embedding_type", Some(json!(kind))), kind);
    }
}

#[test]
fn heads_that_do_not_divide_the_width() {
    unsupported(&Files::new().field("num_attention_heads", Some(json!(7))), "num_attention_heads");
    unsupported(&Files::new().field("num_attention_heads", Some(json!(1_000_000))), "num_attention_heads");
}

#[test]
fn no_head_that_decides() {
    for names in
        [json!(null), json!([]), json!(["BertModel"]), json!("BertForSequenceClassification"), json!([1])]
    {
        match Files::new().field("architectures", Some(names)).load() {
            Err(error @ ModelError::NoHead { .. }) => assert!(error.hint().is_some()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn classes_named_with_holes() {
    for labels in [
        json!({"0": "a", "2": "c", "3": "d"}),
        json!({"0": "a", "00": "b", "1": "c"}),
        json!({"zero": "a"}),
        json!({"-1": "a"}),
        json!({}),
        json!(["a", "b", "c"]),
        json!({"18446744073709551615": "a"}),
    ] {
        config_error(&Files::new().field("id2label", Some(labels)));
    }
}

#[test]
fn classes_named_in_another_number_than_the_weights_have() {
    match Files::new().field("id2label", Some(json!({"0": "a", "1": "b"}))).load() {
        Err(ModelError::WrongShape { name, .. }) => assert_eq!(name, "classifier.weight"),
        other => panic!("{other:?}"),
    }
}

/// Each would need terabytes, or years of layers, if it were believed.
#[test]
fn absurd_sizes_are_found_before_anything_is_allocated() {
    for field in
        ["hidden_size", "intermediate_size", "vocab_size", "max_position_embeddings", "num_hidden_layers"]
    {
        for size in [1u64 << 40, (1 << 31) - 1, 1 << 30] {
            let files = Files::new().field(field, Some(json!(size)));
            let files = if field == "hidden_size" {
                files.field("num_attention_heads", Some(json!(1)))
            } else {
                files
            };
            let error = files.load().expect_err(field);
            assert!(!matches!(error, ModelError::Tensor(_)), "{field} = {size}: {error}");
        }
    }
    let albert = |field: &str, size: u64| {
        let case = Case::open("albert-one-group");
        let mut config: Value = serde_json::from_slice(&case.config()).unwrap();
        config[field] = json!(size);
        Model::load(&serde_json::to_vec(&config).unwrap(), &case.weights(), Precision::F32)
    };
    for field in ["num_hidden_layers", "num_hidden_groups", "inner_group_num", "embedding_size"] {
        let error = albert(field, (1 << 31) - 1).expect_err(field);
        assert!(!matches!(error, ModelError::Tensor(_)), "{field}: {error}");
    }
}

#[test]
fn a_tensor_missing() {
    for name in Files::new().tensors().keys() {
        match Files::new().with_tensors(|tensors| drop(tensors.remove(name))).load() {
            Err(ModelError::MissingTensor { name: missing }) => assert_eq!(&missing, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_tensor_nobody_has_a_place_for() {
    let extra = |tensors: &mut Tensors| {
        tensors.insert("bert.adapter.weight".to_owned(), (Dtype::F32, vec![1], vec![0; 4]));
    };
    match Files::new().with_tensors(extra).load() {
        Err(ModelError::LeftOver { count: 1, first, .. }) => assert_eq!(first, "bert.adapter.weight"),
        other => panic!("{other:?}"),
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

fn logits(model: &Model) -> Vec<u64> {
    let sequence = Sequence::new(vec![5, 6, 7, 8], vec![0; 4], 0, model.spec().positions);
    model.trace(&sequence).unwrap().logits.iter().map(|x| x.to_bits()).collect()
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
