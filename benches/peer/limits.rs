//! Memory and start of the program itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::contest::median;
use crate::error::Error;
use crate::models::{scratch, texts};
use crate::table::Note;

/// A run of the program.
#[derive(Debug)]
struct Run {
    seconds: f64,
    /// The most memory it held, in MB; none where the system does not tell.
    peak: Option<f64>,
}

/// What one may hold beside the weights, in MB.
const BESIDE_WEIGHTS: f64 = 600.0;
/// How much more fifty texts may hold than five: what their reports take, and what the allocator keeps.
const FLAT: f64 = 1.1;
/// How long one short line may take, in seconds.
const START: f64 = 0.25;

/// Runs `attncheck audit` on a file. The peak is read while it runs, so that what it takes within the last
/// millisecond is not seen.
fn audit(file: &Path, more: &[&str]) -> Result<Run, Error> {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_attncheck"))
        .arg("audit")
        .arg(file)
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let told = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = None;
    loop {
        if let Some(status) = child.try_wait()? {
            let seconds = start.elapsed().as_secs_f64();
            return if status.success() { Ok(Run { seconds, peak }) } else { Err(Error::Program { status }) };
        }
        peak = high_water(&told).or(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `VmHWM` in MB.
fn high_water(status: &Path) -> Option<f64> {
    let status = fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

/// The peak at BERT-base and 512 tokens, and whether it grows with the number of texts.
pub fn memory(quick: bool) -> Result<Vec<Note>, Error> {
    let mut notes = Vec::new();
    if !quick {
        let folder = scratch()?.join("bert-base");
        let weights = fs::metadata(folder.join("model.safetensors"))?.len() as f64 / 1e6;
        let model = folder.display().to_string();
        let run = audit(&texts(1, 510)?, &["--model", &model, "--offline"])?;
        if let Some(peak) = run.peak {
            let text = format!(
                "peak memory at BERT-base, T = 512: {peak:.0} MB, the weights' {weights:.0} MB and \
                 {:.0} MB (goal: at most {BESIDE_WEIGHTS:.0} MB)",
                peak - weights
            );
            notes.push(Note { text, met: Some(peak - weights <= BESIDE_WEIGHTS) });
        }
    }
    let few = audit(&reviews(5)?, &[])?.peak;
    let many = audit(&reviews(50)?, &[])?.peak;
    if let (Some(few), Some(many)) = (few, many) {
        let text =
            format!("peak memory with the embedded model: {few:.0} MB for 5 texts, {many:.0} MB for 50");
        notes.push(Note { text, met: Some(many <= FLAT * few) });
    }
    Ok(notes)
}

/// Wall time of one short line with the embedded model.
pub fn start() -> Result<Vec<Note>, Error> {
    let file = scratch()?.join("short.txt");
    fs::write(&file, "a gripping movie , played with care\n")?;
    let times: Result<Vec<f64>, Error> = (0..11).map(|_| Ok(audit(&file, &[])?.seconds)).collect();
    let seconds = median(times?);
    let text = format!("one short line with the embedded model: {seconds:.3} s wall, the median of 11");
    Ok(vec![Note { text, met: Some(seconds <= START) }])
}

/// A file of `count` short reviews.
fn reviews(count: usize) -> Result<PathBuf, Error> {
    let all = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/texts/reviews.txt"))?;
    let lines: Vec<&str> = all.lines().filter(|line| !line.trim().is_empty()).cycle().take(count).collect();
    let file = scratch()?.join(format!("reviews-{count}.txt"));
    fs::write(&file, lines.join("\n") + "\n")?;
    Ok(file)
}
