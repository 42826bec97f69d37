//! Plots as files: well-formed XML that needs nothing, under names that are safe.

use std::collections::BTreeMap;

use attncheck::report::RenderError;
use attncheck::report::drawn::files::Plots;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::others::{compared, controls, heads, own, seeds};
use super::*;

/// Every plot of a report under its name.
fn plots(report: &impl Plots) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let each = &mut |name: &str, svg: &[u8]| {
        let before = found.insert(name.to_owned(), String::from_utf8(svg.to_vec()).unwrap());
        assert!(before.is_none(), "{name} twice");
        Ok::<(), RenderError>(())
    };
    report.plots(each).unwrap();
    found
}

/// The elements of a document that any XML reader takes.
fn elements(svg: &str) -> Vec<String> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let value = String::from_utf8(attribute.value.to_vec()).unwrap();
                    let name = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                    assert!(!name.starts_with("on") && !name.starts_with("data-"), "{name}");
                    if name == "href" {
                        assert!(value.starts_with("data:image/png;base64,"), "{value:.60}");
                    }
                }
                found.push(String::from_utf8(tag.name().as_ref().to_vec()).unwrap());
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn every_plot_is_a_whole_file_that_needs_nothing() {
    let mut all = plots(&drawn());
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    for name in [
        "file-means.svg",
        "file-verdicts.svg",
        "text-1-erasure-raw.svg",
        "text-1-heads.svg",
        "text-1-swaps-head-11.10.svg",
        "text-1-swaps-row.svg",
        "text-1-words.svg",
        "text-4-words.svg",
    ] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(plots(&report()).contains_key("file-effects.svg"));
    for (i, more) in [
        plots(&compared("plain")),
        plots(&heads("plain")),
        plots(&seeds("plain")),
        plots(&own("plain")),
        plots(&controls()),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(more.len() >= 2, "{i}: {:?}", more.keys());
        all.extend(more.into_iter().map(|(name, svg)| (format!("{i}/{name}"), svg)));
    }
    for (name, svg) in &all {
        let found = elements(svg);
        assert_eq!(found[0], "svg", "{name}");
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\""), "{name}");
        assert_eq!(found.iter().filter(|element| *element == "title").count(), 1, "{name}");
        assert!(found.len() > 8, "{name}: {found:?}");
        for absent in ["use", "script", "defs", "foreignObject", "a"] {
            assert!(!found.iter().any(|element| element == absent), "{name} has {absent}");
        }
        // No colour but by its value: names of colours are not known outside of browsers.
        assert!(!svg.contains("var(") && !svg.contains("NaN") && !svg.contains("inf"), "{name}");
    }
    assert_eq!(all["text-1-heads.svg"].matches("data:image/png;base64,").count(), 6);
}

#[test]
fn the_page_names_each_plot_as_its_file_is_called() {
    let page = page(&drawn());
    let on_page: Vec<String> = check(&page)
        .iter()
        .filter_map(|tag| tag.get("data-name"))
        .map(|name| format!("{name}.svg"))
        .collect();
    assert_eq!(on_page.len(), plots(&drawn()).len());
    for name in plots(&drawn()).keys() {
        assert!(on_page.contains(name), "{name} in {on_page:?}");
    }
}

#[test]
fn names_and_labels_are_data() {
    for hostile in [
        STRANGE,
        "../../etc/passwd",
        "</title></svg><script>alert(1)</script>",
        "\" onload=\"alert(1)",
        "]]> & <!-- \u{0}\u{fffe}\u{ffff}",
        "",
        "con",
        "a\u{2028}b\r\n.svg",
    ] {
        let all = [plots(&everywhere(hostile)), plots(&compared(hostile)), plots(&own(hostile))];
        for (name, svg) in all.iter().flatten() {
            let stem = name.strip_suffix(".svg").unwrap();
            let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
            assert!(stem.len() >= 4 && stem.len() <= 120 && stem.chars().all(safe), "{name}");
            assert!(!stem.starts_with(['.', '-']) && !stem.contains(".."), "{name}");
            assert!(elements(svg).iter().all(|element| element != "script"), "{name}");
        }
        let plain = plots(&everywhere("plain"));
        assert_eq!(all[0].len(), plain.len(), "{hostile:?}");
    }
}
