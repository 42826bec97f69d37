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
}

/// Every name of a class that can be built, without `Fast` at its end.
pub(super) const CLASSES: [(&str, Class); 24] = [
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
            | Self::Gemma => Some("BPE"),
            Self::Albert | Self::Camembert | Self::XlmRoberta => Some("Unigram"),
        }
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
            Self::Roberta | Self::Camembert | Self::XlmRoberta => &[
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
