//! Planted decoders as folders of GPT-2's format: the same model, and the same audit of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use attncheck::audit::{self, Plan};
use attncheck::controls::trial::{protocol_of, run};
use attncheck::controls::{Control, Margins, Planted, Recipe, Trial};
use attncheck::model::source::HubSettings;
use attncheck::model::{Precision, Task};
use attncheck::report::example::VerdictWord;
use attncheck::report::example::VerdictWord::{Contradicted, Mixed, Supported};
use serde_json::json;

use super::decoders::{DECODERS, both};
use super::lead;
use crate::support::planted;

/// The model as a folder of GPT-2's format, with a tokenizer that splits at spaces and has no special token but the unknown.
fn save(control: &Control, folder: &Path) {
    let (spec, next) = (control.model.spec(), control.recipe.task == Task::NextToken);
    let mut config = json!({
        "model_type": "gpt2",
        "architectures": [if next { "GPT2LMHeadModel" } else { "GPT2ForSequenceClassification" }],
        "n_embd": spec.width, "n_head": spec.heads.count, "n_layer": spec.layers, "n_inner": spec.inner,
        "n_positions": spec.longest, "vocab_size": spec.vocabulary, "activation_function": "relu",
        "layer_norm_epsilon": spec.eps, "tie_word_embeddings": false, "torch_dtype": "float32",
        "bos_token_id": null, "eos_token_id": null, "pad_token_id": if next { None } else { Some(0) },
    });
    if !next {
        let labels = control.model.labels.iter().enumerate();
        config["id2label"] = labels.map(|(i, label)| (i.to_string(), json!(label))).collect();
    }
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let pieces = control.recipe.lexicon.pieces();
    let vocabulary: BTreeMap<&str, usize> =
        pieces.iter().enumerate().map(|(id, piece)| (piece.as_str(), id)).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    });
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let class = json!({ "tokenizer_class": "PreTrainedTokenizerFast" });
    fs::write(folder.join("tokenizer_config.json"), class.to_string()).unwrap();
    let mut all = BTreeMap::new();
    let model = &control.model.transformer;
    all.insert("transformer.wte.weight".to_owned(), model.embedding.words.clone());
    all.insert("transformer.wpe.weight".to_owned(), model.embedding.positions.clone().unwrap());
    let mut norm = |name: String, norm: &attncheck::model::kernels::Norm| {
        all.insert(format!("{name}.weight"), norm.gain.clone());
        all.insert(format!("{name}.bias"), norm.bias.clone().unwrap());
    };
    norm("transformer.ln_f".to_owned(), model.last.as_ref().unwrap());
    for (l, layer) in model.layers.iter().enumerate() {
        for (step, name) in layer.steps.iter().zip(["ln_1", "ln_2"]) {
            norm(format!("transformer.h.{l}.{name}"), step.before.as_ref().unwrap());
        }
    }
    for (l, layer) in model.layers.iter().enumerate() {
        let at = |name: &str| format!("transformer.h.{l}.{name}");
        let ((_, attend), (_, feed)) = (layer.attention().unwrap(), layer.feed().unwrap());
        let maps = [&attend.query, &attend.key, &attend.value];
        let packed = maps.map(|map| map.weight().unwrap());
        all.insert(at("attn.c_attn.weight"), candle_core::Tensor::cat(&packed, 1).unwrap());
        let biases = maps.map(|map| map.bias.clone().unwrap());
        all.insert(at("attn.c_attn.bias"), candle_core::Tensor::cat(&biases, 0).unwrap());
        for (name, map) in [("attn.c_proj", &attend.out), ("mlp.c_fc", &feed.up), ("mlp.c_proj", &feed.down)]
        {
            all.insert(at(&format!("{name}.weight")), map.weight().unwrap().contiguous().unwrap());
            all.insert(at(&format!("{name}.bias")), map.bias.clone().unwrap());
        }
    }
    let out = control.model.readout.out.weight().unwrap().t().unwrap().contiguous().unwrap();
    all.insert(if next { "lm_head.weight" } else { "score.weight" }.to_owned(), out);
    candle_core::safetensors::save(&all.into_iter().collect(), folder.join("model.safetensors")).unwrap();
}

#[test]
fn a_folder_gives_the_same_decoder_and_text() {
    for kind in DECODERS.into_iter().filter(|kind| *kind != Planted::Window) {
        for control in both(kind, 12, 4) {
            let folder = tempfile::tempdir().unwrap();
            save(&control, folder.path());
            let (model, tokenizer) = planted::load(folder.path(), Precision::F32);
            let text = control.text(0);
            let tokens = tokenizer.encode(&text.pieces.join(" ")).unwrap();
            assert_eq!(tokens.ids, text.sequence.ids);
            assert_eq!(tokenizer.special_ids().mask, None);
            assert_eq!(model.readout.at.of(&tokens.ids), Some(text.sequence.decision));
            let sequences = [text.sequence];
            let (found, own) = (model.logits(&sequences).unwrap(), control.model.logits(&sequences).unwrap());
            assert!((lead(&control, &found[0]) - lead(&control, &own[0])).abs() < 1e-4, "{kind:?}");
        }
    }
}

#[test]
fn a_planted_decoder_is_examined_as_a_decoder_of_a_folder_is() {
    for kind in [Planted::Fact, Planted::DecoyHead] {
        let seed = 31;
        let trial = Trial {
            kind,
            words: 20,
            lambda: 1.0,
            heads: 2,
            layers: 2,
            margins: Margins::USUAL,
            natural: false,
            seed,
            texts: 8,
            text: 1,
        };
        let outcome = run(&trial, &protocol_of(kind)).unwrap();
        let control = Control::plant(Recipe::new(kind, 20, seed)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        save(&control, folder.path());
        let texts = folder.path().join("texts.txt");
        fs::write(&texts, control.text(1).pieces.join(" ")).unwrap();
        let plan = Plan { model: Some(folder.path().display().to_string()), seed, ..Plan::of(texts) };
        let hub = HubSettings::from_vars(|_| None, None);
        let report = audit::audit(&plan, &hub, &(), &AtomicBool::new(false), &mut ()).unwrap();
        assert_eq!(report.settings.operator, "attend");
        let example = report.examples.get(0).unwrap().unwrap();
        let found: Vec<_> = example
            .readings
            .iter()
            .map(|of| (of.method.clone(), of.sinks_removed, of.verdict.verdict))
            .collect();
        let planted: Vec<_> =
            outcome.verdicts.iter().map(|of| (of.reading.clone(), of.sinks_removed, of.verdict)).collect();
        // The two draw other random orders, so that what is near a threshold may fall on either side of it.
        let plotted = |of: Vec<(String, bool, VerdictWord)>| of.into_iter().find(|of| of.0 == "raw" && !of.1);
        assert_eq!(planted.len(), found.len(), "{kind:?}");
        assert_eq!(plotted(planted), plotted(found), "{kind:?}");
        // One deciding word is too likely first by luck to be supported by one text alone.
        let may: &[_] = if kind == Planted::Fact { &[Supported, Mixed] } else { &[Contradicted] };
        assert!(may.contains(&outcome.verdict("raw").unwrap()), "{kind:?}: {outcome:?}");
    }
}
