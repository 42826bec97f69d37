//! A class as an input names it, read the same from every format.

use std::fmt;

use serde_json::Value;

use super::fault::FaultKind;
use super::rationale::kind;

/// A class as an input names it. Which class of the model it is, the audit finds out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// What is written, without white space around it. A number, a boolean and the same in quotation marks are one
    /// label; a number without a fraction has none here: `1.0` is `1`.
    pub name: String,
    /// Its number, where `name` is what the data set itself calls that number.
    pub number: Option<usize>,
    /// Whether a space was written before it: of a language model's tokens that is another one.
    pub spaced: bool,
}

impl Label {
    /// The label that this is; `None` where nothing is written.
    #[must_use]
    pub fn of(written: &str) -> Option<Self> {
        let spaced = written.starts_with(' ');
        let written = written.trim();
        let name = whole(written).unwrap_or_else(|| written.to_owned());
        (!name.is_empty()).then_some(Self { name, number: None, spaced })
    }

    /// The label in a field; `names` are the data set's names of its numbers, where it has any.
    ///
    /// # Errors
    ///
    /// Where a list or an object stands there.
    pub(super) fn read(value: &Value, field: &str, names: &[String]) -> Result<Option<Self>, FaultKind> {
        let label = match value {
            Value::Null => None,
            Value::String(written) => Self::of(written),
            Value::Bool(_) | Value::Number(_) => Self::of(&value.to_string()),
            Value::Array(_) | Value::Object(_) => {
                return Err(FaultKind::WrongType {
                    field: field.to_owned(),
                    expected: "a label's name, a class index or a boolean",
                    found: kind(value),
                });
            }
        };
        Ok(label.map(|label| label.called(names)))
    }

    /// The same by its name, where it is a number that has one.
    fn called(self, names: &[String]) -> Self {
        let number = self.name.parse::<usize>().ok();
        match number.and_then(|number| names.get(number)) {
            Some(name) => Self { name: name.clone(), number, spaced: false },
            None => self,
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)?;
        self.number.map_or(Ok(()), |number| write!(f, " (number {number} of its data set)"))
    }
}

/// A whole number that is written with a fraction or an exponent, without them.
fn whole(written: &str) -> Option<String> {
    /// Above this, floating-point numbers leave whole numbers out.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let starts = written.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    let number = written.parse::<f64>().ok().filter(|_| starts && written.contains(['.', 'e', 'E']))?;
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| format!("{}", number as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(value: &Value) -> Option<String> {
        Label::read(value, "label", &[]).unwrap().map(|label| label.name)
    }

    #[test]
    fn one_label_whatever_it_is_written_as() {
        for same in [json!(1), json!(1.0), json!("1"), json!("1.0"), json!(" 1 "), json!("1e0"), json!("+1.")]
        {
            assert_eq!(name(&same).unwrap(), "1", "{same}");
        }
        for (value, found) in [
            (json!(true), "true"),
            (json!("True"), "True"),
            (json!(-1), "-1"),
            (json!("-1.0"), "-1"),
            (json!(-0.0), "0"),
            (json!(0.5), "0.5"),
            (json!("inf"), "inf"),
            (json!("not good"), "not good"),
            (json!("v1.0"), "v1.0"),
            (json!("01"), "01"),
        ] {
            assert_eq!(name(&value).unwrap(), found, "{value}");
        }
        for none in [json!(null), json!(""), json!("  ")] {
            assert_eq!(name(&none), None);
        }
        assert!(Label::read(&json!([1]), "label", &[]).is_err());
    }

    #[test]
    fn numbers_get_the_names_of_their_data_set() {
        let names = ["neg".to_owned(), "pos".to_owned()];
        let read = |value| Label::read(&value, "label", &names).unwrap().unwrap();
        let pos = Label { name: "pos".to_owned(), number: Some(1), spaced: false };
        assert_eq!((read(json!(1)), read(json!(1.0))), (pos.clone(), pos.clone()));
        assert_eq!(pos.to_string(), "\"pos\" (number 1 of its data set)");
        for value in [json!(-1), json!(2), json!("pos")] {
            assert_eq!(read(value).number, None);
        }
    }
}
