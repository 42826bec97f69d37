//! config.json, read field by field: a field that changes what is computed is either known or refused.

use serde_json::{Map, Value};

use super::default::Default;
use super::fields::{self, Meaning};
use super::seq2seq_fields as seq2seq;
use super::table::{FAMILIES, Family, family_of, names, translators};
use crate::model::error::ModelError;
use crate::model::note::Note;
use crate::model::readout::Task;
use crate::model::spec::{Activation, Heads};

/// A parsed config.json, every field of it decided upon.
#[derive(Debug)]
pub(in crate::model) struct Config {
    pub(super) family: &'static Family,
    fields: Map<String, Value>,
    /// What its reader must know.
    pub notes: Vec<Note>,
}

/// The classes of transformers whose model decides about something else than a text or a masked word.
const OTHER_TASKS: [&str; 4] =
    ["ForTokenClassification", "ForMultipleChoice", "ForQuestionAnswering", "ForNextSentencePrediction"];

impl Config {
    /// A model that decides about a text or writes the next word.
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::parse_of(bytes, &FAMILIES, |found| {
            if seq2seq::FAMILIES.iter().any(|family| family.name == found) {
                ModelError::EncoderDecoder { found }
            } else {
                ModelError::UnknownFamily { found, supported: names() }
            }
        })
    }

    /// An encoder-decoder.
    pub fn parse_translator(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::parse_of(bytes, &seq2seq::FAMILIES, |found| {
            if FAMILIES.iter().any(|family| family.name == found) {
                ModelError::NoDecoder { found }
            } else {
                ModelError::UnknownFamily { found, supported: translators() }
            }
        })
    }

    /// One of `families`; `other` is said of a type that is not among them.
    fn parse_of(
        bytes: &[u8],
        families: &'static [Family],
        other: impl FnOnce(String) -> ModelError,
    ) -> Result<Self, ModelError> {
        let fail = |reason: String| ModelError::Config { family: "model".to_owned(), reason };
        let fields: Map<String, Value> = serde_json::from_slice(bytes).map_err(|e| fail(e.to_string()))?;
        let mut notes = Vec::new();
        let family = match fields.get("model_type") {
            Some(Value::String(name)) => match families.iter().find(|family| family.name == name) {
                Some(family) => family,
                None => return Err(other(name.clone())),
            },
            Some(other) if !other.is_null() => {
                return Err(fail(format!("model_type is {other}, not a string")));
            }
            _ => {
                let class = architectures(&fields)
                    .into_iter()
                    .find_map(|class| Some((family_of(families, class)?, class)));
                let Some((family, class)) = class else {
                    return Err(fail("the field model_type is missing".to_owned()));
                };
                notes.push(Note::ModelType { taken: family.name, class: class.to_owned() });
                family
            }
        };
        let mut config = Self { family, fields, notes };
        config.rename();
        config.decide()?;
        Ok(config)
    }

    /// What the names of the tensors below the readout begin with, and what they begin with where that is left out.
    pub fn names(&self) -> (&'static str, &'static [&'static str]) {
        (self.family.base, self.family.parts)
    }

    /// Some families know a field by two names, and take the common one where both are there.
    fn rename(&mut self) {
        for (common, own) in self.family.aliases {
            if let Some(value) = self.fields.remove(*common) {
                self.fields.insert((*own).to_owned(), value);
            }
        }
    }

    /// Looks up every field in the table.
    fn decide(&mut self) -> Result<(), ModelError> {
        let mut unread = Vec::new();
        for (field, value) in &self.fields {
            match fields::meaning(self.family, field, value) {
                // Not every readout looks at these; the others are read for every model.
                Meaning::Honoured(Default::Flag(_)) => _ = self.flag(field)?,
                Meaning::Honoured(_) | Meaning::Harmless => (),
                Meaning::Only(only) if fields::allows(only, value) => (),
                Meaning::Only(_) | Meaning::Suspect => return Err(unsupported(field, &shown(value))),
                Meaning::Unread => unread.push(field.clone()),
            }
        }
        if !unread.is_empty() {
            self.notes.push(Note::Unread { fields: unread });
        }
        for (field, default) in self.family.fields {
            // A model without an own masked-word matrix is the rule, and no number is lost by it.
            if !self.fields.contains_key(*field) && !matches!(default, Default::Flag(_) | Default::Empty) {
                self.notes.push(Note::Default { field, value: default.to_string() });
            }
        }
        Ok(())
    }

    pub(super) fn fail(&self, reason: String) -> ModelError {
        ModelError::Config { family: self.family.name.to_owned(), reason }
    }

    /// The value of a field that may be absent or null.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// An object that may be absent.
    pub(super) fn object(&self, field: &str) -> Result<Option<&Map<String, Value>>, ModelError> {
        match self.get(field) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(other) => Err(self.fail(format!("{field} is {}, not an object", shown(other)))),
        }
    }

    /// The value of a field that its family reads, or what stands for it in transformers.
    fn honoured(&self, field: &str) -> Result<Value, ModelError> {
        let default = self.family.fields.iter().find(|(name, _)| *name == field);
        match (self.fields.get(field), default) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some((_, Default::Count(n)))) => Ok((*n).into()),
            (None, Some((_, Default::Number(x)))) => Ok((*x).into()),
            (None, Some((_, Default::Text(text)))) => Ok((*text).into()),
            (None, Some((_, Default::Flag(flag)))) => Ok((*flag).into()),
            (None, Some((_, Default::Empty)) | None) => {
                Err(self.fail(format!("the field {field} is missing")))
            }
        }
    }

    /// A whole number from `least`.
    fn whole(&self, field: &str, least: u64) -> Result<usize, ModelError> {
        // Lists of these lengths are made before a tensor could contradict them.
        let most = match field {
            "encoder_layers" | "decoder_layers" | "num_layers" | "num_decoder_layers"
            | "num_hidden_layers" | "n_layers" | "n_layer" | "num_hidden_groups" | "inner_group_num" => {
                1 << 12
            }
            _ => (1 << 31) - 1,
        };
        let value = self.honoured(field)?;
        match value.as_u64() {
            Some(n) if (least..=most).contains(&n) => Ok(n as usize),
            _ => {
                let value = shown(&value);
                Err(self.fail(format!("{field} is {value}, not a whole number from {least} to {most}")))
            }
        }
    }

    /// A positive whole number.
    pub fn count(&self, field: &str) -> Result<usize, ModelError> {
        self.whole(field, 1)
    }

    /// The id of a token.
    pub fn id(&self, field: &str) -> Result<u32, ModelError> {
        Ok(self.whole(field, 0)? as u32)
    }

    /// A whole number from `least` that may be null, or absent where it has no default.
    pub fn optional(&self, field: &str, least: u64) -> Result<Option<usize>, ModelError> {
        if self.is_nothing(field) { Ok(None) } else { self.whole(field, least).map(Some) }
    }

    /// The id of padding, where there is one.
    pub fn padding(&self) -> Result<Option<u32>, ModelError> {
        Ok(self.optional("pad_token_id", 0)?.map(|id| id as u32))
    }

    /// A number above 0.
    pub fn number(&self, field: &str) -> Result<f64, ModelError> {
        let value = self.honoured(field)?;
        match value.as_f64() {
            Some(x) if x > 0.0 && x.is_finite() => Ok(x),
            _ => Err(self.fail(format!("{field} is {}, not a number above 0", shown(&value)))),
        }
    }

    /// A number above 0 that may be null, or absent where it has no default.
    pub fn optional_number(&self, field: &str) -> Result<Option<f64>, ModelError> {
        if self.is_nothing(field) { Ok(None) } else { self.number(field).map(Some) }
    }

    /// Whether a field is null, or absent without a number in its place.
    fn is_nothing(&self, field: &str) -> bool {
        if let Some(value) = self.fields.get(field) {
            return value.is_null();
        }
        let known = self.family.fields.iter().find(|(name, _)| *name == field);
        known.is_none_or(|(_, default)| *default == Default::Empty)
    }

    /// Query heads, which may share keys and values, of a width that may be told.
    pub fn shared_heads(&self) -> Result<Heads, ModelError> {
        let count = self.count("num_attention_heads")?;
        let keys = self.optional("num_key_value_heads", 1)?.unwrap_or(count);
        if count % keys != 0 {
            return Err(unsupported("num_key_value_heads", &format!("{keys} with {count} heads")));
        }
        let width = match self.optional("head_dim", 1)? {
            Some(width) => width,
            None => self.heads("hidden_size", "num_attention_heads")?.width,
        };
        Ok(Heads { count, width, shared_by: count / keys })
    }

    /// What is added to a variance: above 0, and at most 1.
    pub fn eps(&self, field: &str) -> Result<f64, ModelError> {
        let value = self.honoured(field)?;
        match value.as_f64() {
            Some(x) if x > 0.0 && x <= 1.0 => Ok(x),
            _ => Err(self.fail(format!("{field} is {}, not a number above 0 and up to 1", shown(&value)))),
        }
    }

    pub fn flag(&self, field: &str) -> Result<bool, ModelError> {
        let value = self.honoured(field)?;
        value.as_bool().ok_or_else(|| self.fail(format!("{field} is {}, not true or false", shown(&value))))
    }

    /// Text, as it stands.
    pub fn text(&self, field: &str) -> Result<String, ModelError> {
        match self.honoured(field)? {
            Value::String(text) => Ok(text),
            other => Err(self.fail(format!("{field} is {}, not a string", shown(&other)))),
        }
    }

    /// An activation by its name in transformers.
    pub fn activation(&self, field: &str) -> Result<Activation, ModelError> {
        match self.honoured(field)? {
            Value::String(name) => {
                fields::activation(&name).ok_or_else(|| unsupported(field, &format!("{name:?}")))
            }
            other => Err(self.fail(format!("{field} is {}, not a string", shown(&other)))),
        }
    }

    /// H and E, from the fields of D and of H.
    pub fn heads(&self, width: &str, count: &str) -> Result<Heads, ModelError> {
        let (d, n) = (self.count(width)?, self.count(count)?);
        if d % n == 0 {
            Ok(Heads::new(n, d / n))
        } else {
            Err(unsupported(count, &format!("{n} with {width} {d}")))
        }
    }

    /// The readout that `architectures` asks for, and the name by which it does.
    pub fn wanted(&self) -> Result<(Option<Task>, String), ModelError> {
        let named = architectures(&self.fields);
        let task = named.iter().find_map(|name| match name {
            name if name.ends_with("ForSequenceClassification") => Some(Task::Classification),
            name if name.ends_with("ForMaskedLM") || name.ends_with("ForPreTraining") => Some(Task::MaskedLm),
            name if self.family.speaks == Task::NextToken
                && (name.ends_with("ForCausalLM") || name.ends_with("LMHeadModel")) =>
            {
                Some(Task::NextToken)
            }
            _ => None,
        });
        let other = named.iter().find(|name| OTHER_TASKS.iter().any(|task| name.ends_with(task)));
        match (task, other) {
            (None, Some(other)) => Err(ModelError::OtherTask { found: (*other).to_owned() }),
            _ => Ok((task, named.join(", "))),
        }
    }

    /// Refuses an encoder-decoder whose class does not write texts.
    pub fn writes(&self) -> Result<(), ModelError> {
        let named = architectures(&self.fields);
        let does = |name: &&str| name.ends_with("ForConditionalGeneration") || name.ends_with("MTModel");
        match named.first() {
            Some(first) if !named.iter().any(does) => {
                Err(ModelError::NotWriting { found: (*first).to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses what a classifier was trained as, where its logits are no distribution over the classes.
    pub fn check_problem(&self, classes: usize) -> Result<(), ModelError> {
        let Some(problem) = self.get("problem_type") else { return Ok(()) };
        // Several sigmoids give no distribution over classes, which divergences and decision flips need.
        match problem.as_str() {
            Some("single_label_classification") if classes > 1 => Ok(()),
            Some("regression") if classes == 1 => Ok(()),
            Some(name @ ("single_label_classification" | "regression")) => {
                Err(unsupported("problem_type", &format!("{name:?} with {classes} class(es)")))
            }
            _ => Err(unsupported("problem_type", &shown(problem))),
        }
    }

    /// Whether the readout gives one number that was trained as a value, not as a decision.
    pub fn is_regression(&self, classes: usize) -> bool {
        let named = self.get("problem_type").and_then(Value::as_str) == Some("regression");
        named && classes == 1
    }
}

/// The names in `architectures`; one name alone is taken as a list of one.
fn architectures(fields: &Map<String, Value>) -> Vec<&str> {
    match fields.get("architectures") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(name)) => vec![name],
        _ => Vec::new(),
    }
}

pub(super) fn unsupported(field: &str, found: &str) -> ModelError {
    ModelError::UnsupportedFeature { field: field.to_owned(), found: found.to_owned() }
}

/// A value as JSON, shortened.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
