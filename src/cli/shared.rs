//! Flags that several subcommands have.

use std::path::PathBuf;

use attncheck::audit::{Effort, Plan, TargetKind};
use attncheck::model::source::HubSettings;
use attncheck::model::{Device, Precision};
use attncheck::tokens::Languages;

use super::choices::{DtypeChoice, EffortChoice, OperatorChoice, ScoreChoice, UnitsChoice};
use super::reading::ReadingArgs;
use super::values;

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Also in files and pipes
    Always,
    /// Not at all
    Never,
}

/// Texts and model.
#[derive(Debug, clap::Args)]
pub struct Source {
    /// The texts, UTF-8: one a line, or JSON lines or a table with labels and more; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    taken: Taken,

    #[command(flatten)]
    loading: Loading,
}

/// Which texts of the file, and how they are written.
#[derive(Debug, clap::Args)]
pub struct Taken {
    /// Take only the first N texts
    #[arg(long, value_name = "N", value_parser = values::count(), help_heading = "Input")]
    limit: Option<usize>,

    #[command(flatten)]
    reading: ReadingArgs,
}

impl Taken {
    /// The plan with these texts.
    pub fn of(&self, plan: Plan) -> Plan {
        Plan { limit: self.limit, reading: self.reading.options(), ..plan }
    }
}

/// Which model, and how it is loaded.
#[derive(Debug, clap::Args)]
pub struct Loading {
    /// The classifier: a folder with config.json, tokenizer.json and model.safetensors, or org/name[@revision]
    /// from the hub; a small sentiment model is built in
    #[arg(short, long, value_name = "DIR|ORG/NAME", help_heading = "Model")]
    pub model: Option<String>,

    #[command(flatten)]
    loaded: Loaded,
}

/// How any model is loaded.
#[derive(Debug, clap::Args)]
pub struct Loaded {
    /// Take nothing from the network; hub models come from the cache alone
    #[arg(long, help_heading = "Model")]
    offline: bool,

    /// What to compute in; f64 tells rounding from fact, at about three times the cost
    #[arg(long, value_enum, value_name = "TYPE", default_value = "f32", help_heading = "Model")]
    dtype: DtypeChoice,
}

/// What is explained, and how words are erased.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is explained")]
pub struct Question {
    /// The class: the predicted one of each text, or a label of the model; of a language model the next token
    #[arg(long, value_name = "predicted|LABEL", default_value = "predicted")]
    target: String,

    /// The scalar: margin is the logit of the class minus that of the runner-up
    #[arg(long, value_enum, value_name = "SCALAR", default_value = "margin")]
    score: ScoreChoice,

    /// Set the class against this label, in place of the runner-up; of a language model against this token, its foil
    #[arg(long, visible_alias = "foil", value_name = "LABEL", conflicts_with = "score")]
    contrast: Option<String>,

    /// Ask a language model of each token of this text as what continues every text, in place of its next token alone;
    /// it is joined as it is written, so begin it with a space where a word begins. Of a translation model, the translation
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["generate", "target"])]
    continuation: Option<String>,

    /// Let a language model continue every text by so many tokens, each the likeliest, and ask of each of them
    #[arg(long, value_name = "N", value_parser = values::count(), conflicts_with = "target")]
    generate: Option<usize>,

    /// Let a translation model search for translations that no line gives with so many hypotheses; 1 is greedy
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = values::count())]
    beams: usize,

    /// The language of the texts by its token, where a translation model's tokenizer has several; its own default else
    #[arg(long, value_name = "CODE")]
    source_language: Option<String>,

    /// The language of the translations
    #[arg(long, value_name = "CODE")]
    target_language: Option<String>,

    /// What is scored and erased as one: words, or the pieces that the tokenizer makes of them; a script without spaces
    /// between words is cut into pieces anyway
    #[arg(
        long,
        value_enum,
        value_name = "words|pieces",
        default_value = "words",
        hide_possible_values = true
    )]
    units: UnitsChoice,

    /// Put each text into the model's own chat template, as what the user says, with the answer about to begin; what the
    /// template writes around it is no content. Of a model with several, the one of this name
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "default")]
    chat_template: Option<String>,

    /// How a word is taken away: mask (mask token), attend (nobody may attend to it), delete (ids removed), pad
    /// (padding token), zero (zero embedding); the model's own default is mask where its tokenizer has one and the model
    /// is no decoder, else attend
    #[arg(long, value_enum, value_name = "HOW", hide_possible_values = true)]
    operator: Option<OperatorChoice>,
}

/// How much is spent.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Running")]
pub struct Running {
    /// How much is spent on a text: quick for a first look, standard some 500 forward passes for 25 words,
    /// thorough several times that
    #[arg(long, value_enum, value_name = "EFFORT", default_value = "standard")]
    effort: EffortChoice,

    /// Fixes every random draw; the same seed gives the same report
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Worker threads; all cores where absent. No number depends on it
    #[arg(long, value_name = "N", value_parser = values::count())]
    threads: Option<usize>,

    /// Where the model runs: cpu, or cuda (cuda:N for another than the first GPU) in a build that has CUDA
    #[arg(long, value_name = "cpu|cuda[:N]", default_value = "cpu", value_parser = values::device)]
    device: Device,
}

/// An audit of several models, which are named elsewhere: of which texts, of what, and how it is run.
#[derive(Debug, clap::Args)]
pub struct Audits {
    #[command(flatten)]
    taken: Taken,
    #[command(flatten)]
    loaded: Loaded,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    running: Running,
}

impl Audits {
    /// What will be done with each model.
    pub fn plan(&self, file: PathBuf) -> Plan {
        asked(self.taken.of(self.loaded.plan(file)), &self.question, &self.running)
    }

    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.loaded.hub()
    }
}

impl Source {
    /// How the hub is reached.
    pub fn hub(&self) -> HubSettings {
        self.loading.hub()
    }
}

impl Loading {
    /// As [`Loaded::hub`].
    pub fn hub(&self) -> HubSettings {
        self.loaded.hub()
    }

    /// A plan for these texts with the model as it was named, and every other default.
    pub fn plan(&self, file: PathBuf) -> Plan {
        Plan { model: self.model.clone(), ..self.loaded.plan(file) }
    }
}

impl Loaded {
    /// The hub as the environment has it, but never reached when offline.
    pub fn hub(&self) -> HubSettings {
        let hub = HubSettings::from_env();
        HubSettings { offline: hub.offline || self.offline, ..hub }
    }

    /// What to compute in.
    pub fn precision(&self) -> Precision {
        Precision::from(self.dtype)
    }

    /// A plan for these texts with every other default.
    pub fn plan(&self, file: PathBuf) -> Plan {
        Plan { offline: self.offline, precision: self.precision(), ..Plan::of(file) }
    }
}

/// A plan of what all subcommands share; the rest is as no flag would make it.
pub(super) fn plan(source: &Source, question: &Question, running: &Running) -> Plan {
    asked(source.taken.of(source.loading.plan(source.file.clone())), question, running)
}

/// The same plan with this question, run in this way.
fn asked(plan: Plan, question: &Question, running: &Running) -> Plan {
    Plan {
        device: running.device,
        units: question.units.into(),
        chat_template: question.chat_template.clone(),
        target: match &question.contrast {
            Some(label) => TargetKind::Contrast(label.clone()),
            None => question.score.into(),
        },
        class: Some(question.target.clone()).filter(|class| class != "predicted"),
        continuation: question.continuation.clone(),
        generate: question.generate.unwrap_or(0),
        beams: question.beams,
        languages: Languages {
            source: question.source_language.clone(),
            target: question.target_language.clone(),
        },
        operator: question.operator.map(Into::into),
        effort: Effort::from(running.effort),
        seed: running.seed,
        threads: running.threads,
        ..plan
    }
}
