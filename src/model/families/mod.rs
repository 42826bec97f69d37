//! A file per architecture, or per kin of them: config.json to [`Spec`], tensor names to canonical weights.
//! No other place knows the name of an architecture.

mod albert;
mod bert;
mod config;
mod decoder;
mod decoder_fields;
mod default;
mod distilbert;
mod fields;
mod gemma;
mod gpt2;
mod gpt_neox;
mod known;
mod labels;
mod llama;
mod opt;
mod phi;
mod rope;
pub(super) mod seq2seq;
mod seq2seq_fields;
mod sinusoids;
mod t5;
mod table;
#[cfg(test)]
mod tests;
mod window;

use candle_core::Tensor;

pub(super) use config::Config;
use config::unsupported;
pub(super) use labels::Labels;
use table::{Family, Reader};
pub use table::{names, translators};

use super::attend::Attend;
use super::error::ModelError;
use super::feed::Feed;
use super::kernels::Linear;
use super::layer::Layer;
use super::note::Note;
use super::readout::{Readout, Task};
use super::spec::Spec;
use super::transformer::Transformer;
use super::weights::Store;

/// What a family builds.
pub(super) struct Parts {
    pub transformer: Transformer,
    pub readout: Readout,
}

/// What a model decides among: the classes, or the words of the vocabulary.
pub(super) enum Decides {
    Classes(Labels),
    Words,
}

/// Builds the model that config.json describes from its weights, each of which must be used or known.
pub(super) fn build(config: &Config, store: &mut Store) -> Result<(Parts, Decides), ModelError> {
    config.notes.iter().for_each(|note| store.note(note.clone()));
    let decides = match task(config, store)? {
        Task::Classification => {
            let labels = Labels::of(config)?;
            config.check_problem(labels.names.len())?;
            labels.note.iter().for_each(|note| store.note(note.clone()));
            Decides::Classes(labels)
        }
        Task::MaskedLm | Task::NextToken | Task::Translation => Decides::Words,
    };
    let build = match config.family.reader {
        Reader::Bert => bert::bert,
        Reader::Roberta => bert::roberta,
        Reader::Electra => bert::electra,
        Reader::DistilBert => distilbert::distilbert,
        Reader::Albert => albert::albert,
        Reader::Gpt2 => gpt2::gpt2,
        Reader::GptNeoX => gpt_neox::gpt_neox,
        Reader::Opt => opt::opt,
        Reader::Llama => llama::llama,
        Reader::Mistral => llama::mistral,
        Reader::Qwen2 => llama::qwen2,
        Reader::Qwen3 => llama::qwen3,
        Reader::Gemma2 => gemma::gemma2,
        Reader::Gemma3 => gemma::gemma3,
        Reader::Phi => phi::phi,
        Reader::Phi3 => llama::phi3,
        Reader::Marian | Reader::Bart | Reader::MBart | Reader::M2M100 | Reader::Pegasus | Reader::T5 => {
            return Err(ModelError::EncoderDecoder { found: config.family.name.to_owned() });
        }
    };
    Ok((build(config, &decides, store)?, decides))
}

/// The readout: the one that `architectures` names where the weights have it, else the one that they have.
fn task(config: &Config, store: &Store) -> Result<Task, ModelError> {
    let Family { classifier, words, embedding, speaks, .. } = config.family;
    let (wanted, named) = config.wanted()?;
    // A language model that shares its matrix with the word embeddings has no tensor of its own: it is one where nothing
    // else was asked for.
    let shared = *speaks == Task::NextToken
        && wanted != Some(Task::Classification)
        && config.flag("tie_word_embeddings")?
        && store.has(embedding);
    let older = *speaks == Task::NextToken && store.has(decoder::OLDER_WORDS);
    let has = |task| match task {
        Task::Classification => store.has(classifier),
        task => task == *speaks && (store.has(words) || shared || older),
    };
    if let Some(task) = wanted.filter(|&task| has(task)) {
        return Ok(task);
    }
    let Some(found) = [Task::Classification, *speaks].into_iter().find(|&task| has(task)) else {
        // Without the word embeddings it is not the readout that is wrong.
        store.require(embedding)?;
        return Err(if wanted == Some(Task::Classification) {
            ModelError::NotFineTuned { named, name: (*classifier).to_owned() }
        } else {
            ModelError::NoReadout { found: if named.is_empty() { "none named".to_owned() } else { named } }
        });
    };
    store.note(Note::Readout { named, found });
    Ok(found)
}

/// What a family calls the maps and norms of a layer, without the layer's own prefix.
struct LayerNames {
    query: &'static str,
    key: &'static str,
    value: &'static str,
    out: &'static str,
    attn_norm: &'static str,
    up: &'static str,
    down: &'static str,
    mlp_norm: &'static str,
}

/// The layer whose tensors' names begin with `prefix`.
fn layer(store: &mut Store, prefix: &str, names: &LayerNames, spec: &Spec) -> Result<Layer, ModelError> {
    let (d, inner, eps) = (spec.width, spec.inner, spec.eps);
    let at = |name: &str| format!("{prefix}.{name}");
    let maps = [
        store.linear(&at(names.query), d, d)?,
        store.linear(&at(names.key), d, d)?,
        store.linear(&at(names.value), d, d)?,
        store.linear(&at(names.out), d, d)?,
    ];
    let attend = (Attend::new(maps, spec.heads), store.norm(&at(names.attn_norm), d, eps)?);
    let (up, down) = (store.linear(&at(names.up), d, inner)?, store.linear(&at(names.down), inner, d)?);
    let feed = Feed::plain(up, down, spec.activation);
    Ok(Layer::post_norm(attend, (feed, store.norm(&at(names.mlp_norm), d, eps)?)))
}

/// The `[D', C]` map to logits.
///
/// A single logit z becomes the pair (0, z): the softmax of the pair is (1 − σ(z), σ(z)), so that one label
/// is a decision between two like any other.
fn to_logits(
    store: &mut Store,
    prefix: &str,
    inputs: usize,
    labels: &Labels,
    bias: bool,
) -> Result<Linear, ModelError> {
    let classes = labels.names.len();
    let name = format!("{prefix}.weight");
    if let Some(&[found, width]) = store.shape(&name)
        && (width, found == classes) == (inputs, false)
    {
        return Err(ModelError::Classes { name, found, named: classes, by: labels.by });
    }
    let map = store.map(prefix, inputs, classes, bias)?;
    if classes > 1 {
        return Ok(map);
    }
    let pair = |t: &Tensor| Tensor::cat(&[&t.zeros_like()?, t], t.rank() - 1);
    Ok(Linear::new(&pair(&map.weight()?)?, map.bias.as_ref().map(pair).transpose()?)?)
}

/// The matrix of word embeddings `[V, Demb]`; a file may hold it as the map to the vocabulary alone, which shares it.
fn word_table(
    config: &Config,
    store: &mut Store,
    name: &str,
    decoder: &str,
    shape: [usize; 2],
) -> Result<Tensor, ModelError> {
    let shared = !store.has(name) && store.has(decoder) && config.flag("tie_word_embeddings")?;
    store.matrix(if shared { decoder } else { name }, &shape)
}

/// The map from states to the vocabulary, whose matrix is the word embedding unless the file has its own.
fn to_words(
    config: &Config,
    store: &mut Store,
    weight: &str,
    biases: &[&str],
    embedding: &Tensor,
) -> Result<Linear, ModelError> {
    let (rows, width) = embedding.dims2()?;
    let weight = if store.has(weight) || !config.flag("tie_word_embeddings")? {
        store.matrix(weight, &[rows, width])?
    } else {
        embedding.clone()
    };
    let mut bias = None;
    for name in biases.iter().filter(|name| store.has(name)).collect::<Vec<_>>() {
        bias = Some(store.tensor(name, &[rows])?);
    }
    if bias.is_none() {
        store.note(Note::NoBias { name: biases.first().copied().unwrap_or_default().to_owned() });
    }
    let bias = bias.map_or_else(|| store.zeros(rows), Ok)?;
    Ok(Linear::stored(&weight.t()?, Some(bias), store.dtype())?)
}
