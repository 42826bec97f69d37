//! Names of files that are made of data.

use std::collections::HashSet;

/// Characters of a name, without its ending, at most.
const LONGEST: usize = 100;

/// Names that were given in one folder: none twice, also on a disk that tells no capitals apart.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// A name that no other plot has: `wanted` where it is safe and free.
    pub fn give(&mut self, wanted: &str) -> String {
        let safe = safe(wanted);
        let numbered = |i: usize| if i == 1 { safe.clone() } else { format!("{safe}-{i}") };
        // One more than there are taken, so that one of these is free.
        let free =
            (1..=self.0.len() + 1).map(numbered).find(|name| !self.0.contains(name)).unwrap_or(safe.clone());
        self.0.insert(free.clone());
        format!("{free}.svg")
    }
}

/// Small ASCII letters, digits, full stops between them, and single hyphens for all else: no separator, no drive, no device,
/// nothing hidden, nothing that a shell takes for anything but a name.
pub(in crate::report) fn safe(wanted: &str) -> String {
    let mut out = String::new();
    for c in wanted.chars() {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_lowercase() || c.is_ascii_digit() => out.push(c),
            '−' => out = format!("{}-without-", out.trim_end_matches('-')),
            '.' if out.ends_with(|c: char| c.is_ascii_digit()) => out.push('.'),
            _ if out.is_empty() || out.ends_with(['-', '.']) => {}
            _ => out.push('-'),
        }
        if out.len() >= LONGEST {
            break;
        }
    }
    let out = out.trim_end_matches(['-', '.']);
    // `con` and its like are devices on some systems, whatever follows the full stop.
    if out.len() < 5 { format!("plot-{out}").trim_end_matches('-').to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_whatever_they_are_made_of() {
        for (wanted, found) in [
            ("text-1-words", "text-1-words"),
            ("text-1-swaps-head:11.10", "text-1-swaps-head-11.10"),
            ("erasure-raw −sinks", "erasure-raw-without-sinks"),
            ("../../etc/passwd", "etc-passwd"),
            ("/", "plot"),
            ("", "plot"),
            ("CON", "plot-con"),
            ("-rf text", "rf-text"),
            ("a\u{202e}\u{0}\n b<c>|d", "a-b-c-d"),
            ("日本語", "plot"),
            ("text-1-.hidden", "text-1-hidden"),
            ("text-1-9.", "text-1-9"),
        ] {
            assert_eq!(safe(wanted), found, "{wanted:?}");
        }
        assert!(safe(&"x".repeat(9999)).len() <= LONGEST);
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        let given = ["Words", "words", "w?ords", "words-2", "words"].map(|wanted| names.give(wanted));
        assert_eq!(given, ["words.svg", "words-2.svg", "w-ords.svg", "words-2-2.svg", "words-3.svg"]);
    }
}
