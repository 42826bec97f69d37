//! Plain text: one example a line.

use super::{Example, Examples, InputError};

/// UTF-8's byte-order mark, which some editors write at the start of a file.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Lines end in `\n` or `\r\n`; a last line needs no end.
pub(super) fn parse(bytes: &[u8], name: &str, limit: Option<usize>) -> Result<Examples, InputError> {
    let text = decode(bytes, name)?;
    let limit = limit.unwrap_or(usize::MAX);
    let mut examples = Vec::new();
    let mut empty_lines = 0;
    for (index, line) in text.split_terminator('\n').enumerate() {
        if examples.len() == limit {
            break;
        }
        let text = line.strip_suffix('\r').unwrap_or(line);
        if text.trim().is_empty() {
            empty_lines += 1;
            continue;
        }
        let line = index + 1;
        examples.push(Example {
            id: line.to_string(),
            line,
            text: text.to_owned(),
            pair: None,
            label: None,
            target: None,
            rationale: None,
        });
    }
    if examples.is_empty() && limit > 0 {
        return Err(InputError::Empty { name: name.to_owned(), empty_lines });
    }
    Ok(Examples { examples, empty_lines, name: name.to_owned() })
}

/// The text without its byte-order mark.
pub(super) fn decode<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str, InputError> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to(), name))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Places the bad byte at `offset` as an editor shows it: the byte-order mark is no part of line 1.
fn not_utf8(bytes: &[u8], offset: usize, name: &str) -> InputError {
    let before = &bytes[..offset];
    let line_start = before
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or_else(|| if before.starts_with(BOM) { BOM.len() } else { 0 }, |end| end + 1);
    InputError::NotUtf8 {
        name: name.to_owned(),
        line: before.split(|&byte| byte == b'\n').count(),
        column: offset - line_start + 1,
        offset,
        byte: bytes[offset],
    }
}
