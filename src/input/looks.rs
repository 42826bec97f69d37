//! What encoding a text may be in that is not UTF-8.

/// What a line that is not UTF-8 looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Letters with a few accents, as in ISO 8859-1.
    Latin1,
    /// The same with the quotation marks of Windows.
    Windows1252,
    /// Text in another encoding.
    Text,
    /// Bytes that are no text.
    Binary,
    /// The last character is cut off.
    Cut,
}

impl Looks {
    /// What a line that is not UTF-8 looks like.
    pub(super) fn like(line: &[u8]) -> Self {
        let high = line.iter().filter(|byte| **byte >= 0x80).count();
        let valid = std::str::from_utf8(line).map_or_else(|error| error.valid_up_to(), str::len);
        let cut = std::str::from_utf8(line).is_err_and(|error| error.error_len().is_none());
        let control = |byte: &&u8| matches!(**byte, 0..=8 | 14..=26 | 28..=31 | 127);
        let windows = line.iter().any(|byte| (0x80..0xa0).contains(byte));
        if line.iter().filter(control).count() * 20 > line.len() {
            Self::Binary
        } else if cut && (line.len() > valid + 1 || !line[..valid].is_ascii()) {
            Self::Cut
        } else if 4 * high > line.len() || line.contains(&0xff) {
            Self::Text
        } else if windows {
            Self::Windows1252
        } else {
            Self::Latin1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_accents_are_latin_and_the_rest_is_not_guessed() {
        for (line, looks) in [
            (&b"un caf\xe9 noir"[..], Looks::Latin1),
            (b"it\x92s good", Looks::Windows1252),
            (b"\xd5\xe2\xb2\xbf", Looks::Text),
            (b"caf\xff", Looks::Text),
            (b"a\x01\x02\x03\xf0", Looks::Binary),
            // A character cut off is told from a letter with an accent by what stands before it.
            (b"caf\xe9", Looks::Latin1),
            (b"\xd0\xba\xd0", Looks::Cut),
            (b"fine \xf0\x9f\x91", Looks::Cut),
        ] {
            assert_eq!(Looks::like(line), looks, "{line:?}");
        }
    }
}
