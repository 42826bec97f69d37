//! What a text becomes before it is cut: characters by a table, spaces as `▁`.

use std::ops::Range;

use super::SPACE;
use super::lexicon::Lexicon;
use super::proto::{Model, Spaces};

/// What any text may take, in bytes, and what it may take per byte of its own: a damaged table writes any length.
const FLOOR: usize = 1 << 16;
const RATIO: usize = 16;

/// The table of characters with its settings.
#[derive(Debug, Clone)]
pub(super) struct Normalizer {
    /// A double array (Aoe 1989), as Darts-clone writes it; empty where there is no table.
    trie: Vec<u32>,
    /// What is written for the entries: strings that end in NUL.
    strings: String,
    spaces: Spaces,
    escape: bool,
    has_defined: bool,
}

/// A normalised text.
#[derive(Debug)]
pub(super) struct Normal {
    pub text: String,
    /// Where each of its bytes comes from, and its end: one more than there are bytes.
    from: Vec<usize>,
}

impl Normal {
    /// The bytes of the text that a stretch stands for. Of a character that became several, each stands for all of it.
    pub(super) fn span(&self, at: &Range<usize>) -> Range<usize> {
        let start = self.from[at.start];
        if self.text[at.clone()].chars().all(|c| SPACE.contains(c)) {
            return start..self.from[at.end].max(start);
        }
        let last = self.from[at.end.max(1) - 1];
        let end = self.from[at.end..].iter().find(|from| **from > last);
        start..end.copied().unwrap_or(last)
    }
}

impl Normalizer {
    pub(super) fn of(model: &Model, lexicon: &Lexicon) -> Result<Self, &'static str> {
        let (trie, strings) = match model.charsmap.as_slice() {
            [] => (Vec::new(), String::new()),
            table => parts(table)?,
        };
        Ok(Self {
            trie,
            strings,
            spaces: model.spaces,
            escape: model.escape,
            has_defined: lexicon.has_defined(),
        })
    }

    /// What the text becomes, with where it comes from.
    pub(super) fn normalize(&self, text: &str, lexicon: &Lexicon) -> Result<Normal, &'static str> {
        let mut out = Normal { text: String::new(), from: Vec::new() };
        let limit = text.len().saturating_mul(RATIO).saturating_add(FLOOR);
        let space = if self.escape { SPACE } else { " " };
        let mut at = 0;
        while self.spaces.squeeze && at < text.len() {
            let (first, bytes) = self.prefix(&text[at..], lexicon);
            if first != " " {
                break;
            }
            at += bytes;
        }
        if at == text.len() {
            out.from.push(at);
            return Ok(out);
        }
        let write = |out: &mut Normal, part: &str, at: usize| {
            out.text.push_str(part);
            out.from.resize(out.text.len(), at);
        };
        if !self.spaces.suffix && self.spaces.dummy {
            write(&mut out, space, at);
        }
        let mut after_space = self.spaces.squeeze;
        while at < text.len() {
            let (found, bytes) = self.prefix(&text[at..], lexicon);
            let part = if after_space { found.trim_start_matches(' ') } else { found };
            if !part.is_empty() {
                for c in part.chars() {
                    match c {
                        ' ' => write(&mut out, space, at),
                        c => write(&mut out, c.encode_utf8(&mut [0; 4]), at),
                    }
                }
                after_space = part.ends_with(' ');
            }
            after_space &= self.spaces.squeeze;
            if out.text.len() > limit {
                return Err("its table of characters makes far more of a text than it is");
            }
            at += bytes;
        }
        while self.spaces.squeeze && out.text.ends_with(space) {
            let end = out.text.len() - space.len();
            at = out.from[end];
            out.text.truncate(end);
            out.from.truncate(end);
        }
        if self.spaces.suffix && self.spaces.dummy {
            write(&mut out, space, at);
        }
        out.from.push(at);
        Ok(out)
    }

    /// What is written for the first characters of a text that is not empty, and of how many bytes.
    fn prefix<'t>(&'t self, text: &'t str, lexicon: &Lexicon) -> (&'t str, usize) {
        if self.has_defined
            && let Some(bytes) = lexicon.defined(text)
        {
            return (&text[..bytes], bytes);
        }
        if let Some((value, bytes)) =
            self.longest(text.as_bytes()).filter(|(_, bytes)| text.is_char_boundary(*bytes))
        {
            let written = self.strings.get(value..).unwrap_or_default();
            return (written.split('\0').next().unwrap_or_default(), bytes);
        }
        let bytes = text.chars().next().map_or(0, char::len_utf8);
        (&text[..bytes], bytes)
    }

    /// The longest entry of the table that a text begins with: where its string begins, and its bytes.
    fn longest(&self, text: &[u8]) -> Option<(usize, usize)> {
        let offset = |unit: u32| ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize;
        let mut at = offset(*self.trie.first()?);
        let mut longest = None;
        for (index, &byte) in text.iter().enumerate() {
            at ^= usize::from(byte);
            let Some(&unit) = self.trie.get(at).filter(|unit| **unit & (1 << 31 | 0xff) == u32::from(byte))
            else {
                break;
            };
            at ^= offset(unit);
            if unit & (1 << 8) != 0 {
                let Some(value) = self.trie.get(at) else { break };
                longest = Some(((value & !(1 << 31)) as usize, index + 1));
            }
        }
        longest
    }
}

/// The trie and the strings of a table.
fn parts(table: &[u8]) -> Result<(Vec<u32>, String), &'static str> {
    const DAMAGED: &str = "its table of characters is damaged";
    let (size, rest) = table.split_first_chunk().ok_or(DAMAGED)?;
    let (trie, strings) = rest.split_at_checked(u32::from_le_bytes(*size) as usize).ok_or(DAMAGED)?;
    let (units, over) = trie.as_chunks();
    if units.is_empty() || !over.is_empty() {
        return Err(DAMAGED);
    }
    let strings = std::str::from_utf8(strings).map_err(|_| DAMAGED)?.to_owned();
    Ok((units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(), strings))
}
