//! Correct and wrong predictions apart.

use super::names::name;
use super::notes::mean;
use super::page::Text;
use super::table::{Align, Table};
use crate::report::measure::{Estimate, Measure};
use crate::report::say::count;
use crate::report::say::notes::Notes;
use crate::report::say::number::percent;
use crate::report::summary::{ReadingSummary, Summary};
use crate::report::verdict::VerdictWord;

/// Accuracy, and every reading over the examples that were predicted right and over the others.
pub(super) fn outcomes(
    text: Text,
    found: &Summary,
    accuracy: &Measure<Estimate>,
    notes: &mut Notes,
) -> String {
    let of = |group: &Option<Box<Summary>>| group.as_ref().map_or(0, |group| group.examples);
    let (correct, wrong) = (of(&found.correct), of(&found.wrong));
    let labelled = correct + wrong;
    let told = format!(
        "accuracy {}: of {} with a gold label, {correct} predicted correctly and {wrong} wrongly",
        notes.share(accuracy, labelled),
        count(labelled, "example")
    );
    let mut table = Table::new(&[
        (Align::Left, "predicted"),
        (Align::Left, ""),
        (Align::Right, "supp"),
        (Align::Right, "contr"),
        (Align::Left, "tau with LOO, 95 %"),
        (Align::Left, "excess, 95 %"),
    ]);
    for reading in found.readings.iter().filter(|reading| !reading.sinks_removed) {
        for (group, what) in [(&found.correct, "correct"), (&found.wrong, "wrong")] {
            let Some(group) = group else { continue };
            let same = |r: &&ReadingSummary| r.method == reading.method && !r.sinks_removed;
            let Some(of) = group.readings.iter().find(same) else { continue };
            let verdict = |word| {
                let counted = of.verdicts.iter().find(|verdict| verdict.verdict == word);
                counted.map(|verdict| percent(verdict.share.estimate)).unwrap_or_default()
            };
            let tau = match of.with_leave_one_out() {
                Some(loo) => notes.estimate(&loo.tau, group.examples, mean),
                None => notes.missing("leave-one-out was not run"),
            };
            table.row(vec![
                name(reading).into(),
                what.into(),
                verdict(VerdictWord::Supported).into(),
                verdict(VerdictWord::Contradicted).into(),
                tau.into(),
                notes.estimate(&of.excess, group.examples, mean).into(),
            ]);
        }
    }
    format!("{}{}", text.paragraph("gold labels ", &told), table.print(text))
}
