//! The list: sorted, filtered, and what is chosen kept in the address.

use super::*;

/// What stands behind the # of the address.
const HASH: &str = "return decodeURIComponent(location.hash)";

#[test]
fn the_list_is_sorted_and_filtered() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    assert_eq!(lines(&browser), ["1", "2", "4"]);
    let probability = "#list th:nth-child(4) button";
    browser.click(probability);
    assert_eq!(lines(&browser), ["2", "4", "1"]);
    assert_eq!(browser.run("return document.querySelector('[aria-sort]').textContent"), "probability");
    browser.click(probability);
    assert_eq!(lines(&browser), ["1", "4", "2"]);
    // The short text has no excess: it stays last.
    for _ in 0..2 {
        browser.click("#list th:nth-child(7) button");
        assert_eq!(lines(&browser).last().unwrap(), "2");
    }
    browser.click("#list th:nth-child(5) button");
    assert_eq!(lines(&browser), ["1", "4", "2"]);
    set(&browser, "f-text", "GRIPPING");
    assert_eq!(lines(&browser), ["1"]);
    let sections =
        "return [...document.querySelectorAll('details.example')].filter(d => d.checkVisibility()).length";
    assert_eq!(browser.run(sections), 1);
    assert_eq!(browser.run("return document.getElementById('f-count').textContent"), "1 of 3 shown");
    browser.click("#controls [type=reset]");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!((lines(&browser).len(), browser.run(sections)), (3, json!(3)));
    set(&browser, "f-verdict", "contradicted");
    assert_eq!(lines(&browser), ["4"]);
    set(&browser, "f-reading", "rollout");
    assert_eq!(lines(&browser).len(), 3, "no verdict on rollout is contradicted, so the choice falls back");
    let shown = "return document.querySelector('#list tbody tr').cells[4].textContent";
    assert_eq!(browser.run(shown), "inconclusive");
    set(&browser, "f-label", "negative");
    assert_eq!(lines(&browser), ["2"]);
    browser.click("#controls [type=reset]");
    std::thread::sleep(std::time::Duration::from_millis(200));
    set(&browser, "f-gold", "wrong");
    assert_eq!(lines(&browser), ["2"]);
    set(&browser, "f-gold", "right");
    assert_eq!(lines(&browser), ["1", "4"]);
    set(&browser, "f-gold", "");
    // The short text has 4 words, the first 13, the strange one 12.
    set(&browser, "f-least", "5");
    assert_eq!(lines(&browser), ["1", "4"]);
    set(&browser, "f-most", "12");
    assert_eq!(lines(&browser), ["4"]);
}

#[test]
fn what_is_chosen_is_kept_in_the_address() {
    let Some((browser, page)) = opened(Setup::default()) else { return };
    assert_eq!(browser.run(HASH), "");
    set(&browser, "f-verdict", "contradicted");
    assert_eq!(browser.run(HASH), "#verdict=contradicted");
    set(&browser, "f-least", "5");
    browser.click("#list tbody tr:not([hidden]) a");
    assert_eq!(browser.run(HASH), "#verdict=contradicted&from=5&at=e2");
    // The address alone gives the same page again.
    let address = format!("{}#reading=rollout&prediction=wrong&to=9&at=e1", page.path().display());
    browser.open(std::path::Path::new("/dev/null"));
    browser.open(std::path::Path::new(&address));
    assert_eq!(lines(&browser), ["2"]);
    let chosen = "return ['f-reading', 'f-gold', 'f-most'].map(id => document.getElementById(id).value)";
    assert_eq!(browser.run(chosen), json!(["rollout", "wrong", "9"]));
    assert_eq!(browser.run("return document.querySelectorAll('details.example')[1].open"), true);
    assert_eq!(browser.run("return document.querySelector('#e1 .legend .above').textContent"), "rollout");
    browser.click("#controls [type=reset]");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(lines(&browser).len(), 3);
    assert_eq!(browser.run(HASH), "#e1");
    assert_eq!(browser.console(), [Value::Null; 0]);
}

#[test]
fn an_address_that_makes_no_sense_shows_all() {
    let Some((browser, page)) = opened(Setup::default()) else { return };
    for hash in [
        "verdict=<img src=x onerror=alert(1)>&from=many",
        "at=nowhere",
        "%",
        "reading=none&to=",
        "__proto__=1",
    ] {
        let address = format!("{}#{}", page.path().display(), hash);
        browser.open(std::path::Path::new("/dev/null"));
        browser.open(std::path::Path::new(&address));
        assert_eq!(lines(&browser).len(), 3, "{hash}");
    }
    assert_eq!(browser.console(), [Value::Null; 0]);
}

#[test]
fn the_title_of_the_text_one_reads_stays_on_top() {
    let Some((browser, _page)) = opened(Setup::default()) else { return };
    browser.click("#open");
    browser.run("document.querySelector('#e2 svg.words').scrollIntoView()");
    let on_top = "const at = document.elementFromPoint(300, 12).closest('summary'); \
                  return at && [at.parentElement.dataset.i, at.querySelector('.v').textContent]";
    assert_eq!(browser.run(on_top), json!(["2", "contradicted"]));
}
