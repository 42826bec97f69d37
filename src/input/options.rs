//! How an input is to be understood: its format, and which of its fields is what.

use std::path::Path;

/// How examples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One text a line.
    Text,
    /// A JSON document: a list of objects or strings, an object that holds one, or columns.
    Json,
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values, quoted as RFC 4180 has it.
    Csv,
    /// Tab-separated values without quoting: a quotation mark is a character like any other.
    Tsv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// What the end of the path says, in either case; `None` for all ends that are no format's.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let end = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
        match end.as_deref() {
            Some("json") => Some(Self::Json),
            Some("jsonl" | "ndjson") => Some(Self::Jsonl),
            Some("csv") => Some(Self::Csv),
            Some("tsv") => Some(Self::Tsv),
            Some("parquet") => Some(Self::Parquet),
            _ => None,
        }
    }

    /// Its name, as --input-format takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
        }
    }
}

/// What a field of an example is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldRole {
    /// The text.
    Text,
    /// The second text of a pair.
    Pair,
    /// The gold label.
    Label,
    /// The example's name.
    Id,
    /// The class to explain.
    Target,
    /// What people marked.
    Rationale,
    /// What continues the text, or its translation.
    Continuation,
    /// The class that the explained one is set against.
    Foil,
}

impl FieldRole {
    /// Every role; a role's place here is its place in [`Fields`].
    pub(super) const ALL: [Self; 8] = [
        Self::Text,
        Self::Pair,
        Self::Label,
        Self::Id,
        Self::Target,
        Self::Rationale,
        Self::Continuation,
        Self::Foil,
    ];

    /// The field that is read where none is named.
    #[must_use]
    pub fn usual(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Pair => "text_pair",
            Self::Label => "label",
            Self::Id => "id",
            Self::Target => "target",
            Self::Rationale => "rationale",
            Self::Continuation => "continuation",
            Self::Foil => "foil",
        }
    }

    /// Another name that is read where none is named and the usual one is not there.
    #[must_use]
    pub fn also(self) -> Option<&'static str> {
        match self {
            Self::Continuation => Some("translation"),
            _ => None,
        }
    }

    /// The flag that names another.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Text => "--text-field",
            Self::Pair => "--pair-field",
            Self::Label => "--label-field",
            Self::Id => "--id-field",
            Self::Target => "--target-field",
            Self::Rationale => "--rationale-field",
            Self::Continuation => "--continuation-field",
            Self::Foil => "--foil-field",
        }
    }
}

/// The names of the fields; `None` where the usual name holds. A field that was named must be there, a usual one may
/// be missing (but for the text).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// The text.
    pub text: Option<String>,
    /// The second text of a pair.
    pub pair: Option<String>,
    /// The gold label.
    pub label: Option<String>,
    /// The example's name.
    pub id: Option<String>,
    /// The class to explain.
    pub target: Option<String>,
    /// What people marked.
    pub rationale: Option<String>,
    /// What continues the text, or its translation.
    pub continuation: Option<String>,
    /// The class that the explained one is set against.
    pub foil: Option<String>,
}

impl Fields {
    /// The name that was given for a role.
    #[must_use]
    pub fn named(&self, role: FieldRole) -> Option<&str> {
        let name = match role {
            FieldRole::Text => &self.text,
            FieldRole::Pair => &self.pair,
            FieldRole::Label => &self.label,
            FieldRole::Id => &self.id,
            FieldRole::Target => &self.target,
            FieldRole::Rationale => &self.rationale,
            FieldRole::Continuation => &self.continuation,
            FieldRole::Foil => &self.foil,
        };
        name.as_deref()
    }

    /// The name that is read for a role.
    #[must_use]
    pub fn name(&self, role: FieldRole) -> &str {
        self.named(role).unwrap_or(role.usual())
    }
}

/// How an input is to be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The format; where absent, what the contents say, else the end of the path, else text.
    pub format: Option<Format>,
    /// The names of the fields.
    pub fields: Fields,
    /// Names of classes in the input, and the model's own names for them.
    pub renamed: Vec<(String, String)>,
    /// Whether the first line of a table names its columns; else a field's name is the number of its column, from 1.
    pub header: bool,
    /// What parts the columns of a comma-separated table in the place of the comma: an ASCII character.
    pub delimiter: Option<u8>,
}

impl Default for Options {
    fn default() -> Self {
        Self { format: None, fields: Fields::default(), renamed: Vec::new(), header: true, delimiter: None }
    }
}
