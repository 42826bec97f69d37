//! The form of the ERASER benchmark (`DeYoung` et al. 2020): the text is a document in the folder `docs` beside the file,
//! and `evidences` are groups of spans of its tokens.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use super::fault::{DocumentFault, FaultKind, RationaleFault, short};
use super::options::{FieldRole, Fields};
use super::rationale::{self, kind};
use super::record::{self, Place, Reading};
use super::{DOCS, Example};

/// The fields that take the place of the usual ones.
const ID: &str = "annotation_id";
const LABEL: &str = "classification";
const EVIDENCE: &str = "evidences";

/// Whether an object has this form: evidence, a name, and no text of its own.
pub(super) fn is(object: &Map<String, Value>, fields: &Fields) -> bool {
    fields.text.is_none()
        && !object.contains_key(FieldRole::Text.usual())
        && object.contains_key(ID)
        && object.contains_key(EVIDENCE)
}

/// The example of an annotation; `query` is read only where --pair-field names it.
pub(super) fn example(
    object: &Map<String, Value>,
    place: Place,
    reading: &Reading,
) -> Result<Example, FaultKind> {
    let fields = reading.fields;
    let id = record::id(object, fields.named(FieldRole::Id).unwrap_or(ID))?;
    let label = reading.label(object, fields.named(FieldRole::Label).unwrap_or(LABEL))?;
    let evidence = evidence(object)?;
    let text = document(reading.docs, docid(object, &evidence)?)?;
    Ok(Example {
        id: id.unwrap_or_else(|| place.number.to_string()),
        line: place.line,
        pair: reading.words(object, FieldRole::Pair)?,
        label,
        target: reading.label(object, fields.name(FieldRole::Target))?,
        continuation: None,
        foil: None,
        rationale: Some(rationale::evidence(&evidence, &text)?),
        text,
    })
}

/// Every span of every group.
fn evidence(object: &Map<String, Value>) -> Result<Vec<&Value>, FaultKind> {
    let shape = |expected, found: &Value| RationaleFault::Shape { expected, found: kind(found) };
    let mut out = Vec::new();
    match object.get(EVIDENCE) {
        Some(Value::Array(groups)) => {
            for group in groups {
                match group {
                    Value::Array(spans) => out.extend(spans),
                    other => return Err(shape("a list of lists of spans", other).into()),
                }
            }
        }
        Some(other) => return Err(shape("a list of lists of spans", other).into()),
        None => return Err(FaultKind::MissingField { field: EVIDENCE.to_owned() }),
    }
    Ok(out)
}

/// The one document the evidence is in; without evidence, that of the annotation's name.
fn docid<'a>(object: &'a Map<String, Value>, evidence: &[&'a Value]) -> Result<&'a str, FaultKind> {
    let listed = match object.get("docids") {
        Some(Value::Array(listed)) => listed.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<&str> =
        evidence.iter().filter_map(|span| span.get("docid").and_then(Value::as_str)).collect();
    found.sort_unstable();
    found.dedup();
    match (found.as_slice(), listed.as_slice(), object.get(ID)) {
        ([one], _, _) | ([], [one], _) => Ok(one),
        ([], [], Some(Value::String(id))) => Ok(id),
        ([], [], _) => Err(FaultKind::MissingField { field: "docid".to_owned() }),
        ([], many, _) | (many, _, _) => Err(FaultKind::Documents { found: many.len() }),
    }
}

/// A document, without the line ends after it.
fn document(docs: &Path, docid: &str) -> Result<String, FaultKind> {
    let fault = |reason| FaultKind::Document { docid: short(docid), reason };
    let inside = Path::new(docid).components().all(|part| matches!(part, Component::Normal(_)));
    if docid.is_empty() || !inside {
        return Err(fault(DocumentFault::Outside));
    }
    let bytes = fs::read(docs.join(docid)).map_err(|e| fault(DocumentFault::Unreadable(e.kind())))?;
    let mut text = String::from_utf8(bytes)
        .map_err(|error| fault(DocumentFault::NotUtf8(error.utf8_error().valid_up_to())))?;
    text.truncate(text.trim_end().len());
    if text.is_empty() { Err(fault(DocumentFault::Empty)) } else { Ok(text) }
}

/// The folder in which the documents are looked for that the examples of a file name; of standard input, in the working
/// folder.
#[must_use]
pub fn documents_beside(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).join(DOCS)
}

/// Whether the texts name this file of that folder, as far as can be told without reading them as examples; standard
/// input may name any.
#[must_use]
pub fn names_document(texts: &Path, document: &Path) -> bool {
    let name = document.strip_prefix(documents_beside(texts)).unwrap_or(document);
    let name = name.as_os_str().as_encoded_bytes();
    let Ok(texts) = fs::read(texts) else { return true };
    texts.windows(name.len().max(1)).any(|window| window == name)
}
