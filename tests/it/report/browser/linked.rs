//! Words linked over all methods, and plots saved, by mouse and by keyboard.

use super::*;
use crate::report::html::others::pages;

const LEFT: &str = "\u{e012}";
const ESCAPE: &str = "\u{e00c}";

/// The words that are marked in the text, in the plot and in the table, and what is told of them.
const MARKED: &str = "const e = document.getElementById('e0'); const place = (s) => \
    [...e.querySelectorAll(s)].findIndex(x => x.classList.contains('at')); \
    return [place('.strip b'), place('.column'), place('.scores tbody tr'), e.querySelector('.told').textContent]";

fn marked(browser: &Browser) -> (i64, i64, i64, String) {
    serde_json::from_value(browser.run(MARKED)).unwrap()
}

#[test]
fn a_word_under_the_pointer_is_marked_everywhere_and_told() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser
        .run("document.querySelectorAll('#e0 .strip b')[2].dispatchEvent(new PointerEvent('pointerenter'))");
    let (text, plot, table, told) = marked(&browser);
    assert_eq!((text, plot, table), (2, 2, 2));
    assert!(
        told.starts_with("3 movie raw 0.") && told.contains(" · loo ") && told.contains("rollout 0."),
        "{told}"
    );
    browser
        .run("document.querySelectorAll('#e0 .column')[5].dispatchEvent(new PointerEvent('pointerenter'))");
    assert_eq!((marked(&browser).0, marked(&browser).2), (5, 5));
}

#[test]
fn words_are_reached_by_the_keyboard() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser.run("document.querySelector('#e0 .strips').focus()");
    let mut at = Vec::new();
    for key in [RIGHT, RIGHT, RIGHT, LEFT] {
        browser.press(key);
        at.push(marked(&browser).0);
    }
    assert_eq!(at, [0, 1, 2, 1]);
    assert_eq!(marked(&browser).1, 1);
    browser.press(ESCAPE);
    assert_eq!((marked(&browser).0, marked(&browser).2), (-1, -1));
    browser.run("document.querySelector('#e0 svg.words').focus()");
    browser.press(RIGHT);
    assert_eq!(marked(&browser).0, 0);
    // It ends at the last.
    for _ in 0..20 {
        browser.press(DOWN);
    }
    assert_eq!(marked(&browser).0, 12);
}

#[test]
fn another_reading_has_its_bars() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    let bars = "return [...document.querySelectorAll('#e2 .strip b')].map(b => [...b.classList].sort().join(' ')).join(',')";
    let before = browser.run(bars);
    set(&browser, "f-reading", "rollout");
    // The report made by hand has one map for all readings: the bars are those of the plot's row.
    assert_eq!(browser.run(bars), before);
    browser.run("for (const row of document.querySelectorAll('#e2 .row')) if (row.querySelector('text').textContent === 'raw') row.dataset.s = 'j0000000000000'");
    set(&browser, "f-reading", "raw");
    let first = "return document.querySelector('#e2 .strip b').className";
    assert!(browser.run(first).as_str().unwrap().contains("A9"), "{}", browser.run(first));
}

/// Presses a figure's button and gives what would be saved, and under which name.
fn saved(browser: &Browser, figure: &str) -> (String, String) {
    let script = format!(
        "const link = HTMLAnchorElement.prototype, make = URL.createObjectURL; const kept = {{}}; \
         link.click = function () {{ kept.name = this.download; }}; URL.createObjectURL = (blob) => {{ kept.blob = blob; return make(blob); }}; \
         document.querySelector('[data-name=\"{figure}\"] .save').click(); return kept.blob.text().then((text) => [kept.name, text])"
    );
    serde_json::from_value(browser.run(&script)).unwrap()
}

#[test]
fn every_plot_is_saved_by_its_button_and_needs_nothing() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    let all =
        "return [document.querySelectorAll('figure.plot').length, document.querySelectorAll('.save').length]";
    let counted: (usize, usize) = serde_json::from_value(browser.run(all)).unwrap();
    assert!(counted.0 > 15 && counted.0 == counted.1, "{counted:?}");
    for (figure, holds) in [
        ("file-means", ">tau with leave-one-out</text>"),
        ("text-1-words", ">gripping</text>"),
        ("text-1-erasure-rollout", ">comprehensiveness</text>"),
        ("text-1-swaps-row", ">JSD of the map, nats (at most 0.69)</text>"),
        ("text-1-heads", "href=\"data:image/png;base64,"),
    ] {
        let (name, svg) = saved(&browser, figure);
        assert_eq!(name, format!("{figure}.svg"));
        assert!(
            svg.starts_with("<svg ")
                && svg.contains(" xmlns=\"http://www.w3.org/2000/svg\"")
                && svg.contains(holds),
            "{svg:.300}"
        );
        assert!(!svg.contains("var(") && !svg.contains("<use") && !svg.contains(" id=\""), "{figure}");
    }
    assert_eq!(browser.console(), [Value::Null; 0]);
}

#[test]
fn the_other_pages_work_too() {
    let Some(browser) = start(Setup::default()) else { return };
    for page in pages("plain </script> & text") {
        let mut file = tempfile::Builder::new().suffix(".html").tempfile().unwrap();
        file.write_all(page.as_bytes()).unwrap();
        browser.open(file.path());
        let counted: (usize, usize) = serde_json::from_value(
            browser.run("return [document.querySelectorAll('figure.plot').length, document.querySelectorAll('.save').length]"),
        )
        .unwrap();
        assert!(counted.0 > 1 && counted.0 == counted.1, "{counted:?}");
        for width in [390, 1600] {
            let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
            browser.command("Emulation.setDeviceMetricsOverride", &size);
            let wide = browser.run("return document.documentElement.scrollWidth");
            assert!(wide.as_u64().unwrap() <= width, "{wide} at {width}");
        }
    }
    assert_eq!(browser.console(), [Value::Null; 0]);
}
