//! BERT (Devlin et al. 2019), `RoBERTa` and its kin (Liu et al. 2019; XLM-R, `CamemBERT`), ELECTRA (Clark et
//! al. 2020): one encoder, three readouts.

use std::sync::Arc;

use super::{Config, Decides, LayerNames, Parts, layer, to_logits, to_words, word_table};
use crate::model::error::ModelError;
use crate::model::readout::{Readout, Task};
use crate::model::spec::{Activation, Positions, Spec};
use crate::model::transformer::{Embedding, Transformer};
use crate::model::weights::Store;

/// What a layer's tensors are called.
const LAYER: LayerNames = LayerNames {
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    out: "attention.output.dense",
    attn_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    mlp_norm: "output.LayerNorm",
};

pub(super) fn bert(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let transformer = encoder(
        config,
        store,
        Names { base: "bert", decoder: "cls.predictions.decoder.weight" },
        Positions::Learned,
        config.count("hidden_size")?,
    )?;
    let d = transformer.spec.width;
    let readout = match decides {
        Decides::Classes(labels) => Readout::dense(
            Task::Classification,
            (store.linear("bert.pooler.dense", d, d)?, Activation::Tanh),
            None,
            to_logits(store, "classifier", d, labels, true)?,
        ),
        Decides::Words => {
            let prefix = "cls.predictions";
            let biases = ["cls.predictions.bias", "cls.predictions.decoder.bias"];
            Readout::dense(
                Task::MaskedLm,
                (store.linear(&format!("{prefix}.transform.dense"), d, d)?, transformer.spec.activation),
                Some(store.norm(&format!("{prefix}.transform.LayerNorm"), d, transformer.spec.eps)?),
                to_words(
                    config,
                    store,
                    &format!("{prefix}.decoder.weight"),
                    &biases,
                    &transformer.embedding.words,
                )?,
            )
        }
    };
    store.finish(&["bert.pooler."])?;
    Ok(Parts { transformer, readout })
}

pub(super) fn roberta(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let padding = config.id("pad_token_id")?;
    let positions = Positions::LearnedAfterPadding { padding };
    let transformer = encoder(
        config,
        store,
        Names { base: "roberta", decoder: "lm_head.decoder.weight" },
        positions,
        config.count("hidden_size")?,
    )?;
    let d = transformer.spec.width;
    let readout = match decides {
        Decides::Classes(labels) => Readout::dense(
            Task::Classification,
            (store.linear("classifier.dense", d, d)?, Activation::Tanh),
            None,
            to_logits(store, "classifier.out_proj", d, labels, true)?,
        ),
        Decides::Words => Readout::dense(
            Task::MaskedLm,
            (store.linear("lm_head.dense", d, d)?, Activation::Gelu),
            Some(store.norm("lm_head.layer_norm", d, transformer.spec.eps)?),
            to_words(
                config,
                store,
                "lm_head.decoder.weight",
                &["lm_head.bias", "lm_head.decoder.bias"],
                &transformer.embedding.words,
            )?,
        ),
    };
    store.finish(&["roberta.pooler."])?;
    Ok(Parts { transformer, readout })
}

pub(super) fn electra(config: &Config, decides: &Decides, store: &mut Store) -> Result<Parts, ModelError> {
    let embedding = config.count("embedding_size")?;
    let transformer = encoder(
        config,
        store,
        Names { base: "electra", decoder: "generator_lm_head.weight" },
        Positions::Learned,
        embedding,
    )?;
    let d = transformer.spec.width;
    let readout = match decides {
        Decides::Classes(labels) => Readout::dense(
            Task::Classification,
            (store.linear("classifier.dense", d, d)?, Activation::Gelu),
            None,
            to_logits(store, "classifier.out_proj", d, labels, true)?,
        ),
        Decides::Words => Readout::dense(
            Task::MaskedLm,
            (store.linear("generator_predictions.dense", d, embedding)?, Activation::Gelu),
            Some(store.norm("generator_predictions.LayerNorm", embedding, transformer.spec.eps)?),
            to_words(
                config,
                store,
                "generator_lm_head.weight",
                &["generator_lm_head.bias"],
                &transformer.embedding.words,
            )?,
        ),
    };
    store.finish(&[])?;
    Ok(Parts { transformer, readout })
}

/// What the families call their parts.
#[derive(Clone, Copy)]
struct Names {
    /// The prefix of every tensor of the encoder.
    base: &'static str,
    /// The map to the vocabulary.
    decoder: &'static str,
}

/// The encoder, whose embedding is `embedding` wide.
fn encoder(
    config: &Config,
    store: &mut Store,
    Names { base: p, decoder }: Names,
    positions: Positions,
    embedding: usize,
) -> Result<Transformer, ModelError> {
    let heads = config.heads("hidden_size", "num_attention_heads")?;
    let d = heads.total();
    let rows = config.count("max_position_embeddings")?;
    let spec = Spec {
        family: config.family.name.to_owned(),
        layers: config.count("num_hidden_layers")?,
        heads,
        width: d,
        inner: config.count("intermediate_size")?,
        embedding,
        vocabulary: config.count("vocab_size")?,
        longest: positions.longest(rows),
        positions,
        types: config.count("type_vocab_size")?,
        activation: config.activation("hidden_act")?,
        gated: false,
        eps: config.eps("layer_norm_eps")?,
    };
    let e = format!("{p}.embeddings");
    let types = match spec.types {
        0 => None,
        n => Some(store.tensor(&format!("{e}.token_type_embeddings.weight"), &[n, embedding])?),
    };
    let project = if embedding == d {
        None
    } else {
        Some(store.linear(&format!("{p}.embeddings_project"), embedding, d)?)
    };
    let table = Embedding {
        words: word_table(
            config,
            store,
            &format!("{e}.word_embeddings.weight"),
            decoder,
            [spec.vocabulary, embedding],
        )?,
        positions: Some(store.tensor(&format!("{e}.position_embeddings.weight"), &[rows, embedding])?),
        types,
        scale: None,
        norm: Some(store.norm(&format!("{e}.LayerNorm"), embedding, spec.eps)?),
        project,
    };
    let mut layers = Vec::new();
    for l in 0..spec.layers {
        let a = format!("{p}.encoder.layer.{l}");
        layers.push(Arc::new(layer(store, &a, &LAYER, &spec)?));
    }
    Ok(Transformer { spec, embedding: table, layers, last: None })
}
