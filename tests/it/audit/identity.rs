//! What makes a report what it is: the text and the question, never a line's number; the settings, every one of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use attncheck::audit::{self, Effort, Plan};
use attncheck::model::source::HubSettings;
use attncheck::report::ExampleReport;
use attncheck::report::jsonl;
use proptest::prelude::*;
use serde_json::Value;

use crate::support::program::{Folder, ran};

const TEXTS: [&str; 5] = [
    "a gripping movie , played with performances that are all understated and touching",
    "dull , flat and far too long for what it has to say about its people",
    "the plot was thin but the two leads were so warm and so funny",
    "fine",
    "not a single scene of this film is worth the long and tired wait",
];

/// The examples of a file of these lines, each without what says where in which file it stands: its line, its name,
/// and what all examples of the run decide: q-values, and verdicts that wait for them.
fn audited(lines: &[&str]) -> Vec<ExampleReport> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.txt");
    fs::write(&path, lines.join("\n")).unwrap();
    let plan = Plan { effort: Effort::Quick, threads: Some(2), ..Plan::of(path) };
    let hub = HubSettings::from_vars(|_| None, None);
    let report = audit::audit(&plan, &hub, &(), &AtomicBool::new(false), &mut ()).unwrap();
    let mut examples = report.examples.to_vec().unwrap();
    for example in &mut examples {
        (example.line, example.id) = (0, String::new());
        jsonl::alone(example);
    }
    examples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// Reversed, cut, repeated, with empty lines: each text has the report that it has alone.
    #[test]
    fn a_text_reads_the_same_wherever_it_stands(
        places in prop::collection::vec(prop::option::of(0..TEXTS.len()), 1..6),
    ) {
        let lines: Vec<&str> = places.iter().map(|place| place.map_or("", |i| TEXTS[i])).collect();
        prop_assume!(places.iter().any(Option::is_some));
        let alone: BTreeMap<usize, ExampleReport> = places
            .iter()
            .flatten()
            .map(|i| (*i, audited(&[TEXTS[*i]]).remove(0)))
            .collect();
        let found = audited(&lines);
        for (example, place) in found.iter().zip(places.iter().flatten()) {
            prop_assert_eq!(example, &alone[place]);
        }
    }
}

/// The settings of an audit with these flags, from its document.
fn settings(folder: &Folder, flags: &[&str]) -> Value {
    let args = [&["audit", "texts.txt", "--effort", "quick", "--format", "json"], flags].concat();
    let (status, out, err) = folder.ran(&args);
    assert!(status < 2, "{flags:?}: {err}");
    serde_json::from_str::<Value>(&out).unwrap()["settings"].take()
}

fn fingerprint(folder: &Folder, flags: &[&str]) -> String {
    settings(folder, flags)["fingerprint"].as_str().unwrap().to_owned()
}

/// Flags that say where and how fast, not what.
const FREE: [&[&str]; 6] = [
    &["--threads", "1"],
    &["--offline"],
    &["--quiet"],
    &["--strict"],
    &["--gate", "contradicted<=1"],
    &["--color", "never"],
];

/// Flags of models that translate, which settings tell under `translation` (`translations.rs`).
const TRANSLATORS: [&str; 5] =
    ["--beams", "--gold", "--gold-first", "--source-language", "--target-language"];

/// Flags that only a language model takes; they say what is asked of it (`continued.rs`).
const WRITERS: [&str; 3] = ["--continuation", "--generate", "--chat-template"];

/// Flags that say what is asked.
const ASKED: [&[&str]; 28] = [
    &["--seed", "1"],
    &["--maps"],
    &["--naopc"],
    &["--knockout-from", "decision"],
    &["--knockout-from", "every"],
    &["--site", "all"],
    &["--site", "head:0.1"],
    &["--only", "raw,loo,saliency"],
    &["--limit", "1"],
    &["--dtype", "f64"],
    &["--score", "logit"],
    &["--target", "negative"],
    &["--contrast", "negative", "--target", "positive"],
    &["--operator", "delete"],
    &["--ig-baseline", "zero"],
    &["--margin", "0.1"],
    &["--epsilon", "0.1"],
    &["--jsd", "0.3"],
    &["--ceiling", "0.3"],
    &["--min-words", "2"],
    &["--alpha", "0.1"],
    &["--label-map", "1=positive"],
    &["--effort", "standard"],
    &["--input-format", "text"],
    &["--units", "pieces"],
    &["--input-format", "csv", "--no-header"],
    &["--input-format", "csv", "--no-header", "--delimiter", ";"],
    &["--input-format", "csv", "--no-header", "--text-field", "1"],
];

#[test]
fn every_choice_is_in_the_fingerprint_and_nothing_else_is() {
    let folder = Folder::with("a good and very fine film\n");
    let plain = fingerprint(&folder, &[]);
    assert_eq!(plain.len(), 64);
    for flags in FREE {
        assert_eq!(fingerprint(&folder, flags), plain, "{flags:?}");
    }
    let mut seen = BTreeMap::from([(plain, "none".to_owned())]);
    for flags in ASKED {
        let flags: Vec<&str> = flags.to_vec();
        // A flag given twice is refused, so that of the effort stands in the place of the usual one.
        let found = if flags[0] == "--effort" {
            let (_, out, _) = folder.ran(&[&["audit", "texts.txt", "--format", "json"], &flags[..]].concat());
            serde_json::from_str::<Value>(&out).unwrap()["settings"]["fingerprint"]
                .as_str()
                .unwrap()
                .to_owned()
        } else {
            fingerprint(&folder, &flags)
        };
        if let Some(other) = seen.insert(found, format!("{flags:?}")) {
            panic!("{flags:?} and {other} have one fingerprint");
        }
    }
}

/// Every flag of `audit` is in one of the two lists, or says how something is printed or fetched.
#[test]
fn no_flag_is_forgotten() {
    const PRINTED: [&str; 22] = [
        "--help",
        "--version",
        "--format",
        "--output",
        "--plots",
        "--resume",
        "--config",
        "--baseline",
        "--gate-on",
        "--model",
        "--device",
        "--pair-field",
        "--label-field",
        "--id-field",
        "--target-field",
        "--rationale-field",
        "--continuation-field",
        "--foil-field",
        "--gate",
        "--effort",
        "--color",
        "--summary",
    ];
    let (_, help, _) = ran(".", &["audit", "--help"]);
    let listed = help.lines().filter_map(|line| {
        let flag =
            line.trim_start().trim_start_matches(|c: char| c == '-' && !line.trim_start().starts_with("--"));
        let start = flag.find("--")?;
        let before = &flag[..start];
        let plain = before.is_empty() || (before.len() == 4 && before.ends_with(", "));
        let end = flag[start + 2..].find(|c: char| !c.is_ascii_lowercase() && c != '-');
        plain.then(|| flag[start..end.map_or(flag.len(), |end| start + 2 + end)].to_owned())
    });
    let known = |flag: &str| {
        let of = |lists: &[&[&str]]| lists.iter().any(|flags| flags.contains(&flag));
        of(&FREE)
            || of(&ASKED)
            || TRANSLATORS.contains(&flag)
            || WRITERS.contains(&flag)
            || PRINTED.contains(&flag)
    };
    let unknown: Vec<String> = listed.filter(|flag| !known(flag)).collect();
    assert!(unknown.is_empty(), "say of {unknown:?} whether they change what is asked");
}

/// A copy of the embedded model's folder.
fn model(folder: &Folder) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
    fs::create_dir(folder.file("model")).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.file("model").join(path.file_name().unwrap())).unwrap();
    }
}

/// A run is not taken up with another model, whichever of its files has changed, nor with other settings.
#[test]
fn what_has_changed_is_not_resumed() {
    let folder = Folder::with("a good and very fine film\ndull\n");
    model(&folder);
    let base = ["audit", "texts.txt", "--model", "model", "--effort", "quick", "--format", "jsonl=r.jsonl"];
    assert_eq!(folder.ran(&base).0, 0);
    let whole = folder.read("r.jsonl");
    let refused = |flags: &[&str], said: &str| {
        let (status, _, err) = folder.ran(&[&base[..], &["--resume"], flags].concat());
        assert!(status == 2 && err.contains(said), "{flags:?}: {status} {err}");
        assert!(folder.read("r.jsonl") == whole, "{flags:?}: the report was touched");
    };
    for (flags, said) in [
        (&["--site", "all"][..], "sites was [] and is [\"all\"]"),
        (&["--maps"], "maps was false and is true"),
        (&["--label-map", "1=positive"], "input.reading.label_map"),
        (&["--input-format", "text"], "input.reading.format was null and is \"text\""),
    ] {
        refused(flags, said);
    }
    for (file, from, to, said) in [
        ("config.json", "\"gelu\"", "\"relu\"", "model.config_sha256"),
        ("tokenizer_config.json", "{", "{\n", "model.tokenizer_sha256"),
        ("tokenizer.json", "{", "{\n", "model.tokenizer_sha256"),
    ] {
        let path = format!("model/{file}");
        let before = folder.read(&path);
        let changed = String::from_utf8(before.clone()).unwrap().replacen(from, to, 1);
        assert_ne!(changed.as_bytes(), before, "{file}");
        folder.write(&path, changed.as_bytes());
        refused(&[], said);
        folder.write(&path, &before);
    }
    assert_eq!(folder.ran(&[&base[..], &["--resume"]].concat()).0, 0);
}
