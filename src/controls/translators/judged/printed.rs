//! The table of what is said of planted translators.

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::*;
use crate::controls::grid::REPORT_SEED;
use crate::controls::{TranslatorKind, TranslatorRecipe};
use crate::stats::interval::{Interval, clustered, mean_interval};

/// Models of a kind, of sources with words enough to be judged; no rule and no threshold was chosen on them.
const MODELS: usize = 20;

/// Pairs of each: the fewest that give a file's effect an interval.
const PAIRS: u64 = 8;

fn recipes(kind: TranslatorKind) -> Vec<TranslatorRecipe> {
    let drawn = (REPORT_SEED..).map(|seed| TranslatorRecipe::new(kind, seed));
    drawn.filter(|recipe| recipe.words >= 8).take(MODELS).collect()
}

/// The share of words of which this holds, in percent, with an interval over models.
fn share(models: &[JudgedTranslator], holds: impl Fn(&JudgedWord) -> bool) -> String {
    let count =
        |model: &JudgedTranslator| (model.words.iter().filter(|word| holds(word)).count(), model.words.len());
    percent(clustered(&models.iter().map(count).collect::<Vec<_>>()))
}

fn percent(of: Option<Interval>) -> String {
    let Some(Interval { estimate, bounds: Some((low, high)), .. }) = of else { return "?".to_owned() };
    format!("{:.0} {:.0}–{:.0}", 100.0 * estimate, 100.0 * low, 100.0 * high)
}

/// How many files got each verdict.
fn files(models: &[JudgedTranslator], reading: &str) -> [usize; 5] {
    let all =
        [Grade::ShowsWhatDecides, Grade::ShowsPart, Grade::NoMoreThanChance, Grade::CannotTell, Grade::Inert];
    all.map(|grade| models.iter().filter(|model| model.grade(reading) == Some(grade)).count())
}

/// The mean over models of each one's mean.
fn mean(models: &[JudgedTranslator], of: impl Fn(&Origin) -> Option<f64>) -> String {
    let mean = |model: &JudgedTranslator| {
        let told = model.words.iter().filter_map(|word| of(word.origin.as_ref()?));
        let told: Vec<f64> = told.collect();
        told.iter().sum::<f64>() / told.len() as f64
    };
    let Some(Interval { estimate, bounds: Some((low, high)), .. }) =
        mean_interval(&models.iter().map(mean).collect::<Vec<_>>())
    else {
        return "?".to_owned();
    };
    format!("{estimate:.3} [{low:.3}, {high:.3}]").replace("-0.000", "0.000")
}

fn print(kind: TranslatorKind) {
    let protocol = protocol_of_translators(Effort::Standard);
    let judge = |recipe: TranslatorRecipe| {
        PlantedTranslator::plant(recipe).unwrap().judged(&protocol, PAIRS).unwrap()
    };
    let models: Vec<JudgedTranslator> = recipes(kind).into_par_iter().map(judge).collect();
    let words: usize = models.iter().map(|model| model.words.len()).sum();
    println!("{kind}: {} models, {words} words", models.len());
    println!(
        "{:26}{:>13}{:>14}{:>13}{:>13}",
        "% of words, 95 %", "supported", "contradicted", "inert", "finds"
    );
    for reading in models[0].words[0].whole().map(|of| of.reading.as_str()) {
        let given = |verdict| share(&models, |word: &JudgedWord| word.verdict(reading) == Some(verdict));
        let finds = share(&models, |word| word.deciding.is_some() && word.first(reading) == word.deciding);
        println!(
            "{reading:26}{:>13}{:>14}{:>13}{finds:>13}",
            given(VerdictWord::Supported),
            given(VerdictWord::Contradicted),
            given(VerdictWord::Inert)
        );
    }
    println!("{:26}{:>9}{:>6}{:>8}{:>13}{:>7}", "files", "decides", "part", "chance", "cannot tell", "inert");
    for reading in models[0].words[0].whole().map(|of| of.reading.as_str()) {
        let [decides, part, chance, cannot_tell, inert] = files(&models, reading);
        println!("{reading:26}{decides:>9}{part:>6}{chance:>8}{cannot_tell:>13}{inert:>7}");
    }
    println!("raw at the linked word: {} %", share(&models, |word| word.first("raw") == Some(word.linked)));
    println!("source's share (ALTI+): {}", mean(&models, |origin| origin.source.value));
    println!("falls without the source: {}", mean(&models, |origin| origin.without_source.value));
    println!("falls without what was written: {}\n", mean(&models, |origin| origin.without_written.value));
}

#[test]
#[ignore = "prints what is told of planted translators, in minutes"]
fn translators_as_they_are_printed() {
    TranslatorKind::ALL.into_iter().for_each(print);
}
