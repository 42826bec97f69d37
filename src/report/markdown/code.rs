//! Texts as data.

use crate::report::say::visible;

/// A text as a `<code>` element, in which no reader of Markdown finds markup of its own.
pub(super) fn code(text: &str) -> String {
    use std::fmt::Write as _;
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str("<code>");
    let mut before = ' ';
    for c in text.chars() {
        // A full stop makes a link of `www.`, and nothing else.
        let special = matches!(c, '!'..='*' | ':' | '<' | '>' | '@' | '['..='`' | '{'..='~')
            || (c == '.' && before == 'w');
        let plain = matches!(c, '%' | '\'' | '"' | '(' | ')' | '}');
        if special && !plain {
            // Writing to a text does not fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
        before = c.to_ascii_lowercase();
    }
    out.push_str("</code>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup() {
        let hostile =
            "</code><img src=x>|`@someone` #1 [a](http://x) www.x.y *b* _c_ ~d~ $e$ \\ :f: &amp;\n# g";
        let code = code(hostile);
        let inner = code.strip_prefix("<code>").unwrap().strip_suffix("</code>").unwrap();
        assert!(
            !inner.contains(['<', '>', '|', '`', '@', '[', ']', '*', '_', '~', '$', '\\', ':', '\n']),
            "{inner}"
        );
        assert!(!inner.contains("www.") && !inner.contains("&amp"), "{inner}");
        // `#` stands in numbers alone.
        assert_eq!(inner.matches('#').count(), inner.matches("&#").count());
    }
}
