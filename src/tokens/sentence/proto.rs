//! The protocol buffer that a `SentencePiece` model is stored in; of it what cutting a text needs.

/// Pieces in one file.
const PIECES: usize = 1 << 21;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Unknown,
    Control,
    /// Found whole in a text, before it is normalised.
    Defined,
    Unused,
    Byte,
}

/// How texts are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    /// The most likely pieces.
    Unigram,
    /// Pairs that are joined.
    Pairs,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub text: String,
    pub score: f32,
    pub kind: Kind,
}

/// What becomes of spaces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spaces {
    /// A space belongs to the word before it.
    pub suffix: bool,
    /// One is put beside the text, on the side where its first word, or its last, has it.
    pub dummy: bool,
    /// Runs of spaces are one, and those at the ends none.
    pub squeeze: bool,
}

/// A file's contents.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub pieces: Vec<Entry>,
    pub kind: ModelKind,
    pub byte_fallback: bool,
    /// The unknown piece's id.
    pub unknown: u32,
    /// The table of characters: the bytes of a trie, the trie, and strings that end in NUL.
    pub charsmap: Vec<u8>,
    pub spaces: Spaces,
    /// Whether a space is written as `▁`.
    pub escape: bool,
}

/// A field's value.
enum Field<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    Float(f32),
    Other,
}

/// The fields of a message, one after another.
struct Fields<'b>(&'b [u8]);

const BROKEN: &str = "it is cut off or is no model of SentencePiece";

impl<'b> Fields<'b> {
    fn take(&mut self, bytes: usize) -> Result<&'b [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(BROKEN)?;
        self.0 = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BROKEN)
    }

    /// The next field with its number.
    fn next(&mut self) -> Result<Option<(u64, Field<'b>)>, &'static str> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => {
                self.take(8)?;
                Field::Other
            }
            2 => {
                let bytes = usize::try_from(self.varint()?).map_err(|_| BROKEN)?;
                Field::Bytes(self.take(bytes)?)
            }
            5 => Field::Float(f32::from_le_bytes(*self.take(4)?.first_chunk().ok_or(BROKEN)?)),
            _ => return Err(BROKEN),
        };
        Ok(Some((tag >> 3, value)))
    }
}

impl Model {
    /// Reads a file; what is wrong with it, in words.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut model = Self {
            pieces: Vec::new(),
            kind: ModelKind::Unigram,
            byte_fallback: false,
            unknown: 0,
            charsmap: Vec::new(),
            spaces: Spaces { suffix: false, dummy: true, squeeze: true },
            escape: true,
        };
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Field::Bytes(piece)) => {
                    if model.pieces.len() == PIECES {
                        return Err("it holds more pieces than any model has");
                    }
                    model.pieces.push(entry(piece)?);
                }
                (2, Field::Bytes(spec)) => model.trainer(spec)?,
                (3, Field::Bytes(spec)) => model.normalizer(spec)?,
                _ => {}
            }
        }
        if model.pieces.is_empty() {
            return Err("it holds no piece");
        }
        let mut unknown = (0..).zip(&model.pieces).filter(|(_, piece)| piece.kind == Kind::Unknown);
        match (unknown.next(), unknown.next()) {
            (Some((id, _)), None) => model.unknown = id,
            _ => return Err("it does not hold one unknown piece"),
        }
        Ok(model)
    }

    fn trainer(&mut self, spec: &[u8]) -> Result<(), &'static str> {
        let mut fields = Fields(spec);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (3, Field::Number(1)) => self.kind = ModelKind::Unigram,
                (3, Field::Number(2)) => self.kind = ModelKind::Pairs,
                (3, Field::Number(_)) => {
                    return Err("it cuts by words or characters, which cannot be done here");
                }
                (24, Field::Number(on)) => self.spaces.suffix = on != 0,
                (35, Field::Number(on)) => self.byte_fallback = on != 0,
                _ => {}
            }
        }
        Ok(())
    }

    fn normalizer(&mut self, spec: &[u8]) -> Result<(), &'static str> {
        let mut fields = Fields(spec);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (2, Field::Bytes(table)) => self.charsmap = table.to_vec(),
                (3, Field::Number(on)) => self.spaces.dummy = on != 0,
                (4, Field::Number(on)) => self.spaces.squeeze = on != 0,
                (5, Field::Number(on)) => self.escape = on != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

fn entry(bytes: &[u8]) -> Result<Entry, &'static str> {
    let mut entry = Entry { text: String::new(), score: 0.0, kind: Kind::Normal };
    let mut fields = Fields(bytes);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Field::Bytes(text)) => {
                std::str::from_utf8(text).map_err(|_| "a piece is not UTF-8")?.clone_into(&mut entry.text);
            }
            (2, Field::Float(score)) if score.is_nan() => return Err("a score is no number"),
            (2, Field::Float(score)) => entry.score = score,
            (3, Field::Number(kind)) => {
                entry.kind = match kind {
                    1 => Kind::Normal,
                    2 => Kind::Unknown,
                    3 => Kind::Control,
                    4 => Kind::Defined,
                    5 => Kind::Unused,
                    6 => Kind::Byte,
                    _ => return Err("a piece is of a kind that is not known"),
                }
            }
            _ => {}
        }
    }
    Ok(entry)
}
