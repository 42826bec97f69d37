//! Scratch.
use attncheck::attribution::Options;
use attncheck::controls::{Shortcut, ShortcutModel, ShortcutRecipe, own};
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kind = Shortcut::ALL[args[1].parse::<usize>().unwrap()];
    let mut recipe = ShortcutRecipe::new(kind, args[2].parse().unwrap());
    if let Some(r) = args.get(3) {
        recipe.layers = r.parse().unwrap();
    }
    let start = Instant::now();
    let m = match ShortcutModel::train(recipe) {
        Ok(m) => m,
        Err(e) => {
            println!("{kind} {e} {:?}", start.elapsed());
            return;
        }
    };
    println!("{kind} {:?} {:?}", m.learned, start.elapsed());
    let start = Instant::now();
    let r = m.precisions(87).unwrap();
    println!("{:?} texts {} words {:.1} chance {:.3}", start.elapsed(), r.texts, r.words, r.chance);
    for p in &r.methods {
        println!(
            "{:26} {:9} {:.3} [{:.3}, {:.3}] mrr {:.3} last {:.2} missing {}",
            p.method,
            p.role,
            p.precision.unwrap(),
            p.low.unwrap(),
            p.high.unwrap(),
            p.reciprocal_rank.unwrap(),
            p.last_rank.unwrap(),
            p.missing
        );
    }
    if args.get(4).is_none() {
        return;
    }
    let start = Instant::now();
    let texts: Vec<_> = (0..12).map(|i| m.text(i)).collect();
    let subjects: Vec<_> =
        texts.iter().enumerate().map(|(i, t)| m.subject(t, &i.to_string()).unwrap()).collect();
    let r = own::check(&subjects, Options::for_subject, &own::OwnSettings::default(), &|what| {
        eprintln!("{what} {:?}", start.elapsed())
    })
    .unwrap()
    .unwrap();
    println!("{:?}\n{}", start.elapsed(), r.sentence);
    for c in &r.checks {
        println!("{:?} {}: {} (expected {})", c.holds, c.name, c.measured, c.expected)
    }
    for m in &r.maps {
        println!(
            "{} {} {:?} {:?} {:?}",
            m.donor, m.maps, m.verdicts, m.supported_interval, m.contradicted_interval
        )
    }
    println!("{:?}", r.seeds);
    println!("{:?}", r.randomisation.stages);
    for m in &r.randomisation.methods {
        println!(
            "{:26} {:?} {:?} {}",
            m.method,
            m.insensitive,
            m.broken,
            m.stages
                .iter()
                .map(|s| format!(
                    "{:?} {:.2}/{:.2} ",
                    s.expected,
                    s.spearman.value.unwrap_or(9.0),
                    s.absolute.value.unwrap_or(9.0)
                ))
                .collect::<String>()
        );
    }
    for a in r.operators.iter().chain(&r.baselines) {
        println!("{} {} {:?} {:?}", a.first, a.second, a.tau, a.low)
    }
}
