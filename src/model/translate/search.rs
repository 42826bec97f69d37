//! How a translation is searched for: the fields of `generation_config.json` that transformers acts on.

use serde_json::{Map, Value};

use crate::model::error::ModelError;
use crate::model::families::seq2seq::Ids;

/// When a beam search gives up on beams that are still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// As soon as there are as many finished texts as beams (`early_stopping: true`).
    Full,
    /// When the best beam, were it finished now, would not be among the finished (`false`).
    Likely,
    /// When the best beam could not come among the finished however long it becomes (`"never"`).
    Never,
}

/// A search for a translation, with the meaning that the fields have in transformers' `generate`.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// How many texts are kept side by side; 1 takes the most likely token each time.
    pub beams: usize,
    /// The most ids of a text, the start included (`max_length`).
    pub longest: usize,
    /// Nothing is ended with fewer ids, the start included (`min_length`); 0 for no bound.
    pub shortest: usize,
    /// A finished text's log-probability is divided by its number of tokens to this power.
    pub length_penalty: f64,
    /// When running beams are given up.
    pub early_stopping: Stop,
    /// No run of so many ids is written twice; 0 for no bound.
    pub no_repeat_ngram: usize,
    /// What every text begins with behind the start, such as the target language.
    pub forced_bos: Option<u32>,
    /// What a text of the greatest length ends with; empty for anything.
    pub forced_eos: Vec<u32>,
    /// Runs of ids that are never written.
    pub bad_words: Vec<Vec<u32>>,
    /// What ends a text.
    pub eos: Vec<u32>,
    /// The first field that asks for what this version does not do, with its value.
    pub(super) refused: Option<(&'static str, String)>,
}

impl Search {
    /// The likeliest token each time, until `eos` or so many ids, the start included.
    pub(crate) fn greedy(longest: usize, eos: u32) -> Self {
        Self {
            beams: 1,
            longest,
            shortest: 0,
            length_penalty: 1.0,
            early_stopping: Stop::Likely,
            no_repeat_ngram: 0,
            forced_bos: None,
            forced_eos: Vec::new(),
            bad_words: Vec::new(),
            eos: vec![eos],
            refused: None,
        }
    }

    /// The same search with other beams.
    #[must_use]
    pub fn with_beams(&self, beams: usize) -> Self {
        Self { beams: beams.max(1), ..self.clone() }
    }
}

/// What transformers takes where no length is told: twenty tokens behind the start.
const LONGEST: usize = 21;

/// Fields that are done for one value alone: it, or null. Those that matter to sampling alone are not here.
const ONLY: [(&str, f64); 13] = [
    ("do_sample", 0.0),
    ("repetition_penalty", 1.0),
    ("encoder_repetition_penalty", 1.0),
    ("encoder_no_repeat_ngram_size", 0.0),
    ("num_beam_groups", 1.0),
    ("diversity_penalty", 0.0),
    ("guidance_scale", 1.0),
    ("min_new_tokens", 0.0),
    ("renormalize_logits", 0.0),
    ("penalty_alpha", 0.0),
    ("low_memory", 0.0),
    ("watermarking_config", 0.0),
    ("dola_layers", 0.0),
];

/// Fields that must be null or empty.
const NOTHING: [&str; 6] = [
    "sequence_bias",
    "suppress_tokens",
    "begin_suppress_tokens",
    "exponential_decay_length_penalty",
    "force_words_ids",
    "constraints",
];

/// The fields of both files.
struct Fields {
    /// generation\_config.json, or config.json where there is none.
    search: Map<String, Value>,
    config: Map<String, Value>,
}

impl Fields {
    fn parse(bytes: &[u8], name: &str) -> Result<Map<String, Value>, ModelError> {
        serde_json::from_slice(bytes).map_err(|e| Self::fail(format!("{name}: {e}")))
    }

    fn fail(reason: String) -> ModelError {
        ModelError::Config { family: "generation".to_owned(), reason }
    }

    fn get(&self, field: &str) -> Option<&Value> {
        self.search.get(field).filter(|value| !value.is_null())
    }

    fn count(&self, field: &str, absent: usize) -> Result<usize, ModelError> {
        match self.get(field) {
            None => Ok(absent),
            Some(value) => match value.as_u64() {
                Some(n) if n < 1 << 31 => Ok(n as usize),
                _ => Err(Self::fail(format!("{field} is {value}, not a whole number"))),
            },
        }
    }

    /// The ids of a field that may be a number or a list of them.
    fn ids(field: &str, value: &Value) -> Result<Vec<u32>, ModelError> {
        let one = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
        let found = match value {
            Value::Array(all) => all.iter().map(one).collect::<Option<Vec<u32>>>(),
            value => one(value).map(|id| vec![id]),
        };
        found
            .ok_or_else(|| Self::fail(format!("{field} is {value}, not the id of a token or a list of them")))
    }

    /// The ids of a field of the search; where it has none, of config.json.
    fn either(&self, field: &str) -> Result<Vec<u32>, ModelError> {
        let config = self.config.get(field).filter(|value| !value.is_null());
        self.get(field).or(config).map_or_else(|| Ok(Vec::new()), |value| Self::ids(field, value))
    }
}

/// Reads how a model is searched, what its decoder is started with, and its padding; `ids` are those that its family has
/// where the files name none; `places` is the most ids that the decoder can be given.
pub(super) fn read(
    (config, generation): (&[u8], Option<&[u8]>),
    ids: Ids,
    (vocabulary, places): (usize, usize),
) -> Result<(Search, u32, u32), ModelError> {
    let config = Fields::parse(config, "config.json")?;
    let told = generation.is_some();
    let search = match generation {
        Some(bytes) => Fields::parse(bytes, "generation_config.json")?,
        None => config.clone(),
    };
    let fields = Fields { search, config };
    let pad = fields.either("pad_token_id")?.first().copied().unwrap_or(ids.pad);
    let start = fields.either("decoder_start_token_id")?.first().copied().or(ids.start);
    let bos = fields.either("bos_token_id")?.first().copied();
    let Some(start) = start.or(bos) else {
        return Err(Fields::fail("decoder_start_token_id is missing".to_owned()));
    };
    let mut eos = fields.either("eos_token_id")?;
    if eos.is_empty() {
        eos.push(ids.eos);
    }
    let mut forced_eos = match fields.get("forced_eos_token_id") {
        Some(value) => Fields::ids("forced_eos_token_id", value)?,
        None => Vec::new(),
    };
    if !told && !fields.config.contains_key("forced_eos_token_id") {
        forced_eos.extend(ids.forced_eos);
    }
    let forced_bos = match fields.get("forced_bos_token_id") {
        Some(value) => Fields::ids("forced_bos_token_id", value)?.first().copied(),
        None => None,
    };
    let bad_words = match fields.get("bad_words_ids") {
        None => Vec::new(),
        Some(Value::Array(all)) => {
            let read = all.iter().map(|value| Fields::ids("bad_words_ids", value));
            read.collect::<Result<Vec<_>, _>>()?
        }
        Some(other) => return Err(Fields::fail(format!("bad_words_ids is {other}, not a list"))),
    };
    let named = [start, pad].into_iter().chain(eos.iter().copied()).chain(forced_bos);
    let named = named.chain(forced_eos.iter().copied()).chain(bad_words.iter().flatten().copied());
    if let Some(found) = named.into_iter().find(|&id| id as usize >= vocabulary) {
        return Err(ModelError::Outside { what: "special token", found: found as usize, count: vocabulary });
    }
    let longest = match fields.count("max_new_tokens", 0)? {
        0 => fields.count("max_length", LONGEST.min(places))?,
        new => new + 1,
    };
    let length_penalty = match fields.get("length_penalty") {
        None => 1.0,
        Some(value) => {
            value.as_f64().ok_or_else(|| Fields::fail(format!("length_penalty is {value}, not a number")))?
        }
    };
    let early_stopping = match fields.get("early_stopping") {
        None | Some(Value::Bool(false)) => Stop::Likely,
        Some(Value::Bool(true)) => Stop::Full,
        Some(Value::String(never)) if never == "never" => Stop::Never,
        Some(other) => return Err(Fields::fail(format!("early_stopping is {other}"))),
    };
    let search = Search {
        beams: fields.count("num_beams", 1)?.max(1),
        longest,
        shortest: fields.count("min_length", 0)?,
        length_penalty,
        early_stopping,
        no_repeat_ngram: fields.count("no_repeat_ngram_size", 0)?,
        forced_bos,
        forced_eos,
        // A text may always be ended.
        bad_words: bad_words.into_iter().filter(|run| !(run.len() == 1 && eos.contains(&run[0]))).collect(),
        eos,
        refused: refused(&fields),
    };
    Ok((search, start, pad))
}

/// The first field that asks for another search.
fn refused(fields: &Fields) -> Option<(&'static str, String)> {
    let number = |value: &Value| match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        value => value.as_f64(),
    };
    let shown = |value: &Value| value.to_string().chars().take(80).collect::<String>();
    for (field, only) in ONLY {
        if let Some(value) = fields.get(field).filter(|value| number(value) != Some(only)) {
            return Some((field, shown(value)));
        }
    }
    NOTHING.into_iter().find_map(|field| {
        let value = fields.get(field)?;
        let empty =
            value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
        (!empty).then(|| (field, shown(value)))
    })
}
