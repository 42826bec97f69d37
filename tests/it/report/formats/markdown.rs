//! Markdown.

use super::*;
use crate::support::report::STRANGE;

#[test]
fn markdown_has_no_markup_of_a_text() {
    for report in [hostile(), full()] {
        let said = Markdown.rendered(&report).unwrap();
        assert!(!said.chars().any(steers));
        for hostile in ["<script", "@all", "`@", "##[error]", "::error", "]]>", "</failure"] {
            assert!(!said.contains(hostile), "{hostile}: {said}");
        }
        // Each row has as many cells as its table's head.
        let mut cells = 0;
        for line in said.lines() {
            let bars = line.matches('|').count();
            cells = if bars == 0 || cells == 0 { bars } else { cells };
            assert_eq!(bars, cells, "{line}");
        }
        let tags = |tag: &str| said.matches(tag).count();
        assert_eq!(tags("<code>"), tags("</code>"));
        assert_eq!(tags("<"), 2 * tags("<code>") + 2 * tags("<sup>"));
    }
    assert!(Markdown.rendered(&full()).unwrap().contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
}

#[test]
fn markdown_ends_its_lists() {
    let mut list = Vec::new();
    for i in 0..70 {
        let mut example = examples().remove(2);
        (example.line, example.id) = (i + 1, (i + 1).to_string());
        assert_eq!(example.text, STRANGE);
        list.push(example);
    }
    let mut report = report_of(&list);
    report.failures = (0..51).map(|i| failure(100 + i, "x")).collect();
    let said = Markdown.rendered(&report).unwrap();
    assert!(
        said.contains("\n20 more are not listed.\n") && said.contains("\n1 more are not listed.\n"),
        "{said}"
    );
    assert!(said.contains("**51 of 121 texts could not be audited.**"));
}
