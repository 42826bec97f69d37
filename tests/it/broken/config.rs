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
