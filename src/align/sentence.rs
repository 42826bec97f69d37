//! The answer in words.

use super::reading::Reading;
use super::scored::Scored;
use crate::report::align::AlignRow;
use crate::report::measure::Estimate;

impl Scored {
    /// What a reader should take away, with the caveat that belongs to it.
    pub fn sentences(&self, readings: &[Reading]) -> Vec<String> {
        let told = readings[self.choice.at].told();
        let own = &self.rows[self.choice.at];
        let Some(whole) = &own.aer.value else {
            return vec![
                format!("The links are of {told}."),
                "Nothing tells without gold links whether they are right: most heads do not beat the diagonal.".to_owned(),
            ];
        };
        let mut out = Vec::new();
        if let Some(held) = &self.held_out.value {
            out.push(format!(
                "Of {} readings {told} is the best on the first {} pairs (error rate {:.3}); on the other {} its error rate is \
                 {}, the diagonal's {}: {}.",
                held.among,
                held.first,
                held.chosen_on,
                held.second,
                rate(held.row.aer.value.as_ref()),
                rate(held.diagonal.aer.value.as_ref()),
                verdict(&held.row)
            ));
        } else {
            out.push(format!(
                "Over {} pairs the error rate of {told} is {}: {}.",
                whole.n,
                rate(Some(whole)),
                verdict(own)
            ));
        }
        let attention = || self.rows.iter().filter(|row| row.reading == "attention");
        let beating = attention().filter(|row| row.shows_alignment == Some(true)).count();
        out.push(format!(
            "{beating} of all {} readings beat the diagonal over all pairs; the others show no alignment.",
            attention().count()
        ));
        let reordering = |row: Option<&AlignRow>| row.and_then(|row| row.reordering.value);
        let diagonal = self.rows.iter().find(|row| row.reading == "diagonal");
        if let (Some(own), Some(beside)) = (reordering(Some(own)), reordering(diagonal)) {
            out.push(format!(
                "Of the sure links that cross others, which are words in another order, it has {:.0} %, the diagonal {:.0} %.",
                100.0 * own,
                100.0 * beside
            ));
        }
        out
    }
}

fn rate(found: Option<&Estimate>) -> String {
    match found {
        Some(Estimate { estimate, low: Some(low), high: Some(high), .. }) => {
            format!("{estimate:.3} [{low:.3}, {high:.3}]")
        }
        Some(found) => format!("{:.3}", found.estimate),
        None => "not known".to_owned(),
    }
}

fn verdict(row: &AlignRow) -> &'static str {
    match row.shows_alignment {
        Some(true) => "it shows an alignment",
        Some(false) => "it does not beat the diagonal and shows no alignment",
        None => "there are too few pairs to tell whether it beats the diagonal",
    }
}
