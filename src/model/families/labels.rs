//! The names of the classes, from `num_labels`, `id2label` and `label2id`, as transformers reads them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Config;
use crate::model::error::ModelError;
use crate::model::note::Note;

/// More would be a list of names before any tensor could contradict it.
const MOST: u64 = 1 << 20;

/// The classes of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Labels {
    /// The name of each class.
    pub names: Vec<String>,
    /// The field that says how many there are.
    pub by: &'static str,
    pub note: Option<Note>,
}

impl Labels {
    /// Reads them from a configuration.
    pub fn of(config: &Config) -> Result<Self, ModelError> {
        let count = match config.get("num_labels") {
            None => None,
            Some(value) => match value.as_u64() {
                Some(n) if (1..=MOST).contains(&n) => Some(n as usize),
                _ => {
                    return Err(
                        config.fail(format!("num_labels is {value}, not a whole number from 1 to {MOST}"))
                    );
                }
            },
        };
        let ids = config.object("label2id")?;
        let Some(named) = config.object("id2label")? else {
            let by = if count.is_some() { "num_labels" } else { "the default of transformers" };
            let names = numbered(count.unwrap_or(2));
            let stranger = ids.and_then(|ids| ids.keys().find(|name| !names.contains(name)));
            let note = stranger.map(|label| Note::LabelIds { label: label.clone() });
            return Ok(Self { names, by, note });
        };
        if let Some(count) = count.filter(|&count| count != named.len()) {
            let note = Some(Note::LabelCount { count, named: named.len() });
            return Ok(Self { names: numbered(count), by: "num_labels", note });
        }
        let names = in_order(config, named)?;
        if let Some((first, second)) = twins(&names) {
            return Err(ModelError::TwoLabels { label: names[first].clone(), first, second });
        }
        let note = ids.and_then(|ids| disagreement(&names, ids)).map(|label| Note::LabelIds { label });
        Ok(Self { names, by: "id2label", note })
    }
}

/// The names that transformers gives to classes without one.
fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("LABEL_{i}")).collect()
}

/// The names in the order of their ids, which must be 0, 1, … without a hole.
fn in_order(config: &Config, named: &Map<String, Value>) -> Result<Vec<String>, ModelError> {
    let mut names = BTreeMap::new();
    for (id, label) in named {
        let Ok(number) = id.trim().parse::<i64>() else {
            return Err(config.fail(format!("id2label has the id {id:?}, which is not a whole number")));
        };
        let name = match label {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        };
        if names.insert(number, name).is_some() {
            return Err(config.fail(format!("id2label names the class {number} twice")));
        }
    }
    let hole = (0..).zip(names.keys()).find(|(place, id)| place != *id);
    match hole {
        Some((place, id)) => Err(config.fail(format!(
            "id2label names {} classes, but has the id {id} and not {place}: the ids must be 0 to {}",
            names.len(),
            names.len() - 1
        ))),
        None if names.is_empty() => Err(config.fail("id2label names no class".to_owned())),
        None => Ok(names.into_values().collect()),
    }
}

/// Two classes of one name.
fn twins(names: &[String]) -> Option<(usize, usize)> {
    let mut seen = BTreeMap::new();
    names.iter().enumerate().find_map(|(id, name)| Some((seen.insert(name, id)?, id)))
}

/// The first name to which `label2id` gives another id.
fn disagreement(names: &[String], ids: &Map<String, Value>) -> Option<String> {
    let id = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    };
    let differs = |(class, name): &(usize, &String)| ids.get(*name).and_then(id) != Some(*class as u64);
    names.iter().enumerate().find(differs).map(|(_, name)| name.clone()).filter(|_| !ids.is_empty())
}
