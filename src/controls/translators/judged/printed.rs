//! The table of what is said of planted translators, which the guide prints.

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
fn files(models: &[JudgedTranslator], reading: &str) -> String {
    let all =
        [Grade::ShowsWhatDecides, Grade::ShowsPart, Grade::NoMoreThanChance, Grade::CannotTell, Grade::Inert];
    let count = |grade: &Grade| models.iter().filter(|model| model.grade(reading) == Some(*grade)).count();
    all.iter().map(|grade| format!("{:>5}", count(grade))).collect::<Vec<_>>().concat()
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
    format!("{estimate:.3} [{low:.3}, {high:.3}]")
}

fn print(kind: TranslatorKind, effort: Effort) {
    let protocol = protocol_of_translators(effort);
    let judge = |recipe: TranslatorRecipe| {
        PlantedTranslator::plant(recipe).unwrap().judged(&protocol, PAIRS).unwrap()
    };
    let models: Vec<JudgedTranslator> = recipes(kind).into_par_iter().map(judge).collect();
    let words: usize = models.iter().map(|model| model.words.len()).sum();
    println!("\n{kind}, {}: {} models, {words} words", protocol.budget.name, models.len());
    println!(
        "{:26}{:>13}{:>13}{:>13}{:>13}  what part chance ? inert",
        "", "supported", "contradicted", "inert", "at deciding"
    );
    for reading in &models[0].answer.as_ref().unwrap().readings {
        let name = reading.method.as_str();
        if reading.sinks_removed {
            continue;
        }
        let given = |verdict| share(&models, |word: &JudgedWord| word.verdict(name) == Some(verdict));
        let points = share(&models, |word| word.deciding.is_some() && word.first(name) == word.deciding);
        println!(
            "{name:26}{:>13}{:>13}{:>13}{points:>13}  {}",
            given(VerdictWord::Supported),
            given(VerdictWord::Contradicted),
            given(VerdictWord::Inert),
            files(&models, name)
        );
    }
    let links = share(&models, |word| word.first("raw") == Some(word.linked));
    println!("raw points at the linked word {links}");
    println!("source share {}", mean(&models, |origin| origin.source.value));
    println!("without the source {}", mean(&models, |origin| origin.without_source.value));
    println!("without what was written {}", mean(&models, |origin| origin.without_written.value));
}

#[test]
#[ignore = "prints what is told of planted translators"]
fn translators_as_they_are_printed() {
    let effort = if std::env::var("QUICK").is_ok() { Effort::Quick } else { Effort::Standard };
    for kind in TranslatorKind::ALL {
        print(kind, effort);
    }
}
