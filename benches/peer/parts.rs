//! Forward, gradients, leave-one-out and integrated gradients.

use std::path::Path;

use attncheck::attribution::{self, Baseline, MethodOptions, Scores, Shared};
use attncheck::erasure::Operator;
use attncheck::model::kernels::Course;
use attncheck::model::probe::to_f64;
use attncheck::model::tap::{Point, Record};
use attncheck::model::{Graph, Keep, Rows, Sequence};
use attncheck::subject::Subject;
use candle_core::{Device, Tensor};
use serde_json::{Value, json};

use crate::contest::{Contest, What};
use crate::error::Error;
use crate::models::Subjects;

/// The lengths of leave-one-out and of integrated gradients.
const LENGTHS: [usize; 2] = [32, 64];
/// The texts whose gradients are integrated.
const TEXTS: u64 = 3;

/// Logits of a batch, and the pattern of every layer.
struct Seen {
    logits: Vec<Vec<f64>>,
    /// L of `[B, H, T, T]`.
    patterns: Vec<Tensor>,
}

/// A forward pass of texts of one length with all patterns.
pub fn forward(contest: &mut Contest, subjects: &Subjects, quick: bool) -> Result<(), Error> {
    let lengths: &[usize] = if quick { &[32, 128] } else { &[32, 64, 128, 256] };
    let batches: &[usize] = if quick { &[1, 8] } else { &[1, 8, 32] };
    for &tokens in lengths {
        for &batch in batches {
            let ids: Vec<Vec<u32>> = (0..batch as u64).map(|seed| Subjects::ids(tokens, seed)).collect();
            let sequences: Vec<Sequence> = ids.iter().map(|ids| subjects.sequence(ids)).collect();
            let what = What::of("forward, all patterns", format!("{} {batch}×{tokens}", subjects.shape));
            let what = what.goal(1.15).mean("forward", 1.4);
            let ask = json!({ "ask": "forward", "ids": ids });
            contest.row(what, &ask, || traced(subjects, &sequences), |pieces| seen(pieces))?;
        }
    }
    Ok(())
}

/// Every piece of the batch by the model's own recording.
fn traced(subjects: &Subjects, sequences: &[Sequence]) -> Result<Vec<Seen>, Error> {
    if let [one] = sequences {
        let trace = subjects.model.trace(one)?;
        return Ok(vec![Seen { logits: vec![trace.logits], patterns: trace.patterns }]);
    }
    let device = subjects.model.device();
    let tokens = sequences[0].len();
    let size = Course::Forward.batch_size(device, sequences.len(), tokens);
    let chunks: Vec<&[Sequence]> = sequences.chunks(size).collect();
    Course::Forward.each(device, (&chunks, tokens), |chunk| piece(subjects, chunk)).into_iter().collect()
}

fn piece(subjects: &Subjects, sequences: &[Sequence]) -> Result<Seen, Error> {
    let (transformer, t) = (&subjects.model.transformer, sequences[0].len());
    let all = |get: fn(&Sequence) -> &[u32]| {
        let flat: Vec<u32> = sequences.iter().flat_map(|sequence| get(sequence).iter().copied()).collect();
        Tensor::from_vec(flat, sequences.len() * t, &Device::Cpu)
    };
    let words = transformer.words(&all(|s| &s.ids)?.reshape((sequences.len(), t))?)?;
    let state = transformer.enter(&words, &all(|s| &s.places)?, &all(|s| &s.types)?, None)?;
    let mut tap = Record::of(&[Point::Pattern]);
    let hidden = transformer.run(state, Rows::Patterns(0), &mut tap)?;
    let logits = subjects.model.readout.forward(&hidden)?.logits;
    let classes = logits.dims()[2];
    let logits = to_f64(&logits)?.chunks_exact(classes).map(<[f64]>::to_vec).collect();
    Ok(Seen { logits, patterns: tap.all(Point::Pattern) })
}

/// The logits, and of the last text the first row of every head.
fn seen(pieces: &[Seen]) -> Result<Value, Error> {
    let logits: Vec<f64> = pieces.iter().flat_map(|piece| piece.logits.concat()).collect();
    let mut rows = Vec::new();
    for pattern in pieces.iter().rev().take(1).flat_map(|piece| &piece.patterns) {
        let last = pattern.narrow(0, pattern.dims()[0] - 1, 1)?.narrow(2, 0, 1)?.contiguous()?;
        rows.extend(to_f64(&last)?);
    }
    Ok(json!([logits, rows]))
}

/// The gradients at the word embeddings and at every pattern, in one reverse pass.
pub fn gradient(contest: &mut Contest, subjects: &Subjects, quick: bool) -> Result<(), Error> {
    let lengths: &[usize] = if quick { &[32, 128] } else { &[32, 64, 128, 256] };
    for &tokens in lengths {
        let ids = Subjects::ids(tokens, 1);
        let subject = subjects.subject(&ids)?;
        let what = What::of("gradient at embeddings and patterns", format!("{} 1×{tokens}", subjects.shape));
        let what = what.goal(1.15).mean("gradient", 1.3);
        let ask = json!({ "ask": "gradients", "ids": ids });
        let work = || Ok(subject.probe.gradients(subject.probe.target, Graph::Whole, Keep::Every)?);
        contest.row(what, &ask, work, |found| {
            let mut rows = Vec::new();
            for layer in 0..found.patterns.len() {
                let pattern = found.pattern(layer)?;
                rows.extend(pattern.chunks_exact(tokens * tokens).flat_map(|head| head[..tokens].to_vec()));
            }
            Ok(json!([found.words, rows]))
        })?;
    }
    Ok(())
}

/// The target without each word, by the mask token.
pub fn leave_one_out(contest: &mut Contest, subjects: &Subjects) -> Result<(), Error> {
    for tokens in LENGTHS {
        let ids = Subjects::ids(tokens, 1);
        let subject = subjects.subject(&ids)?;
        let goal = if subjects.shape == "minilm" { 1.3 } else { 1.2 };
        let what = What::of("loo by mask", format!("{} T={tokens}", subjects.shape)).goal(goal);
        let ask = json!({ "ask": "loo", "ids": ids });
        let work = || Ok(shared(&subject).leave_one_out(Operator::Mask)??);
        contest.row(what, &ask, work, |found| Ok(json!(found.target)))?;
    }
    Ok(())
}

/// Integrated gradients until the completeness residual is small, of random texts through random weights.
pub fn integrated_gradients(contest: &mut Contest, subjects: &Subjects) -> Result<(), Error> {
    for tokens in LENGTHS {
        // How many points one text needs is luck.
        let texts = (1..=TEXTS).map(|seed| subjects.subject(&Subjects::ids(tokens, seed)));
        let texts = texts.collect::<Result<Vec<_>, Error>>()?;
        paths(contest, &format!("{} {TEXTS} × T={tokens}", subjects.shape), &texts)?;
    }
    Ok(())
}

/// The same of a file's texts through trained weights, where more points are needed.
pub fn paths_of_texts(contest: &mut Contest, subjects: &Subjects, file: &Path) -> Result<(), Error> {
    let text = std::fs::read_to_string(file)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).enumerate();
    let texts: Result<Vec<Subject<'_>>, Error> =
        lines.map(|(i, line)| subjects.line(line, &(i + 1).to_string())).collect();
    let texts = texts?;
    paths(contest, &format!("{} {} texts", subjects.shape, texts.len()), &texts)
}

/// Against captum that doubles its points as a user would, tries and all, and against captum that is told the fewest
/// points that will do for each text, which nobody knows beforehand.
fn paths(contest: &mut Contest, shape: &str, texts: &[Subject<'_>]) -> Result<(), Error> {
    let method = attribution::find("integrated-gradients").ok_or(Error::Answer { field: "a method" })?;
    let one = |text: &Subject<'_>| -> Result<Scores, Error> {
        Ok(method.scores(&shared(text)).ok_or(Error::Answer { field: "scores" })???)
    };
    let ids: Vec<&[u32]> = texts.iter().map(|text| &text.probe.sequence.ids[..]).collect();
    for told in [false, true] {
        let part = if told { "ig, peer told the fewest points" } else { "ig to the same residual" };
        // Two rules, each good to a hundredth of all scores together.
        let mut what = What::of(part, shape).agree(0.02);
        if !told {
            what = what.goal(1.5);
        }
        let ask = json!({ "ask": "path", "texts": ids, "told": told });
        let work = || texts.iter().map(one).collect::<Result<Vec<Scores>, Error>>();
        contest.row(what, &ask, work, |found| {
            let shares = |scores: &Scores| -> Vec<f64> {
                let tokens = scores.tokens.as_deref().unwrap_or_default();
                let mass: f64 = tokens.iter().map(|score| score.abs()).sum();
                tokens.iter().map(|score| score / mass).collect()
            };
            Ok(found.iter().map(shares).collect())
        })?;
    }
    Ok(())
}

/// The methods' workshop, with the audit's choices at standard effort.
fn shared<'s>(subject: &'s Subject<'s>) -> Shared<'s> {
    let options = MethodOptions {
        operator: Operator::Mask,
        baseline: Baseline::Mask,
        path_steps: 96,
        random_orders: 20,
        coalitions: 512,
    };
    Shared::new(subject, options)
}
