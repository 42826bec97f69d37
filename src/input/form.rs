//! A record of either form, with its text within or as ERASER has it: the one reading that every format with fields ends
//! in.

use std::collections::BTreeSet;

use super::fault::FaultKind;
use super::options::{FieldRole, Fields};
use super::record::{Place, Reading, Record, find};
use super::{Example, InputError, eraser};

/// Field names that are remembered to be offered where one is missing.
const KNOWN: usize = 64;

impl Reading<'_> {
    /// The example of a record.
    pub fn example(&self, record: &Record, place: Place) -> Result<Example, FaultKind> {
        if eraser::is(record, self.fields) {
            eraser::example(record, place, self)
        } else {
            self.with_text(record, place)
        }
    }
}

/// Which fields there are, over all records.
#[derive(Default)]
pub(super) struct Known {
    names: BTreeSet<String>,
    /// Roles whose field was seen, by their place in [`FieldRole::ALL`].
    seen: [bool; FieldRole::ALL.len()],
    records: usize,
}

impl Known {
    pub fn see(&mut self, record: &Record, fields: &Fields) {
        self.records += 1;
        for (seen, role) in self.seen.iter_mut().zip(FieldRole::ALL) {
            let eraser = role == FieldRole::Text && eraser::is(record, fields);
            *seen = *seen || eraser || find(record, fields.name(role)).is_some();
        }
        for name in record.keys() {
            if self.names.len() < KNOWN && !self.names.contains(name) {
                self.names.insert(name.clone());
            }
        }
    }

    /// A field that no record has was named wrongly: that is one mistake, not one a record.
    pub fn check(&self, name: &str, fields: &Fields) -> Result<(), InputError> {
        let missing = FieldRole::ALL.into_iter().zip(self.seen).find(|(role, seen)| {
            !seen && self.records > 0 && (*role == FieldRole::Text || fields.named(*role).is_some())
        });
        match missing {
            None => Ok(()),
            Some((role, _)) => Err(InputError::NoField {
                name: name.to_owned(),
                field: fields.name(role).to_owned(),
                flag: role.flag(),
                there: self.names.iter().cloned().collect(),
            }),
        }
    }
}
