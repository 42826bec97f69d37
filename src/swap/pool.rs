//! The attentions that a search met and that keep the prediction.

use crate::shift::Shift;

/// Parts of the search, of each of which a candidate's most divergent attention is kept.
const STRETCHES: f64 = 3.0;
/// How many attentions are kept, at most,
const MOST: usize = 15;
/// and how many shares they may have together: 16 MB.
const LARGEST: usize = 1 << 21;

/// An attention that leaves the prediction within ε.
#[derive(Debug, Clone, PartialEq)]
pub struct Feasible {
    /// How far the prediction moved.
    pub shift: Shift,
    /// The share of each movable key that a row sees, row by row of the site.
    pub shares: Vec<f64>,
}

/// The most divergent ones, spread over candidates and stretches of the search: those of neighbouring steps are alike.
#[derive(Debug)]
pub(super) struct Pool {
    most: usize,
    /// Candidate and stretch, divergence of the site's map, the attention.
    kept: Vec<((usize, usize), f64, Feasible)>,
}

impl Pool {
    /// Of attentions with `size` shares.
    pub fn new(size: usize) -> Self {
        Self { most: (LARGEST / size.max(1)).min(MOST), kept: Vec::new() }
    }

    /// Offers an attention of candidate `k`, met when the part `done` of the search, in [0, 1), was over.
    pub fn offer(&mut self, (k, done): (usize, f64), jsd: f64, shift: Shift, shares: &[f64]) {
        let slot = (k, (done * STRETCHES) as usize);
        let feasible = || Feasible { shift, shares: shares.to_vec() };
        if let Some(at) = self.kept.iter().position(|(at, ..)| *at == slot) {
            if jsd > self.kept[at].1 {
                self.kept[at] = (slot, jsd, feasible());
            }
            return;
        }
        if self.kept.len() < self.most {
            self.kept.push((slot, jsd, feasible()));
        } else if let Some(least) = self.kept.iter_mut().min_by(|a, b| a.1.total_cmp(&b.1))
            && jsd > least.1
        {
            *least = (slot, jsd, feasible());
        }
    }

    /// What was kept.
    pub fn kept(self) -> Vec<Feasible> {
        self.kept.into_iter().map(|(.., feasible)| feasible).collect()
    }
}
