//! Errors as they are told: nothing that was read from elsewhere begins a line or steers the terminal.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use attncheck::error::Error;
use attncheck::report::say::visible;

use super::filter::no_command;

/// Characters of a hint or of a detail, at most.
const LONGEST: usize = 1200;

/// `error: ` with its causes on one line, its details on lines of their own, and after an empty line `hint: `.
pub fn told(error: &Error) -> String {
    let red: Style = AnsiColor::Red.on_default().bold();
    let bold = Style::new().bold();
    let told = format!("{red}error:{red:#} {}\n", line(&error.chain()));
    let details = error.details().into_iter().map(|detail| format!("  {}\n", line(&detail)));
    let hint = error.hint().map(|hint| format!("\n{bold}hint:{bold:#} {}\n", line(&hint)));
    std::iter::once(told).chain(details).chain(hint).collect()
}

/// One line of a terminal, whatever stands in `text`.
fn line(text: &str) -> String {
    no_command(&visible(&cut(text))).into_owned()
}

/// The beginning, where it is longer than anyone would read.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use attncheck::audit::AuditError;
    use attncheck::input::{Fault, FaultKind, InputError, PlaceUnit};

    use attncheck::report::write::WriteError;

    use super::*;

    const HOSTILE: &str =
        "x\n::error file=a.txt::injected\r\n##[error]y\u{1b}[2J\u{9b}1m\u{202e}\u{2028}\u{200b}";

    fn bare(error: &Error) -> String {
        anstream::adapter::strip_str(&told(error)).to_string()
    }

    #[test]
    fn an_error_is_its_chain_and_then_its_hint() {
        let error = WriteError::Output {
            path: "a\u{1b}[2Jb".into(),
            source: std::io::Error::other("the disk is gone"),
        };
        assert_eq!(
            bare(&error.into()),
            "error: failed to write a\\u{1b}[2Jb: the disk is gone\n\nhint: choose a path in a folder that exists, can \
             be written and has room\n"
        );
    }

    #[test]
    fn details_have_lines_of_their_own_and_nothing_else_has() {
        let fault = |line| Fault {
            unit: PlaceUnit::Line,
            line,
            what: FaultKind::Json { column: 1, reason: HOSTILE.to_owned() },
        };
        let error = AuditError::Input(InputError::Malformed {
            name: HOSTILE.to_owned(),
            faults: vec![fault(3), fault(4)],
            malformed: 9,
        });
        let said = bare(&error.into());
        let starts =
            ["error: failed to read the texts: x", "  line 3: ", "  line 4: ", "  and 7 more", "", "hint: "];
        assert_eq!(said.lines().count(), starts.len(), "{said}");
        said.lines().zip(starts).for_each(|(line, start)| assert!(line.starts_with(start), "{line}"));
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()) && !said.contains("##["), "{said}");
        assert!(!said.contains(['\u{202e}', '\u{2028}', '\u{200b}']), "{said}");
    }

    #[test]
    fn long_names_are_cut() {
        let labels = vec!["y".repeat(100_000); 3];
        let error = AuditError::UnknownLabel { found: "x".repeat(100_000), labels };
        let said = bare(&error.into());
        assert!(
            said.len() < 3000 && said.contains("xxx…xxx") && said.contains("hint: its labels are yyy"),
            "{said}"
        );
    }
}
