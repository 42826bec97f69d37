//! config.json, read field by field: a field that changes what is computed is either known or refused.

use serde_json::{Map, Value};

use crate::model::error::ModelError;
use crate::model::head::Task;
use crate::model::kernels::Heads;
use crate::model::spec::Activation;

/// A parsed config.json.
#[derive(Debug)]
pub(in crate::model) struct Config {
    /// `model_type`.
    pub model_type: String,
    fields: Map<String, Value>,
}

impl Config {
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        let fail = |reason: String| ModelError::Config { family: "model".to_owned(), reason };
        let fields: Map<String, Value> = serde_json::from_slice(bytes).map_err(|e| fail(e.to_string()))?;
        let model_type = match fields.get("model_type") {
            Some(Value::String(name)) => name.clone(),
            Some(other) => return Err(fail(format!("model_type is {other}, not a string"))),
            None => return Err(fail("the field model_type is missing".to_owned())),
        };
        let config = Self { model_type, fields };
        config.only("is_decoder", &Value::Bool(false))?;
        config.only("add_cross_attention", &Value::Bool(false))?;
        config.only("pruned_heads", &Value::Object(Map::new()))?;
        config.only("quantization_config", &Value::Null)?;
        config.only("position_embedding_type", &Value::String("absolute".to_owned()))?;
        Ok(config)
    }

    fn fail(&self, reason: String) -> ModelError {
        ModelError::Config { family: self.model_type.clone(), reason }
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A positive whole number.
    pub fn count(&self, field: &str) -> Result<usize, ModelError> {
        // Lists of these lengths are made before a tensor could contradict them.
        let most = match field {
            "num_hidden_layers" | "n_layers" | "num_hidden_groups" | "inner_group_num" => 1 << 12,
            "num_labels" => 1 << 20,
            _ => (1 << 31) - 1,
        };
        match self.get(field) {
            None => Err(self.fail(format!("the field {field} is missing"))),
            Some(value) => match value.as_u64() {
                Some(n) if n > 0 && n <= most => Ok(n as usize),
                _ => Err(self.fail(format!("{field} is {value}, not a whole number from 1 to {most}"))),
            },
        }
    }

    /// As [`Self::count`], 1 where absent, and 0 allowed.
    pub fn count_or(&self, field: &str, default: usize) -> Result<usize, ModelError> {
        match self.get(field) {
            None => Ok(default),
            Some(value) if value.as_u64() == Some(0) => Ok(0),
            Some(_) => self.count(field),
        }
    }

    /// A positive number.
    pub fn number_or(&self, field: &str, default: f64) -> Result<f64, ModelError> {
        match self.get(field) {
            None => Ok(default),
            Some(value) => match value.as_f64() {
                Some(x) if x > 0.0 && x.is_finite() => Ok(x),
                _ => Err(self.fail(format!("{field} is {value}, not a positive number"))),
            },
        }
    }

    /// An activation by its name in transformers.
    pub fn activation(&self, field: &str) -> Result<Activation, ModelError> {
        match self.get(field) {
            None => Err(self.fail(format!("the field {field} is missing"))),
            Some(Value::String(name)) => activation(name).ok_or_else(|| unsupported(field, name)),
            Some(other) => Err(self.fail(format!("{field} is {other}, not a string"))),
        }
    }

    /// H and E, from the fields of D and of H.
    pub fn heads(&self, width: &str, count: &str) -> Result<Heads, ModelError> {
        let (d, n) = (self.count(width)?, self.count(count)?);
        if d % n == 0 {
            Ok(Heads { count: n, width: d / n })
        } else {
            Err(unsupported(count, &format!("{n} with {width} {d}")))
        }
    }

    /// Refuses a field that is there with another value than the one this version computes.
    pub fn only(&self, field: &str, value: &Value) -> Result<(), ModelError> {
        match self.get(field) {
            Some(found) if found != value => Err(unsupported(field, &found.to_string())),
            _ => Ok(()),
        }
    }

    /// What the head decides, by `architectures`.
    pub fn task(&self) -> Result<Task, ModelError> {
        let names: Vec<&str> = match self.get("architectures") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let task = names.iter().find_map(|name| match name {
            name if name.ends_with("ForSequenceClassification") => Some(Task::Classification),
            name if name.ends_with("ForMaskedLM") => Some(Task::MaskedLm),
            _ => None,
        });
        let Some(task) = task else {
            let found = if names.is_empty() { "none named".to_owned() } else { names.join(", ") };
            return Err(ModelError::NoHead { found });
        };
        if task == Task::Classification && !self.is_regression()? {
            // Several sigmoids give no distribution over classes, which divergences and decision flips need.
            self.only("problem_type", &Value::String("single_label_classification".to_owned()))?;
        }
        Ok(task)
    }

    /// Whether the head gives one number that was trained as a value, not as a decision.
    pub fn is_regression(&self) -> Result<bool, ModelError> {
        let named = self.get("problem_type").and_then(Value::as_str) == Some("regression");
        Ok(named && self.classes()? == 1)
    }

    /// C.
    pub fn classes(&self) -> Result<usize, ModelError> {
        match self.get("id2label") {
            Some(_) => Ok(self.labels()?.len()),
            None => Ok(self.count_or("num_labels", 2)?.max(1)),
        }
    }

    /// The labels by class. One label alone means a single logit: the decision is then that label or not.
    pub fn labels(&self) -> Result<Vec<String>, ModelError> {
        let Some(named) = self.get("id2label") else {
            return Ok((0..self.classes()?).map(|i| format!("LABEL_{i}")).collect());
        };
        let Value::Object(map) = named else {
            return Err(self.fail("id2label is not an object".to_owned()));
        };
        let mut labels = vec![None; map.len()];
        for (id, label) in map {
            let slot = id.parse().ok().and_then(|id: usize| labels.get_mut(id));
            match (slot, label) {
                (Some(slot), Value::String(label)) => *slot = Some(label.clone()),
                (Some(slot), other) => *slot = Some(other.to_string()),
                (None, _) => return Err(self.fail(format!("id2label has the id {id:?} among {}", map.len()))),
            }
        }
        let labels: Option<Vec<String>> = labels.into_iter().collect();
        match labels {
            Some(labels) if !labels.is_empty() => Ok(labels),
            _ => Err(self.fail("id2label does not name the classes 0, 1, … in full".to_owned())),
        }
    }
}

fn unsupported(field: &str, found: &str) -> ModelError {
    ModelError::UnsupportedFeature { field: field.to_owned(), found: found.to_owned() }
}

/// transformers' activation names; `gelu_fast` and the clipped forms are other functions and absent.
fn activation(name: &str) -> Option<Activation> {
    match name {
        "gelu" | "gelu_python" => Some(Activation::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" | "gelu_python_tanh" => Some(Activation::GeluTanh),
        "relu" => Some(Activation::Relu),
        "silu" | "swish" => Some(Activation::Silu),
        "tanh" => Some(Activation::Tanh),
        _ => None,
    }
}
