//! A number, or why there is none.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::missing::Measured;

/// `{"value": 0.31}`, or `{"value": null, "reason": "…"}`: missing is never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure<T> {
    /// The value, null where it could not be computed.
    pub value: Option<T>,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl<T> Measure<T> {
    /// A measure that was taken.
    pub fn of(value: T) -> Self {
        Self { value: Some(value), reason: None }
    }

    /// Why there is no value, in words.
    #[must_use]
    pub fn why(&self) -> &str {
        self.reason.as_deref().unwrap_or("no reason was given")
    }
}

impl<T> From<Measured<T>> for Measure<T> {
    fn from(measured: Measured<T>) -> Self {
        match measured {
            Ok(value) => Self::of(value),
            Err(missing) => Self { value: None, reason: Some(missing.to_string()) },
        }
    }
}

/// An estimate with its 95 % interval: Wilson's for shares, a bootstrap over examples for means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The estimate.
    pub estimate: f64,
    /// Lower end; null where there are too few examples for an interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Over how many examples.
    pub n: usize,
}

/// Either a value alone, or null with its reason: a derived schema would let both or neither through.
impl<T: JsonSchema> JsonSchema for Measure<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Measure_of_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("attncheck::Measure<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        json_schema!({
            "description": "A value, or null with the reason why it could not be computed.",
            "type": "object",
            "oneOf": [
                {"properties": {"value": value}, "required": ["value"], "additionalProperties": false},
                {
                    "properties": {"value": {"type": "null"}, "reason": {"type": "string"}},
                    "required": ["value", "reason"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
