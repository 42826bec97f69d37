//! Methods that read one reverse pass: saliency, gradient × input, both with the graph cut, attention × gradient.

use crate::missing::{Outcome, Stop, settle};
use crate::model::Graph;

use super::reading::reading;
use super::scores::Scores;
use super::shared::Shared;

/// `‖Σ_pieces ∂y/∂e‖₂`: the pieces' signed gradients are summed before the norm.
fn norms(shared: &Shared<'_>, graph: Graph) -> Result<Scores, Stop> {
    let gradients = &shared.gradients(graph)?.words;
    let width = shared.subject.probe.model.reader().spec.embedding;
    let norm = |from: usize, to: usize| -> f64 {
        let sum = |d: usize| (from..to).map(|t| gradients[t * width + d]).sum::<f64>();
        (0..width).map(|d| sum(d).powi(2)).sum::<f64>().sqrt()
    };
    let words = shared.subject.words.iter().map(|word| norm(word.start, word.end)).collect();
    let mut scores = Scores::of_words(words, false)?;
    scores.tokens = Some((0..shared.subject.tokens()).map(|t| norm(t, t + 1)).collect());
    Ok(scores)
}

/// `Σ_d ∂y/∂e_d · e_d`, summed over pieces.
fn products(shared: &Shared<'_>, graph: Graph) -> Result<Scores, Stop> {
    let (gradients, words) = (&shared.gradients(graph)?.words, shared.words()?);
    let width = shared.subject.probe.model.reader().spec.embedding;
    let dot = |(g, e): (&[f64], &[f64])| g.iter().zip(e).map(|(g, e)| g * e).sum();
    let tokens = gradients.chunks_exact(width).zip(words.chunks_exact(width)).map(dot).collect();
    Ok(Scores::of_tokens(shared.subject, tokens, true)?)
}

/// Simonyan, Vedaldi & Zisserman 2014, with the L2 norm of Li et al. 2016.
pub(super) fn saliency(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(norms(shared, Graph::Whole))
}

/// Shrikumar et al. 2017; the gradient of the observed one-hot word (Jain & Wallace 2019).
pub(super) fn gradient_x_input(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(products(shared, Graph::Whole))
}

/// Saliency with every pattern held constant (Jain & Wallace 2019).
pub(super) fn cut_gradient(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(norms(shared, Graph::CutAtAttention))
}

/// Gradient × input with every pattern held constant (Jain & Wallace 2019).
pub(super) fn cut_gradient_x_input(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(products(shared, Graph::CutAtAttention))
}

/// `1/H Σ_h A_h[q, k] · ∂y/∂A_h[q, k]` in the last layer, q the decision token.
pub(super) fn attention_x_gradient(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(weighted(shared, |product| product).and_then(|tokens| reading(shared, tokens, true)))
}

/// The same with each head's product cut off below 0 before the mean (Chefer, Gur & Wolf 2021, eq. 5).
pub(super) fn attention_x_gradient_relu(shared: &Shared<'_>) -> Outcome<Scores> {
    settle(weighted(shared, |product| product.max(0.0)).and_then(|tokens| reading(shared, tokens, false)))
}

fn weighted(shared: &Shared<'_>, keep: impl Fn(f64) -> f64) -> Result<Vec<f64>, Stop> {
    let attention = shared.attention()?;
    let gradients = shared.decision_gradients()?;
    let mut tokens = vec![0.0; attention.tokens];
    if let Some(rows) = attention.rows.last() {
        for (row, gradient) in
            rows.chunks_exact(attention.tokens).zip(gradients.chunks_exact(attention.tokens))
        {
            let products = row.iter().zip(gradient).map(|(a, g)| keep(a * g) / attention.heads as f64);
            tokens.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
        }
    }
    Ok(tokens)
}
