//! Colour that is told apart by colour-blind eyes, on light and dark grounds; nothing is said by colour alone.

use anstyle::{Ansi256Color, Color, Style};

use crate::report::verdict::VerdictWord;

/// No style.
pub(super) const PLAIN: Style = Style::new();
/// Headlines and answers.
pub(super) const BOLD: Style = Style::new().bold();
/// What is looked up, not read.
pub(super) const DIM: Style = Style::new().dimmed();

/// Blue, from weak to strong: the word speaks for the explained class, or has weight.
const BLUES: Hue = Hue { text: 75, ground: 75, strong: 26 };
/// Orange: it speaks against.
const ORANGES: Hue = Hue { text: 208, ground: 215, strong: 166 };

struct Hue {
    text: u8,
    ground: u8,
    strong: u8,
}

/// From this share of the largest score, a word is lettered, underlaid, underlaid strongly.
pub(super) const STEPS: [f64; 3] = [0.1, 0.3, 0.6];

/// Writes styles, or leaves them out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub color: bool,
}

impl Paint {
    pub fn on(self, style: Style, text: &str) -> String {
        if !self.color || style.is_plain() || text.is_empty() {
            return text.to_owned();
        }
        format!("{style}{text}{style:#}")
    }
}

/// How a word with this share of the largest score is shown; above 0 blue, below orange.
pub(super) fn shade(share: f64) -> Style {
    let hue = if share < 0.0 { ORANGES } else { BLUES };
    let color = |code| Some(Color::Ansi256(Ansi256Color(code)));
    match STEPS.iter().filter(|step| share.abs() >= **step).count() {
        0 => PLAIN,
        1 => PLAIN.fg_color(color(hue.text)),
        2 => PLAIN.fg_color(color(16)).bg_color(color(hue.ground)),
        _ => PLAIN.fg_color(color(231)).bg_color(color(hue.strong)).bold(),
    }
}

pub(super) fn verdict(verdict: VerdictWord) -> Style {
    match verdict {
        VerdictWord::Supported => shade(STEPS[0]).bold(),
        VerdictWord::Contradicted => shade(-STEPS[0]).bold(),
        VerdictWord::Mixed => BOLD,
        VerdictWord::Inert | VerdictWord::Inconclusive | VerdictWord::Insufficient => PLAIN,
    }
}
