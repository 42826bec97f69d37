//! SARIF.

use std::collections::BTreeSet;

use super::*;

pub(super) fn sarif(report: &Report) -> Value {
    serde_json::from_str(&Sarif.rendered(report).unwrap()).unwrap()
}

#[test]
fn sarif_results_have_a_rule_a_line_and_a_fingerprint_of_their_own() {
    let log = sarif(&many());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2 + 60 + 40 + 40);
    let mut prints = BTreeSet::new();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64() >= Some(1));
        let print = result["partialFingerprints"]["attncheckText/v1"].as_str().unwrap();
        assert!(prints.insert(print.to_owned()), "{print} twice");
    }
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len(), 60);
    assert_eq!(run["properties"]["settings"]["seed"], 7);
}

#[test]
fn a_text_that_moves_keeps_its_fingerprint() {
    let mut list = examples();
    let prints = |list: &[ExampleReport]| -> Vec<Value> {
        let log = sarif(&report_of(list));
        log["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["partialFingerprints"].clone())
            .collect()
    };
    let before = prints(&list);
    for example in &mut list {
        example.line += 7;
    }
    assert_eq!(before, prints(&list));
    list[2].text.push('!');
    assert_ne!(before, prints(&list));
}

#[test]
fn sarif_holds_hostile_texts() {
    let log = sarif(&hostile());
    let result = &log["runs"][0]["results"][2];
    assert_eq!(result["properties"]["id"], HOSTILE);
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["snippet"]["text"], HOSTILE);
    assert!(!result["message"]["text"].as_str().unwrap().chars().any(steers));
    let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"|`\\^[]{}#?".contains(&byte)), "{uri}");
}
