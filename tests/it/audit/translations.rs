//! Translations: each token of one is a question about its source, from the shell.

use std::path::Path;

use serde_json::{Value, json};

use super::decoders::scores;
use crate::support::program::Folder;
use crate::support::schema::violations;

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).to_string_lossy().into_owned()
}

const PAIRS: [(&str, &str, &str); 3] = [
    ("the children play in the garden", "les enfants jouent dans le jardin", "0-0 1-1 2-2 3-3 4-4 5-5"),
    ("I bought a red car", "j'ai acheté une voiture rouge", "0-0 1p0 1-1 2-2 3-4 4-3"),
    ("the house is small", "la maison est petite", "0-0 1-1 2-2 3-3"),
];

/// The pairs of [`PAIRS`] from the first on, with their links in `links.txt`.
fn pairs(count: usize) -> Folder {
    let line = |(text, translation, _): &(&str, &str, &str)| {
        json!({ "text": text, "translation": translation }).to_string() + "\n"
    };
    let folder = Folder::with(&PAIRS[..count].iter().map(line).collect::<String>());
    let links = PAIRS[..count].iter().map(|(.., links)| *links).collect::<Vec<_>>().join("\n");
    folder.write("links.txt", links.as_bytes());
    folder
}

fn flags<'f>(model: &'f str, more: &[&'f str]) -> Vec<&'f str> {
    [&["audit", "texts.txt", "--model", model, "--effort", "quick", "-q"], more].concat()
}

fn report(folder: &Folder, more: &[&str]) -> Value {
    let model = fixture("models/enfr-tatoeba-marian");
    let (status, out, err) = folder.ran(&flags(&model, &[more, &["--format", "json"]].concat()));
    assert_eq!((status, err.as_str()), (0, ""), "{more:?}");
    serde_json::from_str(&out).unwrap()
}

fn refused(folder: &Folder, model: &str, more: &[&str]) -> String {
    let (status, out, err) = folder.ran(&flags(model, more));
    assert_eq!((status, out.as_str()), (2, ""), "{more:?}");
    err
}

#[test]
fn each_token_of_a_translation_is_asked() {
    let folder = pairs(2);
    let found = report(&folder, &["--gold", "links.txt"]);
    let (status, schema, _) = folder.ran(&["schema", "audit"]);
    assert_eq!((status, violations(&serde_json::from_str(&schema).unwrap(), &found)), (0, Vec::new()));
    let examples = found["examples"].as_array().unwrap();
    let of = |name: &str| examples.iter().filter(|one| one["asked"]["of"] == name).collect::<Vec<_>>();
    for (name, (source, translation, _)) in [("1", PAIRS[0]), ("2", PAIRS[1])] {
        let (tokens, mut written) = (of(name), String::new());
        for (place, one) in tokens.iter().enumerate() {
            let asked = &one["asked"];
            assert_eq!(
                (one["text"].as_str(), one["id"].as_str().unwrap()),
                (Some(source), &*format!("{name}#{}", place + 1))
            );
            assert_eq!((&asked["place"], &asked["count"]), (&json!(place + 1), &json!(tokens.len())));
            assert_eq!((&asked["generated"], asked["written"].as_str().unwrap()), (&json!(false), &*written));
            written += asked["token"].as_str().unwrap();
            // Start, then the tokens before.
            assert_eq!(one["origin"]["written"].as_array().unwrap().len(), place + 1);
            let share = one["origin"]["source"]["value"].as_f64().unwrap();
            let rest: f64 = one["origin"]["written"]
                .as_array()
                .unwrap()
                .iter()
                .map(|token| token["share"]["value"].as_f64().unwrap())
                .sum();
            assert!((share + rest - 1.0).abs() < 1e-9 && (0.0..=1.0).contains(&share), "{share} {rest}");
            let without = &one["origin"]["without_written"];
            assert_eq!(without["value"].is_null(), place == 0, "{without}");
        }
        assert_eq!(written, translation);
    }
    // "acheté" is linked to "bought", which "j'ai" is only possibly.
    let bought = of("2").into_iter().find(|one| one["asked"]["word"] == "acheté").unwrap();
    assert_eq!(bought["asked"]["linked"], json!({ "word": 1, "words": 5, "sure": [1], "possible": [1] }));
    assert_eq!(
        of("2")[0]["asked"]["linked"],
        json!({ "word": 0, "words": 5, "sure": [0], "possible": [0, 1] })
    );
    assert_eq!(bought["plausibility"]["marked"], json!(1));
    // A model that was trained with a guided head points at the linked word.
    let raw = scores(&bought["readings"], "raw");
    assert_eq!(raw.iter().copied().fold(0.0, f64::max).to_bits(), raw[1].to_bits(), "{raw:?}");
    let whole: Vec<&str> = of("1")[0]["readings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["sinks_removed"] == json!(false))
        .map(|one| one["method"].as_str().unwrap())
        .collect();
    assert!(whole.contains(&"contextual") && whole.contains(&"rollout"), "{whole:?}");
    let steps = &found["summary"]["translation"];
    let raw = steps["alignment"].as_array().unwrap().iter().find(|one| one["method"] == "raw").unwrap();
    let rate = |row: &Value| row["value"]["estimate"].as_f64().unwrap();
    let beyond = rate(&raw["aer"]) - rate(&steps["diagonal"]);
    assert!(
        (rate(&raw["beyond_diagonal"]) - beyond).abs() < 1e-12 && (0.0..1.0).contains(&rate(&raw["aer"]))
    );
    let parted: u64 = raw["parted"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(parted, examples.len() as u64);
    let answer = found["answer"].as_array().unwrap();
    for begins in [
        "As an alignment: raw",
        "As a plausible map:",
        "As an explanation:",
        "The steps part",
        "Of what decides a token",
    ] {
        assert!(answer.iter().any(|said| said.as_str().unwrap().starts_with(begins)), "{begins}: {answer:?}");
    }
}

#[test]
fn every_format_tells_of_translations() {
    let folder = pairs(1);
    let model = fixture("models/enfr-tatoeba-marian");
    for (format, tells) in [
        ("text", "token 2 of"),
        ("html", "As an alignment"),
        ("markdown", "As an alignment"),
        ("csv", "1#2"),
        ("junit", "1#2"),
        ("github", "1#2"),
        ("sarif", "1#2"),
        ("jsonl", "\"written\":\"les\""),
    ] {
        let (status, out, err) = folder
            .ran(&flags(&model, &["--gold", "links.txt", "--format", format, "--only", "raw,loo,saliency"]));
        assert_eq!((status, err.as_str()), (0, ""), "{format}");
        assert!(out.contains(tells), "{format}: {out}");
    }
}

#[test]
fn a_model_translates_what_nobody_gave() {
    let only = ["--only", "raw,loo,saliency"];
    let texts = PAIRS.map(|(source, ..)| source).join("\n");
    let own = report(&Folder::with(&texts), &only);
    let examples = own["examples"].as_array().unwrap();
    assert!(examples.iter().all(|one| one["asked"]["generated"] == json!(true)));
    let translation = |of: &str| -> String {
        let tokens = examples.iter().filter(|one| one["asked"]["of"] == of);
        tokens.map(|one| one["asked"]["token"].as_str().unwrap()).collect()
    };
    // Each token is the likeliest, so what is predicted is what was written.
    for one in examples {
        assert_eq!(one["prediction"]["label"], one["asked"]["piece"]);
    }
    // The same translations, given, are the same questions with the same numbers.
    let given = |of: &str| json!({ "text": PAIRS[of.parse::<usize>().unwrap() - 1].0, "translation": translation(of) });
    let given: String = ["1", "2", "3"].map(|of| given(of).to_string() + "\n").concat();
    let same = report(&Folder::with(&given), &only);
    for (own, given) in examples.iter().zip(same["examples"].as_array().unwrap()) {
        for field in ["readings", "references", "swaps", "origin", "target"] {
            assert_eq!(own[field], given[field], "{field} of {}", own["id"]);
        }
    }
    // Beams are another search.
    let beams = report(&Folder::with(&texts), &[&only[..], &["--beams", "4"]].concat());
    assert_eq!(
        (&own["settings"]["translation"]["beams"], &beams["settings"]["translation"]["beams"]),
        (&json!(1), &json!(4))
    );
}

#[test]
fn what_cannot_be_asked_is_told() {
    let marian = fixture("models/enfr-tatoeba-marian");
    let folder = pairs(2);
    for (flags, says) in [
        (&["--generate", "3"][..], "--generate"),
        (&["--target", "les"], "--target"),
        (&["--chat-template"], "--chat-template"),
        (&["--gold", "none.txt"], "none.txt"),
        (&["--source-language", "xx"], "xx"),
        (&["--site", "layer:99"], "layer:99"),
        // No report is written over what is read.
        (&["--gold", "links.txt", "--output", "links.txt"], "holds links"),
    ] {
        let err = refused(&folder, &marian, flags);
        assert!(err.contains(says), "{says}: {err}");
    }
    folder.write("links.txt", b"0-0\n9-0\n");
    let err = refused(&folder, &marian, &["--gold", "links.txt", "--gold-first", "0"]);
    assert!(err.contains("9-0") && err.contains("links.txt"), "{err}");
    // Links are of translations that are given.
    let bare = Folder::with("the house is small\n");
    bare.write("links.txt", b"0-0\n");
    let err = refused(&bare, &marian, &["--gold", "links.txt"]);
    assert!(err.contains("line 1 gives no translation"), "{err}");
    let err = refused(&folder, &fixture("models/sst2-tiny-s1"), &["--gold", "links.txt"]);
    assert!(err.contains("translates nothing"), "{err}");
    // One text that cannot be asked keeps none of the others.
    let long = vec!["house"; 600].join(" ");
    let lines = [
        json!({ "text": "the house is small", "translation": "la maison est petite" }),
        json!({ "text": "the house is small", "translation": "  " }),
        json!({ "text": "   ", "translation": "la maison" }),
        json!({ "text": long, "translation": "la maison" }),
        json!({ "text": "the house", "translation": long }),
    ];
    let folder = Folder::with(&lines.map(|line| line.to_string() + "\n").concat());
    let (status, out, _) = folder.ran(&flags(&marian, &["--format", "json", "--only", "raw,loo,saliency"]));
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 0);
    let failures: Vec<(u64, &str)> = found["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap(), one["error"].as_str().unwrap()))
        .collect();
    assert_eq!(failures.iter().map(|one| one.0).collect::<Vec<_>>(), [2, 3, 4, 5], "{failures:?}");
    assert!(found["examples"].as_array().unwrap().len() >= 4);
}

#[test]
fn a_source_is_mixed_once() {
    let folder = pairs(2);
    let model = fixture("models/enfr-tatoeba-marian");
    let (status, out, err) =
        folder.ran(&["mixing", "texts.txt", "--model", &model, "-q", "--format", "json"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> =
        found["examples"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["1", "2"]);
}
