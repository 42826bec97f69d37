//! The examples of a report: kept outside the memory where they are many, and read one at a time.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tempfile::SpooledTempFile;

use super::example::ExampleReport;
use super::finite;

/// Bytes held in memory; what goes beyond is in a temporary file without a name, gone when the report is.
const IN_MEMORY: usize = 1 << 20;

/// The examples of an audit.
pub type ExampleReports = Spool<ExampleReport>;

/// A list of examples, of any length, in bounded memory.
///
/// Each is held as a line of JSON, so reading one gives a copy, and a number that JSON has no form for is refused
/// when it is put in. In a document it is a list.
pub struct Spool<T> {
    lines: Mutex<SpooledTempFile>,
    /// Where each example begins, and at last where the next one will.
    starts: Vec<u64>,
    of: PhantomData<fn() -> T>,
}

/// Why an example could not be kept or read again.
#[derive(Debug, thiserror::Error)]
pub enum ExamplesError {
    /// JSON has no number for it, and null would say "could not be computed".
    #[error("{path} is {value}, which is not a finite number")]
    NotFinite {
        /// Where in the document, as `examples[0].readings[3].erasure.value.excess`.
        path: String,
        /// What it is.
        value: f64,
    },
    /// The temporary file cannot be written or read.
    #[error("failed to keep an example in a temporary file")]
    Spool(#[from] io::Error),
    /// Something that JSON has no form for, or does not give back.
    #[error("failed to keep an example as JSON")]
    Json(#[from] serde_json::Error),
}

impl ExamplesError {
    /// How to mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFinite { .. } => {
                Some("a measure should be missing with its reason instead; please report this".to_owned())
            }
            Self::Spool(_) => Some(format!(
                "long reports are kept in {}; make room there, or name another folder in TMPDIR",
                std::env::temp_dir().display()
            )),
            Self::Json(_) => None,
        }
    }
}

impl<T> Default for Spool<T> {
    fn default() -> Self {
        Self { lines: Mutex::new(SpooledTempFile::new(IN_MEMORY)), starts: vec![0], of: PhantomData }
    }
}

impl<T> Spool<T> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Serialize + DeserializeOwned> Spool<T> {
    /// Adds one at the end.
    ///
    /// # Errors
    ///
    /// Where a number is not finite, or the temporary file cannot be written.
    pub fn push(&mut self, example: &T) -> Result<(), ExamplesError> {
        finite::check(example).map_err(|found| match found {
            finite::Refusal::Number(path, value) => {
                ExamplesError::NotFinite { path: format!("examples[{}].{path}", self.len()), value }
            }
            finite::Refusal::Other(message) => {
                <serde_json::Error as serde::ser::Error>::custom(message).into()
            }
        })?;
        let line = serde_json::to_vec(example)?;
        let at = self.starts[self.starts.len() - 1];
        let spool = self.lines.get_mut().unwrap_or_else(PoisonError::into_inner);
        spool.seek(SeekFrom::Start(at))?;
        spool.write_all(&line)?;
        self.starts.push(at + line.len() as u64);
        Ok(())
    }

    /// The example at `index`, from 0; `None` beyond the last.
    ///
    /// # Errors
    ///
    /// Where the temporary file cannot be read.
    pub fn get(&self, index: usize) -> Result<Option<T>, ExamplesError> {
        let (Some(&from), Some(&to)) = (self.starts.get(index), self.starts.get(index + 1)) else {
            return Ok(None);
        };
        let mut line = vec![0; (to - from) as usize];
        {
            let mut spool = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            spool.seek(SeekFrom::Start(from))?;
            spool.read_exact(&mut line)?;
        }
        Ok(Some(serde_json::from_slice(&line)?))
    }

    /// One after another, each read when it is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Result<T, ExamplesError>> {
        (0..self.len()).filter_map(|i| self.get(i).transpose())
    }

    /// All of them at once.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn to_vec(&self) -> Result<Vec<T>, ExamplesError> {
        self.iter().collect()
    }

    /// The same, each changed by `change`, which is told its index.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push) and [`get`](Self::get).
    pub fn changed(&self, mut change: impl FnMut(usize, &mut T)) -> Result<Self, ExamplesError> {
        let mut changed = Self::default();
        for (i, example) in self.iter().enumerate() {
            let mut example = example?;
            change(i, &mut example);
            changed.push(&example)?;
        }
        Ok(changed)
    }

    /// A list that is in memory.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn of(list: &[T]) -> Result<Self, ExamplesError> {
        let mut examples = Self::default();
        list.iter().try_for_each(|example| examples.push(example))?;
        Ok(examples)
    }
}

impl<T> fmt::Debug for Spool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spool({})", self.len())
    }
}

impl<T: Serialize + DeserializeOwned> Serialize for Spool<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(finite::CHECKED, &List(self))
    }
}

/// The list itself: each is read when its turn comes.
struct List<'s, T>(&'s Spool<T>);

impl<T: Serialize + DeserializeOwned> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for example in self.0.iter() {
            list.serialize_element(&example.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

impl<'de, T: Serialize + DeserializeOwned> Deserialize<'de> for Spool<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<fn() -> T>);
        impl<'de, T: Serialize + DeserializeOwned> Visitor<'de> for List<T> {
            type Value = Spool<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of examples")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Spool<T>, A::Error> {
                let mut examples = Spool::default();
                while let Some(example) = list.next_element()? {
                    examples.push(&example).map_err(A::Error::custom)?;
                }
                Ok(examples)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Spool<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Spool_of_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}
