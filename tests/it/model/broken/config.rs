//! A config.json that is broken, or asks for what is not computed.

use attncheck::model::{Model, ModelError, Precision};
use serde_json::{Value, json};

use super::{Files, config_error, unsupported};
use crate::support::golden::Case;

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
    for name in ["mamba", "", "BERT", "bert "] {
        match Files::new().field("model_type", Some(json!(name))).load() {
            Err(error @ ModelError::UnknownFamily { .. }) => {
                assert!(error.hint().unwrap().contains("roberta"));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

const NEEDED: [&str; 7] = [
    "hidden_size",
    "num_attention_heads",
    "num_hidden_layers",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "hidden_act",
];

#[test]
fn fields_of_the_wrong_kind() {
    for field in NEEDED {
        for wrong in [json!([1]), json!({}), json!(true), json!(null), json!(-1), json!(1.5), json!("")] {
            let error = Files::new().field(field, Some(wrong.clone())).load().expect_err(field);
            let named = error.to_string().contains(field) && error.hint().is_some();
            assert!(named, "{field} = {wrong}: {error}");
        }
    }
    let counts = NEEDED[..6].iter().chain(&["type_vocab_size"]);
    for count in counts {
        for wrong in [json!(0), json!("32"), json!(32.0), json!(u64::MAX), json!(1e300), json!(i64::MIN)] {
            config_error(&Files::new().field(count, Some(wrong)));
        }
    }
    for wrong in [json!(0), json!(-1.0), json!("1e-12"), json!(1e308), json!(2), json!(null), json!([])] {
        config_error(&Files::new().field("layer_norm_eps", Some(wrong)));
    }
    for wrong in [json!(null), json!("true"), json!(1)] {
        config_error(&Files::new().field("tie_word_embeddings", Some(wrong)));
    }
    for wrong in [json!([]), json!("a"), json!(3), json!(true)] {
        config_error(&Files::new().field("id2label", Some(wrong.clone())));
        config_error(&Files::new().field("label2id", Some(wrong)));
    }
    for wrong in [json!(0), json!("3"), json!(-1), json!(1u64 << 40), json!(3.0)] {
        config_error(&Files::new().field("num_labels", Some(wrong)));
    }
}

/// As in transformers: the default of the class, which the weights contradict or bear out.
#[test]
fn a_field_that_is_missing_has_the_default() {
    for field in &NEEDED[..6] {
        match Files::new().field(field, None).load() {
            Err(error @ ModelError::WrongShape { .. }) => assert!(error.hint().unwrap().contains("default")),
            Err(ModelError::UnsupportedFeature { field, .. }) => assert_eq!(field, "num_attention_heads"),
            Err(ModelError::MissingTensor { .. }) => assert_eq!(*field, "num_hidden_layers"),
            other => panic!("{field}: {other:?}"),
        }
    }
    let model = Files::new().field("hidden_act", None).field("layer_norm_eps", None).load().unwrap();
    let notes: Vec<String> = model.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "config.json has no hidden_act: gelu, the default of transformers, was taken",
            "config.json has no layer_norm_eps: 1e-12, the default of transformers, was taken",
        ]
    );
}

#[test]
fn features_that_are_not_computed() {
    for act in ["gelu_10", "quick_gelu", "GELU", "", "linear"] {
        unsupported(&Files::new().field("hidden_act", Some(json!(act))), "hidden_act");
    }
    unsupported(&Files::new().field("is_decoder", Some(json!(true))), "is_decoder");
    unsupported(&Files::new().field("add_cross_attention", Some(json!(true))), "add_cross_attention");
    unsupported(&Files::new().field("pruned_heads", Some(json!({"0": [1]}))), "pruned_heads");
    unsupported(&Files::new().field("quantization_config", Some(json!({"bits": 4}))), "quantization_config");
    unsupported(&Files::new().field("auto_map", Some(json!({"AutoModel": "own.Model"}))), "auto_map");
    unsupported(&Files::new().field("per_layer_config", Some(json!({"0": {"hidden_size": 8}}))), "per_layer");
    unsupported(&Files::new().field("use_rope", Some(json!(true))), "use_rope");
    unsupported(&Files::new().field("alibi_starting_size", Some(json!(512))), "alibi_starting_size = 512");
    unsupported(
        &Files::new().field("problem_type", Some(json!("multi_label_classification"))),
        "multi_label",
    );
    unsupported(&Files::new().field("problem_type", Some(json!("regression"))), "regression");
    unsupported(&Files::new().field("problem_type", Some(json!(["x"]))), "problem_type");
    for kind in ["relative_key", "relative_key_query"] {
        unsupported(&Files::new().field("position_embedding_type", Some(json!(kind))), kind);
    }
}

#[test]
fn heads_that_do_not_divide_the_width() {
    unsupported(&Files::new().field("num_attention_heads", Some(json!(7))), "num_attention_heads");
    unsupported(&Files::new().field("num_attention_heads", Some(json!(1_000_000))), "num_attention_heads");
}

/// Nothing of this asks for anything.
#[test]
fn fields_that_change_nothing() {
    let quiet = [
        ("is_decoder", json!(false)),
        ("pruned_heads", json!({})),
        ("auto_map", json!({})),
        ("quantization_config", json!(null)),
        ("use_rope", json!(false)),
        ("chunk_size_feed_forward", json!(4)),
        ("torch_dtype", json!("float16")),
        ("classifier_dropout", json!(0.3)),
        ("hidden_dropout_prob", json!(0.9)),
        ("gradient_checkpointing", json!(true)),
        ("num_beams", json!(4)),
        ("sep_token_id", json!(3)),
    ];
    for (field, value) in quiet {
        assert_eq!(Files::new().field(field, Some(value)).load().unwrap().notes, [], "{field}");
    }
    let model = Files::new().field("my_project", Some(json!("x\n::error::y"))).load().unwrap();
    assert_eq!(
        model.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["config.json: \"my_project\" ignored, as no such model reads it"]
    );
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
