//! The web page in a real browser: nothing goes wrong, nothing is asked for, and every control does what it says.

mod controls;
mod driver;
mod linked;
mod screens;

use std::io::Write;

use attncheck::report::{Html, Measure, Render};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use attncheck::report::Gold;

use crate::report::html::maps;
use crate::support::report::{estimate, examples, report_of};
use driver::{Browser, Setup, start};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const SPACE: &str = " ";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";

/// A page of three examples that differ.
fn page() -> NamedTempFile {
    let mut examples = examples();
    for (example, probability) in examples.iter_mut().zip([0.91, 0.58, 0.77]) {
        example.prediction.probability = probability;
        example.maps = Some(maps(&["[CLS]", "a", "##b", "c", "[SEP]"], 2, 3));
    }
    examples[1].prediction.label = "negative".into();
    for (example, correct) in examples.iter_mut().zip([true, false, true]) {
        example.gold = Some(Gold { label: "positive".into(), class: 1, correct });
    }
    let mut report = report_of(&examples);
    report.settings.model.layers = 2;
    report.settings.model.heads = 3;
    report.summary.accuracy = Some(Measure::of(estimate(2.0 / 3.0, 3)));
    let mut file = tempfile::Builder::new().suffix(".html").tempfile().unwrap();
    Html.render(&report, &mut file).unwrap();
    file.flush().unwrap();
    file
}

/// The page in a browser; none where there is no browser.
fn opened(setup: Setup) -> Option<(Browser, NamedTempFile)> {
    let browser = start(setup)?;
    let page = page();
    browser.open(page.path());
    Some((browser, page))
}

/// The lines of the list, from the top, those that are not hidden.
const LINES: &str = "return [...document.querySelectorAll('#list tbody tr')].filter(r => !r.hidden).map(r => r.cells[0].textContent)";

fn lines(browser: &Browser) -> Vec<String> {
    serde_json::from_value(browser.run(LINES)).unwrap()
}

fn set(browser: &Browser, id: &str, value: &str) {
    let event = "dispatchEvent(new Event('input', { bubbles: true }))";
    browser.run(&format!("const e = document.getElementById('{id}'); e.value = '{value}'; e.{event}"));
}

#[test]
fn nothing_goes_wrong_and_nothing_is_asked_for() {
    let Some((browser, page)) = opened(Setup::default()) else { return };
    assert_eq!(browser.run("return document.querySelectorAll('details.example').length"), 3);
    browser.click("#open");
    browser.run("for (const big of document.querySelectorAll('.big')) big.dispatchEvent(new PointerEvent('pointermove'))");
    let own = format!("file://{}", page.path().display());
    let asked = browser.requests();
    assert!(asked.contains(&own), "the log of requests is empty");
    // The browser's own first page stands in the log too.
    let others: Vec<&String> = asked
        .iter()
        .filter(|url| {
            **url != own && !["data:", "chrome:", "chrome-untrusted:"].iter().any(|own| url.starts_with(own))
        })
        .collect();
    assert_eq!(others, [""; 0]);
    let loaded = browser.run("return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'))");
    assert_eq!(loaded, json!([]));
    assert_eq!(browser.console(), [Value::Null; 0]);
}

#[test]
fn no_script_but_the_pages_own_runs() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser.run(
        "const s = document.createElement('script'); s.textContent = 'window.broken = true'; document.body.append(s); \
         const i = document.createElement('img'); i.setAttribute('onerror', 'window.broken = true'); \
         i.src = 'https://example.invalid/x.png'; document.body.append(i)",
    );
    assert_eq!(browser.run("return window.broken ?? null"), Value::Null);
    let refused = browser.console();
    let refused = refused.iter().filter(|said| said.to_string().contains("Content Security Policy"));
    assert!(refused.count() >= 2, "script and picture");
}

#[test]
fn examples_open_and_close() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    let open = "return document.querySelectorAll('details.example[open]').length";
    assert_eq!(browser.run(open), 1);
    browser.click("#open");
    assert_eq!(browser.run(open), 3);
    browser.click("#close");
    assert_eq!(browser.run(open), 0);
    browser.click("#list tbody tr:nth-child(3) a");
    assert_eq!(
        browser.run("return document.getElementById('e2').checkVisibility({ contentVisibilityAuto: true })"),
        true
    );
    browser.click("#e2 details:has(table.scores) > summary");
    assert_eq!(browser.run("return document.querySelector('#e2 table.scores').checkVisibility()"), true);
}

#[test]
fn a_head_is_chosen_and_read() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    let drawn = "return getComputedStyle(document.querySelector('#e0 .big')).backgroundImage";
    let before = browser.run(drawn);
    assert!(before.as_str().unwrap().starts_with("url(\"data:image/png"), "{before}");
    browser.click("#e0 .grid label:nth-of-type(2)");
    assert_ne!(browser.run(drawn), before);
    let told = "return document.querySelector('#e0 .chosen').textContent";
    assert_eq!(browser.run(told), "layer 0, head 1: tau +0.31");
    // Row 1, column 2 of that pattern, found by the arrow keys.
    browser.run("document.querySelector('#e0 .big').focus()");
    for key in [DOWN, RIGHT, RIGHT] {
        browser.press(key);
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    let said = browser.run(told);
    let said = said.as_str().unwrap();
    let (place, weight) = said.rsplit_once(' ').unwrap();
    assert_eq!(place, "layer 0, head 1: tau +0.31; a → ##b about");
    let exact = maps(&["", "", "", "", ""], 2, 3).patterns[0][1][1][2];
    assert!((weight.parse::<f64>().unwrap() - exact).abs() < 0.03, "{weight} for {exact}");
}

#[test]
fn all_of_it_works_by_keyboard() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    let at = "const e = document.activeElement; return [e.tagName + (e.id ? '#' + e.id : ''), \
              getComputedStyle(e).outlineStyle, e.textContent.slice(0, 12)]";
    let mut stops: Vec<(String, String, String)> = Vec::new();
    for _ in 0..140 {
        browser.press(TAB);
        let stop: (String, String, String) = serde_json::from_value(browser.run(at)).unwrap();
        if stop.0 == "BODY" {
            break;
        }
        stops.push(stop);
    }
    let reached = |name: &str| stops.iter().filter(|stop| stop.0 == name).count();
    for (name, least) in [
        ("A", 7),
        ("SUMMARY", 8),
        ("INPUT#f-text", 1),
        ("SELECT#f-verdict", 1),
        ("BUTTON", 14),
        ("DIV", 2),
        ("svg", 1),
        ("INPUT#f-least", 1),
        ("INPUT", 1),
    ] {
        assert!(reached(name) >= least, "{} times {name}: {stops:?}", reached(name));
    }
    let hidden: Vec<_> = stops.iter().filter(|stop| stop.1 == "none" && stop.0 != "INPUT").collect();
    assert!(hidden.is_empty(), "no mark of focus on {hidden:?}");
    // A heading of the list sorts by Enter, a summary opens by Space, a head is chosen by an arrow.
    browser.run("document.querySelector('#list th:nth-child(4) button').focus()");
    browser.press(ENTER);
    assert_eq!(lines(&browser), ["2", "4", "1"]);
    browser.run("document.querySelectorAll('details.example > summary')[1].focus()");
    browser.press(SPACE);
    assert_eq!(browser.run("return document.querySelectorAll('details.example')[1].open"), true);
    browser.run("document.querySelector('#e0 .grid input:checked').focus()");
    let marked =
        "return getComputedStyle(document.querySelector('#e0 .grid label:has(:checked)')).outlineStyle";
    assert_eq!(browser.run(marked), "solid");
    browser.press(RIGHT);
    assert_eq!(browser.run("return document.querySelector('#e0 .grid input:checked').value"), "k4");
}

#[test]
fn it_says_everything_without_scripts() {
    let Some((browser, _page)) = opened(Setup { scripts: false, ..Setup::default() }) else { return };
    assert_eq!(browser.run("return document.querySelectorAll('#list th button').length"), 0, "scripts ran");
    assert_eq!(browser.run("return document.getElementById('controls').checkVisibility()"), false);
    let seen = "return ['#summary', '#list', '#settings', '#reading', '#e0 .strip', '#e0 svg.curves', '#e0 svg.scatter', \
                '#e0 svg.words', '#e0 .big'].filter(s => { const r = document.querySelector(s).getBoundingClientRect(); return !(r.width > 50 && \
                r.height > 10) })";
    assert_eq!(browser.run(seen), json!([]));
    let drawn = "return getComputedStyle(document.querySelector('#e0 .big')).backgroundImage";
    let before = browser.run(drawn);
    browser.click("#e0 .grid label:nth-of-type(2)");
    assert_ne!(browser.run(drawn), before);
    browser.click("#list tbody tr:nth-child(2) a");
    assert_eq!(browser.run("return document.querySelectorAll('details.example')[1].open"), true);
    browser.click("#e1 details:has(table.scores) > summary");
    assert_eq!(browser.run("return document.querySelector('#e1 table.scores').checkVisibility()"), true);
}

#[test]
fn it_is_read_by_light_and_in_the_dark() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser.run("for (const d of document.querySelectorAll('details')) d.open = true");
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        browser.command("Emulation.setEmulatedMedia", &json!({ "features": features }));
        grounds.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
        let (seen, pale): (usize, Vec<String>) =
            serde_json::from_value(browser.run(include_str!("contrast.js"))).unwrap();
        assert!(seen > 500, "{seen} texts");
        assert_eq!(pale, [""; 0], "{scheme}");
    }
    assert_eq!(grounds, ["rgb(255, 255, 255)", "rgb(20, 24, 29)"]);
}

#[test]
fn it_is_printed_whole() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser.command("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let hidden = "return [...document.querySelectorAll('details.example')].filter(d => \
                  !d.querySelector('.strip').checkVisibility({ contentVisibilityAuto: true })).length";
    assert_eq!(browser.run(hidden), 0);
    assert_eq!(browser.run("return document.getElementById('controls').checkVisibility()"), false);
    let printed = browser.command("Page.printToPDF", &json!({}));
    assert!(printed["data"].as_str().unwrap().len() > 50_000);
    // A text has a page: on paper of A4, within its margins, each is at most as high as that.
    let paper = json!({ "width": 710, "height": 1040, "deviceScaleFactor": 1, "mobile": false });
    browser.command("Emulation.setDeviceMetricsOverride", &paper);
    let high = "return [...document.querySelectorAll('details.example')].map(d => Math.ceil(d.getBoundingClientRect().height))";
    let high: Vec<u32> = serde_json::from_value(browser.run(high)).unwrap();
    assert!(high.iter().all(|high| (200..1035).contains(high)), "{high:?}");
}

#[test]
fn it_fits_a_telephone() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    for width in [360, 390, 768, 1600, 2560] {
        let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        browser.command("Emulation.setDeviceMetricsOverride", &size);
        let wide = browser.run("return document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= width, "{wide} at {width}");
    }
}

#[test]
fn everything_has_a_name_for_a_screen_reader() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser.run("for (const d of document.querySelectorAll('details')) d.open = true");
    let tree = browser.command("Accessibility.getFullAXTree", &json!({}));
    let named = [
        "image",
        "button",
        "link",
        "textbox",
        "searchbox",
        "combobox",
        "radio",
        "DisclosureTriangle",
        "heading",
    ];
    let mut seen = 0;
    for node in tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] == false) {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        if named.contains(&role) {
            seen += 1;
            assert!(node["name"]["value"].as_str().is_some_and(|name| !name.trim().is_empty()), "{node}");
        }
    }
    assert!(seen > 60, "{seen} nodes");
}
