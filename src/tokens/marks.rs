//! Marks in a chat template that are no part of what it writes.

use std::fmt::Write as _;

/// `{% generation %}`, which only marks what the model said, as a condition that always holds.
pub(super) fn without_marks(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        rest = tag;
        let Some(end) = tag[2..].find("%}").map(|end| end + 2) else { break };
        let inner = &tag[2..end];
        let word = inner.trim_matches(['-', '+']).trim();
        let condition = match word {
            "generation" => "if true",
            "endgeneration" => "endif",
            _ => {
                // Whatever stands in it may open a tag of its own.
                out.push_str("{%");
                rest = &tag[2..];
                continue;
            }
        };
        let _ = write!(out, "{{%{}%}}", inner.replace(word, &format!(" {condition} ")));
        rest = &tag[end + 2..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_what_the_model_said_are_taken_out() {
        for (source, expected) in [
            ("a{% generation %}b{%- endgeneration -%}c", "a{% if true %}b{%- endif -%}c"),
            ("{%generation%}", "{% if true %}"),
            ("{% if x %}{{ '{%' }}", "{% if x %}{{ '{%' }}"),
            ("{% set generation = 1 %}{%", "{% set generation = 1 %}{%"),
            ("{%}{{ a }}{% generation %}", "{%}{{ a }}{% if true %}"),
        ] {
            assert_eq!(without_marks(source).replace("  ", " "), expected);
        }
    }
}
