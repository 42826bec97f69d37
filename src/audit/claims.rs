//! Claims about single texts, and what the file says of them: q-values, and verdicts that wait for luck to be excluded.

use super::shape::{ReadingName, Shape};
use crate::missing::Missing;
use crate::report::examples::ExamplesError;
use crate::report::{ExampleReport, ExampleReports, Measure};
use crate::stats::fdr::{benjamini_hochberg, storey};

/// The p-values of every text, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// In the order of every example's readings.
    readings: Vec<ReadingClaims>,
}

/// One reading's, a text each; `None` where a text has no p.
#[derive(Debug, Default)]
struct ReadingClaims {
    name: ReadingName,
    /// That erasing its top words beats random orders.
    excess: Vec<Option<f64>>,
    /// That no random order does as well on both sides of erasure.
    luck: Vec<Option<f64>>,
    /// That it agrees with each reference.
    tau: Vec<(String, Vec<Option<f64>>)>,
}

impl Claims {
    /// Takes in the next example. Every example of a report has the readings of the first.
    pub fn push(&mut self, example: &ExampleReport) {
        if self.readings.is_empty() {
            let claims = |(name, references): (ReadingName, Vec<String>)| ReadingClaims {
                name,
                tau: references.into_iter().map(|reference| (reference, Vec::new())).collect(),
                ..ReadingClaims::default()
            };
            self.readings = Shape::of(example).readings.into_iter().map(claims).collect();
        }
        for claims in &mut self.readings {
            let reading = claims.name.find(example);
            let erasure = reading.and_then(|reading| reading.erasure.value.as_ref());
            claims.excess.push(erasure.map(|erasure| erasure.excess_rank_p));
            claims.luck.push(erasure.map(|erasure| erasure.luck_p));
            for (reference, p) in &mut claims.tau {
                let found = reading.and_then(|r| r.agreement.iter().find(|a| a.reference == *reference));
                p.push(found.and_then(|agreement| agreement.tau_p.value));
            }
        }
    }

    /// The examples with their q-values, and with the verdicts that a q of luck at most `alpha` decides; `take` sees each.
    pub fn settle(
        &self,
        examples: &ExampleReports,
        alpha: f64,
        mut take: impl FnMut(&ExampleReport),
    ) -> Result<ExampleReports, ExamplesError> {
        let q: Vec<[Vec<Option<f64>>; 2]> =
            self.readings.iter().map(|of| [benjamini_hochberg(&of.excess), storey(&of.luck)]).collect();
        let tau: Vec<Vec<Vec<Option<f64>>>> = self
            .readings
            .iter()
            .map(|of| of.tau.iter().map(|(_, p)| benjamini_hochberg(p)).collect())
            .collect();
        let told = |q: Option<f64>| match q {
            Some(q) => Measure::of(q),
            None => Err(Missing::RestsOn { what: "the p-value" }).into(),
        };
        examples.changed(|i, example| {
            let at = |q: &[Option<f64>]| q.get(i).copied().flatten();
            for (reading, ([excess, luck], tau)) in example.readings.iter_mut().zip(q.iter().zip(&tau)) {
                if let Some(erasure) = &mut reading.erasure.value {
                    erasure.excess_q = told(at(excess));
                    erasure.luck_q = told(at(luck));
                }
                if let Some(q) = at(luck) {
                    reading.verdict.discover(q, alpha);
                }
                for (agreement, q) in reading.agreement.iter_mut().zip(tau) {
                    agreement.tau_q = told(at(q));
                }
            }
            take(example);
        })
    }
}
