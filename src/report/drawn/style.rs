//! The style of the plots: on a page with names for colours, which turn with light and dark; in a file by itself with the
//! light colours themselves, since not every viewer knows names.

use std::sync::LazyLock;

/// As a page has it: a block of names, then the rules.
pub(in crate::report) const STYLE: &str = include_str!("plot.css");

/// As a file has it.
pub(in crate::report) static LIGHT: LazyLock<String> = LazyLock::new(|| light(STYLE));

/// The rules with each name's value in its place; `script.js` does the same for the plots that it saves.
fn light(style: &str) -> String {
    let Some((names, rules)) = style.split_once('}') else { return style.to_owned() };
    let named = names.split_once('{').map_or("", |(_, named)| named).split(';');
    let pairs = named.filter_map(|one| one.trim().split_once(':'));
    pairs.fold(rules.trim_start().to_owned(), |rules, (name, value)| {
        rules.replace(&format!("var({name})"), value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_by_what_they_stand_for() {
        assert_eq!(
            light(":root {\n  --a: #fff;\n  --b: red;\n}\nx { fill: var(--a); stroke: var(--b); }\n"),
            "x { fill: #fff; stroke: red; }\n"
        );
    }

    #[test]
    fn a_file_names_no_colour_and_needs_no_escape() {
        assert!(!LIGHT.contains("var(") && !LIGHT.contains("--"));
        assert!(!STYLE.contains(['<', '&']));
    }
}
