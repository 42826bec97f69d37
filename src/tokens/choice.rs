//! Which tokenizer a folder means, and how it is made of its files.

use serde_json::{Value, json};

use super::TokenError;
use super::class::{CLASSES, Class};
use super::file::File;
use super::pipeline::Pipeline;
use super::settings::Settings;
use super::special::Added;

/// Every other class of transformers 5.23, without `Fast`. A name that it does not know it reads as `TokenizersBackend`.
const OTHERS: &str = "AutoTokenizer BarthezTokenizer BartphoTokenizer BasicTokenizer BertGenerationTokenizer \
    BertJapaneseTokenizer BertTokenizerLegacy BertweetTokenizer BigBirdTokenizer BioGptTokenizer BlenderbotSmallTokenizer \
    BlenderbotTokenizer ByT5Tokenizer CLIPTokenizer CTRLTokenizer CanineTokenizer CharacterTokenizer ClvpTokenizer \
    CodeGenTokenizer CodeLlamaTokenizer CohereTokenizer ConvBertTokenizer CpmAntTokenizer CpmTokenizer \
    DPRContextEncoderTokenizer DPRQuestionEncoderTokenizer DPRReaderTokenizer DebertaTokenizer DebertaV2Tokenizer \
    DiaTokenizer EsmTokenizer EsmcTokenizer FNetTokenizer FSMTTokenizer FastSpeech2ConformerTokenizer FlaubertTokenizer \
    FunnelTokenizer GPT2Tokenizer GPTNeoXJapaneseTokenizer GPTNeoXTokenizer GPTSw3Tokenizer GemmaTokenizer HerbertTokenizer \
    LasrTokenizer LayoutLMv2Tokenizer LayoutLMv3Tokenizer LayoutXLMTokenizer LlamaTokenizer LukeTokenizer M2M100Tokenizer \
    MBart50Tokenizer MBartTokenizer MLukeTokenizer MPNetTokenizer MarianTokenizer MarkupLMTokenizer MecabTokenizer \
    MgpstrTokenizer MistralCommonBackend MyT5Tokenizer NllbTokenizer NougatTokenizer OpenAIGPTTokenizer PLBartTokenizer \
    ParakeetTokenizer PegasusTokenizer PerceiverTokenizer PhobertTokenizer Pop2PianoTokenizer PreTrainedTokenizerBase \
    ProphetNetTokenizer Qwen2Tokenizer Qwen3_5Tokenizer RagTokenizer ReformerTokenizer RemBertTokenizer RoCBertTokenizer \
    RoFormerTokenizer SeamlessM4TTokenizer SentencePieceBackend Siglip2Tokenizer SiglipTokenizer Speech2TextTokenizer \
    SpeechT5Tokenizer SplinterTokenizer T5Tokenizer TapasTokenizer Tipsv2Tokenizer UdopTokenizer VideoPrismTokenizer \
    VitsTokenizer Wav2Vec2CTCTokenizer Wav2Vec2PhonemeCTCTokenizer WhisperTokenizer WordpieceTokenizer XGLMTokenizer \
    XLMTokenizer XLNetTokenizer";

/// The class where none is named, by `model_type` of config.json.
const FAMILIES: [(&str, Class); 7] = [
    ("bert", Class::Bert),
    ("distilbert", Class::Bert),
    ("electra", Class::Bert),
    ("roberta", Class::Roberta),
    ("albert", Class::Albert),
    ("camembert", Class::Camembert),
    ("xlm-roberta", Class::XlmRoberta),
];

/// What a folder means, and how that is known.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub class: Class,
    /// The name that was given, with the file that gives it.
    pub named: Option<(String, File)>,
    /// The model's type.
    family: Option<String>,
    /// Whether nothing at all is known of the model.
    alone: bool,
}

impl Choice {
    /// As transformers chooses: `tokenizer_class` of `tokenizer_config.json`, else of config.json, else by the model's type.
    pub(super) fn of(settings: &Settings, model: Option<&Value>) -> Result<Self, TokenError> {
        let alone = model.is_none();
        let model = model.unwrap_or(&Value::Null);
        let family = model["model_type"].as_str().map(str::to_owned);
        let named = [(settings.class()?, File::TokenizerConfig), (class_of(model)?, File::Config)];
        let Some((name, file)) = named.into_iter().find_map(|(name, file)| Some((name?, file))) else {
            let class = FAMILIES.iter().find(|(name, _)| Some(*name) == family.as_deref());
            let class = class.map_or(Class::Whole, |(_, class)| *class);
            return Ok(Self { class, named: None, family, alone });
        };
        let plain = name.strip_suffix("Fast").unwrap_or(&name);
        let class = match CLASSES.iter().find(|(known, _)| *known == plain) {
            Some((_, class)) => *class,
            None if OTHERS.split_whitespace().any(|other| other == plain) => {
                return Err(TokenError::Class { class: name, file: file.name() });
            }
            None => Class::Whole,
        };
        Ok(Self { class, named: Some((name, file)), family, alone })
    }

    /// The name for a message.
    pub(super) fn name(&self) -> String {
        match (&self.named, &self.family) {
            (Some((name, _)), _) => name.clone(),
            (None, Some(family)) if self.class == Class::Whole => format!("tokenizer of {family}"),
            _ => self.class.name().to_owned(),
        }
    }

    /// Where there is a vocabulary alone, only one class can be built of it: one that is named, or that stands for the model's
    /// type, or that is taken for want of any word.
    pub(super) fn fit(&mut self, file: &'static str, enough: Class) -> Result<(), TokenError> {
        let fits = self.class.model() == enough.model();
        if self.named.is_none() && self.class == Class::Whole && self.family.is_none() {
            self.class = enough;
        } else if !fits {
            return Err(TokenError::VocabClass { file, class: self.name() });
        }
        Ok(())
    }

    /// Writes into tokenizer.json what the class makes of its vocabulary. Its special tokens come later, by
    /// [`Choice::surround`], when they have ids.
    pub(super) fn rewrite(&mut self, file: &mut Value, settings: &Settings) -> Result<(), TokenError> {
        let Some(kind) = self.class.model().filter(|_| file["model"].is_object()) else { return Ok(()) };
        let model = &mut file["model"];
        let vocab = match (kind, &model["vocab"]) {
            ("Unigram", Value::Array(_)) => model["vocab"].take(),
            // Without scores no such class can be built: transformers gives up, and the file is whole in itself.
            ("Unigram", _) if self.named.is_none() => {
                self.class = Class::Whole;
                return Ok(());
            }
            ("Unigram", _) => return Err(TokenError::ClassVocabulary { class: self.name() }),
            (_, Value::Array(pieces)) => numbered(pieces),
            _ => model["vocab"].take(),
        };
        let merges = model["merges"].take();
        let table = self.class.table(&file["normalizer"]);
        let usual = self.class.specials().iter().find(|(key, _)| *key == "unk_token");
        let unk = settings.content("unk_token").or(usual.map(|(_, token)| *token)).unwrap_or_default();
        let parts = self.class.parts(settings, unk, table)?;
        file["normalizer"] = parts.normalizer;
        file["pre_tokenizer"] = parts.pre_tokenizer;
        let mut model = parts.model;
        if self.class == Class::Camembert {
            let place = vocab.as_array().and_then(|all| all.iter().position(|piece| piece[0] == unk));
            model["unk_id"] = json!(place.unwrap_or(0));
        }
        if kind == "BPE" {
            model["merges"] = if merges.is_array() { merges } else { json!([]) };
        }
        model["type"] = json!(kind);
        model["vocab"] = vocab;
        file["model"] = model;
        if self.class != Class::Albert {
            file["post_processor"] = Value::Null;
        }
        Ok(())
    }

    /// Whether the model is given token types. Where nothing is known of it, it is given what the tokenizer makes.
    pub(super) fn is_typed(&self) -> bool {
        self.class.is_typed() || (self.named.is_none() && self.alone)
    }

    /// Puts the class's own tokens around every text. Those that only the class names must be among the first `size` ids: the
    /// model was trained with them.
    pub(super) fn surround(
        &self,
        pipeline: &mut Pipeline,
        settings: &Settings,
        names: &Added,
        size: usize,
    ) -> Result<(), TokenError> {
        let Some(keys) = self.class.around() else { return Ok(()) };
        if self.class == Class::Albert && pipeline.is_finished() {
            return Ok(());
        }
        let mut tokens = [""; 2];
        for (token, key) in tokens.iter_mut().zip(keys) {
            let Some(named) = names.get(key) else { return Ok(()) };
            let content = named.token.content.as_str();
            let is_lacking = pipeline.id(content).is_none_or(|id| id as usize >= size);
            if is_lacking && !named.said {
                return Err(TokenError::VocabToken { key, token: content.to_owned(), class: self.name() });
            }
            *token = content;
        }
        let trim = match self.class {
            Class::Roberta => {
                Some([settings.flag("trim_offsets", true)?, settings.flag("add_prefix_space", false)?])
            }
            Class::Camembert | Class::XlmRoberta => Some([false, false]),
            _ => None,
        };
        pipeline.surround(tokens, trim);
        Ok(())
    }
}

fn class_of(model: &Value) -> Result<Option<String>, TokenError> {
    match &model["tokenizer_class"] {
        Value::Null => Ok(None),
        Value::String(name) => Ok(Some(name.clone())),
        other => Err(TokenError::field(File::Config, "tokenizer_class", other, "a name")),
    }
}

/// A list of pieces, with or without scores, as a map to their places.
fn numbered(pieces: &[Value]) -> Value {
    let name = |piece: &Value| Some(piece.as_str().or_else(|| piece[0].as_str())?.to_owned());
    let numbered = pieces.iter().enumerate().filter_map(|(id, piece)| Some((name(piece)?, json!(id))));
    Value::Object(numbered.collect())
}
