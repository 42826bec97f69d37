//! What a pass over one text saw, and the gradients of one.

use candle_core::{Result, Tensor};

use super::kernels::to_f64;
use super::pass::Memory;

/// What one forward pass saw.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The pattern of each layer, `[1, H, T, T]`.
    pub patterns: Vec<Tensor>,
    /// The values of each layer, all heads side by side, `[1, T, H·E]`.
    pub values: Vec<Tensor>,
    /// The keys of each layer, as wide as the values; none where a row sees what stands behind it.
    pub keys: Vec<Tensor>,
    /// The residual stream entering each layer, `[1, T, D]`; at L what the readout reads: the decision row, `[1, 1, D]`.
    pub hidden: Vec<Tensor>,
    /// The C logits.
    pub logits: Vec<f64>,
    /// What an encoder read, where the patterns above are those of a decoder over it.
    pub source: Option<Source>,
}

/// What was seen of a source that a decoder writes a translation of. There `patterns` are its cross-attention, `[1, H, Q, T]`
/// of Q written tokens, `values` those of the encoder's states, and `hidden` what enters its layers, `[1, Q, D]`.
#[derive(Debug, Clone)]
pub struct Source {
    /// The pattern of each layer of the encoder, `[1, H, T, T]`.
    pub patterns: Vec<Tensor>,
    /// The values of each layer of the encoder, all heads side by side, `[1, T, H·E]`.
    pub values: Vec<Tensor>,
    /// The residual stream entering each layer of the encoder, `[1, T, D]`, and at last what the decoder reads.
    pub hidden: Vec<Tensor>,
    /// What the decoder attends to.
    pub memory: Memory,
    /// The self-attention of each layer of the decoder, `[1, H, Q, Q]`.
    pub written: Vec<Tensor>,
    /// The values of each layer of it, `[1, Q, H·E]`.
    pub written_values: Vec<Tensor>,
}

/// The gradients of the target for one text.
#[derive(Debug)]
pub struct TextGradients {
    /// At the word embeddings, `[T, Demb]`, row-major.
    pub words: Vec<f64>,
    /// At the patterns that were kept, rising by layer, `[1, H, Q, T]` of Q queries over T tokens; the last layer's is `[1, H, 1, T]`: the decision
    /// row, since every other row's is zero.
    pub patterns: Vec<Tensor>,
    pub(super) decision: usize,
    pub(super) queries: usize,
}

impl TextGradients {
    /// One of [`Self::patterns`] with every row, `[H, Q, T]`, row-major.
    ///
    /// # Panics
    ///
    /// If there is no such pattern.
    pub fn pattern(&self, index: usize) -> Result<Vec<f64>> {
        let pattern = &self.patterns[index];
        let (_, heads, rows, tokens) = pattern.dims4()?;
        let found = to_f64(pattern)?;
        if rows == self.queries {
            return Ok(found);
        }
        let mut all = vec![0.0; heads * self.queries * tokens];
        for (head, row) in all.chunks_exact_mut(self.queries * tokens).zip(found.chunks_exact(tokens)) {
            head[self.decision * tokens..][..tokens].copy_from_slice(row);
        }
        Ok(all)
    }
}
