//! Figures of the summary, and the gates that are judged by them.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use attncheck::audit::figures::{Better, Statistic};
use attncheck::audit::shape::Shape;
use attncheck::audit::{self, Effort, Figure, Gate, Ledger, Plan};
use attncheck::model::source::HubSettings;
use attncheck::report::{Json, Render, Report};
use attncheck::swap::Site;

use crate::support::documents::document;
use crate::support::program;
use crate::support::report::examples;

const REVIEWS: &str = "fixtures/texts/reviews.txt";

fn audited(plan: &Plan) -> Report {
    let hub = HubSettings::from_vars(|_| None, None);
    audit::audit(plan, &hub, &(), &AtomicBool::new(false), &mut ()).unwrap()
}

fn plan() -> Plan {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join(REVIEWS);
    Plan { effort: Effort::Quick, limit: Some(3), ..Plan::of(texts) }
}

#[test]
fn the_figures_of_an_audit_are_known_before_it_runs() {
    let head = Site::Head { layer: 1, head: 2 };
    for plan in [
        plan(),
        Plan { effort: Effort::Standard, limit: Some(1), ..plan() },
        Plan { sites: vec![head, Site::All, Site::Layer(0)], limit: Some(1), ..plan() },
        Plan { only: vec!["rollout".into(), "loo".into(), "random".into()], limit: Some(1), ..plan() },
    ] {
        let report = audited(&plan);
        for example in report.examples.iter() {
            assert_eq!(Shape::under(&plan.protocol(true)), Shape::of(&example.unwrap()));
        }
    }
}

/// The figures once more, from the numbers in the document, without the program's own arithmetic.
#[test]
fn every_figure_is_what_its_examples_have() {
    let report = audited(&Plan { limit: None, ..plan() });
    let examples = report.examples.to_vec().unwrap();
    let ledger = Ledger::of(&examples, 0);
    assert!(ledger.figures().len() > 100);
    for figure in ledger.figures() {
        let values: Vec<f64> = examples.iter().filter_map(|example| figure.value(example)).collect();
        let found = ledger.estimate(&figure.name, 0, 0.05);
        let Some(found) = found.value else {
            assert!(values.is_empty(), "{}", figure.name);
            continue;
        };
        assert_eq!(found.n, values.len(), "{}", figure.name);
        if figure.statistic != Statistic::Discoveries {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            assert!((found.estimate - mean).abs() < 1e-12, "{}", figure.name);
        }
        let (low, high) = (found.low.unwrap(), found.high.unwrap());
        assert!(low <= found.estimate && found.estimate <= high, "{}", figure.name);
    }
    let raw = &report.summary.readings[0];
    let contradicted = raw.verdicts.iter().find(|v| v.verdict.name() == "contradicted").unwrap();
    assert_eq!(ledger.estimate("raw.contradicted", 0, 0.05).value.unwrap(), contradicted.share);
    assert_eq!(ledger.estimate("raw.tau.loo", 0, 0.05), raw.agreement[0].tau);
    // q-values in the document are those of its p-values, and discoveries are counted by them.
    let q: Vec<Option<f64>> = examples
        .iter()
        .map(|e| e.readings[0].erasure.value.as_ref().and_then(|erasure| erasure.excess_q.value))
        .collect();
    assert_eq!(ledger.adjusted("raw.excess-discoveries"), q);
    let stand = q.iter().flatten().filter(|q| **q <= 0.05).count();
    let found = ledger.estimate("raw.excess-discoveries", 0, 0.05).value.unwrap();
    assert!((found.estimate - stand as f64 / found.n as f64).abs() < 1e-12);
}

#[test]
fn names_are_unique_and_short_ones_mean_one_figure() {
    let figures = Figure::all(&Shape::of(&examples()[0]));
    for figure in &figures {
        for name in [figure.name.as_str(), figure.short()] {
            let called = figures.iter().filter(|other| other.is_called(name)).count();
            assert_eq!(called, 1, "{name}");
        }
    }
    let short = |name: &str| figures.iter().find(|figure| figure.is_called(name)).unwrap();
    assert_eq!(short("contradicted").name, "raw.contradicted");
    assert_eq!(short("tau").name, "raw.tau.loo");
    assert_eq!(short("rollout-without-sinks.tau").name, "rollout-without-sinks.tau.loo");
    assert_eq!(short("leverage").name, "row.leverage");
    assert_eq!((short("supported").better, short("contradicted").better), (Better::Higher, Better::Lower));
}

#[test]
fn a_gate_is_read_as_it_is_written() {
    for (text, told) in [
        ("contradicted<=0.2", "contradicted <= 0.2"),
        (" raw.tau.loo  >  -1e-1 ", "raw.tau.loo > -0.1"),
        ("head:3.1.supported>=.5", "head:3.1.supported >= 0.5"),
    ] {
        assert_eq!(text.parse::<Gate>().unwrap().to_string(), told);
    }
    for text in ["", "contradicted", "<=0.2", "tau=0.1", "tau==1", "tau<=", "tau<=x", "tau<=NaN", "tau<=inf"]
    {
        assert!(text.parse::<Gate>().is_err(), "{text:?} was taken");
    }
}

fn ran(args: &[&str]) -> (i32, String, String) {
    program::ran(env!("CARGO_MANIFEST_DIR"), args)
}

fn gated(gates: &[&str]) -> (i32, String, String) {
    let mut args = vec!["audit", REVIEWS, "--effort", "quick", "--limit", "3"];
    args.extend(gates);
    ran(&args)
}

#[test]
fn the_exit_status_is_the_gates() {
    let (status, out, _) = gated(&["--gate", "contradicted<=1", "--gate", "row.leverage>=0"]);
    assert_eq!(status, 0);
    assert!(out.contains("contradicted <= 1  passed"), "{out}");
    let (status, out, err) = gated(&["--gate", "contradicted<=1", "--gate", "raw.special-mass>0.99"]);
    assert_eq!((status, err.as_str()), (1, ""));
    assert!(out.contains("raw.special-mass > 0.99  FAILED"), "{out}");
    // The same gates in another format, and none printed at all.
    let (status, out, _) = gated(&["--gate", "raw.special-mass>0.99", "--format", "json"]);
    let report: Report = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 1);
    assert_eq!(report.gates[0].figure, "raw.special-mass");
    assert!(
        !report.gates[0].passed
            && report.gates[0].judged == Some(report.gates[0].found.value.as_ref().unwrap().estimate)
    );
}

#[test]
fn an_interval_is_held_to_its_worse_end() {
    // No failure among three examples: the share is 0, and may be as much as 56 %.
    assert_eq!(gated(&["--gate", "failed<=0.2"]).0, 0);
    assert_eq!(gated(&["--gate", "failed<=0.2", "--gate-on", "interval"]).0, 1);
    assert_eq!(gated(&["--gate", "failed>=0", "--gate-on", "interval"]).0, 0);
}

#[test]
fn a_figure_that_is_missing_passes_no_gate() {
    let (status, out, _) = gated(&["--only", "raw", "--gate", "ceiling>=-1"]);
    assert_eq!(status, 1);
    assert!(out.contains("ceiling >= -1  FAILED"), "{out}");
    assert!(out.contains("no example has this measure"), "{out}");
}

#[test]
fn what_is_no_figure_is_known_before_any_work() {
    // The texts do not exist: the gate is refused first.
    let (status, out, err) = ran(&["audit", "no-such-file", "--gate", "contradcted<=0.2"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("no figure of this audit is called \"contradcted\""), "{err}");
    assert!(err.contains("did you mean contradicted"), "{err}");
    let (_, _, err) = ran(&["audit", "no-such-file", "--only", "raw", "--gate", "rollout.supported>=0.2"]);
    assert!(err.contains("rollout.supported"), "{err}");
    let (status, _, err) = ran(&["audit", "no-such-file", "--gate", "tau"]);
    assert_eq!(status, 2);
    assert!(err.contains("has no comparison"), "{err}");
}

/// A reading that is run on decoders alone, unless it is named: what model it is shows when it is open, before any text is run.
#[test]
fn a_gate_on_what_is_not_run_on_the_model_is_refused() {
    for gate in ["rollout-excess.tau>=0.1", "rollout-excess-without-sinks.supported>=0.1"] {
        let (status, out, err) = gated(&["--gate", gate]);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("on a reading that is not run on this model"), "{err}");
        assert!(err.contains("--only"), "{err}");
        let named = ["--only", "raw,rollout-excess,loo", "--gate", gate];
        assert_ne!(gated(&named).0, 2);
    }
}

#[test]
fn gates_can_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gates.toml");
    let config = path.to_str().unwrap();
    fs::write(&path, "gate-on = \"interval\"\n[gates]\nfailed = \"<= 0.2\"\n").unwrap();
    assert_eq!(gated(&["--config", config]).0, 1);
    assert_eq!(gated(&["--config", config, "--gate-on", "estimate"]).0, 0);
    assert_eq!(gated(&["--config", config, "--gate", "failed<=0.9"]).0, 0);
    fs::write(&path, "[gates]\nfailed = 0.2\n").unwrap();
    let (status, _, err) = gated(&["--config", config]);
    assert_eq!(status, 2);
    assert!(err.contains("gates.toml") && err.contains("the limit of failed"), "{err}");
    let (status, _, err) = gated(&["--config", "no-such.toml"]);
    assert_eq!(status, 2);
    assert!(err.contains("no-such.toml"), "{err}");
}

#[test]
fn figures_are_listed_and_in_the_guide() {
    let (status, out, _) = ran(&["figures"]);
    assert_eq!(status, 0);
    insta::assert_snapshot!("figures", out);
    let guide = document("src/guide/ci.md");
    for (_, rows) in audit::figures::listing() {
        for row in rows {
            let told = format!("| {} | {} | {} |", row.name, row.better, row.what);
            assert!(guide.contains(&told), "missing: {told}");
        }
    }
}

#[test]
fn gates_change_no_other_number() {
    let bare = audited(&plan());
    let mut gated = audited(&Plan { gates: vec!["tau>=0.9".parse().unwrap()], ..plan() });
    assert_eq!(gated.gates.len(), 1);
    gated.gates.clear();
    assert_eq!(Json.rendered(&gated).unwrap(), Json.rendered(&bare).unwrap());
}

/// A folder with a report of three reviews, and what another audit of them makes of it as the baseline.
fn against(baseline: &[&str], now: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("earlier.json");
    let earlier = format!("json={}", path.display());
    let mut args = vec!["audit", REVIEWS, "--effort", "quick", "--limit", "3", "--format", &earlier];
    args.extend(baseline);
    assert_eq!(ran(&args).0, 0);
    let mut args = vec!["audit", REVIEWS, "--effort", "quick", "--baseline", path.to_str().unwrap()];
    args.extend(now);
    ran(&args)
}

#[test]
fn a_change_is_gated_text_by_text() {
    let gates = ["--limit", "3", "--gate", "change.contradicted<=0", "--gate", "change.tau>=0"];
    let (status, out, _) = against(&[], &gates);
    assert_eq!(status, 0);
    assert!(out.contains("change.contradicted <= 0  passed  0.000 [0.000, 0.000]  3"), "{out}");
    // The same weights in f64: other settings of the model alone, and no change but rounding.
    let mut exact = gates.to_vec();
    exact.extend(["--dtype", "f64", "--gate", "change.excess>=0.5"]);
    let (status, out, _) = against(&[], &exact);
    assert_eq!(status, 1);
    assert!(out.contains("change.excess >= 0.5      FAILED  0.000 ["), "{out}");
}

#[test]
fn a_baseline_of_other_choices_or_texts_is_refused() {
    let gate = ["--limit", "3", "--gate", "change.tau>=0"];
    let (status, _, err) = against(&["--margin", "0.1", "--seed", "4"], &gate);
    assert_eq!(status, 2);
    assert!(err.contains("cannot be the baseline") && err.contains("seed is 4 and 0"), "{err}");
    assert!(err.contains("thresholds.margin"), "{err}");
    let (status, _, err) = against(&[], &["--limit", "4", "--gate", "change.tau>=0"]);
    assert_eq!(status, 2);
    assert!(err.contains("1 of the texts are not in it"), "{err}");
    let (status, _, err) = ran(&["audit", REVIEWS, "--baseline", "no-such.json", "--gate", "change.tau>=0"]);
    assert_eq!(status, 2);
    assert!(err.contains("no-such.json cannot be the baseline"), "{err}");
    // Neither of them without the other.
    let (status, _, err) = ran(&["audit", REVIEWS, "--gate", "change.tau>=0"]);
    assert_eq!(status, 2);
    assert!(err.contains("--baseline REPORT.json"), "{err}");
    let (status, _, err) = ran(&["audit", REVIEWS, "--baseline", "no-such.json", "--gate", "tau>=0"]);
    assert_eq!(status, 2);
    assert!(err.contains("change.contradicted<=0.05"), "{err}");
}
