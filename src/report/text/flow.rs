//! Lines of a given width from words in any style.

use anstyle::Style;

use super::paint::{PLAIN, Paint};
use crate::report::say::{split, visible, width};

/// A stretch of text in one style.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub text: &'a str,
    pub style: Style,
}

/// Breaks pieces into lines of at most `columns` columns. Lines break at white space; what has none and is
/// wider than a line breaks where the line ends.
///
/// The first line begins with `lead`, the others with as much empty space.
pub(super) fn flow(lead: &str, pieces: &[Piece<'_>], columns: usize, paint: Paint) -> String {
    let indent = width(lead);
    let mut lines =
        Setter { indent, room: columns.saturating_sub(indent).max(8), used: 0, out: lead.to_owned() };
    let mut unit: Vec<(String, Style)> = Vec::new();
    let mut spaced = false;
    for piece in pieces {
        let mut rest = piece.text;
        while !rest.is_empty() {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            if end > 0 {
                unit.push((visible(&rest[..end]).into_owned(), piece.style));
            }
            rest = &rest[end..];
            let after = rest.trim_start();
            if after.len() < rest.len() {
                lines.put(&unit, spaced, paint);
                spaced = spaced || !unit.is_empty();
                unit.clear();
            }
            rest = after;
        }
    }
    lines.put(&unit, spaced, paint);
    lines.out.push('\n');
    lines.out
}

/// A plain sentence in lines of at most `columns` columns.
pub(super) fn paragraph(lead: &str, text: &str, columns: usize) -> String {
    flow(lead, &[Piece { text, style: PLAIN }], columns, Paint { color: false })
}

/// Sets pieces one after another, and breaks the line where the next does not fit.
struct Setter {
    indent: usize,
    room: usize,
    used: usize,
    out: String,
}

impl Setter {
    /// Puts what may not be broken, after a space where `spaced`.
    fn put(&mut self, unit: &[(String, Style)], spaced: bool, paint: Paint) {
        let wide: usize = unit.iter().map(|(text, _)| width(text)).sum();
        if wide == 0 {
            return;
        }
        let space = usize::from(spaced && self.used > 0);
        if self.used > 0 && self.used + space + wide > self.room {
            self.end();
        } else if space > 0 {
            self.out.push(' ');
            self.used += 1;
        }
        for (text, style) in unit {
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let (mut head, mut tail) = split(rest, self.room - self.used.min(self.room));
                if head.is_empty() && self.used == 0 {
                    // Wider than a whole line: goes on it all the same.
                    (head, tail) = rest.split_at(rest.chars().next().map_or(rest.len(), char::len_utf8));
                }
                self.out.push_str(&paint.on(*style, head));
                self.used += width(head);
                rest = tail;
                if !rest.is_empty() {
                    self.end();
                }
            }
        }
    }

    fn end(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        self.used = 0;
    }
}
