//! What a command reads, so that nothing that it writes takes the place of it.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::align::AlignPlan;
use crate::audit::Plan;
use crate::input;
use crate::model::source::{self, HubSettings, ModelRef};

/// What is read from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputRole {
    /// The file of texts to audit.
    Texts,
    /// A document that the texts name.
    Document,
    /// A file of a model.
    Model,
    /// The hub's cache.
    Cache,
    /// The configuration.
    Config,
    /// The baseline of gates.
    Baseline,
    /// A report that is compared.
    Report,
    /// Pairs to align.
    Pairs,
    /// Links that people made, or those of the other direction.
    Links,
}

impl fmt::Display for InputRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Texts => "holds the texts",
            Self::Document => "is a document of the texts",
            Self::Model => "is a file of the model",
            Self::Cache => "is in the hub's cache",
            Self::Config => "is the configuration",
            Self::Baseline => "is the baseline",
            Self::Report => "is a report that is compared",
            Self::Pairs => "holds the pairs",
            Self::Links => "holds links",
        })
    }
}

/// Every file that a command reads, or would read if it were there.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    files: Vec<(InputRole, PathBuf)>,
    folders: Vec<(InputRole, PathBuf)>,
    /// The texts, which name their documents.
    texts: PathBuf,
}

impl Inputs {
    /// Of a command that reads nothing but what is compiled in.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What an audit of this plan reads.
    #[must_use]
    pub fn of(plan: &Plan, hub: &HubSettings) -> Self {
        // Without `..`, so that a new field of a plan is thought of here.
        let Plan {
            input,
            model,
            baseline_report,
            links,
            reading: _,
            limit: _,
            offline: _,
            precision: _,
            device: _,
            target: _,
            continuation: _,
            generate: _,
            beams: _,
            counting: _,
            languages: _,
            class: _,
            operator: _,
            baseline: _,
            only: _,
            effort: _,
            sites: _,
            seed: _,
            threads: _,
            maps: _,
            units: _,
            chat_template: _,
            page: _,
            naopc: _,
            knockout_from: _,
            thresholds: _,
            gates: _,
            gate_on: _,
        } = plan;
        let inputs = Self::none()
            .file(InputRole::Texts, Some(input))
            .file(InputRole::Baseline, baseline_report.as_ref())
            .file(InputRole::Links, links.as_ref());
        let documents = input::documents_beside(input);
        let inputs = Self { texts: input.clone(), ..inputs.files(InputRole::Document, walk(&documents)) };
        inputs.models(model.iter(), hub)
    }

    /// What an alignment of this plan reads.
    #[must_use]
    pub fn of_links(plan: &AlignPlan, hub: &HubSettings) -> Self {
        let other = plan.symmetrize.as_ref();
        let file = other.filter(|path| path.is_file());
        let typed = other.filter(|_| file.is_none()).map(|path| path.to_string_lossy().into_owned());
        Self::none()
            .file(InputRole::Pairs, Some(&plan.pairs))
            .file(InputRole::Links, plan.gold.as_ref())
            .file(InputRole::Links, plan.possible.as_ref())
            .file(InputRole::Links, file)
            .models(std::iter::once(&plan.model).chain(&typed), hub)
    }

    /// Adds this file, where there is one.
    #[must_use]
    pub fn file(self, role: InputRole, path: Option<impl AsRef<Path>>) -> Self {
        self.files(role, path.map(|path| path.as_ref().to_path_buf()))
    }

    /// Adds the files of these models, as they were typed.
    #[must_use]
    pub fn models(mut self, typed: impl IntoIterator<Item = impl AsRef<str>>, hub: &HubSettings) -> Self {
        for typed in typed {
            match ModelRef::parse(Some(typed.as_ref())) {
                Ok(ModelRef::Folder(folder)) => {
                    self = self.files(InputRole::Model, source::files_of(&folder));
                }
                Ok(ModelRef::Hub { repo, .. }) => {
                    let folder = hub.cache.join(format!("models--{}", repo.replace('/', "--")));
                    self = self.files(InputRole::Cache, walk(&folder));
                    self.folders.push((InputRole::Cache, folder));
                }
                // What is no model is told when it is opened.
                Ok(ModelRef::Embedded) | Err(_) => {}
            }
        }
        self
    }

    fn files(mut self, role: InputRole, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        // A command may have no texts of its own.
        let named = paths.into_iter().filter(|path| !path.as_os_str().is_empty());
        self.files.extend(named.map(|path| (role, path)));
        self
    }

    /// Each file with its role; `-` is standard input.
    pub fn paths(&self) -> impl Iterator<Item = (InputRole, &Path)> {
        self.files.iter().map(|(role, path)| (*role, path.as_path()))
    }

    /// Whether that file is read indeed: of documents only those that the texts name.
    #[must_use]
    pub fn is_read(&self, role: InputRole, path: &Path) -> bool {
        role != InputRole::Document || input::names_document(&self.texts, path)
    }

    /// Each folder in which nothing may be written.
    pub fn folders(&self) -> impl Iterator<Item = (InputRole, &Path)> {
        self.folders.iter().map(|(role, path)| (*role, path.as_path()))
    }
}

/// Every file in a folder and the folders in it.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => files.push(entry.path()),
            }
        }
    }
    files
}
