//! The names of the classes: as transformers reads them, the contradiction told; or refused.

use attncheck::model::{ModelError, Note};
use serde_json::{Value, json};

use super::{Files, config_error};

fn files(num_labels: Option<Value>, id2label: Option<Value>, label2id: Option<Value>) -> Files {
    let files = Files::new().field("num_labels", num_labels).field("id2label", id2label);
    files.field("label2id", label2id)
}

#[test]
fn num_labels_beside_another_number_of_names() {
    let model = files(Some(json!(3)), Some(json!({"0": "A", "1": "B"})), None).load().unwrap();
    assert_eq!(model.labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
    assert_eq!(model.notes, [Note::LabelCount { count: 3, named: 2 }]);
    let model = files(Some(json!(3)), Some(json!({})), None).load().unwrap();
    assert_eq!(model.labels.len(), 3);
}

#[test]
fn names_that_are_absent() {
    assert_eq!(files(Some(json!(3)), None, None).load().unwrap().labels, ["LABEL_0", "LABEL_1", "LABEL_2"]);
    match files(None, None, None).load() {
        Err(error @ ModelError::Classes { found: 3, named: 2, .. }) => {
            assert!(error.to_string().contains("the default of transformers"), "{error}");
            assert!(error.hint().unwrap().contains("num_labels"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_in_another_number_than_the_weights_have() {
    match files(None, Some(json!({"0": "a", "1": "b"})), None).load() {
        Err(error @ ModelError::Classes { found: 3, named: 2, .. }) => {
            let said = "config.json gives 2 classes (id2label), but the classifier classifier.weight has 3";
            assert_eq!(error.to_string(), said);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_classes_of_one_name() {
    match files(None, Some(json!({"0": "good", "1": "bad", "2": "good"})), None).load() {
        Err(error @ ModelError::TwoLabels { first: 0, second: 2, .. }) => {
            assert!(
                error.to_string().contains("classes 0 and 2 one name, \"good\"") && error.hint().is_some()
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn ids_with_holes_or_that_are_none() {
    for labels in [
        json!({"0": "a", "2": "c", "3": "d"}),
        json!({"1": "a", "2": "b", "3": "c"}),
        json!({"0": "a", "00": "b", "1": "c"}),
        json!({"zero": "a"}),
        json!({"-1": "a", "0": "b", "1": "c"}),
        json!({}),
        json!(["a", "b", "c"]),
        json!({"18446744073709551615": "a"}),
        json!({"0.0": "a", "1.0": "b", "2.0": "c"}),
    ] {
        config_error(&files(None, Some(labels), None));
    }
    let error = files(None, Some(json!({"0": "a", "2": "c", "3": "d"})), None).load().unwrap_err();
    assert!(error.to_string().contains("has the id 2 and not 1: the ids must be 0 to 2"), "{error}");
}

#[test]
fn ids_that_label2id_gives_otherwise() {
    let names = json!({"0": "a", "1": "b", "2": "c"});
    for (ids, told) in [
        (json!({"a": 0, "b": 1, "c": 2}), false),
        (json!({"a": "0", "b": "1", "c": "2"}), false),
        (json!({}), false),
        (json!({"a": 0, "b": 2, "c": 1}), true),
        (json!({"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}), true),
    ] {
        let model = files(None, Some(names.clone()), Some(ids.clone())).load().unwrap();
        assert_eq!(
            (model.labels, model.notes.len()),
            (vec!["a".into(), "b".into(), "c".into()], usize::from(told))
        );
    }
}

/// What a masked-word model says of classes is no matter.
#[test]
fn labels_of_a_masked_word_model() {
    let model = Files::of("bert-mlm").field("id2label", Some(json!({"0": "a", "1": "a"}))).load().unwrap();
    assert!(model.labels.is_empty());
}
