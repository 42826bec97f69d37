//! Classes as an input or a flag names them.

use crate::error::Error;
use crate::input::{Example, Label};
use crate::model::{Model, Task};
use crate::tokens::Tokenizer;

/// What the labels of an input stand for.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    pub model: &'a Model,
    pub tokenizer: &'a Tokenizer,
    /// Pairs of an input's name and the model's.
    pub renamed: &'a [(String, String)],
}

impl Classes<'_> {
    /// The class of a label; `None` where the model has none such.
    ///
    /// A name is looked up as it stands, then as an index if it is a whole number, then in any case of letters if only
    /// one label fits. For a masked-word head a name is a piece of the vocabulary, an index an id.
    pub fn find(&self, label: &Label) -> Option<usize> {
        match (label, self.model.head.task) {
            (Label::Name(name), Task::Classification) => self.named(name),
            (Label::Name(name), Task::MaskedLm) => self.tokenizer.id(name).map(|id| id as usize),
            (Label::Class(class), Task::Classification) => Some(*class).filter(|class| *class < self.count()),
            (Label::Class(class), Task::MaskedLm) => {
                u32::try_from(*class).ok().and_then(|id| self.tokenizer.piece(id)).map(|_| *class)
            }
            (Label::Flag(flag), Task::Classification) if self.count() == 2 => Some(usize::from(*flag)),
            (Label::Flag(_), _) => None,
        }
    }

    fn count(&self) -> usize {
        self.model.labels.len()
    }

    fn named(&self, name: &str) -> Option<usize> {
        let renamed = self.renamed.iter().find(|(from, _)| from == name);
        let name = renamed.map_or(name, |(_, to)| to);
        let labels = &self.model.labels;
        let exact = labels.iter().position(|label| label == name);
        let index = || name.parse().ok().filter(|class| *class < labels.len());
        let loose = || {
            let lower = name.to_lowercase();
            let mut found = (0..labels.len()).filter(|class| labels[*class].to_lowercase() == lower);
            found.next().filter(|_| found.next().is_none())
        };
        exact.or_else(index).or_else(loose)
    }

    /// Finds every label of the examples.
    ///
    /// # Errors
    ///
    /// [`Error::Gold`] with the first that the model does not have, and how many there are.
    pub fn check(&self, examples: &[Example]) -> Result<(), Error> {
        let labels =
            examples.iter().flat_map(|e| [("label", &e.label), ("target", &e.target)].map(|l| (e.line, l)));
        let mut unknown = labels.filter_map(|(line, (field, label))| {
            let label = label.as_ref()?;
            self.find(label).is_none().then(|| (line, field, label.to_string()))
        });
        match unknown.next() {
            None => Ok(()),
            Some((line, field, found)) => {
                let labels = self.model.labels.clone();
                Err(Error::Gold { line, field, found, more: unknown.count(), labels })
            }
        }
    }
}
