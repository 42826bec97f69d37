//! What goes to a terminal or into the log of a CI service through here steers neither.

use std::borrow::Cow;
use std::env;
use std::io::{self, Write};

use attncheck::report::say::visible;

/// Writes lines out with what would steer their reader as `\u{…}`.
#[derive(Debug, Default)]
pub struct Filter {
    /// Colours pass: whoever prints has made all of them.
    pub color: bool,
    /// The reader is a CI service, which takes some lines for commands.
    pub log: bool,
    line: Vec<u8>,
}

impl Filter {
    pub fn new(color: bool, log: bool) -> Self {
        Self { color, log, line: Vec::new() }
    }

    /// Writes every line that is whole by now.
    pub fn push(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.line.extend_from_slice(&rest[..end]);
            self.end(out)?;
            out.write_all(b"\n")?;
            rest = &rest[end + 1..];
        }
        self.line.extend_from_slice(rest);
        Ok(())
    }

    /// Writes the line that has no end yet.
    pub fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let shown = if self.color { but_colors(&line).into() } else { visible(&line) };
        out.write_all(if self.log { no_command(&shown) } else { shown }.as_bytes())
    }
}

/// Whether this is a step of a service that reads commands from its log.
pub fn is_logged() -> bool {
    ["GITHUB_ACTIONS", "TF_BUILD"].iter().any(|name| env::var_os(name).is_some_and(|set| !set.is_empty()))
}

/// A line that no CI service takes for a command: of GitHub (`::`, after any white space, or `##[`), of Azure (`##vso[`),
/// or of `TeamCity` (`##teamcity[`).
pub fn no_command(line: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(line);
    let start = line.len() - line.trim_start().len();
    if line[start..].starts_with("::") {
        out = Cow::Owned(format!("{}\\u{{3a}}{}", &line[..start], &line[start + 1..]));
    }
    let mut from = 0;
    while let Some(at) = out[from..].find("##").map(|at| at + from) {
        from = at + 1;
        if out[at + 2..].trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[') {
            out.to_mut().replace_range(at..=at, "\\u{23}");
            from += "\\u{23}".len();
        }
    }
    out
}

/// `line` with everything that steers a terminal written out but the sequences that set a colour.
fn but_colors(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("\u{1b}[") {
        let end = rest[at + 2..].find(|c: char| !c.is_ascii_digit() && c != ';').map(|end| at + 2 + end);
        // A colour stays as it is; of anything else nothing does.
        let kept = end.filter(|end| rest[*end..].starts_with('m')).map(|end| at..end + 1);
        let kept = kept.unwrap_or(at + 2..at + 2);
        out.push_str(&visible(&rest[..kept.start]));
        out.push_str(&rest[kept.clone()]);
        rest = &rest[kept.end..];
    }
    out.push_str(&visible(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}]52;c;ZXZpbA==\u{7}b\u{1b}[2J\u{9b}31m\u{202e}c\u{2028}d\r\t\u{8}é日";

    /// In pieces of every size.
    fn filtered(text: &str, color: bool, log: bool) -> String {
        let whole = |size: usize| {
            let (mut filter, mut out) = (Filter::new(color, log), Vec::new());
            text.as_bytes().chunks(size).for_each(|part| filter.push(part, &mut out).unwrap());
            filter.end(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let found = whole(text.len().max(1));
        (1..5).for_each(|size| assert_eq!(whole(size), found));
        found
    }

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        for color in [false, true] {
            let shown = filtered(&format!("{HOSTILE}\n{HOSTILE}"), color, false);
            assert_eq!(shown.lines().count(), 2);
            assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown}");
            assert!(
                shown.starts_with("a\\u{1b}]52;c;ZXZpbA==\\u{7}b\\u{1b}[2J\\u{9b}31m\\u{202e}c"),
                "{shown}"
            );
            assert!(shown.ends_with("é日"));
        }
    }

    #[test]
    fn colours_pass_where_they_are_wanted() {
        let text = "\u{1b}[31mred\u{1b}[0m \u{1b}[1;4mx\u{1b}[38;5;1m \u{1b}[5n\u{1b}[";
        assert_eq!(
            filtered(text, true, false),
            "\u{1b}[31mred\u{1b}[0m \u{1b}[1;4mx\u{1b}[38;5;1m \\u{1b}[5n\\u{1b}["
        );
        assert!(!filtered(text, false, false).contains('\u{1b}'));
    }

    #[test]
    fn no_line_is_a_command_in_a_log() {
        for (line, shown) in [
            ("::error::x", "\\u{3a}:error::x"),
            (" \u{a0}::add-mask::e", " \u{a0}\\u{3a}:add-mask::e"),
            (
                "a ##[error]y ##vso[task] ##teamcity[x]",
                "a \\u{23}#[error]y \\u{23}#vso[task] \\u{23}#teamcity[x]",
            ),
            ("###[a]", "#\\u{23}#[a]"),
            ("a::b ##ing ## [x] #[y]", "a::b ##ing ## [x] #[y]"),
        ] {
            assert_eq!(no_command(line), shown);
        }
        assert_eq!(filtered("a\n::b::c\n", false, true), "a\n\\u{3a}:b::c\n");
        assert_eq!(filtered("a\n::b::c\n", false, false), "a\n::b::c\n");
    }
}
