//! Links and error rates as `PyTorch`'s cross-attention and the definitions give them (`fixtures/make/align.py`).

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use attncheck::align::symmetrize::grow_diag_final;
use attncheck::align::{AlignPlan, Pieces, Step, align};
use attncheck::input::{Link, PairFormat, PairOptions};
use attncheck::links::pharaoh;
use attncheck::links::score::Counts;
use attncheck::model::source::HubSettings;
use attncheck::report::align::{AlignReport, AlignRow};
use serde::Deserialize;

use crate::support::program::Folder;

#[derive(Deserialize)]
struct Golden {
    pairs: Vec<String>,
    readings: Vec<GoldenReading>,
    diagonal: [usize; 4],
    grow_diag_final: Vec<[Vec<Link>; 3]>,
}

#[derive(Deserialize)]
struct GoldenReading {
    layer: usize,
    head: Option<usize>,
    step: String,
    pieces: String,
    /// |A|, |S|, |A ∩ S|, |A ∩ P| of all pairs.
    counts: [usize; 4],
    /// Of the first pairs.
    links: Vec<String>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../fixtures/golden/align.json")).unwrap()
}

fn aer([found, sure, found_sure, found_possible]: [usize; 4]) -> f64 {
    Counts { found, sure, found_sure, found_possible, ..Counts::default() }.aer().unwrap()
}

#[test]
fn grow_diag_final_is_as_its_pseudo_code_has_it() {
    let cases = golden().grow_diag_final;
    assert!(cases.len() >= 60);
    for [forward, backward, expected] in cases {
        assert_eq!(grow_diag_final(&forward, &backward), expected, "{forward:?} {backward:?}");
    }
}

/// The model of the fixtures: small, trained on real sentences, with one head that was taught to align.
pub fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/enfr-tatoeba-marian")
}

/// The pairs that lie beside the repository; any other run passes over them.
fn shared() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/wordalign_enfr");
    data.is_dir().then_some(data)
}

fn plan(pairs: PathBuf, gold: Option<PathBuf>) -> AlignPlan {
    AlignPlan {
        reading: PairOptions { format: Some(PairFormat::Bars), ..PairOptions::default() },
        gold,
        ..AlignPlan::of(pairs, model().display().to_string())
    }
}

fn run(plan: &AlignPlan) -> AlignReport {
    align(plan, &HubSettings::from_env(), &(), &AtomicBool::new(false)).unwrap()
}

fn found<'r>(report: &'r AlignReport, of: &GoldenReading) -> &'r AlignRow {
    let is = |row: &&AlignRow| {
        (row.layer, row.head) == (Some(of.layer), of.head)
            && (row.step.as_deref(), row.pieces.as_deref()) == (Some(&*of.step), Some(&*of.pieces))
    };
    report.rows.iter().find(is).unwrap()
}

#[test]
fn every_error_rate_of_a_real_model_is_that_of_pytorch() {
    let Some(data) = shared() else { return };
    let (golden, report) = (golden(), run(&plan(data.join("enfr.src-tgt"), Some(data.join("enfr.gold")))));
    assert_eq!((report.pairs.len(), report.failures.len()), (447, 0));
    assert_eq!(golden.readings.len(), 60);
    for reading in &golden.readings {
        let row = found(&report, reading);
        let (own, theirs) = (row.aer.value.as_ref().unwrap(), aer(reading.counts));
        let told = format!("{}.{:?} {} {}", reading.layer, reading.head, reading.step, reading.pieces);
        assert!((own.estimate - theirs).abs() < 1e-3, "{told}: {} {theirs}", own.estimate);
        assert!(own.low.unwrap() <= own.estimate && own.estimate <= own.high.unwrap(), "{told}");
    }
    let named = |name: &str| report.rows.iter().find(|row| row.reading == name).unwrap();
    let rate = |row: &AlignRow| row.aer.value.as_ref().unwrap().estimate;
    assert!((rate(named("diagonal")) - aer(golden.diagonal)).abs() < 1e-12);
    assert!((rate(named("diagonal")) - 0.538).abs() < 1e-3);
    assert!((rate(named("random")) - 0.884).abs() < 0.01);
    // No link crosses another on the diagonal; people's do.
    assert!(named("diagonal").crossings == 0.0 && named("gold").crossings > 100.0);
    // Best on the first half is the head that was guided, by the row that outputs; it beats the diagonal on the second.
    let held = report.held_out.value.as_ref().unwrap();
    assert_eq!((held.first, held.second, held.among), (224, 223, 60));
    assert_eq!(
        (report.chosen.layer, report.chosen.head, report.chosen.step.as_str()),
        (2, Some(0), "output")
    );
    assert_eq!(report.chosen.by, "gold");
    assert_eq!(held.row.shows_alignment, Some(true));
    assert!(rate(&held.row) < rate(&held.diagonal) && rate(&held.diagonal) < rate(&held.random));
    // Most heads show none, and are told to.
    let shows = report.rows.iter().filter(|row| row.layer.is_some() && row.shows_alignment == Some(true));
    assert!((2..15).contains(&shows.count()));
}

#[test]
fn every_link_of_a_few_pairs_is_that_of_pytorch() {
    let golden = golden();
    let folder = Folder::with(&golden.pairs.join("\n"));
    for reading in golden.readings.iter().filter(|reading| reading.layer != 1) {
        let own = AlignPlan {
            layer: Some(reading.layer),
            head: Some(reading.head),
            step: Step::ALL.into_iter().find(|step| step.name() == reading.step),
            pieces: Pieces::ALL.into_iter().find(|pieces| pieces.name() == reading.pieces),
            ..plan(folder.file("texts.txt"), None)
        };
        let report = run(&own);
        let links: Vec<String> =
            report.pairs.iter().map(|pair| pharaoh(pair.written(&report.chosen))).collect();
        assert_eq!(links, reading.links, "{:?} {}", own.head, reading.pieces);
        assert_eq!(report.chosen.by, "typed");
        for pair in &report.pairs {
            for row in pair.output.mass.iter().chain(&pair.input.mass) {
                assert_eq!(row.len(), pair.source.len());
                assert!(row.iter().sum::<f64>() <= 1.0 + 1e-4);
            }
        }
    }
}
