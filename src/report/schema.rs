//! The JSON Schema (2020-12) of every JSON document, made of the report's own types and their doc comments.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::align::AlignReport;
use super::compare::CompareReport;
use super::controls::ControlsReport;
use super::heads::HeadsReport;
use super::jsonl::Line;
use super::mixing::MixingReport;
use super::own::ModelReport;
use super::seeds::SeedsReport;
use super::whole::Report;

/// A document that is written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// `attncheck audit --format json`
    Audit,
    /// Each line of `attncheck audit --format jsonl`
    Lines,
    /// `attncheck heads --format json`
    Heads,
    /// `attncheck mixing --format json`
    Mixing,
    /// `attncheck controls --format json`
    Controls,
    /// `attncheck controls --model DIR --format json`
    ControlsModel,
    /// `attncheck compare --format json`
    Compare,
    /// `attncheck seeds --format json`
    Seeds,
    /// `attncheck align --format json`
    Align,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Audit,
        Self::Lines,
        Self::Heads,
        Self::Mixing,
        Self::Controls,
        Self::ControlsModel,
        Self::Compare,
        Self::Seeds,
        Self::Align,
    ];

    /// Its name, as `attncheck schema` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Lines => "lines",
            Self::Heads => "heads",
            Self::Mixing => "mixing",
            Self::Controls => "controls",
            Self::ControlsModel => "controls-model",
            Self::Compare => "compare",
            Self::Seeds => "seeds",
            Self::Align => "align",
        }
    }

    /// Its schema: of what is written, so that a field that is always there is required.
    #[must_use]
    pub fn schema(self) -> Schema {
        match self {
            Self::Audit => of::<Report>(self),
            Self::Lines => of::<Line<'_>>(self),
            Self::Heads => of::<HeadsReport>(self),
            Self::Mixing => of::<MixingReport>(self),
            Self::Controls => of::<ControlsReport>(self),
            Self::ControlsModel => of::<ModelReport>(self),
            Self::Compare => of::<CompareReport>(self),
            Self::Seeds => of::<SeedsReport>(self),
            Self::Align => of::<AlignReport>(self),
        }
    }
}

fn of<T: JsonSchema>(document: Document) -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = described(text);
        }
    })
    .transform(&mut schema);
    schema.insert("title".to_owned(), format!("attncheck {}", document.name()).into());
    schema
}

/// A doc comment as a reader of the schema wants it: without links into the program, a paragraph on one line.
fn described(comment: &str) -> String {
    let paragraphs =
        comment.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = paragraphs.collect::<Vec<_>>().join("\n\n");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // [`Name`] and [`Name`](path) become `Name`.
    while let Some(at) = rest.find("[`") {
        let Some(end) = rest[at..].find("`]") else { break };
        out.push_str(&rest[..at]);
        out.push_str(&rest[at + 1..=at + end]);
        rest = &rest[at + end + 2..];
        if rest.starts_with('(') {
            rest = rest.find(')').map_or("", |close| &rest[close + 1..]);
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn links_into_the_program_are_names() {
        assert_eq!(
            described("See [`A`](super::A) or [`B`].\nIn [0, 1].\n\nMore."),
            "See `A` or `B`. In [0, 1].\n\nMore."
        );
        assert_eq!(described("`[L][H]` and [`C"), "`[L][H]` and [`C");
    }
}
