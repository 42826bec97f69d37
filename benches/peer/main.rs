//! attncheck against what a user would run instead: `PyTorch`, transformers with eager attention, captum, networkx
//! and scipy, on the same CPU.
//!
//! ```text
//! python3 -m venv venv && venv/bin/pip install -r benches/peer/requirements.txt
//! ATTNCHECK_PYTHON=venv/bin/python cargo bench --bench peer -- --quick
//! ```
//!
//! Both sides load the same random-weight models (classifiers in the shapes of `MiniLM` and of BERT-base, language models
//! in those of GPT-2 and of SmolLM2-135M), do the same
//! work with the same number of threads in turn (peer, attncheck, peer, attncheck …), and must agree. The table
//! tells the medians, the median of the pairwise ratios, and the worst difference of the results.
//!
//! Exit: 0 measured, 1 results differ somewhere, 2 could not measure.

mod audit;
mod contest;
mod decoders;
mod error;
mod floor;
mod flow;
mod limits;
mod models;
mod parts;
mod peer;
mod swaps;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use attncheck::model::Precision;
use clap::Parser;

use contest::Contest;
use error::Error;
use models::Subjects;
use peer::Peer;

// What the program itself runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The parts of the table, in its order.
pub const PARTS: [&str; 11] = [
    "forward",
    "gradient",
    "loo",
    "ig",
    "permute",
    "adversary",
    "flow",
    "audit",
    "decoder",
    "memory",
    "start",
];

/// attncheck against `PyTorch`, transformers, captum, networkx and scipy
#[derive(Debug, Parser)]
pub struct Flags {
    /// The Python that has what requirements.txt names
    #[arg(long, env = "ATTNCHECK_PYTHON", default_value = "python3")]
    python: PathBuf,

    /// Only these parts
    #[arg(long, value_name = "PART,…", value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,

    /// Only these thread counts
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 2])]
    threads: Vec<usize>,

    /// Pairs of measurements a row; fewer where one takes long
    #[arg(long, default_value_t = 7)]
    pairs: usize,

    /// Fewer sizes, fewer pairs
    #[arg(long)]
    quick: bool,

    /// Audit the texts of FILE with this BERT classifier too, and integrate their gradients
    #[arg(long, value_name = "DIR", requires = "texts")]
    model: Option<PathBuf>,

    /// The texts for --model, one a line
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,

    /// What `cargo bench` adds; without it (`cargo test --benches`) nothing is measured
    #[arg(long, hide = true)]
    bench: bool,
}

impl Flags {
    /// Whether a part is to be measured.
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    if !flags.bench {
        return ExitCode::SUCCESS;
    }
    match run(&flags) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("\nhint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}

/// Measures and prints; false where results differ.
fn run(flags: &Flags) -> Result<bool, Error> {
    let mut peer = Peer::start(&flags.python)?;
    eprintln!("the peer runs torch {}", peer.torch);
    let pairs = if flags.quick { flags.pairs.min(3) } else { flags.pairs };
    let mut contest = Contest::new(&mut peer, pairs);
    // Nothing is loaded that no part is measured with.
    let classifiers =
        PARTS.iter().any(|part| !matches!(*part, "decoder" | "memory" | "start") && flags.wants(part));
    for (shape, tokens) in [("minilm", 27), ("bert-base", 64)].into_iter().filter(|_| classifiers) {
        let folder = models::make(contest.peer, shape)?;
        let subjects = Subjects::load(shape, &folder, Precision::F32)?;
        contest.peer.load(&folder)?;
        for &threads in &flags.threads {
            contest.threads(threads)?;
            if flags.wants("forward") {
                parts::forward(&mut contest, &subjects, flags.quick)?;
            }
            if flags.wants("gradient") {
                parts::gradient(&mut contest, &subjects, flags.quick)?;
            }
            if flags.wants("loo") {
                parts::leave_one_out(&mut contest, &subjects)?;
            }
            if flags.wants("ig") {
                parts::integrated_gradients(&mut contest, &subjects)?;
            }
            if flags.wants("permute") {
                swaps::permute(&mut contest, &subjects, flags.quick)?;
            }
            if flags.wants("adversary") {
                swaps::adversary(&mut contest, &subjects)?;
            }
            if flags.wants("flow") && shape == "bert-base" {
                flow::flow(&mut contest, &subjects)?;
            }
            if flags.wants("audit") {
                audit::random(&mut contest, &subjects, tokens, flags.quick)?;
            }
        }
    }
    if flags.wants("decoder") {
        for shape in ["gpt2", "smollm2"] {
            let folder = models::make(contest.peer, shape)?;
            let decoder = decoders::Decoder::load(shape, &folder)?;
            contest.peer.open(&folder)?;
            for &threads in &flags.threads {
                contest.threads(threads)?;
                decoders::all(&mut contest, &decoder, flags.quick)?;
            }
        }
    }
    if let (Some(model), Some(texts)) = (&flags.model, &flags.texts) {
        audit::own(&mut contest, model, texts, &flags.threads, |part| flags.wants(part))?;
    }
    let mut notes = contest.notes;
    if flags.wants("memory") {
        notes.extend(limits::memory(flags.quick)?);
    }
    if flags.wants("start") {
        notes.extend(limits::start()?);
    }
    let rows = contest.rows;
    print!("{}", table::markdown(&rows, &notes));
    Ok(rows.iter().all(table::Row::agrees))
}
