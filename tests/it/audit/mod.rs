//! The audit as a whole, in process: reports that do not depend on threads, windows, classes, masked words.

mod answer;
mod continued;
mod decoders;
mod gates;
mod identity;
mod labelled;
mod labels;
mod lines;
mod mixing;
mod planted;
mod translations;
mod verdict;
mod verdict_laws;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use attncheck::audit::AuditError;
use attncheck::audit::{self, Effort, Observer, Plan, TargetKind};
use attncheck::model::source::{HubSettings, Progress};
use attncheck::report::example::VerdictWord;
use attncheck::report::{ExampleReport, Report};

fn plan(text: &Path) -> Plan {
    Plan { effort: Effort::Quick, threads: Some(2), ..Plan::of(text.to_owned()) }
}

fn hub() -> HubSettings {
    HubSettings::from_vars(|_| None, None)
}

fn run(plan: &Plan) -> Result<Report, AuditError> {
    audit::audit(plan, &hub(), &(), &AtomicBool::new(false), &mut ())
}

/// Audits one text with the embedded model.
fn of(text: &str, change: impl FnOnce(&mut Plan)) -> Result<Report, AuditError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.txt");
    std::fs::write(&path, text).unwrap();
    let mut plan = plan(&path);
    change(&mut plan);
    run(&plan)
}

fn one(text: &str) -> ExampleReport {
    first(&of(text, |_| ()).unwrap())
}

fn first(report: &Report) -> ExampleReport {
    report.examples.get(0).unwrap().unwrap()
}

fn reviews() -> Plan {
    plan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/texts/reviews.txt"))
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let bytes = |threads, limit| {
        let plan = Plan { threads: Some(threads), limit, effort: Effort::Standard, ..reviews() };
        serde_json::to_string(&run(&plan).unwrap()).unwrap()
    };
    // Two examples on one or two workers run side by side, on four they run inside one another.
    assert_eq!(bytes(1, Some(2)), bytes(4, Some(2)));
    assert_eq!(bytes(1, Some(5)), bytes(2, Some(5)));
}

#[test]
fn settings_say_what_was_run() {
    let report = run(&Plan { seed: 7, ..reviews() }).unwrap();
    let settings = &report.settings;
    assert_eq!((settings.seed, settings.effort.as_str(), settings.target.as_str()), (7, "quick", "margin"));
    assert_eq!((settings.operator.as_str(), settings.second_operator.as_str()), ("mask", "delete"));
    assert_eq!(settings.model.sha256.len(), 64);
    assert_eq!((settings.input.examples, settings.input.empty_lines), (8, 1));
    assert_eq!(report.examples.iter().map(|e| e.unwrap().line).collect::<Vec<_>>(), [1, 2, 3, 4, 6, 7, 8, 9]);
}

#[test]
fn a_seed_changes_draws_and_nothing_else() {
    let (a, b) = (run(&reviews()).unwrap(), run(&Plan { seed: 1, ..reviews() }).unwrap());
    let scores = |report: &Report, name: &str| {
        let references = first(report).references;
        let found = references.iter().find(|r| r.method == name).unwrap();
        found.scores.value.clone().unwrap()
    };
    assert_eq!(scores(&a, "loo"), scores(&b, "loo"));
    assert_ne!(scores(&a, "random"), scores(&b, "random"));
}

#[test]
fn standard_effort_stays_within_its_budget() {
    let text = "the plot was thin but the two leads were so warm and so funny that i forgave the film its many \
                slow and rather silly scenes .";
    let report = of(text, |plan| plan.effort = Effort::Standard).unwrap();
    assert_eq!(first(&report).words.len(), 27);
    let spent: f64 = first(&report).passes.iter().map(|pass| pass.forwards).sum();
    assert!((50.0..=800.0).contains(&spent), "{spent} forward passes");
}

#[test]
fn another_class_turns_the_target_around() {
    let text = "a gripping movie , played with performances that are all understated";
    let predicted = one(text);
    let other = first(&of(text, |plan| plan.class = Some("negative".to_owned())).unwrap());
    assert_eq!(predicted.prediction.explained, "positive");
    assert_eq!(other.prediction.explained, "negative");
    assert_eq!(other.prediction.label, "positive");
    assert!((predicted.target + other.target).abs() < 1e-9);
}

#[test]
fn a_class_is_never_set_against_itself() {
    let contrast = |plan: &mut Plan| plan.target = TargetKind::Contrast("positive".to_owned());
    let example = first(&of("a gripping and touching movie", contrast).unwrap());
    assert_eq!(example.prediction.against.as_deref(), Some("negative"));
    assert!(example.target > 0.0 && example.warnings[0].contains("runner-up"));
    let both = of("good", |plan| {
        contrast(plan);
        plan.class = Some("positive".to_owned());
    });
    assert!(matches!(both, Err(AuditError::Choice { .. })));
}

#[test]
fn a_label_that_does_not_exist_is_named_with_those_that_do() {
    let error = of("good", |plan| plan.class = Some("neutral".to_owned())).unwrap_err();
    assert!(error.to_string().contains("neutral"));
    assert!(error.hint().unwrap().contains("positive"));
    let contrast = of("good", |plan| plan.target = TargetKind::Contrast("nope".to_owned())).unwrap_err();
    assert!(matches!(contrast, AuditError::UnknownLabel { .. }));
}

#[test]
fn too_long_a_text_is_audited_on_a_window_that_is_told() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/sst2-tiny-s1");
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(from.join(file), folder.path().join(file)).unwrap();
    }
    let config = std::fs::read_to_string(from.join("tokenizer_config.json")).unwrap();
    let short = config.replace("\"model_max_length\": 512", "\"model_max_length\": 14");
    assert_ne!(config, short);
    std::fs::write(folder.path().join("tokenizer_config.json"), short).unwrap();
    let model = Some(folder.path().display().to_string());
    let report = of(&"dull movie ".repeat(10), |plan| plan.model = model).unwrap();
    let example = &first(&report);
    let window = example.window.clone().unwrap();
    assert_eq!((window.kept_words, window.all_words, example.tokens), (12, 20, 14));
    assert_eq!(example.words.len(), 12);
    assert!(example.warnings[0].contains("12 of 20"));
}

#[test]
fn short_and_empty_texts_are_insufficient_and_say_why() {
    for text in ["good", "😀", "two words", "\u{200b}", "."] {
        let example = one(text);
        assert!(example.words.len() < 3, "{text:?}");
        for reading in &example.readings {
            assert_eq!(reading.verdict.verdict, VerdictWord::Insufficient, "{text:?}");
        }
    }
    // A control character alone gives no word at all: nothing is measured, and every gap has its reason.
    let example = one("\u{7f}");
    assert!(example.words.is_empty());
    let scores = &example.readings[0].scores;
    assert!(scores.value.is_none() && scores.reason.is_some());
}

#[test]
fn special_tokens_typed_in_a_text_are_words_and_are_told() {
    let example = one("[MASK] was good [SEP] really [CLS] very good movie");
    assert_eq!(example.words[0].text, "[MASK]");
    assert!(example.warnings.iter().any(|warning| warning.contains("3 special")));
}

#[test]
fn words_point_into_the_text() {
    let text = "Ça, “naïve” 日本 film 👩‍👩‍👧 <script>alert(1)</script> \u{1b}[31mred";
    let example = one(text);
    for word in &example.words {
        assert_eq!(&text[word.start..word.end], word.text);
    }
}

#[test]
fn only_runs_what_it_names() {
    let report = of("a good film about a bad day in a small town", |plan| {
        plan.only = vec!["raw".to_owned(), "loo".to_owned()];
    });
    let example = first(&report.unwrap());
    assert!(example.readings.iter().all(|reading| reading.method == "raw"));
    assert_eq!(example.references.iter().map(|r| r.method.as_str()).collect::<Vec<_>>(), ["loo"]);
    assert!(example.reliability.ceiling.value.is_none() && example.reliability.ceiling.reason.is_some());
}

#[test]
fn a_head_is_audited_at_its_own_site() {
    let head = attncheck::swap::Site::Head { layer: 1, head: 2 };
    let report = of("a good film about a bad day in a small town", |plan| plan.sites = vec![head]);
    let example = first(&report.unwrap());
    let reading = example.readings.iter().find(|r| r.method == "head:1.2").unwrap();
    assert_eq!(reading.scores.value.as_ref().map(Vec::len), Some(example.words.len()));
    assert!(example.swaps.iter().any(|swap| swap.site == "head:1.2" && swap.leverage.value.is_some()));
    assert_ne!(reading.verdict.verdict, VerdictWord::Insufficient);
    // Nobody asked for another one.
    assert_eq!(example.readings.iter().filter(|r| r.method.starts_with("head:")).count(), 2);
}

#[test]
fn maps_come_only_when_asked_and_rows_sum_to_one() {
    assert!(one("a good film").maps.is_none());
    let example = first(&of("a good film", |plan| plan.maps = true).unwrap());
    let maps = example.maps.unwrap();
    assert_eq!((maps.patterns.len(), maps.patterns[0].len(), maps.pieces.len()), (4, 4, 5));
    for row in maps.patterns.iter().flatten().flatten() {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    }
}

/// Stops the run when the second example is done.
struct Impatient<'a>(&'a AtomicBool, std::sync::atomic::AtomicUsize);

impl Progress for Impatient<'_> {
    fn begin(&self, _file: &str, _bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
    fn finish(&self) {}
}

impl Observer for Impatient<'_> {
    fn start(&self, _examples: usize, _work: f64) {}
    fn done(&self, _work: f64) {
        if self.1.fetch_add(1, Ordering::Relaxed) == 1 {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    fn end(&self) {}
}

#[test]
fn an_interruption_keeps_what_was_done() {
    let stop = AtomicBool::new(false);
    let watch = Impatient(&stop, 0.into());
    let plan = Plan { threads: Some(1), ..reviews() };
    let report = audit::audit(&plan, &hub(), &watch, &stop, &mut ()).unwrap();
    assert!(report.interrupted);
    assert_eq!(report.examples.len(), 2);
    let before = audit::audit(&plan, &hub(), &(), &AtomicBool::new(true), &mut ()).unwrap_err();
    assert!(matches!(before, AuditError::Interrupted));
}

#[test]
fn every_head_is_told_once_per_example() {
    let report =
        audit::heads(&Plan { limit: Some(2), ..reviews() }, &hub(), &(), &AtomicBool::new(false)).unwrap();
    assert_eq!((report.examples.len(), report.summary.len()), (2, 16));
    for example in &report.examples {
        let names: Vec<(usize, usize)> = example.heads.iter().map(|head| (head.layer, head.head)).collect();
        assert_eq!(names, (0..16).map(|i| (i / 4, i % 4)).collect::<Vec<_>>());
        for head in &example.heads {
            let (tau, p) = (head.tau.value.unwrap(), head.tau_p_adjusted.value.unwrap());
            assert!((-1.0..=1.0).contains(&tau) && p > 0.0 && p <= 1.0);
            // Only a head beyond the best-of-all null is a discovery.
            assert!(p > 0.05 || tau >= example.best_of_all_p95.value.unwrap());
        }
    }
}
