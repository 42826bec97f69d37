//! Permuted patterns at every kind of site, and the adversary at the decision row.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use attncheck::model::Precision;
use attncheck::shift::Scale;
use attncheck::subject::Subject;
use attncheck::swap::adam::Adam;
use attncheck::swap::{self, PlainSwap, Site, Specials, SwapOptions};
use candle_core::Tensor;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::contest::{Contest, What};
use crate::error::Error;
use crate::models::{Subjects, scratch};

/// Permutations.
pub const COUNT: usize = 100;
/// Candidates of the adversary.
const CANDIDATES: usize = 5;
/// Its steps: the search itself is compared by the time of one.
const STEPS: usize = 500;
/// The steps the peer takes on full passes, and on the last layer's row alone.
const PEER_STEPS: [(bool, usize); 2] = [(false, 20), (true, 200)];
/// The points at which the loss and its gradient are compared.
const COMPARED: usize = 20;

/// The length of a text in these rows.
fn tokens(subjects: &Subjects) -> usize {
    if subjects.shape == "minilm" { 32 } else { 64 }
}

/// A hundred permutations; the permuted patterns lie ready on both sides, what is timed is what follows from them.
pub fn permute(contest: &mut Contest, subjects: &Subjects, quick: bool) -> Result<(), Error> {
    let tokens = tokens(subjects);
    let ids = Subjects::ids(tokens, 1);
    let subject = subjects.subject(&ids)?;
    let layers = subjects.model.spec().layers;
    let deep: Vec<usize> = if quick { vec![0, layers / 2, layers - 1] } else { (0..layers).collect() };
    let mut sites = vec![Site::Row];
    sites.extend(deep.into_iter().map(Site::Layer));
    sites.push(Site::All);
    let file = scratch()?.join("patterns.f32");
    for site in sites {
        let patterns = permuted(&subject, site)?;
        write(&file, &patterns)?;
        let at: Vec<usize> = patterns.iter().map(|(layer, _)| *layer).collect();
        let rows: Vec<usize> = patterns.iter().map(|(_, pattern)| pattern.dims()[2]).collect();
        for fair in [false, true] {
            let part = format!("permute at {site}{}", if fair { ", peer resumes too" } else { "" });
            let mut what = What::of(part, format!("{} T={tokens}", subjects.shape));
            if !fair {
                what = match site {
                    Site::Row => what.goal(20.0),
                    Site::All => what.goal(1.3),
                    _ => what.mean("permute at one layer", 2.0),
                };
            }
            let ask = json!({
                "ask": "permute", "ids": ids, "file": file, "layers": at, "rows": rows, "count": COUNT, "fair": fair
            });
            let make = |range: Range<usize>, layer| {
                let all = patterns.iter().find(|(at, _)| *at == layer).map(|(_, all)| all);
                all.expect("a layer of the site").narrow(0, range.start, range.len())
            };
            let work = || Ok(subject.probe.swapped(&at, COUNT, make)?);
            contest.row(what, &ask, work, |logits| Ok(json!(logits.concat())))?;
        }
    }
    Ok(std::fs::remove_file(&file)?)
}

/// The audit's own permutations, `[COUNT, H, R, T]` by layer.
pub fn permuted(subject: &Subject, site: Site) -> Result<Vec<(usize, Tensor)>, Error> {
    let mut each = Vec::with_capacity(COUNT);
    for i in 0..COUNT {
        each.push(swap::patterns(subject, site, Specials::Keep, PlainSwap::Permutation(i))??);
    }
    let layer = |place: usize| {
        let all: Vec<&Tensor> = each.iter().map(|patterns| &patterns[place].1).collect();
        Ok((each[0][place].0, Tensor::cat(&all, 0)?))
    };
    (0..each[0].len()).map(layer).collect()
}

/// Writes patterns one after another.
pub fn write(file: &Path, patterns: &[(usize, Tensor)]) -> Result<(), Error> {
    let mut out = BufWriter::new(File::create(file)?);
    for (_, pattern) in patterns {
        for weight in pattern.flatten_all()?.to_vec1::<f32>()? {
            out.write_all(&weight.to_le_bytes())?;
        }
    }
    Ok(out.flush()?)
}

/// The adversary's search at the decision row, in seconds a step.
///
/// attncheck searches as in an audit but for ε = 0, by which no site is inert and no find ends the search; the
/// peer takes fewer steps. Compared are the loss and its gradient at the points of one descent, in f64: two descents
/// part, for Adam steps as far along a gradient of rounding as along any other, and the penalty makes rounding in f32
/// 500 times what it is in a probability.
pub fn adversary(contest: &mut Contest, subjects: &Subjects) -> Result<(), Error> {
    let tokens = tokens(subjects);
    let ids = Subjects::ids(tokens, 1);
    let subject = subjects.subject(&ids)?;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let size = CANDIDATES * subjects.model.spec().heads.count * (tokens - 2);
    // Twelve even numbers make a normal one well enough for a start.
    let mut normal = || 3.0 * ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0);
    let start: Vec<f64> = (0..size).map(|_| f64::from(normal() as f32)).collect();
    let points = contest.install(|| descent(&subject, start))?;
    let doubled = Subjects::load(&subjects.shape, &subjects.folder, Precision::F64)?;
    let exact = doubled.subject(&ids)?;
    for (fair, steps) in PEER_STEPS {
        let part = format!("adversary at row, a step{}", if fair { ", peer resumes too" } else { "" });
        let mut what = What::of(part, format!("{} T={tokens} × {CANDIDATES}", subjects.shape))
            .goal(if fair { 3.0 } else { 50.0 });
        what.scale = 1.0 / (steps + 1) as f64;
        let ask = json!({
            "ask": "adversary", "ids": ids, "points": points, "candidates": CANDIDATES, "steps": steps, "fair": fair
        });
        contest.timed(
            what,
            &ask,
            || searched(&subject),
            |()| {
                let found = points.iter().map(|at| slope(&exact, at)).collect::<Result<Vec<_>, Error>>()?;
                let (losses, slopes): (Vec<f64>, Vec<Vec<f64>>) = found.into_iter().unzip();
                Ok(json!([losses, slopes]))
            },
        )?;
    }
    Ok(())
}

/// Seconds a step of the audit's own search.
fn searched(subject: &Subject) -> Result<(f64, ()), Error> {
    let options = |adversary| SwapOptions {
        adversary,
        permutations: 0,
        candidates: CANDIDATES,
        steps: STEPS,
        epsilon: 0.0,
        ..SwapOptions::default()
    };
    let time = |adversary| -> Result<(f64, usize), Error> {
        let begin = Instant::now();
        let found = swap::swap(subject, Site::Row, &options(adversary))??;
        let steps = found.adversarial.map_or(0, |found| found.steps);
        Ok((begin.elapsed().as_secs_f64(), steps))
    };
    let (plain, _) = time(false)?;
    let (whole, steps) = time(true)?;
    Ok(((whole - plain) / (steps + 1) as f64, ()))
}

/// The points of the first steps down from `start`, as numbers that f32 holds.
fn descent(subject: &Subject, start: Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
    let mut adam = Adam::new(start.len(), 0.01);
    let mut at = start;
    let mut points = Vec::with_capacity(COMPARED);
    for _ in 0..COMPARED {
        points.push(at.iter().map(|&logit| f64::from(logit as f32)).collect());
        let (_, gradient) = slope(subject, &at)?;
        adam.step(&mut at, &gradient);
    }
    Ok(points)
}

/// The loss and its gradient.
fn slope(subject: &Subject, at: &[f64]) -> Result<(f64, Vec<f64>), Error> {
    Ok(swap::adversary_loss(subject, Site::Row, (Specials::Keep, Scale::Probability), at)??)
}
