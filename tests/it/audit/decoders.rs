//! Decoders audited as a user does, from a folder: the next token of a language model, the class of a classifier.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::golden::{Case, Example};
use crate::support::program;

/// The case's model in a folder of its own, with a tokenizer that calls id 7 `w7`.
pub(super) fn folder(case: &Case, at: &Path) {
    for file in ["config.json", "model.safetensors"] {
        fs::copy(case.folder.join(file), at.join(file)).unwrap();
    }
    let config: Value = serde_json::from_slice(&fs::read(at.join("config.json")).unwrap()).unwrap();
    let vocabulary: BTreeMap<String, u64> =
        (0..config["vocab_size"].as_u64().unwrap()).map(|id| (format!("w{id}"), id)).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "w3" },
    });
    fs::write(at.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    // Else it would be cut as the model's own type has it.
    let class = json!({ "tokenizer_class": "PreTrainedTokenizerFast" });
    fs::write(at.join("tokenizer_config.json"), class.to_string()).unwrap();
}

fn audited(case: &Case, example: &Example) -> Value {
    let at = tempfile::tempdir().unwrap();
    folder(case, at.path());
    let words: Vec<String> = example.ids.iter().map(|id| format!("w{id}")).collect();
    fs::write(at.path().join("texts.txt"), words.join(" ")).unwrap();
    let flags =
        ["audit", "texts.txt", "--model", ".", "--dtype", "f64", "--format", "json", "--seed", "3", "-q"];
    let (status, out, err) = program::ran(at.path(), &flags);
    assert_eq!((status, err.as_str()), (0, ""), "{}", case.name);
    serde_json::from_str(&out).unwrap()
}

pub(super) fn scores<'r>(rows: &'r Value, method: &str) -> Vec<f64> {
    let of = |row: &&'r Value| row["method"] == method && row["sinks_removed"] != json!(true);
    let row = rows.as_array().unwrap().iter().find(of).unwrap();
    row["scores"]["value"].as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect()
}

fn near(found: &[f64], golden: &[f64], what: &str) {
    assert_eq!(found.len(), golden.len(), "{what}");
    for (f, g) in found.iter().zip(golden) {
        assert!((f - g).abs() <= 1e-8 * g.abs().max(1.0), "{what}: {f} for {g}");
    }
}

#[test]
fn the_report_has_the_numbers_of_transformers() {
    for name in [
        "llama",
        "gpt2",
        "mistral-window",
        "gemma2",
        "opt",
        "phi3-window",
        "qwen3-classifier",
        "gpt2-classifier",
    ] {
        let case = Case::open(name);
        let example = case.examples.iter().find(|example| example.name == "long").unwrap();
        let n = example.ids.len();
        let report = audited(&case, example);
        let text = &report["examples"][0];
        // The word that decides is content, as every other is.
        assert_eq!(text["words"].as_array().unwrap().len(), n, "{name}");
        assert_eq!(report["settings"]["operator"], "attend", "{name}");
        near(&scores(&text["references"], "loo"), example.get("loo_attend").unwrap(), &format!("{name} loo"));
        near(
            &scores(&text["references"], "saliency"),
            example.get("saliency").unwrap(),
            &format!("{name} saliency"),
        );
        near(
            &scores(&text["readings"], "rollout"),
            example.get("rollout").unwrap(),
            &format!("{name} rollout"),
        );
        // The last layer's decision row, mean of heads.
        let patterns = example.get("patterns").unwrap();
        let heads = patterns.len() / (n * n);
        let layers = report["settings"]["model"]["layers"].as_u64().unwrap() as usize;
        let last = &patterns[(layers - 1) * (heads / layers) * n * n..];
        let rows: Vec<&[f64]> = last.chunks_exact(n * n).map(|head| &head[(n - 1) * n..]).collect();
        let raw: Vec<f64> =
            (0..n).map(|key| rows.iter().map(|row| row[key]).sum::<f64>() / rows.len() as f64).collect();
        near(&scores(&text["readings"], "raw"), &raw, &format!("{name} raw"));
        let next = name.ends_with("classifier");
        let label = text["prediction"]["label"].as_str().unwrap();
        assert_eq!(label.starts_with('w'), !next, "{name}: {label}");
        let site =
            |site: &str| text["swaps"].as_array().unwrap().iter().find(|swap| swap["site"] == site).unwrap();
        for at in ["row", "all"] {
            assert!(site(at)["leverage"]["value"].is_number(), "{name} {at}");
        }
    }
}
