//! Which tokenizer a folder means, and how it is made of its files.

use serde_json::{Value, json};

use super::TokenError;
use super::class::{CLASSES, Class};
use super::file::File;
use super::language::Asked;
use super::pipeline::Pipeline;
use super::settings::Settings;
use super::special::Added;

/// Every other class of transformers 5.23, without `Fast`. A name that it does not know it reads as `TokenizersBackend`.
const OTHERS: &str = "AutoTokenizer BarthezTokenizer BartphoTokenizer BasicTokenizer BertGenerationTokenizer \
    BertJapaneseTokenizer BertTokenizerLegacy BertweetTokenizer BigBirdTokenizer BioGptTokenizer BlenderbotSmallTokenizer \
    BlenderbotTokenizer ByT5Tokenizer CLIPTokenizer CTRLTokenizer CanineTokenizer CharacterTokenizer ClvpTokenizer \
    CodeLlamaTokenizer CohereTokenizer ConvBertTokenizer CpmAntTokenizer CpmTokenizer \
    DPRContextEncoderTokenizer DPRQuestionEncoderTokenizer DPRReaderTokenizer DebertaTokenizer DebertaV2Tokenizer \
    DiaTokenizer EsmTokenizer EsmcTokenizer FNetTokenizer FSMTTokenizer FastSpeech2ConformerTokenizer FlaubertTokenizer \
    FunnelTokenizer GPTNeoXJapaneseTokenizer GPTSw3Tokenizer HerbertTokenizer \
    LasrTokenizer LayoutLMv2Tokenizer LayoutLMv3Tokenizer LayoutXLMTokenizer LukeTokenizer \
    MLukeTokenizer MPNetTokenizer MarkupLMTokenizer MecabTokenizer \
    MgpstrTokenizer MistralCommonBackend MyT5Tokenizer NougatTokenizer OpenAIGPTTokenizer PLBartTokenizer \
    ParakeetTokenizer PerceiverTokenizer PhobertTokenizer Pop2PianoTokenizer PreTrainedTokenizerBase \
    ProphetNetTokenizer Qwen3_5Tokenizer RagTokenizer ReformerTokenizer RemBertTokenizer RoCBertTokenizer \
    RoFormerTokenizer SeamlessM4TTokenizer SentencePieceBackend Siglip2Tokenizer SiglipTokenizer Speech2TextTokenizer \
    SpeechT5Tokenizer SplinterTokenizer TapasTokenizer Tipsv2Tokenizer UdopTokenizer VideoPrismTokenizer \
    VitsTokenizer Wav2Vec2CTCTokenizer Wav2Vec2PhonemeCTCTokenizer WhisperTokenizer WordpieceTokenizer XGLMTokenizer \
    XLMTokenizer XLNetTokenizer";

/// The class where none is named, by `model_type` of config.json.
const FAMILIES: [(&str, Class); 27] = [
    ("bert", Class::Bert),
    ("distilbert", Class::Bert),
    ("electra", Class::Bert),
    ("roberta", Class::Roberta),
    ("albert", Class::Albert),
    ("camembert", Class::Camembert),
    ("xlm-roberta", Class::XlmRoberta),
    ("gpt2", Class::Gpt2),
    ("gpt_neox", Class::GptNeoX),
    ("opt", Class::Gpt2),
    ("phi", Class::Gpt2),
    ("qwen2", Class::Qwen2),
    ("qwen3", Class::Qwen2),
    ("gemma2", Class::Gemma),
    ("gemma3", Class::Gemma),
    ("gemma3_text", Class::Gemma),
    ("mistral", Class::Whole),
    ("phi3", Class::Whole),
    ("marian", Class::Marian),
    ("bart", Class::Roberta),
    ("mbart", Class::MBart),
    ("mbart50", Class::MBart50),
    ("m2m_100", Class::M2m100),
    ("nllb", Class::Nllb),
    ("t5", Class::T5),
    ("mt5", Class::T5),
    ("pegasus", Class::Pegasus),
];

/// Types whose repositories are known to name a wrong class: transformers takes that of the type, whatever is named.
const OVERRULED: [&str; 3] = ["mistral", "phi3", "qwen2"];

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
    /// Whether there is a vocabulary and nothing more.
    bare: bool,
}

impl Choice {
    /// As transformers chooses: `tokenizer_class` of `tokenizer_config.json`, else of config.json, else by the model's type.
    /// `file` is tokenizer.json: a Llama's class that is named over one of byte-level pairs, as Llama 3's, is not meant.
    pub(super) fn of(settings: &Settings, model: Option<&Value>, file: &Value) -> Result<Self, TokenError> {
        let alone = model.is_none();
        let model = model.unwrap_or(&Value::Null);
        let family = model["model_type"].as_str().map(str::to_owned);
        let of_family =
            FAMILIES.iter().find(|(name, _)| Some(*name) == family.as_deref()).map(|(_, class)| *class);
        let named = [(settings.class()?, File::TokenizerConfig), (class_of(model)?, File::Config)];
        let Some((name, named_in)) = named.into_iter().find_map(|(name, file)| Some((name?, file))) else {
            let class = of_family.unwrap_or(Class::Whole);
            return Ok(Self { class, named: None, family, alone, bare: false });
        };
        let plain = name.strip_suffix("Fast").unwrap_or(&name);
        let overruled = family.as_deref().is_some_and(|family| OVERRULED.contains(&family));
        let known = CLASSES.iter().find(|(known, _)| *known == plain).map(|(_, class)| *class);
        let class = match (of_family.filter(|_| overruled), known) {
            (None, Some(Class::Llama)) if is_byte_level(file) => Class::Whole,
            (Some(class), _) | (None, Some(class)) => class,
            (None, None) if OTHERS.split_whitespace().any(|other| other == plain) => {
                return Err(TokenError::Class { class: name, file: named_in.name() });
            }
            (None, None) => Class::Whole,
        };
        Ok(Self { class, named: Some((name, named_in)), family, alone, bare: false })
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
        self.bare = true;
        let fits = self.class == enough
            || match enough {
                Class::Roberta => self.class.takes_pairs(),
                Class::T5 => self.class.takes_scores(),
                _ => self.class.model() == enough.model() && !enough.is_numbered(),
            };
        if self.named.is_none() && self.class == Class::Whole && self.family.is_none() {
            self.class = enough;
        } else if !fits {
            return Err(TokenError::VocabClass { file, class: self.name() });
        }
        Ok(())
    }

    /// A class whose pieces `SentencePiece`'s own files cut takes tokenizer.json as it stands where they are lacking.
    pub(super) fn without_scores(&mut self) {
        if self.class.is_numbered() {
            self.class = Class::Whole;
        }
    }

    /// Writes into tokenizer.json what the class makes of its vocabulary. Its special tokens come later, by
    /// [`Choice::surround`], when they have ids.
    pub(super) fn rewrite(&mut self, file: &mut Value, settings: &Settings) -> Result<(), TokenError> {
        let Some(kind) = self.class.model().filter(|_| file["model"].is_object()) else { return Ok(()) };
        let model = &mut file["model"];
        let mut vocab = match (kind, &model["vocab"]) {
            ("Unigram", Value::Array(pieces)) if self.bare => self.class.ordered(pieces, settings)?,
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
        if let (Class::M2m100, Some(vocab)) = (self.class, vocab.as_object_mut()) {
            // The codes of the languages follow the vocabulary.
            let pieces = vocab.len();
            for (place, code) in self.class.codes(settings.wmt21()?).into_iter().enumerate() {
                vocab.insert(code, json!(pieces + place));
            }
        }
        if matches!(self.class, Class::Camembert | Class::Pegasus) {
            let place = vocab.as_array().and_then(|all| all.iter().position(|piece| piece[0] == unk));
            model["unk_id"] = json!(place.unwrap_or(0));
        }
        if kind == "BPE" {
            model["merges"] = if merges.is_array() { merges } else { json!([]) };
        }
        model["type"] = json!(kind);
        model["vocab"] = vocab;
        file["model"] = model;
        if !self.class.keeps_post_processor() {
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
        asked: &Asked,
    ) -> Result<(), TokenError> {
        if let Some(frame) = self.class.frame(settings.flag("legacy_behaviour", false)?) {
            return self.frame(frame, pipeline, settings, names, size, asked);
        }
        if let Some(language) = asked.language {
            return Err(TokenError::NoLanguages { language: language.to_owned(), class: self.name() });
        }
        if self.class.is_decoder() && self.bare {
            let token = |key: &str, asked: Option<bool>| {
                let named = names.get(key).filter(|_| asked.unwrap_or(false));
                named.map(|named| named.token.content.as_str())
            };
            let first = token("bos_token", settings.maybe_flag("add_bos_token")?);
            let last = token("eos_token", settings.maybe_flag("add_eos_token")?);
            return pipeline.enclose(first.as_slice(), last.as_slice());
        }
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
                return Err(self.lacks(key, content));
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

    /// The error where the vocabulary lacks a token that the class puts around a text.
    pub(super) fn lacks(&self, key: &'static str, token: &str) -> TokenError {
        TokenError::VocabToken { key, token: token.to_owned(), class: self.name() }
    }
}

fn class_of(model: &Value) -> Result<Option<String>, TokenError> {
    match &model["tokenizer_class"] {
        Value::Null => Ok(None),
        Value::String(name) => Ok(Some(name.clone())),
        other => Err(TokenError::field(File::Config, "tokenizer_class", other, "a name")),
    }
}

/// Whether a tokenizer.json writes bytes as letters, in any of its parts.
fn is_byte_level(file: &Value) -> bool {
    fn says(value: &Value) -> bool {
        match value {
            Value::String(word) => word == "ByteLevel",
            Value::Array(list) => list.iter().any(says),
            Value::Object(map) => map.values().any(says),
            _ => false,
        }
    }
    ["normalizer", "pre_tokenizer", "post_processor", "decoder"].into_iter().any(|part| says(&file[part]))
}

/// A list of pieces, with or without scores, as a map to their places.
fn numbered(pieces: &[Value]) -> Value {
    let name = |piece: &Value| Some(piece.as_str().or_else(|| piece[0].as_str())?.to_owned());
    let numbered = pieces.iter().enumerate().filter_map(|(id, piece)| Some((name(piece)?, json!(id))));
    Value::Object(numbered.collect())
}
