//! The part of JSON Schema that the committed schemas use; any other keyword is an error, so that nothing is passed over.

use serde_json::Value;

/// Where and how a value is not as its schema says; empty where it is.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Walk { root: schema }.check(schema, value, "", &mut found);
    found
}

struct Walk<'s> {
    root: &'s Value,
}

impl Walk<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let rules = match schema {
            Value::Bool(true) => return,
            Value::Bool(false) => return found.push(format!("{at}: nothing is allowed here")),
            Value::Object(rules) => rules,
            other => panic!("{other} is no schema"),
        };
        for (keyword, rule) in rules {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" | "default" => {}
                "$ref" => {
                    let place =
                        rule.as_str().unwrap().strip_prefix('#').expect("references stay in the document");
                    let target = self.root.pointer(place).unwrap_or_else(|| panic!("{rule} leads nowhere"));
                    self.check(target, value, at, found);
                }
                "type" => {
                    let types = rule.as_array().map_or_else(|| vec![rule.clone()], Clone::clone);
                    if !types.iter().any(|name| is(name.as_str().unwrap(), value)) {
                        found.push(format!("{at}: {value} is not {rule}"));
                    }
                }
                "const" => {
                    if rule != value {
                        found.push(format!("{at}: {value} is not {rule}"));
                    }
                }
                "enum" => {
                    if !rule.as_array().unwrap().contains(value) {
                        found.push(format!("{at}: {value} is none of {rule}"));
                    }
                }
                "minimum" | "maximum" => {
                    let (Some(limit), Some(number)) = (rule.as_f64(), value.as_f64()) else { continue };
                    if (keyword == "minimum" && number < limit) || (keyword == "maximum" && number > limit) {
                        found.push(format!("{at}: {number} is beyond the {keyword} of {limit}"));
                    }
                }
                "oneOf" | "anyOf" => {
                    let fits = |schema: &&Value| {
                        let mut inner = Vec::new();
                        self.check(schema, value, at, &mut inner);
                        inner.is_empty()
                    };
                    let fitting = rule.as_array().unwrap().iter().filter(fits).count();
                    if fitting == 0 || (keyword == "oneOf" && fitting > 1) {
                        let told: String = value.to_string().chars().take(200).collect();
                        found.push(format!("{at}: {told} fits {fitting} of {keyword}"));
                    }
                }
                "properties" | "required" | "additionalProperties" => {
                    object(keyword, rule, rules.get("properties"), value, at, found, self);
                }
                "items" | "prefixItems" | "minItems" | "maxItems" => {
                    let first = rules.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                    self.list(keyword, rule, first, value, at, found);
                }
                other => panic!("{other} is not understood"),
            }
        }
    }

    fn list(
        &self,
        keyword: &str,
        rule: &Value,
        first: usize,
        value: &Value,
        at: &str,
        found: &mut Vec<String>,
    ) {
        let Some(items) = value.as_array() else { return };
        match keyword {
            "items" => {
                for (i, item) in items.iter().enumerate().skip(first) {
                    self.check(rule, item, &format!("{at}[{i}]"), found);
                }
            }
            "prefixItems" => {
                for (i, (rule, item)) in rule.as_array().unwrap().iter().zip(items).enumerate() {
                    self.check(rule, item, &format!("{at}[{i}]"), found);
                }
            }
            _ => {
                let limit = rule.as_u64().unwrap() as usize;
                if (keyword == "minItems" && items.len() < limit)
                    || (keyword == "maxItems" && items.len() > limit)
                {
                    found.push(format!("{at}: {} items are beyond {keyword} {limit}", items.len()));
                }
            }
        }
    }
}

fn object(
    keyword: &str,
    rule: &Value,
    properties: Option<&Value>,
    value: &Value,
    at: &str,
    found: &mut Vec<String>,
    walk: &Walk<'_>,
) {
    let Some(fields) = value.as_object() else { return };
    match keyword {
        "properties" => {
            for (name, rule) in rule.as_object().unwrap() {
                if let Some(field) = fields.get(name) {
                    walk.check(rule, field, &format!("{at}.{name}"), found);
                }
            }
        }
        "required" => {
            for name in rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
                if !fields.contains_key(name) {
                    found.push(format!("{at}: {name} is missing"));
                }
            }
        }
        _ => {
            let known = |name: &str| properties.is_some_and(|known| known.get(name).is_some());
            for (name, field) in fields.iter().filter(|(name, _)| !known(name)) {
                walk.check(rule, field, &format!("{at}.{name}"), found);
            }
        }
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}
