//! The published results of the guide: their commands run here, and what they print of the built-in model is true.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::readme::{alike, passages};
use super::recipes::{is_there, list, raw, shell, text};
use crate::support::documents::{blocks, console, document};

/// What each question to a document asks for, in their order.
const ANSWERS: [fn(&Value) -> Vec<String>; 4] = [agreement, flips, specials, shortcuts];

/// Two decimals as jq writes them.
fn rounded(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    format!("{}", (mean * 100.0).round() / 100.0)
}

fn agreement(report: &Value) -> Vec<String> {
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for agreement in list(report, "examples").iter().flat_map(|example| list(raw(example), "agreement")) {
        found.entry(text(agreement, "reference")).or_default().push(agreement);
    }
    found
        .into_iter()
        .filter(|(name, _)| ["cut-gradient-x-input", "loo"].contains(name))
        .map(|(name, all)| {
            let of =
                |key: &str| -> Vec<f64> { all.iter().filter_map(|a| a[key]["value"].as_f64()).collect() };
            let beyond = of("tau_p").iter().filter(|p| **p <= 0.05).count();
            format!("{name}\t{}\t{beyond}\t{}", rounded(&of("tau")), all.len())
        })
        .collect()
}

fn flips(report: &Value) -> Vec<String> {
    let mut found: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for example in list(report, "examples") {
        for order in list(&raw(example)["erasure"]["value"]["weights"], "flip_fraction") {
            let (flipped, all) = found.entry(text(order, "order")).or_default();
            *flipped += usize::from(!order["fraction"].is_null());
            *all += 1;
        }
    }
    found.into_iter().map(|(order, (flipped, all))| format!("{order}\t{flipped}\t{all}")).collect()
}

fn specials(report: &Value) -> Vec<String> {
    let mass = |method: &str| {
        let readings = list(report, "examples").iter().flat_map(|example| list(example, "readings"));
        let own = readings.filter(|r| r["method"] == method && r["sinks_removed"] == false);
        own.filter_map(|reading| reading["special_mass"]["value"].as_f64()).collect::<Vec<_>>()
    };
    ["raw", "value-norm"].map(|method| format!("{method}\t{}", rounded(&mass(method)))).to_vec()
}

fn shortcuts(controls: &Value) -> Vec<String> {
    let mut found: BTreeMap<&str, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    for model in list(controls, "shortcuts").iter().map(|model| &model["value"]) {
        for method in list(model, "methods") {
            let of_kind = found.entry(text(method, "method")).or_default().entry(text(model, "kind"));
            of_kind.or_default().push(method["precision"].as_f64().unwrap());
        }
    }
    let heads = |name: &&str| name.starts_with("head:");
    let told = |(name, kinds): (&str, BTreeMap<&str, Vec<f64>>)| {
        let kinds: Vec<String> = kinds.values().map(|all| rounded(all)).collect();
        format!("{name}\t{}", kinds.join("\t"))
    };
    found.into_iter().filter(|(name, _)| !heads(name)).map(told).collect()
}

/// The repository's fixtures, and stand-ins for the data and the model that are not in it.
fn workplace() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::os::unix::fs::symlink(&fixtures, place.path().join("fixtures")).unwrap();
    let model = fixtures.join("models/sst2-tiny-s1");
    std::os::unix::fs::symlink(model, place.path().join("sst2-minilm")).unwrap();
    let reviews = fs::read_to_string(fixtures.join("texts/reviews.txt")).unwrap();
    fs::write(place.path().join("dev.tsv"), reviews.replace('\n', "\t0\n")).unwrap();
    place
}

#[test]
fn every_result_is_found_again_in_turn() {
    let place = workplace();
    let folder = place.path();
    let (has_jq, has_scipy) = (is_there("jq --version"), is_there("python3 -c 'import scipy'"));
    let guide = document("src/guide/literature.md");
    let mut answers = ANSWERS.iter();
    let mut scripts = 0;
    for (language, code) in blocks(&guide) {
        if language == "sh" {
            shell(folder, code);
            continue;
        }
        assert_eq!(language, "console", "nobody runs {code}");
        let (command, lines) = console(code);
        if let Some(script) = command.strip_prefix("python3 ") {
            let (script, report) = script.split_once(' ').unwrap();
            assert!(folder.join(script).exists() && folder.join(report).exists(), "{command}");
            scripts += 1;
            if has_scipy {
                passages("src/guide/literature.md", command, &lines, &shell(folder, command));
            }
            continue;
        }
        assert!(command.starts_with("jq -r '"), "{command}");
        let (_, file) = command.rsplit_once("' ").unwrap();
        let asked: Value = serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap();
        let answer = answers.next().unwrap_or_else(|| panic!("nothing to hold it to: {command}"));
        let same = |found: &[String]| {
            let is_same = found.len() == lines.len() && found.iter().zip(&lines).all(|(a, b)| alike(a, b));
            assert!(is_same, "{command}\n{found:#?}");
        };
        same(&answer(&asked));
        if has_jq {
            same(&shell(folder, command).lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
    assert_eq!((answers.len(), scripts), (0, 1), "a question is no longer asked");
}
