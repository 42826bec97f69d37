//! From the files of a model to what an audit runs: one that decides on a text, or one that translates it.

use super::error::AuditError;
use super::observer::Observer;
use super::plan::Plan;
use super::question;
use super::translation::{Translation, link, translations};
use crate::input::Examples;
use crate::model::source::Files;
use crate::model::{Engine, Model, ModelError, translates};
use crate::tokens::{Tokenizer, Translator as Sides};
use crate::translating::{Parts, Translating};

/// A model that was opened, with what reads its texts.
pub(super) struct Opened {
    pub model: Model,
    /// Of the texts.
    pub tokenizer: Tokenizer,
    /// Those of both sides, where the model translates.
    pub sides: Option<Sides>,
    /// Of each example, where the model translates.
    pub translations: Vec<Option<Translation>>,
}

/// Opens the model of these files, checked against its tokenizer; one that translates has written what nobody gave.
pub(super) fn open(
    files: &Files,
    engine: Engine,
    plan: &Plan,
    (examples, observer): (&Examples, &dyn Observer),
) -> Result<Opened, AuditError> {
    let Files { config, generation, tokenizer, weights, .. } = files;
    if translates(config) {
        question::refuse_translator(plan)?;
        let parts = Parts { config, generation: generation.as_deref(), tokenizer, weights };
        let opened = Translating::open::<AuditError>(parts, engine, &plan.languages)?;
        let mut translations = translations(&opened, plan, examples, observer)?;
        link(plan, examples, &mut translations)?;
        let (sides, model) = (opened.tokenizers, opened.translator.model);
        return Ok(Opened { model, tokenizer: sides.source().clone(), sides: Some(sides), translations });
    }
    if let Some(links) = &plan.links {
        return Err(AuditError::Choice {
            choice: format!("--gold {}", links.display()),
            reason: "it translates nothing, so that there is nothing to link".to_owned(),
        });
    }
    let model = Model::load(config, weights, engine)?;
    let tokenizer = Tokenizer::from_files(tokenizer, config)?;
    let rows = model.spec().vocabulary;
    if tokenizer.vocab_size() > rows {
        let largest = tokenizer.vocab_size() - 1;
        return Err(ModelError::Vocabulary { largest, rows }.into());
    }
    let tokenizer = tokenizer.for_rows(rows);
    Ok(Opened { model, tokenizer, sides: None, translations: Vec::new() })
}
