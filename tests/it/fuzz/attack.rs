//! One attack: a folder that is whole, something in it changed, the program run on it, and how that ended.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::bases::{self, Base};
use super::proxy::Proxy;
use super::{mutate, place};
use crate::support::hub::{Faults, Hub, REPO};

/// Address space of the program, in KiB: ten times what an audit of the largest of these models takes.
const MEMORY: usize = 4 << 20;

/// The longest that an attack may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which file is changed, or the hub's answers, or nothing.
pub enum Target {
    File(&'static str),
    Hub,
    Nothing,
}

/// How the program ended, where it ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Audited,
    Refused,
}

pub struct Attack {
    number: usize,
    base: Base,
    target: Target,
    rng: ChaCha8Rng,
}

impl Attack {
    pub fn number(number: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
        let base = bases::draw(&mut rng);
        // A hub takes many requests a run, and its attacks are as many fewer.
        let target = if rng.random_bool(0.05) {
            Target::Hub
        } else {
            Target::File(base.files().choose(&mut rng).copied().unwrap_or("texts.txt"))
        };
        Self { number, base, target, rng }
    }

    /// No attack: the base as it is, in the place of attack `number`.
    pub fn none(number: usize, base: Base) -> Self {
        Self { number, base, target: Target::Nothing, rng: ChaCha8Rng::seed_from_u64(0) }
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// What the program did that it must not do.
    pub fn run(mut self) -> Result<End, String> {
        let folder = place(self.number);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        self.base.write(&folder);
        let end = match self.target {
            Target::File(name) => {
                let path = folder.join(name);
                let before = fs::read(&path).unwrap();
                fs::write(&path, mutate::bytes(name, before, &mut self.rng)).unwrap();
                self.audit(&folder, ".", None)
            }
            Target::Nothing => self.audit(&folder, ".", None),
            Target::Hub => {
                let model = folder.join("served");
                fs::create_dir(&model).unwrap();
                for name in self.base.model_files() {
                    fs::rename(folder.join(name), model.join(name)).unwrap();
                }
                let hub = Hub::serve(&model, Faults::default());
                let proxy = Proxy::before(&hub.endpoint, self.rng.clone());
                self.audit(&folder, REPO, Some(&proxy.endpoint))
            }
        };
        match end {
            Ok(end) => {
                fs::remove_dir_all(&folder).unwrap();
                Ok(end)
            }
            Err(fault) => Err(format!("{fault} (in {})", folder.display())),
        }
    }

    fn audit(&self, folder: &std::path::Path, model: &str, endpoint: Option<&str>) -> Result<End, String> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")]);
        command.arg(assert_cmd::cargo::cargo_bin("attncheck"));
        command.args(["audit", self.base.texts(), "--model", model, "--effort", "quick", "--quiet"]);
        command.args(["--threads", "1", "--limit", "3", "--format", "json=report.json"]);
        command.current_dir(folder).stdin(Stdio::null()).env_remove("HF_TOKEN").env("HOME", folder);
        command.env("HF_HUB_CACHE", folder.join("cache"));
        if let Some(endpoint) = endpoint {
            command.env("HF_ENDPOINT", endpoint);
        }
        let err = folder.join("stderr");
        command.stdout(fs::File::create(folder.join("stdout")).unwrap());
        command.stderr(fs::File::create(&err).unwrap());
        let begun = Instant::now();
        let mut child = command.spawn().unwrap();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it still ran after {PATIENCE:?}"));
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let said = fs::read(&err).unwrap();
        let said = String::from_utf8(said).map_err(|_| "standard error is not UTF-8".to_owned())?;
        let fault = |what: &str| Err(format!("{what}: {}", said.chars().take(400).collect::<String>()));
        if said.contains("panicked at") {
            return fault("it panicked");
        }
        if said.chars().any(|c| c.is_control() && c != '\n')
            || said.lines().any(|line| line.starts_with("::"))
        {
            return fault("what it said steers a terminal or a CI log");
        }
        if fs::metadata(folder.join("stdout")).unwrap().len() > 0 {
            return fault("something was printed beside the report");
        }
        let report = folder.join("report.json");
        match status.code() {
            Some(0) => {
                let report = fs::read(report).map_err(|_| "there is no report".to_owned())?;
                let report: serde_json::Value = serde_json::from_slice(&report)
                    .map_err(|error| format!("the report is no JSON: {error}"))?;
                if report["settings"].is_object() { Ok(End::Audited) } else { fault("the report is none") }
            }
            Some(2) if report.exists() => fault("there is a report, though it was refused"),
            Some(2) => {
                let errors = said.lines().filter(|line| line.starts_with("error: ")).count();
                if errors == 1 { Ok(End::Refused) } else { fault("there is not one error") }
            }
            code => fault(&format!("it ended with {code:?} ({status})")),
        }
    }
}
