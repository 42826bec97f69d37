//! Checkpoints that differ in their seed: the spread between them, and counterfactuals beside it.

use std::fs;

use attncheck::report::seeds::{SeedsExample, SeedsReport};
use attncheck::report::{Json, Render, Report, Text, read};
use attncheck::stats::divergence::{jensen_shannon, total_variation};

use crate::support::checkpoints::{TINY, checkpoint};
use crate::support::program::Folder;

const TEXTS: &str = "a gripping movie , played with performances that are all understated and touching\n\
                     dull , flat and far too long for what it has to say\n\
                     offers very little genuine romance and even fewer laughs a sad sitcom of a movie , largely devoid of charm\n\
                     good car chases , great fight scenes , and a distinctive blend of influences\n";

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

/// The raw map over words, scaled to sum to 1.
fn raw(report: &Report, place: usize) -> Vec<f64> {
    let example = report.examples.get(place).unwrap().unwrap();
    let scores = example.readings[0].scores.value.clone().unwrap();
    let sum: f64 = scores.iter().sum();
    scores.iter().map(|s| s / sum).collect()
}

#[test]
fn the_spread_is_that_of_the_audits() {
    let folder = Folder::with(TEXTS);
    let models = [TINY, "second", "third"];
    checkpoint(folder.path(), "second", 0.05);
    checkpoint(folder.path(), "third", 0.15);
    let quick = ["--effort", "quick"];
    let (status, text, err) = folder.ran(
        &[&["seeds"], &models[..], &["texts.txt", "--format", "text", "--format", "json=seeds.json"], &quick]
            .concat(),
    );
    assert_eq!((status, err.as_str()), (0, ""));
    let found: SeedsReport =
        serde_json::from_str(&fs::read_to_string(folder.path().join("seeds.json")).unwrap()).unwrap();
    assert_eq!(Text::new(80, false).rendered(&found).unwrap(), text);
    assert_eq!((found.checkpoints.len(), found.examples.len(), found.left_out.len()), (3, 4, 0));
    let reports: Vec<Report> = models
        .iter()
        .enumerate()
        .map(|(i, model)| {
            let file = format!("json={i}.json");
            let args = ["audit", "texts.txt", "--only", "raw", "--model", model, "-f", &file];
            assert_eq!(folder.ran(&[&args[..], &quick].concat()).0, 0);
            read::read(&folder.path().join(format!("{i}.json"))).unwrap()
        })
        .collect();
    for (place, example) in found.examples.iter().enumerate() {
        let example: SeedsExample = example.unwrap();
        let pairs = [(0, 1), (0, 2), (1, 2)];
        let jsd =
            pairs.map(|(i, j)| jensen_shannon(&raw(&reports[i], place), &raw(&reports[j], place)).unwrap());
        let spread = &example.readings[0].jsd;
        close(spread.mean.value.unwrap(), jsd.iter().sum::<f64>() / 3.0);
        let largest = jsd.iter().copied().fold(0.0, f64::max);
        close(spread.max.value.unwrap(), largest);
        close(example.floor.value.unwrap(), largest);
        close(jsd[pairs.iter().position(|p| Some(*p) == spread.between).unwrap()], largest);
        let predicted =
            |i: usize| reports[i].examples.get(place).unwrap().unwrap().prediction.probabilities.unwrap();
        let tvd = pairs.map(|(i, j)| total_variation(&predicted(i), &predicted(j)).unwrap());
        close(example.tvd.max.value.unwrap(), tvd.iter().copied().fold(0.0, f64::max));
        let same =
            pairs.iter().zip(&jsd).zip(&tvd).filter(|(_, tvd)| **tvd <= 0.05).map(|((_, jsd), _)| *jsd);
        assert_eq!(example.floor_same.value.is_some(), same.clone().next().is_some());
        if let Some(floor) = example.floor_same.value {
            close(floor, same.fold(0.0, f64::max));
        }
        for judged in &example.counterfactuals {
            let swap = &reports[judged.checkpoint].examples.get(place).unwrap().unwrap().swaps[0];
            close(judged.jsd, swap.counterfactual.value.as_ref().unwrap().jsd);
            assert_eq!(judged.outcome, swap.outcome);
            let inert = judged.outcome.value.as_deref() == Some("inert");
            assert_eq!(judged.within, (!inert).then_some(judged.jsd <= largest));
        }
    }
    let written = Json.rendered(&found).unwrap();
    assert_eq!(Json.rendered(&serde_json::from_str::<SeedsReport>(&written).unwrap()).unwrap(), written);
    let flowed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in ["the largest JSD between seeds", "checkpoints that predict the same", "within the floor"] {
        assert!(flowed.contains(told), "{told} is not in\n{text}");
    }
}

#[test]
fn what_is_no_set_of_checkpoints_is_refused() {
    let folder = Folder::with(TEXTS);
    checkpoint(folder.path(), "second", 0.05);
    checkpoint(folder.path(), "wider", 0.05);
    let config = folder.path().join("wider/config.json");
    let heads = fs::read_to_string(&config).unwrap();
    let changed = heads.replace("\"positive\"", "\"fine\"").replace("POSITIVE", "FINE");
    assert_ne!(changed, heads);
    fs::write(&config, changed).unwrap();
    for (models, said) in [
        (&[TINY, "second"][..], "2 checkpoints are too few"),
        (&[TINY][..], "1 checkpoints are too few"),
        (&[TINY, "second", TINY], "have the same weights"),
        (&[TINY, "second", "wider"], "model.labels is"),
    ] {
        let (status, out, err) = folder.ran(&[&["seeds"], models, &["texts.txt"]].concat());
        assert_eq!((status, out.as_str()), (2, ""), "{models:?}");
        assert!(err.contains(said) && err.contains("hint:"), "{err}");
    }
    let (_, _, err) = folder.ran(&["seeds", TINY, "second", "texts.txt"]);
    assert!(err.contains("attncheck compare"), "{err}");
    assert_eq!(folder.ran(&["seeds", "texts.txt"]).0, 2);
}
