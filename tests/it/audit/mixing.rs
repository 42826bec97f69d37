//! `attncheck mixing` as it is run: shares that add up, on any number of threads, of encoders and decoders; and the reading
//! that goes through them.

use attncheck::report::Document;
use serde_json::Value;

use crate::report::schema::fits;
use crate::support::program::{Folder, ran};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap()
}

fn mixing(flags: &[&str]) -> (i32, String, String) {
    ran(ROOT, &[&["mixing", "fixtures/texts/reviews.txt", "--limit", "4"], flags].concat())
}

#[test]
fn shares_add_up_and_do_not_depend_on_threads() {
    let (status, out, err) = mixing(&["-f", "json", "--threads", "1"]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert_eq!(mixing(&["-f", "json", "--threads", "2"]).1, out);
    let report = json(&out);
    fits(Document::Mixing, &report);
    let layers = report["settings"]["model"]["layers"].as_u64().unwrap();
    assert_eq!(report["summary"].as_array().unwrap().len() as u64, 3 * layers);
    for example in report["examples"].as_array().unwrap() {
        let pieces = example["pieces"].as_array().unwrap().len();
        let words = example["words"].as_array().unwrap().len();
        for row in example["layers"].as_array().unwrap() {
            let states = &row["states"]["value"];
            let of = |name: &str| states[name].as_f64().unwrap();
            assert!((of("own") + of("neighbours") + of("rest") - 1.0).abs() < 1e-9, "{row}");
            assert_eq!(states["own_by_token"].as_array().unwrap().len(), pieces);
            assert_eq!(states["own_by_word"].as_array().unwrap().len(), words);
            assert_eq!(states["alone"].is_null(), row["form"] == "gradient");
            assert_eq!(states["error"].is_null(), row["form"] != "gradient");
            // Behind the first layer all layers so far are that layer.
            if row["layer"] == 0 && row["form"] != "gradient" {
                assert!((of("own") - of("alone")).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn more_directions_err_less_and_none_leave_the_form_out() {
    let error = |directions: &str| {
        let report = json(&mixing(&["-f", "json", "--directions", directions]).1);
        let rows = report["summary"].as_array().unwrap().clone();
        let row = rows.iter().rfind(|row| row["form"] == "gradient").cloned();
        row.map(|row| row["error"]["value"]["estimate"].as_f64().unwrap())
    };
    assert_eq!(error("0"), None);
    let (few, many) = (error("4").unwrap(), error("64").unwrap());
    // Sixteen times as many directions are a fourth of the error.
    assert!(many < few / 2.5 && many > few / 6.0, "{few} {many}");
}

#[test]
fn it_is_read_as_text_and_as_a_page() {
    let (status, out, _) = mixing(&[]);
    assert_eq!(status, 0);
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(out.contains("Where the last layer's attention points at a word, the state there is"), "{out}");
    let folder = Folder::with("a gripping movie\nfine\n");
    let page = ["mixing", "texts.txt", "-f", "html=m.html", "--plots", "plots", "--quiet"];
    assert_eq!(folder.ran(&page), (0, String::new(), String::new()));
    let html = String::from_utf8(folder.read("m.html")).unwrap();
    assert!(html.contains("<!doctype html>") && html.contains("own in this layer alone"));
    assert!(
        folder.file("plots/mixing-own.svg").exists() && folder.file("plots/text-1-mixing-alti.svg").exists()
    );
    let refused = folder.ran(&["mixing", "none.txt"]);
    assert_eq!(refused.0, 2);
}

#[test]
fn the_contextual_reading_is_audited_where_it_is_named() {
    let args = ["audit", "fixtures/texts/reviews.txt", "--limit", "2", "--effort", "quick", "-f", "json"];
    let names = |flags: &[&str]| -> Vec<String> {
        let (status, out, err) = ran(ROOT, &[&args, flags].concat());
        assert_eq!(status, 0, "{err}");
        let readings = json(&out)["examples"][0]["readings"].as_array().unwrap().clone();
        readings.iter().map(|reading| reading["method"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!names(&[]).contains(&"contextual".to_owned()));
    let named = names(&["--only", "raw,contextual,loo,gradient-x-input"]);
    assert!(named.contains(&"contextual".to_owned()) && named.contains(&"raw".to_owned()), "{named:?}");
}
