//! The names that a tensor may have in a file: transformers' own, older ones, and those that a wrapper leaves.

use std::collections::BTreeMap;

use crate::model::note::Note;

/// What training code puts before every name: `DataParallel`, `torch.compile`, and a class that holds the model.
const WRAPPERS: [&str; 3] = ["module.", "_orig_mod.", "model."];
/// How TensorFlow called the two vectors of a layer norm.
const OLD: [(&str, &str); 2] =
    [("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta")];
/// How the names of one checkpoint are read.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The prefix of what is below the readout in a model with one, without the dot.
    pub base: &'static str,
    /// What its names begin with where that is left out.
    parts: &'static [&'static str],
    /// How many names had each wrapper.
    wrapped: BTreeMap<&'static str, usize>,
}

impl Names {
    pub fn new(base: &'static str, parts: &'static [&'static str]) -> Self {
        Self { base, parts, wrapped: BTreeMap::new() }
    }

    /// The name without its wrappers.
    pub fn unwrap(&mut self, name: String) -> String {
        let mut rest = name.as_str();
        // What a class that holds the model puts there may be the model's own name for what is below its readout.
        let own = |wrapper: &str, inner: &str| {
            wrapper.strip_suffix('.') == Some(self.base) && !inner.starts_with(wrapper)
        };
        while let Some((wrapper, inner)) = WRAPPERS
            .iter()
            .find_map(|wrapper| Some((*wrapper, rest.strip_prefix(wrapper)?)))
            .filter(|(wrapper, inner)| !own(wrapper, inner))
        {
            *self.wrapped.entry(wrapper).or_default() += 1;
            rest = inner;
        }
        if rest.len() == name.len() { name } else { rest.to_owned() }
    }

    /// Every name a file may have for transformers' `name`, that one first.
    pub fn of(&self, name: &str) -> impl Iterator<Item = String> {
        let old = OLD.iter().find_map(|(new, old)| Some(format!("{}{old}", name.strip_suffix(new)?)));
        [Some(name.to_owned()), old].into_iter().flatten().flat_map(|name| {
            let other = match self.without_base(&name) {
                Some(inner) => inner.to_owned(),
                None => format!("{}.{name}", self.base),
            };
            [name, other]
        })
    }

    fn without_base<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(self.base)?.strip_prefix('.')
    }

    /// Whether a tensor of this name can be meant for the encoder.
    pub fn is_inside(&self, name: &str) -> bool {
        self.without_base(name).is_some() || self.parts.iter().any(|part| name.starts_with(part))
    }

    /// What must be said of the names that were `used`.
    pub fn notes<'a>(&self, used: impl Iterator<Item = &'a str>) -> Vec<Note> {
        let mut notes: Vec<Note> =
            self.wrapped.iter().map(|(&prefix, &count)| Note::Wrapped { prefix, count }).collect();
        let (mut bare, mut old) = (0, 0);
        for name in used {
            bare += usize::from(self.parts.iter().any(|part| name.starts_with(part)));
            old += usize::from(OLD.iter().any(|(_, old)| name.ends_with(old)));
        }
        if bare > 0 {
            notes.push(Note::Bare { base: self.base, count: bare });
        }
        if old > 0 {
            notes.push(Note::OldNames { count: old });
        }
        notes
    }
}
