//! What must hold.

use std::time::Instant;

use super::*;
use crate::controls::{TranslatorKind, TranslatorRecipe};

#[test]
#[ignore = "timing"]
fn scratch() {
    let effort = if std::env::var("QUICK").is_ok() { Effort::Quick } else { Effort::Standard };
    for kind in TranslatorKind::ALL {
        for (seed, words) in [(0, 8), (1, 12), (2, 19)] {
            let began = Instant::now();
            let recipe = TranslatorRecipe { words, ..TranslatorRecipe::new(kind, seed) };
            let found = PlantedTranslator::plant(recipe).unwrap().judged(&protocol_of_translators(effort), 2).unwrap();
            println!("\n{kind} {words}: {:?}", began.elapsed());
            for word in &found.words {
                println!("pair {} row {} linked {} pointed {} deciding {:?}", word.pair, word.row, word.linked, word.pointed, word.deciding);
                for of in word.verdicts.iter().filter(|of| !of.sinks_removed) {
                    println!("   {:26} {:?} if {:?} luck {:?} first {:?}", of.reading, of.verdict, of.if_discovered, of.luck_p, word.first(&of.reading));
                }
                println!("   refs {:?}", &word.first[9..]);
                if let Some(origin) = &word.origin {
                    println!("   origin {:?} {:?} {:?}", origin.source.value, origin.without_source.value, origin.without_written.value);
                }
            }
            for reading in &found.answer.as_ref().unwrap().readings {
                println!("   {} {} {:?} {:?} holm {:?} ignored {:?}", reading.method, reading.sinks_removed, reading.verdict, reading.effect.value, reading.beyond_chance_holm.value, reading.ignored.value);
            }
        }
    }
}
