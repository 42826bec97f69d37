//! Checks of a model whose truth nobody knows: randomisation, sensitivity, maps of other texts.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use attncheck::attribution::{MethodOptions, Shared, find};
use attncheck::audit::AuditError;
use attncheck::audit::{Effort, Plan};
use attncheck::controls::ControlsError;
use attncheck::controls::model::Texts;
use attncheck::controls::own::check;
use attncheck::controls::randomise::{cascade, randomised, stages};
use attncheck::controls::{self, Control, OwnSettings, Planted, Recipe};
use attncheck::missing::Missing;
use attncheck::model::probe::to_f64;
use attncheck::model::source::HubSettings;
use attncheck::model::{Model, Target};
use attncheck::report::example::VerdictWord;
use attncheck::report::own::Expected::{Changes, Partly, Same};
use attncheck::report::own::{MapVerdicts, ModelReport, OwnReport};
use attncheck::report::{Json, Render, Text};
use attncheck::subject::Subject;
use candle_core::Tensor;

use super::trained::trained;
use crate::support::subject::{BLAME, DOUBT, PRAISE, plain, subject};

/// Quick, but every check runs.
fn settings() -> OwnSettings {
    OwnSettings { seeds: 2, foreign: 1, permutations: 99, steps: 20, candidates: 2, ..OwnSettings::default() }
}

fn control(kind: Planted, layers: usize) -> Control {
    Control::plant(Recipe { layers, ..Recipe::new(kind, 10, 3) }).unwrap()
}

fn subjects(control: &Control, count: u64) -> Vec<Subject<'_>> {
    let target = |logits: &[f64]| {
        let class = usize::from(logits[1] > logits[0]);
        Target::Margin { class, against: 1 - class }
    };
    (0..count).map(|i| control.subject(&control.text(i), target, &i.to_string()).unwrap()).collect()
}

/// Mean and standard deviation.
fn moments(tensor: &Tensor) -> (f64, f64) {
    let values = to_f64(tensor).unwrap();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

fn same(a: &Tensor, b: &Tensor) -> bool {
    to_f64(a).unwrap() == to_f64(b).unwrap()
}

#[test]
fn stages_go_from_the_head_down_and_keep_what_was_drawn() {
    let model = plain();
    let names: Vec<String> = stages(&model).into_iter().map(|stage| stage.name).collect();
    assert_eq!(names, ["head", "layer 3", "layer 2", "layer 1", "layer 0", "embeddings"]);
    let query = |model: &Model, layer: usize| {
        model.transformer.layers[layer].attention().unwrap().1.query.weight().unwrap()
    };
    let words = |model: &Model| model.transformer.embedding.words.clone();
    for count in 0..=names.len() {
        let random = randomised(&model, count, 1).unwrap();
        assert_eq!(
            same(&random.readout.out.weight().unwrap(), &model.readout.out.weight().unwrap()),
            count < 1,
            "stage {count}"
        );
        for layer in 0..4 {
            assert_eq!(
                same(&query(&random, layer), &query(&model, layer)),
                count < 5 - layer,
                "stage {count}"
            );
        }
        assert_eq!(same(&words(&random), &words(&model)), count < 6);
    }
    let (early, late) = (randomised(&model, 1, 1).unwrap(), randomised(&model, 6, 1).unwrap());
    assert!(same(&early.readout.out.weight().unwrap(), &late.readout.out.weight().unwrap()));
    assert!(!same(
        &early.readout.out.weight().unwrap(),
        &randomised(&model, 1, 2).unwrap().readout.out.weight().unwrap()
    ));
    let ((mean, spread), (was, spread_was)) = (moments(&words(&late)), moments(&words(&model)));
    assert!((mean - was).abs() < 0.01 * spread_was && (spread / spread_was - 1.0).abs() < 0.01);
    let gain =
        |model: &Model| moments(&model.transformer.layers[2].feed().unwrap().0.after.as_ref().unwrap().gain);
    let ((mean, spread), (was, spread_was)) = (gain(&late), gain(&model));
    assert!((mean - was).abs() < 0.4 * spread_was && (spread / spread_was - 1.0).abs() < 0.3);
}

#[test]
fn layers_that_share_weights_become_random_together() {
    let mut control = control(Planted::Random, 3);
    let layers = &mut control.model.transformer.layers;
    layers[2] = Arc::clone(&layers[0]);
    let found = stages(&control.model);
    let told: Vec<(&str, &[usize])> = found.iter().map(|s| (s.name.as_str(), &s.layers[..])).collect();
    let all = [0, 1, 2];
    let wanted: [(&str, &[usize]); 4] =
        [("head", &[]), ("layers 0, 2, shared", &[0, 2]), ("layer 1", &all), ("embeddings", &all)];
    assert_eq!(told, wanted);
    let random = randomised(&control.model, 2, 1).unwrap();
    let layers = &random.transformer.layers;
    assert!(Arc::ptr_eq(&layers[0], &layers[2]) && !Arc::ptr_eq(&layers[0], &layers[1]));
    let old = &control.model.transformer.layers;
    assert!(!same(
        &layers[0].attention().unwrap().1.query.weight().unwrap(),
        &old[0].attention().unwrap().1.query.weight().unwrap()
    ));
    assert!(same(
        &layers[1].attention().unwrap().1.query.weight().unwrap(),
        &old[1].attention().unwrap().1.query.weight().unwrap()
    ));
}

#[test]
fn attention_below_the_random_layers_stays_and_references_follow_the_weights() {
    let model = plain();
    let texts: Vec<Subject> = [&PRAISE[..], &BLAME, &DOUBT].map(|ids| subject(&model, ids, None)).into();
    let options = |s: &Subject<'_>| MethodOptions { path_steps: 16, ..MethodOptions::for_subject(s) };
    let found = cascade(&texts, options, 5).unwrap().unwrap();
    assert_eq!((found.texts, found.stages.len()), (3, 6));
    let row = |name: &str| found.methods.iter().find(|m| m.method == name).unwrap();
    for method in &found.methods {
        assert_eq!(method.broken, Vec::<String>::new(), "{}", method.method);
        for stage in method.stages.iter().filter(|stage| stage.expected == Same) {
            assert!((stage.spearman.value.unwrap() - 1.0).abs() < 1e-12, "{}", method.method);
        }
    }
    let expected = |name: &str| row(name).stages.iter().map(|s| s.expected).collect::<Vec<_>>();
    assert_eq!(expected("raw"), [Same, Changes, Changes, Changes, Changes, Changes]);
    assert_eq!(expected("head:1.*"), [Same, Same, Same, Changes, Changes, Changes]);
    assert_eq!(expected("flow"), [Same, Partly, Partly, Partly, Changes, Changes]);
    assert_eq!(expected("loo"), [Changes; 6]);
    assert_eq!(expected("random"), [Same; 6]);
    for name in ["loo", "integrated-gradients", "gradient-x-input"] {
        let last = row(name).stages.last().unwrap();
        assert!(last.spearman.value.unwrap() < 0.7, "{name} {last:?}");
    }
    assert!(row("raw").stages[1].spearman.value.unwrap() < 0.999);
    assert_eq!(row("random").insensitive, None);

    // The first stage by hand.
    let random = randomised(&model, 1, 5).unwrap();
    let score = |model, target| {
        let mut text = subject(model, &PRAISE, None);
        text.probe.target = target;
        let shared = Shared::new(&text, MethodOptions::for_subject(&text));
        find("gradient-x-input").unwrap().scores(&shared).unwrap().unwrap().unwrap().words
    };
    let target = texts[0].probe.target;
    let one = cascade(&texts[..1], options, 5).unwrap().unwrap();
    let told =
        one.methods.iter().find(|m| m.method == "gradient-x-input").unwrap().stages[0].tau.value.unwrap();
    let by_hand =
        attncheck::stats::rank::kendall_tau_b(&score(&model, target), &score(&random, target)).unwrap();
    assert!((told - by_hand).abs() < 1e-12);
}

#[test]
fn an_attribution_that_ignores_the_weights_is_told() {
    // Every weight of the constant model's head is 0 and so stays: nothing depends on the words, before or after.
    let control = control(Planted::Constant, 2);
    let texts = subjects(&control, 2);
    let found = cascade(&texts, MethodOptions::for_subject, 1).unwrap().unwrap();
    let loo = found.methods.iter().find(|m| m.method == "loo").unwrap();
    assert_eq!(loo.insensitive, None);
    assert!(loo.stages.iter().all(|s| s.spearman.value.is_none() && s.spearman.reason.is_some()));
    assert_eq!(cascade(&[], MethodOptions::for_subject, 1).unwrap(), Err(Missing::NoExamples));
}

#[test]
fn a_model_with_one_deciding_word_passes_its_own_checks() {
    let model = trained();
    let texts: Vec<_> = (0..4).map(|i| model.text(i)).collect();
    let subjects: Vec<_> =
        texts.iter().enumerate().map(|(i, t)| model.subject(t, &i.to_string()).unwrap()).collect();
    let seen = RefCell::new(Vec::new());
    let told = |what| {
        seen.borrow_mut().push(what);
        true
    };
    let report = check(&subjects, MethodOptions::for_subject, &settings(), &told).unwrap().unwrap();
    assert_eq!(*seen.borrow(), ["operators", "baselines", "randomisation", "foreign maps", "seeds"]);
    let holds = |name: &str| report.checks.iter().find(|c| c.name == name).unwrap().holds;
    assert_eq!(holds("operators"), Some(true), "{:?}", report.operators);
    let maps = |donor: &str| report.maps.iter().find(|m| m.donor == donor).unwrap();
    for donor in ["own", "integrated-gradients", "shuffled-words", "random-words"] {
        assert_eq!(maps(donor).maps, 4, "{donor}");
        assert_eq!(maps(donor).verdicts.iter().map(|(_, n)| n).sum::<usize>(), 4);
    }
    let contradicted = |m: &MapVerdicts| {
        m.verdicts.iter().filter(|(v, _)| *v == VerdictWord::Contradicted).map(|(_, n)| *n).sum::<usize>()
    };
    assert_eq!(contradicted(maps("integrated-gradients")), 0);
    assert_eq!(report.operators.len(), 10);
    assert_eq!(report.baselines.len(), 3);
    assert!(report.sentence.starts_with("On 4 texts"), "{}", report.sentence);
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<OwnReport>(&text).unwrap(), report);
    let again = check(&subjects, MethodOptions::for_subject, &settings(), &|_| true).unwrap().unwrap();
    assert_eq!(again, report);
}

#[test]
fn checks_can_fail_and_be_open() {
    let found = control(Planted::Random, 2);
    let texts = subjects(&found, 3);
    let report = check(&texts, MethodOptions::for_subject, &settings(), &|_| true).unwrap().unwrap();
    let operators = report.checks.iter().find(|c| c.name == "operators").unwrap();
    let pair = report.operators.iter().find(|p| p.first == "mask" && p.second == "delete").unwrap();
    assert_eq!(operators.holds, Some(pair.tau.value.unwrap() >= 0.5));

    let found = control(Planted::Constant, 2);
    let texts = subjects(&found, 2);
    let report = check(&texts, MethodOptions::for_subject, &settings(), &|_| true).unwrap().unwrap();
    let operators = report.checks.iter().find(|c| c.name == "operators").unwrap();
    assert_eq!(operators.holds, None);
    assert!(
        report.maps.iter().flat_map(|m| &m.verdicts).all(|(v, _)| *v == VerdictWord::Inert),
        "{:?}",
        report.maps
    );
    assert_eq!(
        check(&[], MethodOptions::for_subject, &settings(), &|_| true).unwrap(),
        Err(Missing::NoExamples)
    );
}

fn plan(texts: &Path) -> Plan {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/models/sst2-tiny-s1");
    Plan {
        model: Some(model.to_owned()),
        limit: Some(2),
        effort: Effort::Quick,
        seed: 4,
        ..Plan::of(texts.to_path_buf())
    }
}

fn checked(plan: &Plan, texts: Texts, stop: bool) -> Result<ModelReport, ControlsError> {
    let hub = HubSettings::from_vars(|_| None, None);
    controls::model::model(plan, texts, &hub, &(), &AtomicBool::new(stop))
}

#[test]
fn a_model_in_a_folder_is_checked_for_any_number_of_threads() {
    let reviews = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/reviews.txt"));
    let plan = plan(reviews);
    let given = checked(&Plan { threads: Some(1), ..plan.clone() }, Texts::Given, false).unwrap();
    assert_eq!((given.checked.texts, given.checked.checks.len(), given.settings.input.examples), (2, 6, 2));
    let built_in = checked(&Plan { threads: Some(3), ..plan }, Texts::BuiltIn, false).unwrap();
    assert_eq!(built_in.settings.input.name, "built-in reviews");
    // The built-in texts are those of the file.
    assert_eq!(built_in.checked, given.checked);

    let json = Json.rendered(&given).unwrap();
    assert_eq!(serde_json::from_str::<ModelReport>(&json).unwrap(), given);
    let printed = Text::new(80, false).rendered(&given).unwrap();
    let words: Vec<&str> = printed.split_whitespace().collect();
    let sentence: Vec<&str> = given.checked.sentence.split_whitespace().collect();
    assert!(words.windows(sentence.len()).any(|part| part == sentence), "{printed}");
    for check in &given.checked.checks {
        let holds = match check.holds {
            Some(true) => "passed",
            Some(false) => "FAILED",
            None => "open",
        };
        assert!(printed.contains(&format!("\n{}: {holds}\n", check.name)), "{printed}");
    }
    assert!(printed.lines().all(|line| line.chars().count() <= 80), "{printed}");
}

#[test]
fn checks_of_a_model_end_with_named_errors() {
    let missing = checked(&plan(Path::new("no-such-file.txt")), Texts::Given, false);
    assert!(matches!(missing, Err(ControlsError::Audit(AuditError::Input(_)))));
    let nowhere = Plan { model: Some("./no-such-folder".to_owned()), ..plan(Path::new("")) };
    assert!(matches!(
        checked(&nowhere, Texts::BuiltIn, false),
        Err(ControlsError::Audit(AuditError::Source(_)))
    ));
    let stopped = checked(&plan(Path::new("")), Texts::BuiltIn, true);
    assert!(matches!(stopped, Err(ControlsError::Audit(AuditError::Interrupted))));
}
