//! Hostile input by the thousand: whatever stands in the files of a model, in the texts or in a hub's answers, the program
//! ends as it says it does, in bounded memory and time.
//!
//! Every attack follows from its number alone, and its folder stays under `target/tmp/fuzz` where it found something.
//! `cargo test` runs the first of them; the long run is
//!
//! ```text
//! ATTNCHECK_FUZZ=20000 cargo test --release --test it fuzz::long -- --ignored --nocapture
//! ```
//!
//! with `ATTNCHECK_FUZZ_FROM=N` to begin at attack N.

mod attack;
mod bases;
mod mutate;
mod proxy;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use attack::{Attack, End};

/// Attacks of a quick run.
const QUICK: usize = 150;

/// Runs the attacks from `from` on; the number of each that found something, with what.
fn campaign(from: usize, count: usize, told: bool) -> Vec<(usize, String)> {
    let (next, found, ends) = (AtomicUsize::new(from), Mutex::new(Vec::new()), Mutex::new([0_usize; 2]));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= from + count {
                        return;
                    }
                    match Attack::number(number).run() {
                        Ok(end) => ends.lock().unwrap()[usize::from(end == End::Refused)] += 1,
                        Err(fault) => {
                            if told {
                                eprintln!("attack {number}: {fault}");
                            }
                            found.lock().unwrap().push((number, fault));
                        }
                    }
                }
            });
        }
    });
    let ([audited, refused], mut found) = (ends.into_inner().unwrap(), found.into_inner().unwrap());
    found.sort_unstable();
    if told {
        eprintln!("{count} attacks from {from}: {audited} audited, {refused} refused, {} broke", found.len());
    }
    // Attacks that are all refused, or none, would test nothing.
    assert!(
        count < 100 || (audited * 20 > count && refused * 20 > count),
        "{audited} audited, {refused} refused"
    );
    found
}

fn wanted(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// An attack on what is refused as it is would test nothing.
#[test]
fn what_is_not_attacked_is_audited() {
    for (i, base) in bases::each().into_iter().enumerate() {
        // Numbers that no attack has.
        let told = format!("{base:?}");
        assert_eq!(Attack::none(usize::MAX - i, base).run(), Ok(End::Audited), "{told}");
    }
}

#[test]
fn quick() {
    let found = campaign(0, QUICK, false);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
#[ignore = "minutes to hours; see the top of this file"]
fn long() {
    let found = campaign(wanted("ATTNCHECK_FUZZ_FROM", 0), wanted("ATTNCHECK_FUZZ", 20_000), true);
    assert!(found.is_empty(), "{found:#?}");
}

/// Where an attack's folder is.
fn place(number: usize) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz").join(number.to_string())
}
