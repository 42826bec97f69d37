//! The whole audit, every default method, per example.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use attncheck::attribution::{ALL, SHAPLEY};
use attncheck::audit::{self, Observer, Plan};
use attncheck::model::Precision;
use attncheck::model::source::{HubSettings, Progress};
use attncheck::report::Report;
use attncheck::report::example::{ExampleReport, ReadingReport, SwapReport};
use attncheck::swap::{self, Site, SwapOptions};
use serde_json::{Map, Value, json};

use crate::contest::{Contest, What};
use crate::error::Error;
use crate::floor;
use crate::models::{Subjects, texts};
use crate::parts;
use crate::table::Note;

/// What is claimed of one size: the ratio to the script as people write it, to the fair one, and, if anything, the
/// share of the floor.
struct Goals {
    written: f64,
    fair: f64,
    floor: Option<f64>,
}

/// Random texts of `tokens` tokens through a random model: one alone, and a few together; and one of as many as the
/// claim of the floor names.
pub fn random(contest: &mut Contest, subjects: &Subjects, tokens: usize, quick: bool) -> Result<(), Error> {
    let (written, fair, (floor, claimed)) = match subjects.shape.as_str() {
        "minilm" => (5.0, 2.5, (0.75, 32)),
        _ => (3.3, 2.2, (0.85, 64)),
    };
    let counts: &[usize] = if quick || subjects.shape != "minilm" { &[1] } else { &[1, 4] };
    let mut rows: Vec<(usize, usize)> = counts.iter().map(|&count| (count, tokens)).collect();
    if claimed != tokens {
        rows.push((1, claimed));
    }
    for (count, tokens) in rows {
        let file = texts(count, tokens - 2)?;
        let goals = Goals { written, fair, floor: (tokens == claimed).then_some(floor) };
        each(contest, subjects, &file, &format!("T={tokens}"), Some(&goals))?;
    }
    Ok(())
}

/// A user's own model and texts.
pub fn own(
    contest: &mut Contest,
    model: &Path,
    file: &Path,
    threads: &[usize],
    wants: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let subjects = Subjects::load(&model.display().to_string(), model, Precision::F32)?;
    contest.peer.load(model)?;
    for &threads in threads {
        contest.threads(threads)?;
        if wants("ig") {
            parts::paths_of_texts(contest, &subjects, file)?;
        }
        if wants("audit") {
            each(contest, &subjects, file, &file.display().to_string(), None)?;
        }
    }
    Ok(())
}

/// The texts of a file, against the script as written and against the fair one.
fn each(
    contest: &mut Contest,
    subjects: &Subjects,
    file: &Path,
    sizes: &str,
    goals: Option<&Goals>,
) -> Result<(), Error> {
    let text = std::fs::read_to_string(file)?;
    let (mut asked, mut steps) = (Vec::new(), Vec::new());
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let subject = subjects.line(line, &(i + 1).to_string())?;
        let words: Vec<Vec<usize>> = subject.words.iter().map(|word| word.clone().collect()).collect();
        asked.push(json!({ "ids": subject.probe.sequence.ids, "words": words }));
        // The script takes as many steps as the audit's adversary does; none where the site is inert.
        let found = swap::swap(&subject, Site::Row, &SwapOptions::default())?;
        steps.push(found.and_then(|found| found.adversarial).ok().map(|found| found.steps));
    }
    let plan = Plan {
        model: Some(subjects.folder.display().to_string()),
        offline: true,
        threads: Some(contest.count()),
        // The script computes no Shapley values.
        only: ALL.iter().map(|method| method.name.to_owned()).filter(|name| name != SHAPLEY).collect(),
        ..Plan::of(file.to_owned())
    };
    let count = asked.len();
    for fair in [false, true] {
        let part = if fair { "audit per text, peer resumes too" } else { "audit per text, peer as written" };
        let mut what = What::of(part, format!("{} {count} × {sizes}", subjects.shape));
        what.scale = 1.0 / count as f64;
        if let Some(goals) = goals {
            what = what.goal(if fair { goals.fair } else { goals.written });
        }
        let ask = json!({ "ask": "audit", "texts": asked, "steps": steps, "fair": fair });
        contest.timed(what, &ask, || audited(&plan), told)?;
    }
    let (_, report) = audited(&plan)?;
    let seconds = contest.rows.last().map_or(f64::NAN, |row| row.own);
    let note = floor_note(contest, subjects, &listed(&report)?, sizes, seconds, goals)?;
    contest.notes.push(note);
    Ok(())
}

/// How much of the machine's own peak the audit's arithmetic reaches.
fn floor_note(
    contest: &Contest,
    subjects: &Subjects,
    examples: &[ExampleReport],
    sizes: &str,
    seconds: f64,
    goals: Option<&Goals>,
) -> Result<Note, Error> {
    let threads = contest.count();
    let work = |example: &ExampleReport| {
        let forwards: f64 = example.passes.iter().map(|pass| pass.forwards).sum();
        2.0 * forwards * subjects.model.spec().forward_work(example.tokens) as f64
    };
    let flops = examples.iter().map(work).sum::<f64>() / examples.len().max(1) as f64;
    let peak = contest.install(|| floor::peak(threads))?;
    let share = flops / peak / seconds;
    let text = format!(
        "floor, {} {sizes}, {} text(s), {threads} thread(s): {:.1} GFLOP a text take {:.0} ms at this machine's \
         sgemm peak of {:.0} GFLOP/s; the audit took {:.0} ms, so it runs at {:.0} %",
        subjects.shape,
        examples.len(),
        flops / 1e9,
        1e3 * flops / peak,
        peak / 1e9,
        1e3 * seconds,
        100.0 * share
    );
    Ok(Note { text, met: goals.and_then(|goals| goals.floor).map(|goal| share >= goal) })
}

/// The program's own audit; seconds per text, from when texts and model are loaded.
fn audited(plan: &Plan) -> Result<(f64, Report), Error> {
    let clock = Clock::default();
    let hub = HubSettings::from_vars(|_| None, None);
    let report = audit::audit(plan, &hub, &clock, &AtomicBool::new(false), &mut ())?;
    let times = clock.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    let [begin, end] = times[..] else { return Err(Error::Answer { field: "a begin and an end" }) };
    Ok(((end - begin).as_secs_f64() / report.examples.len().max(1) as f64, report))
}

/// When the texts were begun, and when they were done.
#[derive(Debug, Default)]
struct Clock(Mutex<Vec<Instant>>);

impl Clock {
    fn tick(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
    }
}

impl Progress for Clock {
    fn begin(&self, _file: &str, _bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
    fn finish(&self) {}
}

impl Observer for Clock {
    fn start(&self, _examples: usize, _work: f64) {
        self.tick();
    }
    fn done(&self, _work: f64) {}
    fn end(&self) {
        self.tick();
    }
}

/// The figures that no random draw enters, in the form of the script's.
///
/// Nothing of integrated gradients, which the two sides take at other points of the path: their own rows compare them.
/// Of flow only the scores: scipy rounds capacities to integers, which reorders words whose flows all but tie, and so
/// changes what follows from their order.
fn told(report: &Report) -> Result<Value, Error> {
    Ok(listed(report)?.iter().map(example).collect())
}

fn listed(report: &Report) -> Result<Vec<ExampleReport>, Error> {
    Ok(report.examples.to_vec().map_err(attncheck::audit::AuditError::from)?)
}

fn example(example: &ExampleReport) -> Value {
    let other = ["random", "integrated-gradients"];
    let fixed = || example.references.iter().filter(|reference| !other.contains(&&*reference.method));
    let references: Map<String, Value> =
        fixed().map(|reference| (reference.method.clone(), json!(reference.scores.value))).collect();
    let of_readings = |told: &dyn Fn(&ReadingReport) -> Option<Value>| -> Map<String, Value> {
        example.readings.iter().filter_map(|reading| Some((name(reading), told(reading)?))).collect()
    };
    let ranked = |reading: &ReadingReport| reading.method != "flow";
    let readings = of_readings(&|reading| Some(json!(reading.scores.value)));
    let agreement: Map<String, Value> = fixed()
        .map(|reference| {
            let with = of_readings(&|reading| {
                let reading = Some(reading).filter(|reading| ranked(reading))?;
                let found = reading.agreement.iter().find(|found| found.reference == reference.method)?;
                Some(json!([found.tau.value, found.spearman.value]))
            });
            (reference.method.clone(), with.into())
        })
        .collect();
    let erasure = of_readings(&|reading| {
        let found = Some(reading).filter(|reading| ranked(reading))?.erasure.value.as_ref()?;
        Some(json!({
            "comprehensiveness": found.comprehensiveness,
            "sufficiency": found.sufficiency,
            "bottom_up": found.aopc_bottom_up.value,
        }))
    });
    let weights =
        example.readings.iter().find_map(|reading| reading.erasure.value.as_ref()?.weights.as_ref());
    let weights = weights.map(|found| {
        let flips: Map<String, Value> = found
            .flip_fraction
            .iter()
            .filter(|flip| flip.order != "random")
            .map(|flip| (flip.order.clone(), json!(flip.fraction)))
            .collect();
        json!({ "top_jsd": found.top_jsd, "top_beats": found.top_beats, "flips": flips })
    });
    let mut out = json!({
        "references": references, "readings": readings, "agreement": agreement, "erasure": erasure,
    });
    if let Some(weights) = weights {
        out["weights"] = weights;
    }
    for swap in &example.swaps {
        out[&swap.site] = distances(swap);
    }
    out
}

fn name(reading: &ReadingReport) -> String {
    format!("{}{}", reading.method, if reading.sinks_removed { " without sinks" } else { "" })
}

fn distances(swap: &SwapReport) -> Value {
    json!({ "uniform": swap.uniform_tvd.value, "one_hot": swap.one_hot_max_tvd.value })
}
