//! What is told to whoever works on the program holds: the files that are named are there, every room is on the map, and the
//! workflows are pinned and may do no more than they need.

use std::fs;
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::documents::document;

fn at(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_files_that_a_recipe_names_are_there() {
    let text = document(".github/CONTRIBUTING.md");
    let named: Vec<&str> = text.split('`').filter(|word| word.contains('/') && !word.contains(' ')).collect();
    assert!(named.len() > 50);
    for name in named.into_iter().filter(|name| !name.contains("NAME")) {
        assert!(at(name).exists(), "{name}");
    }
}

#[test]
fn every_room_is_on_the_map() {
    let map = document("src/README.md");
    for entry in fs::read_dir(at("src")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(map.contains(&format!("| `{name}/` | ")), "{name}");
        }
    }
    // And no room is on the map that is not there.
    for row in map.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("/` | ")) {
        assert!(at("src").join(row.0).is_dir(), "{}", row.0);
    }
}

fn workflow(name: &str) -> Yaml {
    YamlLoader::load_from_str(&document(&format!(".github/workflows/{name}"))).unwrap().remove(0)
}

/// The actions that are used, each with what follows the `@`.
fn actions(workflow: &Yaml) -> Vec<(String, String)> {
    let jobs = workflow["jobs"].as_hash().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_vec().unwrap());
    let used = steps.filter_map(|step| step["uses"].as_str()?.split_once('@'));
    used.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

#[test]
fn workflows_are_pinned_and_read_only() {
    for name in ["ci.yml", "release.yml"] {
        let workflow = workflow(name);
        let may = workflow["permissions"].as_hash().unwrap();
        assert_eq!(may.len(), 1, "{name}");
        assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"), "{name}");
        let actions = actions(&workflow);
        assert!(!actions.is_empty(), "{name}");
        for (action, version) in actions {
            let is_commit = version.len() == 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit && action.starts_with("actions/"), "{name}: {action}@{version}");
        }
    }
    // Only the job that publishes may write.
    let release = workflow("release.yml");
    assert!(release["jobs"]["build"]["permissions"].is_badvalue());
    assert_eq!(release["jobs"]["publish"]["permissions"]["contents"].as_str(), Some("write"));
    let runs = workflow("ci.yml")["jobs"]["run"]["steps"].as_vec().unwrap().clone();
    assert!(runs.iter().any(|step| step["run"].as_str() == Some(".ci/run")));
}

#[test]
fn a_release_is_for_every_system() {
    let release = workflow("release.yml");
    let builds = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_vec().unwrap();
    let targets: Vec<&str> = builds.iter().map(|build| build["target"].as_str().unwrap()).collect();
    let wanted = [
        "x86_64-unknown-linux-gnu",
        "x86_64-unknown-linux-musl",
        "aarch64-apple-darwin",
        "x86_64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ];
    assert_eq!(targets, wanted);
}
