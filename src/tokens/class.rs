//! What each class of tokenizers of the transformers library is built of.
//!
//! transformers 5 builds most tokenizers anew from the vocabulary and the settings of `tokenizer_config.json`; what else stands
//! in tokenizer.json is not used. Only some classes take that file as it stands.

/// The one special token of GPT-2 and of many after it.
const END_OF_TEXT: &str = "<|endoftext|>";

/// A class of tokenizers of the transformers library, by what it builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// tokenizer.json as it stands.
    Whole,
    /// BERT's `WordPiece`.
    Bert,
    /// The same, whose models take no token types.
    DistilBert,
    /// Byte-level pairs (BPE).
    Roberta,
    /// `SentencePiece`'s Unigram, three ways.
    Albert,
    /// With the special tokens of fairseq.
    Camembert,
    /// For a hundred languages.
    XlmRoberta,
    /// Byte-level pairs of decoders, four ways.
    Gpt2,
    /// As GPT-2's.
    CodeGen,
    /// Over composed characters.
    GptNeoX,
    /// With a pattern of its own.
    Qwen2,
    /// `SentencePiece`'s pairs, with bytes for what the vocabulary lacks, two ways.
    Llama,
    /// Whose spaces are replaced before all else.
    Gemma,
    /// `SentencePiece`'s own files, with numbers of another vocabulary: of two languages,
    Marian,
    /// or of a hundred.
    M2m100,
    /// `SentencePiece`'s Unigram of encoder–decoders, four ways.
    T5,
    /// With codes of languages after a text.
    MBart,
    /// With codes before it.
    MBart50,
    /// With gaps to be filled.
    Pegasus,
    /// `SentencePiece`'s pairs, with codes of languages.
    Nllb,
}

/// Where the code of its language stands beside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// None does: the text is ended.
    End,
    /// Before it.
    Before,
    /// After its end.
    After,
    /// Before the source, that of the language it is translated to, where one is asked for.
    Asked,
}

/// The codes of mBART's languages; its successor has 27 more, which follow.
const MBART: &str = "ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV \
    my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN";
const MBART50: &str = "af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX \
    sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI";
/// Those of M2M-100 and of its model for WMT 2021.
const M2M100: &str = "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he \
    hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl \
    ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu";
const WMT21: &str = "en ha is ja cs ru zh de";

/// Every name of a class that can be built, without `Fast` at its end.
pub(super) const CLASSES: [(&str, Class); 31] = [
    ("TokenizersBackend", Class::Whole),
    ("PreTrainedTokenizer", Class::Whole),
    ("PythonBackend", Class::Whole),
    ("BertTokenizer", Class::Bert),
    ("ElectraTokenizer", Class::Bert),
    ("LayoutLMTokenizer", Class::Bert),
    ("LxmertTokenizer", Class::Bert),
    ("MobileBertTokenizer", Class::Bert),
    ("SqueezeBertTokenizer", Class::Bert),
    ("DistilBertTokenizer", Class::DistilBert),
    ("RobertaTokenizer", Class::Roberta),
    ("BartTokenizer", Class::Roberta),
    ("LEDTokenizer", Class::Roberta),
    ("LongformerTokenizer", Class::Roberta),
    ("MvpTokenizer", Class::Roberta),
    ("AlbertTokenizer", Class::Albert),
    ("CamembertTokenizer", Class::Camembert),
    ("XLMRobertaTokenizer", Class::XlmRoberta),
    ("GPT2Tokenizer", Class::Gpt2),
    ("CodeGenTokenizer", Class::CodeGen),
    ("GPTNeoXTokenizer", Class::GptNeoX),
    ("Qwen2Tokenizer", Class::Qwen2),
    ("LlamaTokenizer", Class::Llama),
    ("GemmaTokenizer", Class::Gemma),
    ("MarianTokenizer", Class::Marian),
    ("M2M100Tokenizer", Class::M2m100),
    ("T5Tokenizer", Class::T5),
    ("MBartTokenizer", Class::MBart),
    ("MBart50Tokenizer", Class::MBart50),
    ("PegasusTokenizer", Class::Pegasus),
    ("NllbTokenizer", Class::Nllb),
];

impl Class {
    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        CLASSES.iter().find(|(_, class)| *class == self).map_or("", |(name, _)| name)
    }

    /// The type of model that the class is made of; none where any will do.
    pub(super) fn model(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Bert | Self::DistilBert => Some("WordPiece"),
            Self::Roberta
            | Self::Gpt2
            | Self::CodeGen
            | Self::GptNeoX
            | Self::Qwen2
            | Self::Llama
            | Self::Gemma
            | Self::Nllb => Some("BPE"),
            Self::Albert
            | Self::Camembert
            | Self::XlmRoberta
            | Self::T5
            | Self::MBart
            | Self::MBart50
            | Self::Pegasus => Some("Unigram"),
            Self::Marian | Self::M2m100 => Some("WordLevel"),
        }
    }

    /// Whether `SentencePiece`'s own file is enough for it.
    pub(super) fn takes_scores(self) -> bool {
        matches!(self, Self::T5 | Self::MBart | Self::MBart50 | Self::Pegasus)
    }

    /// Whether its pieces are cut by `SentencePiece`'s own files.
    pub(super) fn is_numbered(self) -> bool {
        matches!(self, Self::Marian | Self::M2m100)
    }

    /// What a class of encoder–decoders puts around each side; none where it does so as any other class.
    pub(super) fn frame(self, legacy: bool) -> Option<Frame> {
        match self {
            Self::T5 | Self::Pegasus => Some(Frame::End),
            Self::Marian => Some(Frame::Asked),
            Self::MBart => Some(Frame::After),
            Self::Nllb if legacy => Some(Frame::After),
            Self::M2m100 | Self::MBart50 | Self::Nllb => Some(Frame::Before),
            _ => None,
        }
    }

    /// The language of a source of which nothing is said.
    pub(super) fn usual_language(self) -> Option<&'static str> {
        match self {
            Self::MBart | Self::MBart50 => Some("en_XX"),
            Self::Nllb => Some("eng_Latn"),
            Self::M2m100 => Some("en"),
            _ => None,
        }
    }

    /// The token of a language.
    pub(super) fn code(self, language: &str) -> String {
        let around = |before: &str, after: &str| match language.strip_prefix(before) {
            Some(rest) if rest.ends_with(after) => language.to_owned(),
            _ => format!("{before}{language}{after}"),
        };
        match self {
            Self::Marian => around(">>", "<<"),
            Self::M2m100 => around("__", "__"),
            _ => language.to_owned(),
        }
    }

    /// The tokens of the languages that the class itself knows, in the order of their ids.
    pub(super) fn codes(self, wmt21: bool) -> Vec<String> {
        let lists: &[&str] = match self {
            Self::MBart => &[MBART],
            Self::MBart50 => &[MBART, MBART50],
            Self::M2m100 if wmt21 => &[WMT21],
            Self::M2m100 => &[M2M100],
            _ => &[],
        };
        lists.iter().flat_map(|list| list.split_whitespace()).map(|language| self.code(language)).collect()
    }

    /// Whether a token names a language. Of NLLB's class, languages are known by their form alone: three letters, `_`, and
    /// the four of a script.
    pub(super) fn is_code(self, token: &str) -> bool {
        match self {
            Self::Marian => token.len() > 4 && token.starts_with(">>") && token.ends_with("<<"),
            Self::Nllb => token.split_once('_').is_some_and(|(language, script)| {
                let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
                language.len() == 3 && script.len() == 4 && letters(language) && letters(script)
            }),
            _ => self.codes(false).iter().any(|code| code == token),
        }
    }

    /// Whether the space before a mask is the mask's own.
    pub(super) fn strips_before_mask(self) -> bool {
        matches!(self, Self::Camembert | Self::MBart | Self::MBart50 | Self::Nllb)
    }

    /// Whether a decoder takes in the last token of its target first, in the place of a start token of the model's.
    pub(super) fn turns_end_round(self) -> bool {
        matches!(self, Self::MBart | Self::MBart50)
    }

    /// Whether `vocab.json` and `merges.txt` are enough for it.
    pub(super) fn takes_pairs(self) -> bool {
        matches!(self, Self::Roberta | Self::Gpt2 | Self::CodeGen | Self::GptNeoX | Self::Qwen2)
    }

    /// Whether a decoder's: the tokens around a text are those of tokenizer.json, else those that `add_bos_token` and
    /// `add_eos_token` ask for.
    pub(super) fn is_decoder(self) -> bool {
        matches!(self, Self::Gpt2 | Self::CodeGen | Self::GptNeoX | Self::Qwen2 | Self::Llama | Self::Gemma)
    }

    /// Whether it puts around a text what tokenizer.json does. GPT-NeoX's class builds that anew, and so puts nothing there.
    pub(super) fn keeps_post_processor(self) -> bool {
        self == Self::Albert || (self.is_decoder() && self != Self::GptNeoX)
    }

    /// Whether its models are given token types.
    pub(super) fn is_typed(self) -> bool {
        self == Self::Bert
    }

    /// The special tokens that a class has where none is named, by their keys in `tokenizer_config.json`.
    pub(super) fn specials(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Whole => &[],
            Self::Bert | Self::DistilBert => &[
                ("unk_token", "[UNK]"),
                ("sep_token", "[SEP]"),
                ("pad_token", "[PAD]"),
                ("cls_token", "[CLS]"),
                ("mask_token", "[MASK]"),
            ],
            Self::Albert => &[
                ("bos_token", "[CLS]"),
                ("eos_token", "[SEP]"),
                ("unk_token", "<unk>"),
                ("sep_token", "[SEP]"),
                ("pad_token", "<pad>"),
                ("cls_token", "[CLS]"),
                ("mask_token", "[MASK]"),
            ],
            Self::Marian | Self::T5 => {
                &[("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")]
            }
            Self::Pegasus => &[
                ("eos_token", "</s>"),
                ("unk_token", "<unk>"),
                ("pad_token", "<pad>"),
                ("mask_token", "<mask_2>"),
            ],
            Self::M2m100 => &[
                ("bos_token", "<s>"),
                ("eos_token", "</s>"),
                ("unk_token", "<unk>"),
                ("sep_token", "</s>"),
                ("pad_token", "<pad>"),
            ],
            Self::MBart50 => &[
                ("eos_token", "</s>"),
                ("unk_token", "<unk>"),
                ("sep_token", "</s>"),
                ("pad_token", "<pad>"),
                ("cls_token", "<s>"),
                ("mask_token", "<mask>"),
            ],
            Self::Roberta | Self::Camembert | Self::XlmRoberta | Self::MBart | Self::Nllb => &[
                ("bos_token", "<s>"),
                ("eos_token", "</s>"),
                ("unk_token", "<unk>"),
                ("sep_token", "</s>"),
                ("pad_token", "<pad>"),
                ("cls_token", "<s>"),
                ("mask_token", "<mask>"),
            ],
            Self::Gpt2 | Self::CodeGen => {
                &[("bos_token", END_OF_TEXT), ("eos_token", END_OF_TEXT), ("unk_token", END_OF_TEXT)]
            }
            Self::GptNeoX => &[
                ("bos_token", END_OF_TEXT),
                ("eos_token", END_OF_TEXT),
                ("unk_token", END_OF_TEXT),
                ("pad_token", "<|padding|>"),
            ],
            Self::Qwen2 => {
                &[("eos_token", END_OF_TEXT), ("unk_token", END_OF_TEXT), ("pad_token", END_OF_TEXT)]
            }
            Self::Llama => &[("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>")],
            Self::Gemma => &[
                ("bos_token", "<bos>"),
                ("eos_token", "<eos>"),
                ("unk_token", "<unk>"),
                ("pad_token", "<pad>"),
                ("mask_token", "<mask>"),
            ],
        }
    }

    /// The keys of the tokens that begin and end a text, where the class puts them there itself.
    pub(super) fn around(self) -> Option<[&'static str; 2]> {
        match self {
            Self::Bert | Self::DistilBert | Self::Roberta | Self::Albert => Some(["cls_token", "sep_token"]),
            Self::Camembert | Self::XlmRoberta => Some(["bos_token", "eos_token"]),
            _ => None,
        }
    }
}
