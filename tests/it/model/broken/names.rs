//! Weights under other names: the numbers are those under transformers' own, and a note says what was done.

use attncheck::model::{ModelError, Note};
use safetensors::Dtype;
use serde_json::json;

use super::{Files, Tensors, logits, pack};

/// A change of the files, and the notes it leaves.
type Variant = (&'static str, fn(Files) -> Files, Vec<&'static str>);

/// Loads to the same numbers, with these notes.
#[track_caller]
fn same(case: &str, (what, change, notes): Variant) {
    let plain = Files::of(case).load().unwrap();
    assert_eq!(plain.notes, [], "{case}");
    let found = change(Files::of(case)).load().unwrap_or_else(|error| panic!("{case}, {what}: {error}"));
    assert_eq!(logits(&found), logits(&plain), "{case}, {what}");
    assert_eq!(found.labels, plain.labels);
    let said: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), notes.len(), "{case}, {what}: {said:?}");
    for (said, note) in said.iter().zip(notes) {
        assert!(said.contains(note), "{case}, {what}: {said}");
    }
}

const BASES: [&str; 5] = ["bert.", "roberta.", "electra.", "distilbert.", "albert."];

const CASES: [&str; 10] = [
    "bert-gelu",
    "roberta",
    "xlm-roberta",
    "camembert",
    "electra-projected",
    "distilbert-gelu",
    "albert-two-groups",
    "bert-mlm",
    "roberta-mlm",
    "albert-mlm",
];

#[test]
fn prefixes_of_wrappers() {
    for case in CASES {
        same(case, ("module", |f| f.renamed(|n| format!("module.{n}")), vec!["\"module.\""]));
        same(case, ("compiled", |f| f.renamed(|n| format!("_orig_mod.{n}")), vec!["\"_orig_mod.\""]));
        same(case, ("held", |f| f.renamed(|n| format!("model.{n}")), vec!["\"model.\""]));
        let both: fn(Files) -> Files = |f| f.renamed(|n| format!("module._orig_mod.{n}"));
        same(case, ("both", both, vec!["\"_orig_mod.\"", "\"module.\""]));
    }
}

#[test]
fn the_prefix_of_the_encoder_left_out() {
    let bare: fn(Files) -> Files = |f| {
        f.renamed(|name| BASES.iter().find_map(|base| name.strip_prefix(base)).unwrap_or(name).to_owned())
    };
    for case in CASES {
        same(case, ("bare", bare, vec!["was put before the name"]));
    }
}

#[test]
fn layer_norms_as_tensorflow_names_them() {
    let old: fn(Files) -> Files = |f| {
        f.renamed(|n| {
            n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        })
    };
    for case in ["bert-gelu", "roberta", "electra-projected", "albert-two-groups", "bert-mlm"] {
        same(case, ("old", old, vec!["gamma and beta"]));
    }
}

#[test]
fn all_of_it_at_once() {
    let all: fn(Files) -> Files = |f| {
        let f = f
            .renamed(|n| n.strip_prefix("bert.").unwrap_or(n).replace("LayerNorm.weight", "LayerNorm.gamma"));
        f.renamed(|n| format!("module.{n}"))
    };
    same("bert-gelu", ("all", all, vec!["module.", "was put before", "gamma"]));
}

fn add(files: Files, names: &[&str]) -> Files {
    files.with_tensors(|tensors: &mut Tensors| {
        for name in names {
            tensors.insert((*name).to_owned(), (Dtype::F32, vec![2], vec![0; 8]));
        }
    })
}

#[test]
fn tensors_that_no_model_of_transformers_reads() {
    let loss: fn(Files) -> Files = |f| add(f, &["loss_fct.weight"]);
    let heads: fn(Files) -> Files = |f| add(f, &["cls.seq_relationship.weight", "cls.predictions.bias"]);
    for case in &CASES[..7] {
        same(case, ("loss", loss, vec!["the tensor \"loss_fct.weight\" was ignored"]));
        same(case, ("heads", heads, vec!["2 tensors were ignored"]));
    }
    let pooler: fn(Files) -> Files = |f| add(f, &["bert.pooler.dense.weight", "bert.pooler.dense.bias"]);
    same("bert-mlm", ("pooler", pooler, vec!["2 tensors were ignored"]));
    let buffers: fn(Files) -> Files = |f| {
        f.with_tensors(|t| {
            t.insert("bert.embeddings.position_ids".to_owned(), (Dtype::I64, vec![1, 2], vec![0; 16]));
        })
    };
    same("bert-gelu", ("buffers", buffers, vec![]));
}

#[test]
fn one_tensor_under_two_names() {
    let twice = |tensors: &mut Tensors| {
        let (name, tensor) = tensors.first_key_value().map(|(n, t)| (n.clone(), t.clone())).unwrap();
        tensors.insert(format!("module.{name}"), tensor);
    };
    match Files::new().with_tensors(twice).load() {
        Err(error @ ModelError::DuplicateTensor { .. }) => assert!(error.hint().is_some()),
        other => panic!("{other:?}"),
    }
}

/// The word embedding and the map to words are one matrix, under either name.
#[test]
fn a_matrix_that_is_shared() {
    let decoder: fn(Files) -> Files = |f| {
        f.renamed(|name| match name {
            "bert.embeddings.word_embeddings.weight" => "cls.predictions.decoder.weight".to_owned(),
            name => name.to_owned(),
        })
    };
    same("bert-mlm", ("as the decoder", decoder, vec![]));
    // Without sharing, both must be there.
    let untied = Files::of("bert-mlm")
        .field("tie_word_embeddings", Some(json!(false)))
        .without("cls.predictions.decoder.w");
    match untied.load() {
        Err(ModelError::MissingTensor { name, .. }) => assert_eq!(name, "cls.predictions.decoder.weight"),
        other => panic!("{other:?}"),
    }
}

/// As transformers starts it: at zero.
#[test]
fn a_masked_word_head_without_its_bias() {
    let zero = |tensors: &mut Tensors| {
        for (name, (_, _, data)) in tensors {
            if name.ends_with("predictions.bias") || name.ends_with("decoder.bias") {
                data.fill(0);
            }
        }
    };
    let zeros = logits(&Files::of("bert-mlm").with_tensors(zero).load().unwrap());
    let none =
        |t: &mut Tensors| t.retain(|n, _| !n.ends_with("predictions.bias") && !n.ends_with("decoder.bias"));
    let found = Files::of("bert-mlm").with_tensors(none).load().unwrap();
    assert_eq!(logits(&found), zeros);
    assert_eq!(found.notes, [Note::NoBias { name: "cls.predictions.bias".to_owned() }]);
}

/// A table of sines that only config.json tells of.
#[test]
fn places_that_are_computed() {
    let case = "distilbert-relu-sinusoidal";
    let single = |f: Files| f.field("problem_type", None);
    let plain = single(Files::of(case)).load().unwrap();
    let found = single(Files::of(case)).without("distilbert.embeddings.position_embeddings").load().unwrap();
    assert_eq!(logits(&found), logits(&plain));
}

#[test]
fn distilbert_by_the_common_names_of_its_fields() {
    let common: fn(Files) -> Files = |f| {
        let f = f.field("dim", Some(json!(5))).field("hidden_size", Some(json!(24)));
        f.field("n_heads", None).field("num_attention_heads", Some(json!(3)))
    };
    same("distilbert-gelu", ("common", common, vec![]));
}

#[test]
fn shards_with_wrappers_are_one_model() {
    let files = Files::new().renamed(|n| format!("module.{n}"));
    let mut first = files.tensors();
    let second = first.split_off("module.bert.encoder.layer.1");
    let mut shards = Files::new();
    shards.weights = vec![pack(&first), pack(&second)];
    assert_eq!(logits(&shards.load().unwrap()), logits(&Files::new().load().unwrap()));
}
