//! The pictures in the README, from a real run: `cargo test --test it screens -- --ignored`.

use std::path::Path;

use assert_cmd::Command;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::driver::{Browser, Setup, start};

/// Pixels of the page, of which a picture has three quarters.
const WIDTH: u32 = 1120;

/// Saves the part of the page from one element to another.
fn save(browser: &Browser, name: &str, from: &str, to: &str) {
    let place = |selector: &str| {
        let script =
            format!("return document.querySelector({selector:?}).getBoundingClientRect().top + scrollY");
        browser.run(&script).as_f64().unwrap()
    };
    let (top, bottom) = (place(from), place(to));
    let clip = json!({ "x": 0, "y": top - 12.0, "width": WIDTH, "height": bottom - top, "scale": 0.75 });
    let taken =
        browser.command("Page.captureScreenshot", &json!({ "clip": clip, "captureBeyondViewport": true }));
    let bytes = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/screens");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

#[test]
#[ignore = "writes fixtures/screens"]
fn screens() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    Command::cargo_bin("attncheck")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["audit", "fixtures/texts/reviews.txt", "--format"])
        .arg(format!("html={}", page.display()))
        .assert()
        .success();
    let Some(browser) = start(Setup { width: WIDTH, ..Setup::default() }) else { return };
    browser.open(&page);
    save(&browser, "summary.png", "header", "#summary .answers");
    // The last but one line of the file, as in the text above.
    browser.run("const all = document.querySelectorAll('details.example'); all.forEach(d => d.open = false); all[6].open = true");
    save(&browser, "example.png", "details.example:nth-of-type(7)", "#e6 .cols .reasons + .reasons");
    save(&browser, "heads.png", "#e6 .heads", "#e6 .heads ~ details");
}
