//! Classes as an input or a flag names them: the one look-up of both.

use std::collections::BTreeMap;

use super::error::AuditError;
use crate::input::{Example, Label};
use crate::model::{Model, Task};
use crate::tokens::Tokenizer;

/// Labels that a note tells, at most.
const SHOWN: usize = 5;

/// What a class is called: by its label; of a model of words, whose classes are the ids of its vocabulary, by the token of
/// that id, and `id N` where no tokenizer has one.
pub(crate) fn class_name(model: &Model, tokenizer: Option<&Tokenizer>, class: usize) -> String {
    let piece = || token_name(tokenizer?, u32::try_from(class).ok()?);
    model.label(class).map(str::to_owned).or_else(piece).unwrap_or_else(|| format!("id {class}"))
}

/// How vocabularies write a space at the beginning of a piece.
const SPACES: [char; 2] = ['Ġ', '▁'];

/// A token as the vocabulary writes it; where that is bytes in disguise (`ä½łå¥½`), by the text that they are, with the mark of
/// a space before it left in its place. A piece of no whole character stays what it is.
fn token_name(tokenizer: &Tokenizer, id: u32) -> Option<String> {
    let piece = tokenizer.piece(id)?;
    let marked = piece.chars().next().filter(|first| SPACES.contains(first));
    let rest = &piece[marked.map_or(0, char::len_utf8)..];
    if rest.is_ascii() {
        return Some(piece);
    }
    let text = tokenizer.decode(&[id]).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Some(text.map_or(piece, |text| marked.into_iter().collect::<String>() + &text))
}

/// What the labels of an input stand for.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    pub model: &'a Model,
    pub tokenizer: &'a Tokenizer,
    /// Pairs of an input's name and the model's.
    pub renamed: &'a [(String, String)],
}

/// What a label was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A class of the model.
    Class(usize, By),
    /// -1, which data sets give to what nobody labelled.
    Unlabelled,
}

/// By what a class was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The name that the model gives it.
    Name,
    /// Its name, which is a whole number, and as an index that of another class.
    Number,
    /// Its index, from 0.
    Index,
    /// Its name but for the case of letters, which no other class has.
    Case,
    /// As false or true, of two classes.
    Truth,
    /// Its number in the data set: the data set names its classes, and the model does not.
    Order,
}

impl Found {
    /// The class, if any.
    pub fn class(self) -> Option<usize> {
        match self {
            Self::Class(class, _) => Some(class),
            Self::Unlabelled => None,
        }
    }
}

impl Classes<'_> {
    /// What a label stands for; `None` where the model has no such class.
    ///
    /// What --label-map says of it goes first. Then it is looked up by its name as it stands, by its index if it is a whole
    /// number, by its name in any case of letters if only one class fits, and as true or false of two classes. For a
    /// masked-word head a name is a piece of the vocabulary, an index an id.
    pub fn find(&self, label: &Label) -> Option<Found> {
        match self.renamed(label) {
            Some(to) => self.plain(&to),
            None => self.plain(label),
        }
    }

    /// The class that a flag names.
    ///
    /// # Errors
    ///
    /// [`AuditError::UnknownLabel`] where the model has none such.
    pub fn flagged(&self, written: &str) -> Result<usize, AuditError> {
        let found = Label::of(written).and_then(|label| self.find(&label)).and_then(Found::class);
        found.ok_or_else(|| self.unknown(written))
    }

    fn unknown(&self, written: &str) -> AuditError {
        AuditError::UnknownLabel { found: written.to_owned(), labels: self.model.labels.clone() }
    }

    /// What the label is called by the model, where that was said; by its name or its number in the data set.
    fn renamed(&self, label: &Label) -> Option<Label> {
        self.renamed.iter().find(|(from, _)| is_called(label, from)).and_then(|(_, to)| Label::of(to))
    }

    fn plain(&self, label: &Label) -> Option<Found> {
        let index = label.name.parse::<usize>().ok().filter(|class| self.has(*class));
        let by_name = || {
            let class = self.named(label)?;
            let other = index.is_some_and(|index| index != class);
            Some(Found::Class(class, if other { By::Number } else { By::Name }))
        };
        let by_index = || index.map(|class| Found::Class(class, By::Index));
        let unlabelled = || (label.name == "-1").then_some(Found::Unlabelled);
        let by_case = || self.in_any_case(&label.name).map(|class| Found::Class(class, By::Case));
        let by_truth = || self.truth(&label.name).map(|class| Found::Class(class, By::Truth));
        let by_order = || {
            let class = label.number.filter(|class| self.has(*class) && self.nameless())?;
            Some(Found::Class(class, By::Order))
        };
        by_name().or_else(by_index).or_else(unlabelled).or_else(by_case).or_else(by_truth).or_else(by_order)
    }

    fn has(&self, class: usize) -> bool {
        match self.model.readout.task {
            Task::Classification => class < self.model.labels.len(),
            Task::MaskedLm | Task::NextToken | Task::Translation => {
                u32::try_from(class).is_ok_and(|id| self.tokenizer.piece(id).is_some())
            }
        }
    }

    fn named(&self, label: &Label) -> Option<usize> {
        let name = label.name.as_str();
        let piece = || self.tokenizer.id(name).map(|id| id as usize);
        let shown = || self.token(&format!(" {}", name.strip_prefix(SPACES)?));
        match self.model.readout.task {
            Task::Classification => self.model.labels.iter().position(|label| label == name),
            // A token is named as the vocabulary writes it, as reports show it, or as it stands in a text.
            Task::NextToken | Task::Translation if label.spaced => self.token(&format!(" {name}")),
            Task::NextToken | Task::Translation => piece().or_else(shown).or_else(|| self.token(name)),
            Task::MaskedLm => piece().or_else(shown),
        }
    }

    /// The one token that a text is made of; `None` where there are several.
    fn token(&self, text: &str) -> Option<usize> {
        let tokens = self.tokenizer.encode(text).ok()?;
        let mut own = (0..tokens.len()).filter(|&at| !tokens.special[at]);
        let one = own.next().filter(|_| own.next().is_none())?;
        Some(tokens.ids[one] as usize)
    }

    /// What is to be said of a flag that names a token: with a space before it, it is another.
    pub fn told(&self, flag: &str, written: &str) -> Option<String> {
        let other = || self.token(&format!(" {written}")).filter(|other| Some(*other) != self.token(written));
        let ambiguous = self.model.readout.task == Task::NextToken && !written.starts_with(' ');
        let class = self.flagged(written).ok().filter(|_| ambiguous)?;
        let other = other().filter(|other| *other != class)?;
        let name = |class: usize| class_name(self.model, Some(self.tokenizer), class);
        Some(format!(
            "{flag} {written} is the token {:?}; with a space before it, {:?}, it is another: write {flag} \" {written}\" for that",
            name(class),
            name(other)
        ))
    }

    fn in_any_case(&self, name: &str) -> Option<usize> {
        let (labels, lower) = (&self.model.labels, name.to_lowercase());
        let mut found = (0..labels.len()).filter(|class| labels[*class].to_lowercase() == lower);
        found.next().filter(|_| found.next().is_none())
    }

    fn truth(&self, name: &str) -> Option<usize> {
        let truth = [false, true].iter().position(|truth| name.eq_ignore_ascii_case(&truth.to_string()));
        truth.filter(|_| self.model.labels.len() == 2)
    }

    /// Whether the model's labels are the placeholders that a model has whose classes were never named.
    fn nameless(&self) -> bool {
        let labels = self.model.labels.iter().enumerate();
        !self.model.labels.is_empty() && labels.into_iter().all(|(i, label)| *label == format!("LABEL_{i}"))
    }

    /// Finds every label of the examples, and says what a reader should know of how they were found.
    ///
    /// # Errors
    ///
    /// [`AuditError::UnknownLabel`] where --label-map names a class that the model does not have, [`AuditError::Choice`] where it says
    /// two things of one name; [`AuditError::Gold`] with the first label that it does not have, and how many there are.
    pub fn check(&self, examples: &[Example]) -> Result<Vec<String>, AuditError> {
        for (i, (from, to)) in self.renamed.iter().enumerate() {
            if Label::of(to).and_then(|to| self.plain(&to)).is_none() {
                return Err(self.unknown(to));
            }
            let before = self.renamed[..i].iter().find(|(other, _)| Label::of(other) == Label::of(from));
            if let Some((_, other)) = before.filter(|(_, other)| other != to) {
                return Err(AuditError::Choice {
                    choice: "--label-map".to_owned(),
                    reason: format!("it says that {from:?} is {other:?} and that it is {to:?}"),
                });
            }
        }
        let labels = examples.iter().flat_map(|e| {
            [("label", &e.label), ("target", &e.target), ("foil", &e.foil)].map(|l| (e.line, l))
        });
        let mut tally = Tally::default();
        let mut unknown = labels.filter_map(|(line, (field, label))| {
            let label = label.as_ref()?;
            match self.find(label) {
                Some(found) => {
                    tally.enter(label, found);
                    None
                }
                None => Some((line, field, label.to_string())),
            }
        });
        if let Some((line, field, found)) = unknown.next() {
            let labels = self.model.labels.clone();
            return Err(AuditError::Gold { line, field, found, more: unknown.count(), labels });
        }
        drop(unknown);
        Ok(self.notes(examples, &tally))
    }

    fn notes(&self, examples: &[Example], tally: &Tally) -> Vec<String> {
        let told = |(name, (class, _)): (&String, &(usize, By))| match self.model.label(*class) {
            Some(label) => format!("{name:?} is {label:?}, class {class}"),
            None => format!("{name:?} is the piece {class} of the vocabulary"),
        };
        let listed = |by: By| {
            let found = tally.found.iter().filter(|(_, (_, other))| *other == by);
            let found: Vec<String> = found.take(SHOWN).map(told).collect();
            (!found.is_empty()).then(|| found.join("; "))
        };
        let mut notes = Vec::new();
        notes.extend(listed(By::Number).map(|found| {
            format!("labels that are numbers are taken as names here, not as indices: {found}; --label-map says otherwise")
        }));
        notes.extend(
            listed(By::Case).map(|found| format!("labels were found in another case of letters: {found}")),
        );
        notes.extend(listed(By::Order).map(|found| {
            format!(
                "the model's classes have no names, so those of the texts are taken in their order: {found}"
            )
        }));
        if tally.unlabelled > 0 {
            notes.push(format!("{} of the labels are -1 and count as none", tally.unlabelled));
        }
        let labels =
            || examples.iter().flat_map(|example| [&example.label, &example.target, &example.foil]).flatten();
        let used = |(from, _): &&(String, String)| labels().any(|label| is_called(label, from));
        let unused: Vec<String> =
            self.renamed.iter().filter(|pair| !used(pair)).map(|(from, _)| format!("{from:?}")).collect();
        if !unused.is_empty() {
            notes.push(format!("--label-map names {}, which no label of the texts is", unused.join(", ")));
        }
        notes
    }
}

/// Whether a label has this name, or this number in its data set.
fn is_called(label: &Label, name: &str) -> bool {
    let name = Label::of(name).map(|label| label.name);
    name.is_some_and(|name| {
        name == label.name || label.number.is_some_and(|number| name == number.to_string())
    })
}

/// How the labels of an input were found.
#[derive(Debug, Default)]
struct Tally {
    /// The class of each name.
    found: BTreeMap<String, (usize, By)>,
    unlabelled: usize,
}

impl Tally {
    fn enter(&mut self, label: &Label, found: Found) {
        match found {
            Found::Class(class, by) => {
                self.found.insert(label.name.clone(), (class, by));
            }
            Found::Unlabelled => self.unlabelled += 1,
        }
    }
}
