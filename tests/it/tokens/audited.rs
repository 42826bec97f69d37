//! Audits with tokenizers that are not as usual: no token before the text, words that the vocabulary lacks, the other end of a
//! text, pieces for words.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use attncheck::audit::{self, Effort, Plan};
use attncheck::erasure::Operator;
use attncheck::model::source::HubSettings;
use attncheck::report::example::CutSide;
use attncheck::report::{ExampleReport, Report};
use attncheck::tokens::Units;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The small sentiment model with another tokenizer, and a text.
struct Folder(TempDir);

impl Folder {
    fn new(config: &Value, change: impl FnOnce(&mut Value)) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
        for file in ["config.json", "model.safetensors"] {
            fs::copy(own.join(file), folder.file(file)).unwrap();
        }
        let mut json = serde_json::from_slice(&fs::read(own.join("tokenizer.json")).unwrap()).unwrap();
        change(&mut json);
        fs::write(folder.file("tokenizer.json"), json.to_string()).unwrap();
        fs::write(folder.file("tokenizer_config.json"), config.to_string()).unwrap();
        folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn report(&self, text: &str, change: impl FnOnce(&mut Plan)) -> Report {
        fs::write(self.file("texts.txt"), text).unwrap();
        let model = Some(self.0.path().to_str().unwrap().to_owned());
        let mut plan =
            Plan { model, effort: Effort::Quick, threads: Some(2), ..Plan::of(self.file("texts.txt")) };
        change(&mut plan);
        audit::audit(&plan, &HubSettings::from_vars(|_| None, None), &(), &AtomicBool::new(false), &mut ())
            .unwrap()
    }

    fn audit(&self, text: &str, change: impl FnOnce(&mut Plan)) -> ExampleReport {
        let report = self.report(text, change);
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        report.examples.get(0).unwrap().unwrap()
    }
}

fn whole() -> Value {
    json!({"tokenizer_class": "TokenizersBackend"})
}

fn words(example: &ExampleReport) -> Vec<&str> {
    example.words.iter().map(|word| word.text.as_str()).collect()
}

#[test]
fn without_a_token_before_the_text_the_first_word_is_content() {
    let folder = Folder::new(&whole(), |json| json["post_processor"] = Value::Null);
    let text = "good film with a dull and lifeless plot";
    for operator in Operator::ALL {
        let example = folder.audit(text, |plan| plan.operator = Some(operator));
        assert_eq!(words(&example), text.split(' ').collect::<Vec<_>>());
        assert_eq!(example.tokens, 8);
        let loo = example.references.iter().find(|reference| reference.method == "loo").unwrap();
        let scores = loo.scores.value.as_ref().unwrap();
        assert!(scores.len() == 8 && scores.iter().all(|score| score.is_finite()), "{}", operator.name());
        assert!(scores[0].abs() > 1e-6, "{}: {scores:?}", operator.name());
        for reading in example.readings.iter().filter(|reading| !reading.sinks_removed) {
            let special = reading.special_mass.value.unwrap_or(0.0);
            assert!(special.abs() < 1e-12, "{}: {special}", reading.method);
            assert!(reading.erasure.value.is_some(), "{} by {}", reading.method, operator.name());
        }
    }
    // One word alone is both the question and the answer.
    let example = folder.audit("good", |plan| plan.operator = Some(Operator::Delete));
    assert_eq!(words(&example), ["good"]);
    // With the token that the model was made for, the same words are audited, beside it.
    let usual = Folder::new(&whole(), |_| ()).audit(text, |_| ());
    assert_eq!((words(&usual).len(), usual.tokens), (8, 10));
}

#[test]
fn a_text_that_the_vocabulary_lacks_is_told_with_the_share() {
    let folder = Folder::new(&whole(), |_| ());
    let told = |text: &str| folder.audit(text, |_| ()).warnings.join("\n");
    let warned = told("中文电影 is good");
    assert!(
        warned.contains("4 of 6 pieces (67 %) are unknown to the vocabulary: the model saw [UNK]"),
        "{warned}"
    );
    assert!(!told("a 中 good film with a fine cast").contains("unknown"));
    let example = folder.audit("a 中 good film", |_| ());
    assert_eq!(
        example.words.iter().map(|word| word.unknown).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    // Some vocabularies have no token for what they lack, and leave it out.
    let bytes = json!({"tokenizer_class": "TokenizersBackend", "unk_token": "[UNK]"});
    let folder = Folder::new(&bytes, |json| {
        let vocab = json["model"]["vocab"].clone();
        json["model"] = json!({"type": "BPE", "vocab": vocab, "merges": [], "unk_token": null});
    });
    let warned = folder.audit("g o o d 中文电影 f i l m", |_| ()).warnings.join("\n");
    assert!(warned.contains("4 of 12 characters (33 %) are in no piece"), "{warned}");
}

#[test]
fn the_side_that_is_cut_is_told() {
    let config =
        json!({"tokenizer_class": "BertTokenizer", "truncation_side": "left", "model_max_length": 8});
    let folder = Folder::new(&config, |_| ());
    let text = "this film is dull and lifeless but the ending is a wonderful work of art";
    let example = folder.audit(text, |_| ());
    assert_eq!(words(&example), ["is", "a", "wonderful", "work", "of", "art"][6 - example.words.len()..]);
    let window = example.window.as_ref().unwrap();
    assert_eq!((window.side, window.kept_words, window.all_words), (CutSide::Left, example.words.len(), 15));
    assert!(
        example.warnings[0].contains(&format!("only its last {} of 15 words", window.kept_words)),
        "{:?}",
        example.warnings
    );
    assert_eq!(example.cut_before(0), text.find(&words(&example).join(" ")).unwrap());
    assert!(!example.is_cut_after(""));
    let config = json!({"tokenizer_class": "BertTokenizer", "model_max_length": 8});
    let example = Folder::new(&config, |_| ()).audit(text, |_| ());
    assert_eq!((example.window.as_ref().unwrap().side, words(&example)[0]), (CutSide::Right, "this"));
    assert!(example.cut_before(0) == 0 && example.is_cut_after(" of art"));
}

#[test]
fn pieces_are_audited_where_they_are_asked_for() {
    let folder = Folder::new(&whole(), |_| ());
    let text = "an unbelievably dull film";
    let report = folder.report(text, |plan| plan.units = Units::Pieces);
    assert_eq!(report.settings.units, "pieces");
    let example = report.examples.get(0).unwrap().unwrap();
    assert_eq!(example.words.len() + 2, example.tokens);
    assert_eq!(words(&example).concat(), text.replace(' ', ""));
    assert!(
        example.readings.iter().all(|r| r
            .scores
            .value
            .as_ref()
            .is_none_or(|s| s.len() == example.words.len()))
    );
    assert_eq!(folder.report(text, |_| ()).settings.units, "words");
}
