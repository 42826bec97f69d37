//! The models that both sides load, and the texts that both sides run.

use std::path::{Path, PathBuf};

use attncheck::model::source::{self, HubSettings, ModelRef};
use attncheck::model::{Model, Precision, Probe, Sequence, Target};
use attncheck::stats::seed::Stream;
use attncheck::subject::Subject;
use attncheck::tokens::Tokenizer;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::Error;
use crate::peer::Peer;

/// `[CLS]` and `[SEP]` of the random models, and the words between them.
const CLS: u32 = 2;
const SEP: u32 = 3;
const WORDS: std::ops::Range<u32> = 5..2000;

/// The folder of a shape's random-weight model, written by the peer where none stands.
pub fn make(peer: &mut Peer, shape: &str) -> Result<PathBuf, Error> {
    let folder = scratch()?.join(shape);
    peer.make(shape, &folder)?;
    Ok(folder)
}

/// Where files between the two sides go.
pub fn scratch() -> Result<PathBuf, Error> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peer");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A file of `count` texts of `words` random words, one a line.
pub fn texts(count: usize, words: usize) -> Result<PathBuf, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(words as u64);
    let vocabulary: Vec<String> = WORDS.map(|id| format!("w{}", id - WORDS.start)).collect();
    let line = |_| -> String {
        let chosen: Vec<&str> =
            (0..words).filter_map(|_| vocabulary.choose(&mut rng)).map(String::as_str).collect();
        chosen.join(" ") + "\n"
    };
    let text: String = (0..count).map(line).collect();
    let file = scratch()?.join(format!("texts-{count}-{words}.txt"));
    std::fs::write(&file, text)?;
    Ok(file)
}

/// A loaded classifier, and subjects made with it.
#[derive(Debug)]
pub struct Subjects {
    /// How the table names it.
    pub shape: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The model.
    pub model: Model,
    tokenizer: Tokenizer,
}

impl Subjects {
    /// Opens a folder as the program does.
    pub fn load(shape: &str, folder: &Path, precision: Precision) -> Result<Self, Error> {
        let typed = ModelRef::parse(folder.to_str()).map_err(attncheck::audit::AuditError::from)?;
        let hub = HubSettings::from_vars(|_| None, None);
        let files = source::open(&typed, &hub, &()).map_err(attncheck::audit::AuditError::from)?;
        Ok(Self {
            shape: shape.to_owned(),
            folder: folder.to_owned(),
            model: Model::load(&files.config, &files.weights, precision)?,
            tokenizer: Tokenizer::from_files(&files.tokenizer, &files.config)?,
        })
    }

    /// A random text of `tokens` tokens, `[CLS]` and `[SEP]` among them; another one for every `seed`.
    pub fn ids(tokens: usize, seed: u64) -> Vec<u32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let words = (2..tokens).map(|_| rng.random_range(WORDS));
        std::iter::once(CLS).chain(words).chain(std::iter::once(SEP)).collect()
    }

    /// As the model takes it, decided at the first token.
    pub fn sequence(&self, ids: &[u32]) -> Sequence {
        Sequence::new(ids.to_vec(), vec![0; ids.len()], 0, self.model.spec().positions)
    }

    /// A text of ids, each between the ends a word of its own.
    pub fn subject(&self, ids: &[u32]) -> Result<Subject<'_>, Error> {
        let words = (1..ids.len() - 1).map(|t| t..t + 1).collect();
        self.with_words(self.sequence(ids), words, "1")
    }

    /// The line `id` of a file of texts, as an audit takes it.
    pub fn line(&self, text: &str, id: &str) -> Result<Subject<'_>, Error> {
        let tokens = self.tokenizer.encode(text)?;
        let words = tokens.words.iter().map(|word| word.pieces.clone()).collect();
        let sequence = Sequence::new(tokens.ids, tokens.type_ids, 0, self.model.spec().positions);
        self.with_words(sequence, words, id)
    }

    fn with_words(
        &self,
        sequence: Sequence,
        words: Vec<std::ops::Range<usize>>,
        id: &str,
    ) -> Result<Subject<'_>, Error> {
        let probe = Probe::new(&self.model, sequence, margin)?;
        let special = self.tokenizer.special_ids();
        Ok(Subject { probe, words, mask: special.mask, pad: special.pad, stream: Stream::new(0, [id]) })
    }
}

/// The predicted class against the runner-up.
pub fn margin(logits: &[f64]) -> Target {
    let order = attncheck::stats::rank::argsort_descending(logits);
    Target::Margin { class: order[0], against: order.get(1).copied().unwrap_or(order[0]) }
}
