//! What each channel of a planted model carries.
//!
//! A quantity lives in two neighbouring channels of the stream as (+q, −q), so every state has mean 0 and a
//! layer norm cannot shift it. The quantity [`Channel::Keep`] is a constant so much larger than all others
//! that it is nearly all of the variance; the gain of every norm undoes it. What a norm then does to a state
//! is a division by √(1 + Σq²/(KEEP² + 16)), where q are the quantities beside the constants: at most
//! 3 parts in 10 000.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The constant quantity that makes nearly all of a state's variance.
pub(super) const KEEP: f64 = 100.0;

/// Bits that a place is written in, so that there are 256 places.
pub(super) const BITS: usize = 8;

/// Kinds of cue words that planted models tell apart.
pub const KINDS: usize = 3;

/// Words differ in this many quantities that mean nothing.
pub(super) const IDENTITY: usize = 4;

/// A quantity of the residual stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    /// [`KEEP`], from the table of places, so that it survives the erasure of a word's embedding.
    Keep,
    /// 1 at the first token: an encoder's decision token.
    First,
    /// 1 at the last token.
    Last,
    /// 1 at a word of this kind of cue.
    Cue(usize),
    /// Small random numbers by which neutral words differ; never carried.
    Identity(usize),
    /// The cue a lower layer moved here from another place.
    Moved,
    /// The first operand of a two-word rule.
    Left,
    /// The second operand of a two-word rule; in a decoder the evidence for its second answer.
    Right,
    /// The decision evidence, which the readout reads.
    Decision,
    /// The token's place, a bit as ±1.
    At(usize),
    /// The place this place copies from, a bit as ±1.
    From(usize),
    /// 1 at every place but the first; in decoders alone.
    Later,
    /// What no block and no readout reads; in decoders alone.
    Unread,
    /// 1 at the token at this place of the source, and where a decoder's row asks for it; in translators alone.
    Place(usize),
    /// 1 at a token that is this word of the target or is translated by it; in translators alone.
    Word(usize),
    /// How much of this word cross-attention brings to a row; in translators alone.
    Heard(usize),
}

/// How many quantities there are in an encoder.
pub(super) const QUANTITIES: usize = 7 + KINDS + IDENTITY + 2 * BITS;

/// How many there are in a decoder.
pub(super) const OF_DECODERS: usize = QUANTITIES + 2;

/// The most tokens of a source that is planted.
pub(super) const TOKENS: usize = 20;

/// Words of a target: those of its vocabulary, then the end of a text and its start.
pub(super) const FORMS: usize = 26;

/// How many quantities there are in either half of a translator.
pub(super) const OF_TRANSLATORS: usize = OF_DECODERS + TOKENS + 2 * FORMS;

impl Channel {
    /// Its index among the quantities; its two channels are twice that and the next.
    pub(super) fn index(self) -> usize {
        match self {
            Channel::Keep => 0,
            Channel::First => 1,
            Channel::Last => 2,
            Channel::Moved => 3,
            Channel::Left => 4,
            Channel::Right => 5,
            Channel::Decision => 6,
            Channel::Cue(kind) => 7 + kind,
            Channel::Identity(i) => 7 + KINDS + i,
            Channel::At(bit) => 7 + KINDS + IDENTITY + bit,
            Channel::From(bit) => 7 + KINDS + IDENTITY + BITS + bit,
            Channel::Later => QUANTITIES,
            Channel::Unread => QUANTITIES + 1,
            Channel::Place(place) => OF_DECODERS + place,
            Channel::Word(form) => OF_DECODERS + TOKENS + form,
            Channel::Heard(form) => OF_DECODERS + TOKENS + FORMS + form,
        }
    }
}

/// The bit of a place as ±1.
pub(super) fn bit(place: usize, bit: usize) -> f64 {
    if (place >> bit) & 1 == 1 { 1.0 } else { -1.0 }
}

/// The standard deviation of a state of [`KEEP`] and quantities whose squares sum to `others`: the gain that undoes a norm.
pub(super) fn deviation(width: usize, others: f64) -> f64 {
    (2.0 / width as f64 * (KEEP * KEEP + others)).sqrt()
}

/// A row-major matrix that is filled by hand.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    pub rows: usize,
    pub cols: usize,
    pub data: Vec<f64>,
}

impl Matrix {
    pub(super) fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, data: vec![0.0; rows * cols] }
    }

    /// Adds `by` at one place.
    pub(super) fn add(&mut self, row: usize, col: usize, by: f64) {
        self.data[row * self.cols + col] += by;
    }

    /// For a map from the stream: adds `by` times the quantity to output `col`.
    pub(super) fn read(&mut self, channel: Channel, col: usize, by: f64) {
        let row = 2 * channel.index();
        self.add(row, col, by / 2.0);
        self.add(row + 1, col, -by / 2.0);
    }

    /// For a map into the stream, or a table of states: adds `by` to the quantity, from input `row`.
    pub(super) fn write(&mut self, row: usize, channel: Channel, by: f64) {
        let col = 2 * channel.index();
        self.add(row, col, by);
        self.add(row, col + 1, -by);
    }

    /// For a map from the stream: adds to output `col` a random sum of what words are, of about this standard deviation.
    pub(super) fn prefer(&mut self, col: usize, deviation: f64, rng: &mut ChaCha8Rng) {
        // The identities have variance 1/12.
        let each = deviation * (12.0 / IDENTITY as f64).sqrt();
        for i in 0..IDENTITY {
            self.read(Channel::Identity(i), col, if rng.random() { each } else { -each });
        }
    }
}
