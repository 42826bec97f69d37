//! A translation model with its tokenizers, as an alignment asks of it.

use serde_json::Value;

use super::error::AlignError;
use super::map::Cross;
use super::plan::AlignPlan;
use super::run::{Attending, TranslateError};
use crate::audit::observer::Observer;
use crate::model::source::{self, Files, HubSettings, ModelRef};
use crate::model::{Engine, ModelError, Translator};
use crate::report::align::AlignModel;
use crate::tokens::{Cut, Sides, TokenError, Translator as Tokenizers};

/// A model that is open.
#[derive(Debug)]
pub(super) struct Opened {
    model: Translator,
    tokenizers: Tokenizers,
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
        let model = Translator::load(&config, generation.as_deref(), &weights, engine)?;
        let tokenizers = Tokenizers::from_files(&tokenizer, &config, &plan.languages)?;
        for (tokenizer, half) in
            [(tokenizers.source(), &model.encoder), (tokenizers.target(), &model.decoder)]
        {
            let (size, rows) = (tokenizer.vocab_size(), half.spec.vocabulary);
            if size > rows {
                return Err(ModelError::Vocabulary { largest: size - 1, rows }.into());
            }
        }
        let longest =
            |tokenizer: Option<usize>, positions: usize| Some(tokenizer.unwrap_or(positions).min(positions));
        let most = [
            longest(tokenizers.source().max_tokens(), model.encoder.spec.longest),
            longest(tokenizers.target().max_tokens(), model.decoder.spec.longest),
        ];
        let languages = tokenizers.languages().map(|language| language.map(str::to_owned));
        let [from, to] = languages;
        let family: Option<Value> = serde_json::from_slice(&config).ok();
        let family = family.and_then(|config| Some(config["model_type"].as_str()?.to_owned()));
        let info = AlignModel {
            name,
            revision: commit,
            family: family.unwrap_or_else(|| model.decoder.spec.family.clone()),
            sha256: model.sha256.clone(),
            config_sha256,
            tokenizer_sha256,
            dtype: plan.precision.name().to_owned(),
            layers: model.decoder.spec.layers,
            heads: model.decoder.spec.heads.count,
            languages: (from, to),
        };
        let [source, target] = most;
        Ok(Self { tokenizers: tokenizers.for_positions(source, target), model, info })
    }
}

impl Attending for Opened {
    fn info(&self) -> AlignModel {
        self.info.clone()
    }

    fn encode(&self, source: &str, target: &str, cut: Cut) -> Result<Sides, TokenError> {
        self.tokenizers.encode(source, target, cut)
    }

    fn translate(&self, source: &str, cut: Cut, beams: usize) -> Result<Sides, TranslateError> {
        let encoded = self.tokenizers.encode_source(source, cut)?;
        let search = self.model.search.with_beams(beams);
        let written = self.model.generate(&encoded.ids, &search).map_err(ModelError::from)?;
        match self.tokenizers.written(&written, cut)? {
            Some(target) => Ok(Sides { source: encoded, target }),
            None => Err(TranslateError::Wordless),
        }
    }

    fn cross(&self, sides: &Sides) -> Result<Cross, ModelError> {
        let forced = self.model.forced(&sides.source.ids, &sides.target.inputs)?;
        let mut weights = Vec::new();
        let (mut heads, mut rows, mut pieces) = (0, 0, 0);
        for layer in &forced.cross {
            (heads, rows, pieces) = layer.dims3()?;
            let layer = layer.to_dtype(candle_core::DType::F32)?;
            weights.extend(layer.flatten_all()?.to_vec1::<f32>()?);
        }
        Cross::new([forced.cross.len(), heads, rows, pieces], weights)
            .ok_or_else(|| candle_core::Error::Msg("layers with patterns of unlike shape".to_owned()).into())
    }

    fn is_side_by_side(&self) -> bool {
        self.model.device().is_cpu()
    }
}
