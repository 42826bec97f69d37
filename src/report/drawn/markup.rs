//! Markup that nobody can forget to escape: what stands in the program goes out as it is, everything else as text.

use std::fmt::{Display, Write as _};
use std::io;

use crate::report::say::notes::Noted;
use crate::report::say::visible_page;

/// Characters that no XML document may hold, and that are not written out anyway.
const NO_XML: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// The page as it is written, or a plot that is a file by itself.
pub(in crate::report) struct Page<'a> {
    out: &'a mut dyn io::Write,
    buffer: String,
    alone: bool,
}

impl<'a> Page<'a> {
    pub fn new(out: &'a mut dyn io::Write) -> Self {
        Self { out, buffer: String::new(), alone: false }
    }

    /// The same for one plot alone, which must bring its style and all that it uses, and be well-formed XML.
    pub fn alone(out: &'a mut dyn io::Write) -> Self {
        Self { alone: true, ..Self::new(out) }
    }

    /// Whether it is one plot alone.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Markup, which only the program itself can bring: a literal.
    pub fn raw(&mut self, markup: &'static str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// Anything else, between tags or in a quoted attribute; what would steer a page or hide itself is shown, and line
    /// feeds and tabs are the page's own white space.
    pub fn text(&mut self, value: impl Display) -> io::Result<()> {
        self.buffer.clear();
        write!(self.buffer, "{value}").map_err(io::Error::other)?;
        let mut shown = visible_page(&self.buffer);
        if self.alone && shown.contains(NO_XML) {
            // No reference to them is allowed either.
            shown = shown.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}").into();
        }
        let mut rest = &*shown;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let entity: &[u8] = match rest.as_bytes()[at] {
                b'&' => b"&amp;",
                b'<' => b"&lt;",
                b'>' => b"&gt;",
                b'"' => b"&quot;",
                _ => b"&#39;",
            };
            self.out.write_all(&rest.as_bytes()[..at])?;
            self.out.write_all(entity)?;
            rest = &rest[at + 1..];
        }
        self.out.write_all(rest.as_bytes())
    }

    /// A number, or what stands for it, with the mark of its note.
    pub fn noted(&mut self, noted: &Noted) -> io::Result<()> {
        self.text(&noted.text)?;
        if let Some(note) = noted.note {
            self.raw("<sup>")?;
            self.text(note)?;
            self.raw("</sup>")?;
        }
        Ok(())
    }
}

/// Writes a row of parts: literals as markup, `(expressions)` as text.
macro_rules! put {
    ($page:expr $(, $part:tt)* $(,)?) => {{ $( put!(@ $page, $part); )* }};
    (@ $page:expr, $markup:literal) => { $page.raw($markup)? };
    (@ $page:expr, ($value:expr)) => { $page.text(&$value)? };
}
pub(in crate::report) use put;

/// `text` cut to at most `most` characters, with `…` where something was cut off.
pub(in crate::report) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(write: impl Fn(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_not_of_the_program_is_text() {
        let hostile = "</script><script>\"'&\u{202e}\u{0}";
        let out = page(|page| {
            put!(page, "<b title=\"", (hostile), "\">", (hostile), "</b>");
            Ok(())
        });
        let shown = "&lt;/script&gt;&lt;script&gt;&quot;&#39;&amp;\\u{202e}\\u{0}";
        assert_eq!(out, format!("<b title=\"{shown}\">{shown}</b>"));
    }

    #[test]
    fn clipping_counts_characters() {
        assert_eq!(clip("日本語", 3), "日本語");
        assert_eq!(clip("ab cd", 3), "ab…");
        assert_eq!(clip("", 0), "");
    }
}
