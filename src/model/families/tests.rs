//! The table of fields and the reading of labels against transformers' own (`fixtures/make/loading.py`).

use std::collections::{BTreeMap, BTreeSet};

use candle_core::{Device, Tensor};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::default::Default;
use super::fields::{Meaning, meaning};
use super::table::{FAMILIES, Family};
use super::{Config, Labels, albert, fields};
use crate::model::kernels::activate;

#[derive(Deserialize)]
struct Golden {
    /// Field → default, by model type.
    families: BTreeMap<String, BTreeMap<String, Value>>,
    aliases: BTreeMap<String, BTreeMap<String, String>>,
    base: Vec<String>,
    labels: Vec<Named>,
    points: Vec<f64>,
    activations: BTreeMap<String, Vec<f64>>,
    not_numbers: Vec<String>,
    albert_groups: Groups,
}

#[derive(Deserialize)]
struct Named {
    given: Map<String, Value>,
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Groups {
    most: usize,
    differ: BTreeSet<(usize, usize, usize, usize)>,
}

fn golden() -> Golden {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/golden/config.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn family(name: &str) -> &'static Family {
    FAMILIES.iter().find(|family| family.name == name).unwrap()
}

/// A value that asks for something, whatever the field.
fn loud() -> Value {
    json!({ "0": [1] })
}

#[test]
fn every_field_of_transformers_has_its_row() {
    let golden = golden();
    assert_eq!(golden.families.len(), FAMILIES.len());
    for (name, fields) in &golden.families {
        let family = family(name);
        for field in fields.keys().chain(&golden.base) {
            let found = meaning(family, field, &loud());
            assert!(!matches!(found, Meaning::Suspect | Meaning::Unread), "{name}: {field} is {found:?}");
        }
        let aliases: BTreeMap<String, String> =
            family.aliases.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(aliases, golden.aliases[name], "{name}");
    }
}

#[test]
fn every_default_is_that_of_transformers() {
    for (name, fields) in golden().families {
        for (field, default) in family(&name).fields {
            let expected = &fields[*field];
            let same = match default {
                Default::Count(n) => expected.as_u64() == Some(*n as u64),
                Default::Number(x) => expected.as_f64() == Some(*x),
                Default::Text(text) => expected == text,
                Default::Flag(flag) => expected == flag,
                Default::Empty => expected.is_null(),
            };
            assert!(same, "{name}: {field} is {default:?}, not {expected}");
        }
    }
}

#[test]
fn fields_of_other_programs_are_refused_and_others_noted() {
    for family in &FAMILIES {
        for field in ["use_rope", "rotary_pct", "alibi_starting_size", "attn_bias", "norm_type", "moe-top-k"]
        {
            if family.older.contains(&field) {
                continue;
            }
            assert_eq!(meaning(family, field, &json!("x")), Meaning::Suspect, "{field}");
            assert_eq!(meaning(family, field, &json!(false)), Meaning::Harmless, "{field}");
        }
        for field in ["my_project", "n_gpu", "seed"] {
            assert_eq!(meaning(family, field, &json!(3)), Meaning::Unread, "{field}");
        }
    }
}

#[test]
fn an_activation_is_the_function_of_its_name_or_none() {
    let golden = golden();
    let points = Tensor::new(golden.points.as_slice(), &Device::Cpu).unwrap();
    let mut computed = 0;
    for (name, expected) in &golden.activations {
        let Some(known) = fields::activation(name) else { continue };
        computed += 1;
        let found: Vec<f64> = activate(known, &points).unwrap().to_vec1().unwrap();
        for (a, b) in found.iter().zip(expected) {
            // gelu_fast rounds a constant in its eleventh digit.
            assert!((a - b).abs() < 1e-9, "{name}: {a}, not {b}");
        }
    }
    assert_eq!(computed, 11);
    assert!(golden.not_numbers.iter().all(|name| fields::activation(name).is_none()));
}

#[test]
fn steps_have_the_group_that_transformers_gives_them() {
    let Groups { most, differ } = golden().albert_groups;
    for layers in 1..=most {
        for count in 1..=most {
            for step in 0..layers {
                let found = albert::group_of(step, layers, count);
                let plain = step * count / layers;
                let listed = differ.contains(&(layers, count, step, found));
                assert_eq!(listed, found != plain, "{layers} layers, {count} groups, step {step}: {found}");
                assert!(found < count);
            }
        }
    }
    assert!(!differ.is_empty());
}

#[test]
fn classes_are_named_as_transformers_names_them() {
    for Named { mut given, names } in golden().labels {
        given.insert("model_type".to_owned(), json!("bert"));
        let config = Config::parse(&serde_json::to_vec(&given).unwrap()).unwrap();
        let found = Labels::of(&config).unwrap();
        assert_eq!(found.names, names, "{given:?}");
        let ids = given.get("id2label").and_then(Value::as_object);
        let count = given.get("num_labels").and_then(Value::as_u64);
        let counts_differ = ids.zip(count).is_some_and(|(ids, n)| ids.len() as u64 != n);
        assert_eq!(found.note.is_some(), counts_differ || given.contains_key("label2id"), "{given:?}");
    }
}
