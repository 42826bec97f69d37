//! A source and its translation: what a decoder is asked to have written, token by token.

use std::ops::Range;

use super::error::AuditError;
use super::observer::Observer;
use super::plan::Plan;
use super::steps::blank_word;
use crate::input::{Example, Examples, Gold, Link, Pair, Pairs, read_gold};
use crate::report::example::Linked;
use crate::tokens::{Cut, Target, Translator as Sides, blanks};
use crate::translating::Translating;

/// Why a source is not asked about a translation.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum TranslationError {
    /// What the model wrote is no text.
    #[error("what the model writes of it has no words")]
    Wordless,
}

impl TranslationError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Wordless => "give its translation, in the field \"translation\" of its line".to_owned(),
        }
    }
}

/// A translation, given or of the model's own.
#[derive(Debug)]
pub(crate) struct Translation {
    /// As it stands in the input, or as the ids that the model wrote read.
    text: String,
    target: Target,
    /// The rows of the decoder that output a token of the text; what the tokenizer puts around it is not asked for.
    rows: Vec<usize>,
    /// Whether the model wrote it.
    pub generated: bool,
    /// What people linked its words to, where that was read.
    links: Option<Gold>,
}

impl Translation {
    fn of(text: String, target: Target, generated: bool) -> Self {
        let rows = (0..target.labels.len()).filter(|&row| !target.labels.special[row]).collect();
        Self { text, target, rows, generated, links: None }
    }

    /// How many tokens are asked for.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Its token at `place` as it stands in the text.
    pub fn token(&self, place: usize) -> String {
        let of = |row: &usize| self.text.get(self.target.labels.offsets[*row].clone());
        self.rows.get(place).and_then(of).unwrap_or_default().to_owned()
    }

    /// The id of its token at `place`.
    pub fn id(&self, place: usize) -> Option<u32> {
        Some(self.target.labels.ids[*self.rows.get(place)?])
    }

    /// What the decoder is given before its token at `place`, the start first.
    pub fn given(&self, place: usize) -> &[u32] {
        self.rows.get(place).map_or(&[], |&row| &self.target.inputs[..=row])
    }

    /// The text before its token at `place`.
    pub fn before(&self, place: usize) -> &str {
        let start = self.rows.get(place).map_or(0, |&row| self.target.labels.offsets[row].start);
        self.text.get(..start).unwrap_or_default()
    }

    /// What people linked the word to that its token at `place` is of.
    pub fn linked(&self, place: usize) -> Option<Linked> {
        let gold = self.links.as_ref()?;
        let start = self.before(place).len();
        let blank = self.token(place).len() - self.token(place).trim_start().len();
        let word = blank_word(&self.text, start + blank);
        let of_word = |all: &[Link]| all.iter().filter(|link| link.1 == word).map(|link| link.0).collect();
        let (sure, possible) = (of_word(&gold.sure), of_word(&gold.possible));
        Some(Linked { word, words: blanks(&self.text).len(), sure, possible })
    }

    /// The stretches of `source` that people linked the word of its token at `place` to, in bytes.
    pub fn marked(&self, place: usize, source: &str) -> Option<Vec<Range<usize>>> {
        let linked = self.linked(place)?;
        let words = blanks(source);
        Some(linked.possible.iter().filter_map(|&word| words.get(word).cloned()).collect())
    }

    /// The word that its token at `place` is of; `None` of one that is of none.
    pub fn word(&self, place: usize) -> Option<&str> {
        let row = self.rows.get(place)?;
        self.target.labels.words.iter().find(|word| word.pieces.contains(row)).map(|word| word.text.as_str())
    }
}

/// The translations of all examples, in their order: those that were given, else the model's own; `None` where there is none,
/// which is told when it is the example's turn.
///
/// # Errors
///
/// Where the engine fails, or whoever watches wants no more.
pub(super) fn translations(
    translating: &Translating,
    plan: &Plan,
    examples: &Examples,
    observer: &dyn Observer,
) -> Result<Vec<Option<Translation>>, AuditError> {
    let cut = Cut::Units(plan.units);
    let mut all = Vec::with_capacity(examples.examples.len());
    for example in &examples.examples {
        if observer.is_stopped() {
            return Err(AuditError::Interrupted);
        }
        if let Some(text) = said(example, plan) {
            let sides = translating.tokenizers.encode(&example.text, text, cut).ok();
            all.push(sides.map(|sides| Translation::of(text.to_owned(), sides.target, false)));
            continue;
        }
        observer.step("translating the texts");
        let Ok(source) = translating.tokenizers.encode_checked(&example.text, cut) else {
            all.push(None);
            continue;
        };
        let written: Option<Target> = translating.translate::<AuditError>(&source, cut, plan.beams)?;
        let own = |target: Target| {
            let labels = &target.labels;
            let content: Vec<u32> =
                (0..labels.len()).filter(|&at| !labels.special[at]).map(|at| labels.ids[at]).collect();
            let text = translating.tokenizers.target().decode(&content)?;
            Some(Translation::of(text, target, true)).filter(|translation| translation.count() > 0)
        };
        all.push(written.and_then(own));
    }
    Ok(all)
}

/// Reads the links that people made between the examples and the translations that are given for them.
///
/// # Errors
///
/// Where a translation is not given, or the links cannot be read or name words that are not there.
pub(super) fn link(
    plan: &Plan,
    examples: &Examples,
    translations: &mut [Option<Translation>],
) -> Result<(), AuditError> {
    let Some(path) = &plan.links else { return Ok(()) };
    let pair = |example: &Example| {
        let target = said(example, plan).ok_or_else(|| AuditError::Choice {
            choice: format!("--gold {}", path.display()),
            reason: format!("line {} gives no translation that its links could be of", example.line),
        })?;
        let (id, line) = (example.id.clone(), example.line);
        Ok(Pair { id, line, source: example.text.trim().to_owned(), target: target.trim().to_owned() })
    };
    let pairs = examples.examples.iter().map(pair).collect::<Result<Vec<_>, AuditError>>()?;
    let is_whole = plan.limit.is_none_or(|limit| pairs.len() < limit);
    let pairs = Pairs { pairs, name: examples.name.clone(), is_whole };
    let gold = read_gold(path, None, &pairs, &plan.counting)?;
    for (translation, links) in translations.iter_mut().zip(gold.links) {
        if let Some(translation) = translation {
            translation.links = Some(links);
        }
    }
    Ok(())
}

/// The translation that is given for an example.
fn said<'e>(example: &'e Example, plan: &'e Plan) -> Option<&'e str> {
    example.continuation.as_deref().or(plan.continuation.as_deref())
}

/// Why an example has no translation to be asked about, by the tokenizers of its model.
pub(super) fn why_not(sides: &Sides, plan: &Plan, example: &Example) -> AuditError {
    let (line, cut) = (example.line, Cut::Units(plan.units));
    let found = match said(example, plan) {
        Some(text) => sides.encode(&example.text, text, cut).err(),
        None => sides.encode_checked(&example.text, cut).err(),
    };
    match found {
        Some(source) => AuditError::Text { line, source },
        None => AuditError::Translation { line, source: TranslationError::Wordless },
    }
}
