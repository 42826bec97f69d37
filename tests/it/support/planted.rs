//! Planted models as Hugging Face folders, for the command line and for other libraries.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use attncheck::controls::Control;
use attncheck::model::kernels::{Linear, Norm};
use attncheck::model::readout::Link;
use attncheck::model::source::{HubSettings, ModelRef, Patience, open};
use attncheck::model::spec::Activation;
use attncheck::model::{Model, Precision};
use attncheck::tokens::Tokenizer;
use candle_core::Tensor;
use serde_json::json;

/// All elements, as stored.
pub fn flat(tensor: &Tensor) -> Vec<f64> {
    attncheck::model::probe::to_f64(tensor).unwrap()
}

/// Writes config.json, model.safetensors and tokenizer.json of a BERT sequence classifier.
pub fn save(control: &Control, folder: &Path) {
    save_model(&control.model, control.recipe.lexicon.pieces(), folder);
}

/// The same for any such model over these pieces, the first of which are the special tokens.
pub fn save_model(model: &Model, pieces: &[String], folder: &Path) {
    let spec = model.spec();
    let activation = match spec.activation {
        Activation::Relu => "relu",
        _ => "gelu",
    };
    let config = json!({
        "model_type": "bert",
        "architectures": ["BertForSequenceClassification"],
        "hidden_size": spec.width,
        "num_hidden_layers": spec.layers,
        "num_attention_heads": spec.heads.count,
        "intermediate_size": spec.inner,
        "hidden_act": activation,
        "layer_norm_eps": spec.eps,
        "max_position_embeddings": spec.longest,
        "type_vocab_size": spec.types,
        "vocab_size": spec.vocabulary,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "id2label": { "0": model.labels[0], "1": model.labels[1] },
        "label2id": { &model.labels[0]: 0, &model.labels[1]: 1 },
        "torch_dtype": "float32",
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), tokenizer(pieces).to_string()).unwrap();
    let special = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
        "mask_token": "[MASK]",
        "model_max_length": spec.longest,
    });
    fs::write(folder.join("tokenizer_config.json"), special.to_string()).unwrap();
    let path = folder.join("model.safetensors");
    candle_core::safetensors::save(&tensors(model).into_iter().collect(), path).unwrap();
}

/// Reads such a folder as the program does.
pub fn load(folder: &Path, precision: Precision) -> (Model, Tokenizer) {
    let hub = HubSettings {
        endpoint: "http://127.0.0.1:1".to_owned(),
        token: None,
        cache: "no-cache".into(),
        offline: true,
        patience: Patience::default(),
    };
    let files = open(&ModelRef::Folder(folder.to_owned()), &hub, &()).unwrap();
    let model = Model::load(&files.config, &files.weights, precision).unwrap();
    (model, Tokenizer::from_files(&files.tokenizer, &files.config).unwrap())
}

/// A tokenizer that splits at spaces and knows these pieces, of which the first five are special as in BERT.
pub fn tokenizer(pieces: &[String]) -> serde_json::Value {
    let vocabulary: BTreeMap<&str, usize> =
        pieces.iter().enumerate().map(|(id, p)| (p.as_str(), id)).collect();
    let added: Vec<_> = (0..5)
        .map(|id| {
            json!({
                "id": id, "content": pieces[id], "special": true, "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false,
            })
        })
        .collect();
    let special = |id: usize| json!({ "id": pieces[id], "ids": [id], "tokens": [pieces[id]] });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "[CLS]", "type_id": 0 } },
                { "Sequence": { "id": "A", "type_id": 0 } },
                { "SpecialToken": { "id": "[SEP]", "type_id": 0 } },
            ],
            "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 0 } }],
            "special_tokens": { "[CLS]": special(2), "[SEP]": special(3) },
        },
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    })
}

fn tensors(model: &Model) -> BTreeMap<String, Tensor> {
    let mut all = BTreeMap::new();
    let embedding = &model.transformer.embedding;
    let e = "bert.embeddings";
    all.insert(format!("{e}.word_embeddings.weight"), embedding.words.clone());
    all.insert(format!("{e}.position_embeddings.weight"), embedding.positions.clone().unwrap());
    all.insert(format!("{e}.token_type_embeddings.weight"), embedding.types.clone().unwrap());
    norm(&mut all, &format!("{e}.LayerNorm"), embedding.norm.as_ref().unwrap());
    for (l, layer) in model.transformer.layers.iter().enumerate() {
        let p = format!("bert.encoder.layer.{l}");
        let ((first, attend), (second, feed)) = (layer.attention().unwrap(), layer.feed().unwrap());
        linear(&mut all, &format!("{p}.attention.self.query"), &attend.query);
        linear(&mut all, &format!("{p}.attention.self.key"), &attend.key);
        linear(&mut all, &format!("{p}.attention.self.value"), &attend.value);
        linear(&mut all, &format!("{p}.attention.output.dense"), &attend.out);
        norm(&mut all, &format!("{p}.attention.output.LayerNorm"), first.after.as_ref().unwrap());
        linear(&mut all, &format!("{p}.intermediate.dense"), &feed.up);
        linear(&mut all, &format!("{p}.output.dense"), &feed.down);
        norm(&mut all, &format!("{p}.output.LayerNorm"), second.after.as_ref().unwrap());
    }
    let Some(Link::Map(dense)) = model.readout.chain.first() else {
        panic!("a readout without its first map")
    };
    linear(&mut all, "bert.pooler.dense", dense);
    linear(&mut all, "classifier", &model.readout.out);
    all
}

fn linear(all: &mut BTreeMap<String, Tensor>, name: &str, map: &Linear) {
    all.insert(format!("{name}.weight"), map.weight().unwrap().t().unwrap().contiguous().unwrap());
    all.insert(format!("{name}.bias"), map.bias.clone().unwrap());
}

fn norm(all: &mut BTreeMap<String, Tensor>, name: &str, norm: &Norm) {
    all.insert(format!("{name}.weight"), norm.gain.clone());
    all.insert(format!("{name}.bias"), norm.bias.clone().unwrap());
}
