//! Continuations: each token of what continues a text is a question of its own, about what stands before it.

use std::fs;

use attncheck::model::{Precision, Sequence, Target};
use serde_json::{Value, json};

use super::decoders::{folder, scores};
use crate::support::golden::Case;
use crate::support::program;

/// A language model of the goldens in a folder of its own.
struct Writer {
    case: Case,
    at: tempfile::TempDir,
}

impl Writer {
    fn of(name: &str) -> Self {
        let (case, at) = (Case::open(name), tempfile::tempdir().unwrap());
        folder(&case, at.path());
        Self { case, at }
    }

    fn ran(&self, texts: &str, flags: &[&str]) -> (i32, String, String) {
        fs::write(self.at.path().join("texts.jsonl"), texts).unwrap();
        let base = ["audit", "texts.jsonl", "--model", ".", "--dtype", "f64", "--effort", "quick", "-q"];
        program::ran(self.at.path(), &[base.as_slice(), flags].concat())
    }

    fn report(&self, texts: &str, flags: &[&str]) -> Value {
        let (status, out, err) = self.ran(texts, &[flags, &["--format", "json"]].concat());
        assert_eq!((status, err.as_str()), (0, ""), "{}", self.case.name);
        serde_json::from_str(&out).unwrap()
    }
}

const PROMPT: &str = "w5 w9 w12 w7 w11 w4";
const SAID: &str = " w8 w13 w6";

fn asked(text: &str, continuation: &str) -> String {
    json!({ "text": text, "continuation": continuation }).to_string()
}

#[test]
fn each_token_is_asked_of_what_stands_before_it() {
    for name in ["llama", "gpt2", "mistral-window"] {
        let writer = Writer::of(name);
        let report = writer.report(&asked(PROMPT, SAID), &[]);
        let questions = report["examples"].as_array().unwrap();
        assert_eq!(questions.len(), 3, "{name}");
        let mut before = PROMPT.to_owned();
        for (k, (question, token)) in questions.iter().zip(SAID.split_whitespace()).enumerate() {
            assert_eq!(question["id"], format!("1#{}", k + 1), "{name}");
            assert_eq!(question["text"], before, "{name}");
            let told = &question["asked"];
            assert_eq!(
                (&told["of"], &told["place"], &told["count"]),
                (&json!("1"), &json!(k + 1), &json!(3))
            );
            assert_eq!((&told["token"], &told["piece"]), (&json!(format!(" {token}")), &json!(token)));
            assert_eq!((&told["prompt"], &told["generated"]), (&json!(PROMPT.len()), &json!(false)));
            assert_eq!(question["prediction"]["explained"], token, "{name}");
            // The same as the next token of that text, where it is named.
            let alone = writer.report(&json!({ "text": before, "target": token }).to_string(), &[]);
            let alone = &alone["examples"][0];
            for method in ["loo", "saliency"] {
                assert_eq!(scores(&question["references"], method), scores(&alone["references"], method));
            }
            assert_eq!(scores(&question["readings"], "raw"), scores(&alone["readings"], "raw"), "{name}");
            assert_eq!(question["words"], alone["words"], "{name}");
            before = format!("{before} {token}");
        }
    }
}

/// The logarithms add up to what the model itself gives the whole continuation in one pass.
#[test]
fn probabilities_are_those_of_one_pass() {
    for name in ["llama", "gpt2", "gemma2"] {
        let writer = Writer::of(name);
        let report = writer.report(&asked(PROMPT, SAID), &["--only", "raw"]);
        let sum: f64 = report["examples"]
            .as_array()
            .unwrap()
            .iter()
            .map(|question| question["asked"]["log_probability"].as_f64().unwrap())
            .sum();
        let model = writer.case.model(Precision::F64);
        let id = |word: &str| word[1..].parse::<u32>().unwrap();
        let ids: Vec<u32> = format!("{PROMPT}{SAID}").split_whitespace().map(id).collect();
        let (n, said) = (ids.len(), SAID.split_whitespace().count());
        let sequence = Sequence::new(ids.clone(), vec![0; n], n - 1, model.spec().positions);
        let logits = model.logits_everywhere(&sequence).unwrap();
        let whole: f64 =
            (n - said..n).map(|at| Target::LogProbability(ids[at] as usize).value(&logits[at - 1])).sum();
        assert!((sum - whole).abs() < 1e-9, "{name}: {sum} for {whole}");
    }
}

#[test]
fn a_model_goes_on_by_its_likeliest_tokens() {
    let writer = Writer::of("llama");
    let report = writer.report(&json!({ "text": PROMPT }).to_string(), &["--generate", "4"]);
    let questions = report["examples"].as_array().unwrap();
    assert!(!questions.is_empty() && questions.len() <= 4);
    for question in questions {
        assert_eq!(question["prediction"]["explained"], question["prediction"]["label"]);
        assert_eq!(question["asked"]["generated"], true);
    }
    assert_eq!(report["settings"]["generate"], 4);
    // What is asked is in the fingerprint.
    let prompt = json!({ "text": PROMPT }).to_string();
    let print = |flags: &[&str]| {
        let flags = [flags, &["--only", "raw"]].concat();
        writer.report(&prompt, &flags)["settings"]["fingerprint"].clone()
    };
    let (plain, longer) = (print(&["--generate", "1"]), print(&["--generate", "2"]));
    let (said, other) = (print(&["--continuation", " w8"]), print(&["--continuation", " w9"]));
    assert!(plain != longer && said != other && said != plain && said != print(&[]));
    // A line's own continuation goes before.
    let own = writer.report(&asked(PROMPT, " w8"), &["--generate", "4"]);
    assert_eq!(own["examples"].as_array().unwrap().len(), 1);
    assert_eq!(own["examples"][0]["asked"]["generated"], false);
}

#[test]
fn a_foil_takes_the_place_of_the_runner_up() {
    let writer = Writer::of("gpt2");
    let line = json!({ "text": PROMPT, "continuation": SAID, "foil": "w2" }).to_string();
    let report = writer.report(&line, &["--only", "raw,loo"]);
    let flagged = writer.report(&asked(PROMPT, SAID), &["--foil", "w2", "--only", "raw,loo"]);
    for (question, same) in
        report["examples"].as_array().unwrap().iter().zip(flagged["examples"].as_array().unwrap())
    {
        assert_eq!(question["prediction"]["against"], "w2");
        assert_eq!(question["target"], same["target"]);
        assert_eq!(question["references"], same["references"]);
    }
}

#[test]
fn what_cannot_be_continued_is_said() {
    let writer = Writer::of("gpt2");
    // The word of the text and that of its continuation become one piece.
    let (status, _, err) = writer.ran(&asked(PROMPT, "w8"), &[]);
    assert_eq!(status, 2);
    assert!(
        err.contains("line 1 cannot be continued") && err.contains("begin the continuation with a space"),
        "{err}"
    );
    let (status, _, err) = writer.ran(&asked(PROMPT, "  "), &[]);
    assert_eq!(status, 2);
    assert!(err.contains("holds no token"), "{err}");
    // One of several texts is a failure among results.
    let both = format!("{}\n{}", asked(PROMPT, "w8"), asked(PROMPT, SAID));
    let report = {
        let (status, out, _) = writer.ran(&both, &["--format", "json"]);
        assert_eq!(status, 0);
        serde_json::from_str::<Value>(&out).unwrap()
    };
    assert_eq!(report["failures"].as_array().unwrap().len(), 1);
    assert_eq!(report["examples"].as_array().unwrap().len(), 3);
    // No classifier writes.
    let folder = program::Folder::with("a good and very fine film\n");
    for flags in [["--continuation", " yes"], ["--generate", "3"]] {
        let (status, _, err) = folder.ran(&[&["audit", "texts.txt"], flags.as_slice()].concat());
        assert_eq!(status, 2);
        assert!(err.contains(flags[0]) && err.contains("no causal language model"), "{err}");
    }
}

/// Leave-one-out is linear in what is explained: summed over the tokens it is what the whole loses, in one pass, without
/// the word.
#[test]
fn the_tokens_add_up_to_the_whole() {
    for name in ["llama", "gpt2"] {
        let writer = Writer::of(name);
        let flags = ["--score", "log-probability", "--only", "raw,rollout,loo,saliency", "--min-words", "3"];
        let report = writer.report(&asked(PROMPT, SAID), &flags);
        let whole = &report["summary"]["continuations"][0];
        assert_eq!((&whole["of"], &whole["tokens"]), (&json!("1"), &json!(3)));
        let questions = report["examples"].as_array().unwrap();
        let sum = |of: &dyn Fn(&Value) -> f64| questions.iter().map(of).sum::<f64>();
        let told = whole["log_probability"]["value"].as_f64().unwrap();
        assert!((told - sum(&|q| q["asked"]["log_probability"].as_f64().unwrap())).abs() < 1e-12);
        assert!((told - whole["target"]["value"].as_f64().unwrap()).abs() < 1e-9);
        // Norms of gradients add up to nothing.
        let names: Vec<&str> =
            whole["references"].as_array().unwrap().iter().map(|r| r["method"].as_str().unwrap()).collect();
        assert_eq!(names, ["loo"], "{name}");
        let loo = &whole["references"][0]["scores"]["value"];
        let model = writer.case.model(Precision::F64);
        let id = |word: &str| word[1..].parse::<u32>().unwrap();
        let ids: Vec<u32> = format!("{PROMPT}{SAID}").split_whitespace().map(id).collect();
        let (n, said) = (ids.len(), SAID.split_whitespace().count());
        let sequence = Sequence::new(ids.clone(), vec![0; n], n - 1, model.spec().positions);
        let value = |sequence: &Sequence| -> f64 {
            let logits = model.logits_everywhere(sequence).unwrap();
            let of = |at: usize| Target::LogProbability(ids[at] as usize).value(&logits[at - 1]);
            (n - said..n).map(of).sum()
        };
        let observed = value(&sequence);
        assert_eq!(loo.as_array().unwrap().len(), n - said);
        for word in 0..n - said {
            let without = value(&sequence.with_blocked(&[word]));
            let found = loo[word].as_f64().unwrap();
            assert!((found - (observed - without)).abs() < 1e-8, "{name} {word}: {found}");
        }
        for reading in whole["readings"].as_array().unwrap() {
            assert!(reading["agreement"][0]["tau"]["value"].is_number(), "{reading}");
        }
    }
}

/// Questions of one text are no independent texts: their intervals are over texts.
#[test]
fn intervals_are_over_texts() {
    let writer = Writer::of("llama");
    let (one, other) = (asked(PROMPT, SAID), asked("w3 w14 w8 w2 w9 w10", " w5 w12 w4"));
    let estimate = |texts: &str| {
        let report = writer.report(texts, &["--only", "raw,loo", "--min-words", "2"]);
        report["summary"]["readings"][0]["excess"].clone()
    };
    let alone = estimate(&one);
    // Three questions of one text have no interval.
    assert!(alone["value"]["estimate"].is_number() && alone["value"]["low"].is_null(), "{alone}");
    let both = estimate(&format!("{one}\n{other}"));
    assert!(both["value"]["low"].is_number(), "{both}");
    assert_eq!(both["value"]["n"], 6);
}

#[test]
fn a_page_has_a_strip_that_leads_from_token_to_token() {
    let writer = Writer::of("llama");
    let (status, page, _) = writer.ran(&asked(PROMPT, SAID), &["--format", "html"]);
    assert_eq!(status, 0);
    for section in 0..3 {
        assert_eq!(page.matches(&format!(" <a href=#e{section}")).count(), 3, "{section}");
    }
    assert_eq!(page.matches("aria-current=true").count(), 3);
    assert_eq!(page.matches("Taken together: what continues text 1, 3 tokens: log-probability").count(), 3);
    let (_, text, _) = writer.ran(&asked(PROMPT, SAID), &["--format", "text"]);
    assert!(text.contains("token 2 of 3 of what continues text 1"), "{text}");
}
