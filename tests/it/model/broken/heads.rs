//! Which head a model has: the one that config.json names where it is there, else the one that is.

use attncheck::model::{Model, ModelError, Note, Task};
use serde_json::{Value, json};

use super::{Files, logits};

fn named(files: Files, architectures: Option<Value>) -> Result<Model, ModelError> {
    files.field("architectures", architectures).load()
}

#[test]
fn the_weights_decide_where_config_json_does_not() {
    let cases = [
        ("bert-gelu", Task::Classification),
        ("bert-mlm", Task::MaskedLm),
        ("roberta", Task::Classification),
    ];
    let silent = [None, Some(json!(null)), Some(json!([])), Some(json!([1])), Some(json!(["BertModel"]))];
    let wrong = [Some(json!(["BertForPreTraining"])), Some(json!(["MyOwnClass"]))];
    for (case, task) in cases {
        let plain = Files::of(case).load().unwrap();
        assert_eq!(plain.readout.task, task);
        for names in silent.iter().chain(&wrong) {
            let found =
                named(Files::of(case), names.clone()).unwrap_or_else(|e| panic!("{case}, {names:?}: {e}"));
            assert_eq!(logits(&found), logits(&plain));
            let fits = task == Task::MaskedLm && names == &wrong[0];
            assert_eq!(found.notes.len(), usize::from(!fits), "{case}, {names:?}: {:?}", found.notes);
            assert!(
                found.notes.iter().all(|note| matches!(note, Note::Readout { found, .. } if *found == task))
            );
        }
    }
    for (case, other) in [("bert-gelu", "BertForMaskedLM"), ("bert-mlm", "BertForSequenceClassification")] {
        let found = named(Files::of(case), Some(json!([other]))).unwrap();
        assert_eq!(logits(&found), logits(&Files::of(case).load().unwrap()));
        assert!(found.notes[0].to_string().contains(other), "{:?}", found.notes);
    }
    let one = named(Files::new(), Some(json!("BertForSequenceClassification"))).unwrap();
    assert_eq!(one.notes, []);
}

/// transformers would start the head at random.
#[test]
fn a_head_that_is_not_there() {
    for (case, head) in [
        ("bert-gelu", "classifier."),
        ("roberta", "classifier."),
        ("distilbert-gelu", "classifier."),
        ("electra-projected", "classifier."),
        ("albert-two-groups", "classifier."),
    ] {
        let error = Files::of(case).without(head).load().unwrap_err();
        assert!(matches!(error, ModelError::NotFineTuned { .. }), "{case}: {error}");
        assert!(error.to_string().contains("has not been fine-tuned") && error.hint().is_some());
        for names in [None, Some(json!(["BertModel"])), Some(json!(["BertForMaskedLM"]))] {
            let error = named(Files::of(case).without(head), names).unwrap_err();
            assert!(matches!(error, ModelError::NoReadout { .. }), "{case}: {error}");
            assert!(error.to_string().contains("an encoder without") && error.hint().is_some());
        }
    }
    let error = Files::of("bert-gelu").without("bert.pooler.").load().unwrap_err();
    assert!(
        matches!(&error, ModelError::MissingTensor { name, .. } if name == "bert.pooler.dense.weight"),
        "{error}"
    );
}

/// Not even the encoder is there: the head is not what is wrong.
#[test]
fn weights_under_names_of_ones_own() {
    for (case, base) in [("bert-gelu", "bert"), ("roberta", "roberta"), ("distilbert-mlm", "distilbert")] {
        let error = Files::of(case).renamed(|name| format!("net.{name}")).load().unwrap_err();
        assert!(
            matches!(&error, ModelError::MissingTensor { name, .. } if name.starts_with(&format!("{base}.embeddings"))),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("\"net."), "{error}");
    }
    let other = Files::of("bert-gelu").field("model_type", Some(json!("albert"))).load().unwrap_err();
    assert!(!matches!(other, ModelError::NotFineTuned { .. }), "{other}");
}

/// Their tensors have the names of a classifier of texts.
#[test]
fn models_that_decide_about_something_else() {
    for task in ["TokenClassification", "MultipleChoice", "QuestionAnswering", "NextSentencePrediction"] {
        let error = named(Files::new(), Some(json!([format!("BertFor{task}")]))).unwrap_err();
        assert!(matches!(error, ModelError::OtherTask { .. }), "{error}");
        assert!(error.to_string().contains(task) && error.hint().is_some());
    }
}

#[test]
fn a_model_type_that_is_not_said() {
    for case in [
        "bert-gelu",
        "roberta",
        "xlm-roberta",
        "camembert",
        "electra-projected",
        "distilbert-gelu",
        "albert-mlm",
    ] {
        let found = Files::of(case).field("model_type", None).load().unwrap();
        let plain = Files::of(case).load().unwrap();
        assert_eq!((logits(&found), &found.spec().family), (logits(&plain), &plain.spec().family));
        assert!(found.notes[0].to_string().contains("no model_type"), "{:?}", found.notes);
    }
    let nothing = Files::new().field("model_type", None).field("architectures", None).load().unwrap_err();
    assert!(nothing.to_string().contains("model_type is missing"), "{nothing}");
}
