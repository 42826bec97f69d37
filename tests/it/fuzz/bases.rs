//! What an attack begins with: a model folder and a file of texts that are whole, in one of the forms people have them.

use std::fs;
use std::path::{Path, PathBuf};

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

const TEXTS: &str = "a film that is good and very fine to see again\ndull , flat and far too long\n";
const JSONL: &str = "{\"id\": \"a\", \"text\": \"a good film that is fine\", \"label\": 1}\n{\"text\": \"dull and flat\", \"label\": \"LABEL_0\", \
                     \"rationale\": [[0, 4]]}\n";
const CSV: &str = "text,label,id\n\"a good film, that is fine\",LABEL_1,x\ndull and flat,0,y\n";
const TSV: &str = "text\tlabel\na good \"film\" that is fine\tLABEL_1\ndull and flat\t0\n";
const LIST: &str = "[{\"text\": \"a good film\", \"label\": true}, {\"text\": \"dull\", \"label\": false}]\n";

/// The forms of a tokenizer, of weights, of texts.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    tokenizer: &'static str,
    weights: &'static [&'static str],
    texts: (&'static str, &'static str),
}

const TOKENIZERS: [&str; 5] =
    ["byte-bpe.json", "unigram.json", "vocab.txt", "many-steps.json", "metaspace-bpe.json"];
const WEIGHTS: [&[&str]; 4] = [
    &["model.safetensors"],
    &["model.safetensors"],
    &["pytorch_model.bin"],
    &["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
];
const FILES: [(&str, &str); 5] = [
    ("texts.txt", TEXTS),
    ("texts.jsonl", JSONL),
    ("texts.csv", CSV),
    ("texts.tsv", TSV),
    ("texts.json", LIST),
];

/// Every form of each part, with the usual ones of the others.
pub fn each() -> Vec<Base> {
    let usual = Base { tokenizer: TOKENIZERS[0], weights: WEIGHTS[0], texts: FILES[0] };
    let tokenizers = TOKENIZERS.map(|tokenizer| Base { tokenizer, ..usual });
    let weights = WEIGHTS.map(|weights| Base { weights, ..usual });
    let files = FILES.map(|texts| Base { texts, ..usual });
    tokenizers.into_iter().chain(weights).chain(files).collect()
}

/// A base whose every part is drawn.
pub fn draw(rng: &mut ChaCha8Rng) -> Base {
    Base {
        tokenizer: TOKENIZERS.choose(rng).copied().unwrap_or(TOKENIZERS[0]),
        weights: WEIGHTS.choose(rng).copied().unwrap_or(WEIGHTS[0]),
        texts: FILES.choose(rng).copied().unwrap_or(FILES[0]),
    }
}

impl Base {
    /// The file of texts.
    pub fn texts(&self) -> &'static str {
        self.texts.0
    }

    /// Every file of the model.
    pub fn model_files(&self) -> Vec<&'static str> {
        let tokenizer = if self.tokenizer == "vocab.txt" { "vocab.txt" } else { "tokenizer.json" };
        let mut files = vec!["config.json", tokenizer, "tokenizer_config.json", "special_tokens_map.json"];
        files.extend(self.weights);
        files
    }

    /// Every file that an attack may change.
    pub fn files(&self) -> Vec<&'static str> {
        let mut files = self.model_files();
        // A tokenizer has the most that can be wrong with it, weights the most bytes that mean nothing.
        files.extend([files[0], files[1], files[1], files[1], self.texts.0, self.texts.0]);
        files
    }

    /// Writes everything into a folder.
    pub fn write(&self, folder: &Path) {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let copy = |from: &str, to: &str| {
            fs::copy(fixtures.join(from), folder.join(to)).unwrap();
        };
        copy("tiny/config.json", "config.json");
        for file in self.weights {
            copy(&format!("tiny/{file}"), file);
        }
        let [open, close] = if self.tokenizer == "vocab.txt" { ["[", "]"] } else { ["<", ">"] };
        let token = |name: &str| {
            if open == "[" { format!("[{}]", name.to_uppercase()) } else { format!("{open}{name}{close}") }
        };
        if self.tokenizer == "vocab.txt" {
            copy("tokenizers/vocab.txt", "vocab.txt");
        } else {
            copy(&format!("tokenizers/{}", self.tokenizer), "tokenizer.json");
        }
        let config = serde_json::json!({
            "model_max_length": 32, "mask_token": token("mask"), "pad_token": token("pad"), "unk_token": token("unk"),
            "tokenizer_class": if open == "[" { "BertTokenizer" } else { "PreTrainedTokenizerFast" },
            "do_lower_case": true, "clean_up_tokenization_spaces": true,
        });
        fs::write(folder.join("tokenizer_config.json"), config.to_string()).unwrap();
        let map = serde_json::json!({ "mask_token": { "content": token("mask"), "lstrip": false }, "pad_token": token("pad") });
        fs::write(folder.join("special_tokens_map.json"), map.to_string()).unwrap();
        fs::write(folder.join(self.texts.0), self.texts.1).unwrap();
    }
}
