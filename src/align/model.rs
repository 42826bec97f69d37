//! A translation model with its tokenizers, as an alignment asks of it.

use super::error::AlignError;
use super::map::Cross;
use super::plan::AlignPlan;
use super::run::{Attending, TranslateError};
use crate::audit::observer::Observer;
use crate::model::source::{self, Files, HubSettings, ModelRef};
use crate::model::{Engine, ModelError};
use crate::report::align::AlignModel;
use crate::tokens::{Cut, Sides, Target, TokenError};
use crate::translating::{Parts, Translating};

/// A model that is open.
#[derive(Debug)]
pub(super) struct Opened {
    open: Translating,
    /// What a report tells of it.
    info: AlignModel,
}

impl Opened {
    /// The model that was typed, with the languages of the plan, checked against its tokenizers.
    pub fn of(
        typed: &str,
        plan: &AlignPlan,
        hub: &HubSettings,
        observer: &dyn Observer,
    ) -> Result<Self, AlignError> {
        let engine = Engine { precision: plan.precision, device: plan.device.open()? };
        let files = source::open(&ModelRef::parse(Some(typed))?, hub, observer)?;
        let (config_sha256, tokenizer_sha256) = (files.config_sha256(), files.tokenizer.sha256());
        let Files { name, commit, config, generation, tokenizer, weights, .. } = files;
        let (config, generation) = (config.as_ref(), generation.as_deref());
        let parts = Parts { config, generation, tokenizer: &tokenizer, weights: &weights };
        let open: Translating = Translating::open::<AlignError>(parts, engine, &plan.languages)?;
        let (model, [from, to]) =
            (&open.translator.model, open.tokenizers.languages().map(|language| language.map(str::to_owned)));
        let info = AlignModel {
            name,
            revision: commit,
            family: model.spec().family.clone(),
            sha256: model.sha256.clone(),
            config_sha256,
            tokenizer_sha256,
            dtype: plan.precision.name().to_owned(),
            layers: model.spec().layers,
            heads: model.spec().heads.count,
            languages: (from, to),
        };
        Ok(Self { open, info })
    }
}

impl Attending for Opened {
    fn info(&self) -> AlignModel {
        self.info.clone()
    }

    fn encode(&self, source: &str, target: &str, cut: Cut) -> Result<Sides, TokenError> {
        self.open.tokenizers.encode(source, target, cut)
    }

    fn translate(&self, source: &str, cut: Cut, beams: usize) -> Result<Sides, TranslateError> {
        let source = self.open.tokenizers.encode_source(source, cut)?;
        let target: Option<Target> = self.open.translate::<TranslateError>(&source, cut, beams)?;
        target.map(|target| Sides { source, target }).ok_or(TranslateError::Wordless)
    }

    fn cross(&self, sides: &Sides) -> Result<Cross, ModelError> {
        let translator = &self.open.translator;
        let sequence = translator.sequence(&sides.source.ids, &sides.target.inputs);
        let layers = translator.model.trace(&sequence)?.patterns;
        let mut weights = Vec::new();
        let (mut heads, mut rows, mut pieces) = (0, 0, 0);
        for layer in &layers {
            (_, heads, rows, pieces) = layer.dims4()?;
            let layer = layer.to_dtype(candle_core::DType::F32)?;
            weights.extend(layer.flatten_all()?.to_vec1::<f32>()?);
        }
        Cross::new([layers.len(), heads, rows, pieces], weights)
            .ok_or_else(|| candle_core::Error::Msg("layers with patterns of unlike shape".to_owned()).into())
    }

    fn is_side_by_side(&self) -> bool {
        self.open.translator.model.device().is_cpu()
    }
}
