//! The page that texts are set on: its width, and whether it has colour.

use super::flow::paragraph;
use super::paint::{BOLD, Paint};
use crate::report::say::{clip, visible, width};

/// Lines are never longer than this, however wide the terminal: longer ones are hard to read.
const WIDEST: usize = 100;
/// Lines are never shorter than this, however narrow the terminal.
const NARROWEST: usize = 60;

/// The printer of text.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub(super) columns: usize,
    pub(super) paint: Paint,
    /// Of an audit the verdict on the file alone.
    pub(super) answer_alone: bool,
}

impl Text {
    /// For a page of so many columns (held between 60 and 100), in colour or not.
    #[must_use]
    pub fn new(columns: usize, color: bool) -> Self {
        Self { columns: columns.clamp(NARROWEST, WIDEST), paint: Paint { color }, answer_alone: false }
    }

    /// The same, but where `alone` of an audit only the verdict on the file.
    #[must_use]
    pub fn answer_alone(self, alone: bool) -> Self {
        Self { answer_alone: alone, ..self }
    }

    /// A rule across the page with a title in it.
    pub(super) fn title(self, rule: char, title: &str) -> String {
        let title = visible(title);
        let title = clip(&title, self.columns - 6);
        let rest = self.columns - width(&title) - 4;
        let rest: String = std::iter::repeat_n(rule, rest).collect();
        format!("{rule}{rule} {} {rest}\n", self.paint.on(BOLD, &title))
    }

    /// Lines with `lead` before the first and as much empty space before the others.
    pub(super) fn paragraph(self, lead: &str, text: &str) -> String {
        paragraph(lead, text, self.columns)
    }
}
