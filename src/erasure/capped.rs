//! Capped removal: of the words that a map highlights only a few, drawn at random, are erased at a time.
//!
//! A text without half of its words is one that the model never saw. Zheng et al. (2024, F-Fidelity) erase a random part
//! of what is highlighted, and never more than a fixed share of the whole, so that every text that is run is as near to
//! the observed one. Their model is tuned on texts erased so; here it is the user's own, as it is.

use rand::seq::index;

use crate::missing::{Missing, Outcome, Stop, settle};

use super::curve::bins;
use super::erased::Erased;
use super::excess::Excess;
use super::order;

/// How many words may go at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// One: what leave-one-out ran, so that it costs no pass and nothing is drawn.
    Word,
    /// A tenth of the words, rounded down, at least one.
    Tenth,
}

impl Cap {
    /// `word` or `tenth`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Tenth => "tenth",
        }
    }

    /// Of `n` words.
    #[must_use]
    pub fn words(self, n: usize) -> usize {
        match self {
            Self::Word => 1,
            Self::Tenth => (n / 10).max(1),
        }
    }
}

/// Draws from the highlighted words of a bin, at most; every choice is run where there are no more.
const DRAWS: usize = 10;

/// Random orders where a cap of one word makes them free; else those of the text.
const FREE_ORDERS: usize = 199;

/// One text under a cap, with what random orders do under it.
#[derive(Debug)]
pub struct Capped<'e> {
    erased: &'e Erased<'e>,
    /// How many words may go at a time.
    pub words: usize,
    /// By bin; the same for every order.
    choices: Vec<Choices>,
    /// Mean probability lost, by each random order.
    random: Vec<f64>,
}

/// What of the first words of an order goes together, text by text.
#[derive(Debug)]
struct Choices {
    /// Places in the order.
    sets: Vec<Vec<usize>>,
    /// Whether there are more than these, which were drawn.
    drawn: bool,
}

/// What capped removal says of one scoring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CappedEvidence {
    /// Probability lost by erasing a few of the highlighted words, mean over draws and bins.
    pub value: f64,
    /// Standard error of that over the draws; 0 where every choice was run.
    pub error: f64,
    /// Above what random orders lose.
    pub excess: Excess,
}

impl<'e> Capped<'e> {
    /// Draws the choices and runs the random orders, 199 where the cap is one word, else `orders`, at least 20.
    ///
    /// [`Missing::TooFewWords`] below two words.
    pub fn new(erased: &'e Erased<'e>, cap: Cap, orders: usize) -> Outcome<Self> {
        settle(Self::start(erased, cap, orders))
    }

    fn start(erased: &'e Erased<'e>, cap: Cap, orders: usize) -> Result<Self, Stop> {
        let subject = erased.subject();
        let n = subject.words.len();
        if n < 2 {
            return Err(Missing::TooFewWords { found: n, needed: 2 }.into());
        }
        let words = cap.words(n);
        let mut rng = subject.rng("capped removal");
        let choices = bins(n).into_iter().map(|top| {
            if let Some(sets) = all(top, words) {
                return Choices { sets, drawn: false };
            }
            let sets = (0..DRAWS).map(|_| index::sample(&mut rng, top, words).into_vec()).collect();
            Choices { sets, drawn: true }
        });
        let choices = choices.collect();
        let orders = if words == 1 {
            order::random(n, FREE_ORDERS, &mut subject.rng("capped removal: random orders"))
        } else {
            order::of_text(subject, orders)
        };
        let mut capped = Self { erased, words, choices, random: Vec::new() };
        capped.random = capped.run(&orders)?.into_iter().map(|(value, _)| value).collect();
        Ok(capped)
    }

    /// What capped removal says of these scores; the greatest are highlighted.
    ///
    /// [`Missing::Constant`] where they rank nothing.
    pub fn evidence(&self, scores: &[f64]) -> Outcome<CappedEvidence> {
        settle(self.compare(scores))
    }

    fn compare(&self, scores: &[f64]) -> Result<CappedEvidence, Stop> {
        super::curve::ranks(scores, self.erased.subject().words.len())?;
        let found = self.run(&[order::descending(scores)])?;
        let (value, error) = found[0];
        let excess =
            Excess::of(value, &self.random).ok_or(Missing::NotFinite { what: "a change under erasure" })?;
        Ok(CappedEvidence { value, error, excess })
    }

    /// Mean probability lost by each order, and its standard error over draws.
    fn run(&self, orders: &[Vec<usize>]) -> Result<Vec<(f64, f64)>, Stop> {
        let at = |order: &[usize], places: &[usize]| places.iter().map(|&place| order[place]).collect();
        let of = |order: &Vec<usize>| -> Vec<Vec<usize>> {
            self.choices.iter().flat_map(|choices| &choices.sets).map(|places| at(order, places)).collect()
        };
        let sets: Vec<Vec<usize>> = orders.iter().flat_map(of).collect();
        let lost: Vec<f64> = self.erased.run(&sets)?.iter().map(|change| change.probability).collect();
        let each = self.choices.iter().map(|choices| choices.sets.len()).sum::<usize>().max(1);
        Ok(lost.chunks_exact(each).map(|lost| self.over_bins(lost)).collect())
    }

    fn over_bins(&self, lost: &[f64]) -> (f64, f64) {
        let (mut rest, bins) = (lost, self.choices.len() as f64);
        let (mut sum, mut variance) = (0.0, 0.0);
        for choices in &self.choices {
            let (here, after) = rest.split_at(choices.sets.len());
            let m = here.len() as f64;
            let mean = here.iter().sum::<f64>() / m;
            sum += mean;
            if choices.drawn {
                variance += here.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (m - 1.0) / m;
            }
            rest = after;
        }
        (sum / bins, variance.sqrt() / bins)
    }
}

/// Every choice of `words` of the first `top` places, where there are at most as many as are drawn; the places
/// themselves where they are no more than may go.
fn all(top: usize, words: usize) -> Option<Vec<Vec<usize>>> {
    if top <= words {
        return Some(vec![(0..top).collect()]);
    }
    // One word at a time is free however many there are.
    if words == 1 {
        return Some((0..top).map(|place| vec![place]).collect());
    }
    let mut found: Vec<Vec<usize>> = vec![Vec::new()];
    for taken in 0..words {
        let longer = |set: &Vec<usize>| {
            let from = set.last().map_or(0, |last| last + 1);
            let set = set.clone();
            (from..=top - (words - taken)).map(move |place| [&set[..], &[place]].concat()).collect::<Vec<_>>()
        };
        found = found.iter().flat_map(longer).collect();
        if found.len() > DRAWS {
            return None;
        }
    }
    Some(found)
}
