//! The engine: against other libraries and its own laws, and every way in which a model's files can be wrong.

mod broken;
mod candle;
mod decoders;
mod gradients;
mod halves;
mod hub;
mod laws;
mod parity;
mod past;
pub mod seq2seq;
mod sequences;
mod source;
mod stored;
mod translated;
