//! How much larger than the text its normalised form may become.
//!
//! A tokenizer.json may hold steps that each make ten characters of one; a dozen of them would fill the memory. Every step
//! is held against one allowance for the whole text, before it runs where one step alone can write any length.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokenizers::normalizers::{Precompiled, Replace};
use tokenizers::tokenizer::pre_tokenizer::{OffsetType, PreTokenizedString};
use tokenizers::utils::SysRegex;
use tokenizers::{NormalizedString, Normalizer, NormalizerWrapper, OffsetReferential, PreTokenizerWrapper};
use unicode_segmentation::UnicodeSegmentation;

use super::TokenError;

/// What any text may take, in bytes: short texts are worth no precision.
const FLOOR: usize = 1 << 16;
/// What a text may take per byte of its own. NFKC writes the longest character as eleven times its bytes, and a byte-level
/// alphabet doubles what is not ASCII.
const RATIO: usize = 16;

/// The allowance of one text.
#[derive(Debug)]
pub(super) struct Growth {
    bytes: usize,
    limit: usize,
    /// Bytes of the stretches that are done.
    kept: AtomicUsize,
    fault: OnceLock<&'static str>,
}

impl Growth {
    /// The allowance of a text of so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        let limit = bytes.saturating_mul(RATIO).saturating_add(FLOOR);
        Self { bytes, limit, kept: AtomicUsize::new(0), fault: OnceLock::new() }
    }

    /// Whether a stretch of so many bytes has room beside those that are done; if not, `step` is told to have made it.
    fn has_room(&self, bytes: usize, step: &'static str) -> bool {
        let fits = bytes.saturating_add(self.kept.load(Ordering::Relaxed)) <= self.limit;
        if !fits {
            self.fault.get_or_init(|| step);
        }
        fits
    }

    /// What went wrong, if anything.
    pub(super) fn check(&self) -> Result<(), TokenError> {
        match self.fault.get() {
            None => Ok(()),
            Some(&step) => Err(TokenError::Growth { step, bytes: self.bytes, limit: self.limit }),
        }
    }

    /// Cuts the text once more, and sees how long it is then. No one step makes more than four bytes of one.
    pub(super) fn cut(
        &self,
        step: &PreTokenizerWrapper,
        text: &mut PreTokenizedString,
    ) -> Result<(), TokenError> {
        use tokenizers::PreTokenizer as _;
        step.pre_tokenize(text).map_err(|source| TokenError::Encode { source })?;
        if matches!(step, PreTokenizerWrapper::ByteLevel(_) | PreTokenizerWrapper::Metaspace(_)) {
            let stretches = text.get_splits(OffsetReferential::Normalized, OffsetType::None);
            let bytes: usize = stretches.iter().map(|(stretch, ..)| stretch.len()).sum();
            // The stretches that were counted while normalising are among these.
            self.kept.store(0, Ordering::Relaxed);
            self.has_room(bytes, "pre-tokenizer");
        }
        self.check()
    }
}

/// The normalisers of a tokenizer, one after another, within an allowance.
pub(super) struct Normalizers<'a> {
    pub steps: &'a [NormalizerWrapper],
    pub growth: &'a Growth,
}

impl Normalizer for Normalizers<'_> {
    fn normalize(&self, text: &mut NormalizedString) -> tokenizers::Result<()> {
        for step in self.steps {
            // Who calls may drop this error; it is kept in the allowance.
            self.growth.check()?;
            let name = name(step);
            if !self.growth.has_room(most(step, text.get(), self.growth.limit), name) {
                continue;
            }
            step.normalize(text)?;
            self.growth.has_room(text.get().len(), name);
        }
        self.growth.kept.fetch_add(text.get().len(), Ordering::Relaxed);
        Ok(self.growth.check()?)
    }
}

/// At most so many bytes are what `step` makes of `text`; 0 where a step has no length of its own to add, and so makes at
/// most some eleven bytes of one.
fn most(step: &NormalizerWrapper, text: &str, limit: usize) -> usize {
    match step {
        NormalizerWrapper::Prepend(step) => text.len().saturating_add(step.prepend.len()),
        NormalizerWrapper::Replace(step) => {
            let all = |matches: usize| step.content.len().saturating_mul(matches).saturating_add(text.len());
            // An empty match stands before every character and at the end.
            let worst = all(text.len() + 1);
            if worst <= limit { worst } else { all(matches(step, text)) }
        }
        NormalizerWrapper::Precompiled(step) => precompiled(step, text),
        _ => 0,
    }
}

/// How often the pattern of a replacement is found.
fn matches(step: &Replace, text: &str) -> usize {
    // The pattern is told by its serialised form alone.
    let form = serde_json::to_value(step).unwrap_or_default();
    let pattern = |kind: &str| form["pattern"][kind].as_str().map(str::to_owned);
    match (pattern("String"), pattern("Regex")) {
        (Some(literal), _) => text.matches(&literal).count(),
        (_, Some(regex)) => SysRegex::new(&regex).map_or(0, |regex| regex.find_iter(text).count()),
        _ => text.len() + 1,
    }
}

/// What a table of characters makes of a text, in bytes: of each grapheme of under 6 bytes as a whole, else of its characters.
fn precompiled(step: &Precompiled, text: &str) -> usize {
    let whole = |part: &str| step.transform(part).map(str::len);
    let apart = |part: &str| -> usize {
        part.char_indices()
            .map(|(at, c)| whole(&part[at..at + c.len_utf8()]).unwrap_or(c.len_utf8()))
            .fold(0, usize::saturating_add)
    };
    let grapheme = |part: &str| match part.len() {
        ..6 => whole(part).unwrap_or_else(|| apart(part)),
        _ => apart(part),
    };
    text.graphemes(true).map(grapheme).fold(0, usize::saturating_add)
}

fn name(step: &NormalizerWrapper) -> &'static str {
    match step {
        NormalizerWrapper::Prepend(_) => "Prepend normalizer",
        NormalizerWrapper::Replace(_) => "Replace normalizer",
        NormalizerWrapper::Precompiled(_) => "Precompiled normalizer",
        NormalizerWrapper::ByteLevel(_) => "ByteLevel normalizer",
        _ => "normalizer",
    }
}
