//! Which reading shows most: by paired tests, on the same texts.

use super::File;
use crate::audit::estimate::estimate;
use crate::missing::{Measured, Missing};
use crate::report::answer::{BestReading, Grade, ReadingAnswer};
use crate::report::measure::Measure;
use crate::stats::interval::Interval;

impl File<'_> {
    /// The whole reading with the greatest effect of those that show something, and the others that it does not beat.
    pub(super) fn best(&self, readings: &[ReadingAnswer]) -> Option<BestReading> {
        let effect = |at: usize| readings[at].effect.value.as_ref().map(|effect| effect.estimate);
        let mut ranked: Vec<(usize, f64)> = (0..readings.len())
            .filter(|at| !readings[*at].sinks_removed)
            .filter_map(|at| Some((at, effect(at)?)))
            .collect();
        // Of equals the first stays first.
        ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let shows = |at: usize| matches!(readings[at].verdict, Grade::ShowsWhatDecides | Grade::ShowsPart);
        let (best, _) = ranked.iter().copied().find(|(at, _)| shows(*at))?;
        let others = || ranked.iter().map(|(at, _)| *at).filter(|at| *at != best);
        let rivals = others()
            .filter(|at| !matches!(readings[*at].verdict, Grade::NoMoreThanChance | Grade::Inert))
            .filter(|at| !self.lead(best, *at).is_ok_and(|lead| beats(&lead)));
        Some(BestReading {
            method: readings[best].method.clone(),
            alongside: rivals.map(|at| readings[at].method.clone()).collect(),
            lead: match others().next() {
                Some(next) => self.lead(best, next).map(estimate).into(),
                None => Measure::from(Err(Missing::NotAsked)),
            },
        })
    }

    /// How far one reading's effect lies above another's on the texts that have both: as the two share what can be
    /// reached, a ratio of sums again.
    fn lead(&self, one: usize, other: usize) -> Measured<Interval> {
        let parts = self.rows.iter().filter_map(|row| {
            let excess = |at: usize| Some(row.cells.get(at)?.erasure?.excess);
            Some((excess(one)? - excess(other)?, row.attainable[self.reference]?))
        });
        let names = &self.evidence.names;
        self.ratio(&parts.collect::<Vec<_>>(), &format!("answer.lead.{}.{}", names[one], names[other]))
    }
}

fn beats(lead: &Interval) -> bool {
    lead.bounds.is_some_and(|(low, _)| low > 0.0)
}
