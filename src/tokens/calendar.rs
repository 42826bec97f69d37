//! The one day that templates are told, so that a chat is the same on every day.

/// Friday, 26 July 2024, at midnight: the day that Llama 3's own templates take where they cannot ask.
const DAY: [(char, &str); 24] = [
    ('a', "Fri"),
    ('A', "Friday"),
    ('b', "Jul"),
    ('B', "July"),
    ('c', "Fri Jul 26 00:00:00 2024"),
    ('d', "26"),
    ('D', "07/26/24"),
    ('e', "26"),
    ('F', "2024-07-26"),
    ('H', "00"),
    ('I', "12"),
    ('j', "208"),
    ('m', "07"),
    ('M', "00"),
    ('p', "AM"),
    ('S', "00"),
    ('T', "00:00:00"),
    ('w', "5"),
    ('x', "07/26/24"),
    ('X', "00:00:00"),
    ('y', "24"),
    ('Y', "2024"),
    ('Z', ""),
    ('%', "%"),
];

/// The day as a message names it.
pub(super) const TOLD: &str = "26 July 2024";

/// The day in a format of C's `strftime`; none where it asks for what is not known here.
pub(super) fn written(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let (asked, short) = match chars.next()? {
            '-' => (chars.next()?, true),
            asked => (asked, false),
        };
        let part = DAY.iter().find(|(letter, _)| *letter == asked)?.1;
        let bare = part.trim_start_matches('0');
        out.push_str(match (short, bare.is_empty()) {
            (true, true) => "0",
            (true, false) => bare,
            _ => part,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_written_as_asked() {
        for (format, expected) in [
            ("%d %b %Y", Some("26 Jul 2024")),
            ("%A, %-d %B %Y, %-m/%y 100%%", Some("Friday, 26 July 2024, 7/24 100%")),
            ("%Y-%m-%d %H:%M:%S %-H", Some("2024-07-26 00:00:00 0")),
            ("today", Some("today")),
            ("%Q", None),
            ("%", None),
            ("%-", None),
        ] {
            assert_eq!(written(format).as_deref(), expected, "{format}");
        }
    }
}
