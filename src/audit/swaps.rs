//! Swaps in an examination: site by site, and what they do to the maps that are read there.

use super::counterparts::counterparts;
use super::evidence::{AuditedMap, MapEvidence};
use super::examination::Examination;
use super::failure::Failure;
use crate::attribution::PatternsRead;
use crate::missing::{Measured, Missing};
use crate::swap::{self, Site, Start, SwapEvidence, SwapOptions, SwapOutcome};

/// Permuted patterns at a site that was asked for, at least.
const ASKED: usize = 20;

impl Examination<'_> {
    /// What was found at every site; `row` at the decision row, which is all there is in a model of one layer.
    pub(super) fn swaps(
        &mut self,
        row: Measured<SwapEvidence>,
        maps: &mut [MapEvidence],
        span: f64,
    ) -> Result<Vec<(Site, Measured<SwapEvidence>)>, Failure> {
        let one_layer = self.shared.subject.probe.model.spec().layers == 1;
        let mut out = vec![(Site::Row, row)];
        self.counterparts(maps, Site::Row, &out[0].1)?;
        for site in self.protocol.swapped().into_iter().filter(|site| *site != Site::Row) {
            let found = if one_layer && site == Site::All {
                let found = out[0].1.clone();
                self.counterparts(maps, site, &found)?;
                found
            } else {
                self.swaps_at(site, maps, span)?
            };
            out.push((site, found));
        }
        Ok(out)
    }

    /// What was found at one site: plain swaps, and a search where they leave something open.
    fn swaps_at(
        &mut self,
        site: Site,
        maps: &mut [MapEvidence],
        span: f64,
    ) -> Result<Measured<SwapEvidence>, Failure> {
        let (subject, options) = (self.shared.subject, self.options(site, span));
        let plain = swap::swap(subject, site, &SwapOptions { adversary: false, ..options.clone() })?;
        let step = format!("swaps at {site}");
        self.pass(&step);
        self.counterparts(maps, site, &plain)?;
        let plain = match plain {
            Ok(plain) if options.adversary && plain.scale.is_some() => plain,
            other => return Ok(other),
        };
        // A search can only find what is known already, of the site's own map and of every reading there.
        let open = |map: &MapEvidence| map.counterfactual.as_ref().is_ok_and(|own| !own.different);
        let read = maps.iter().any(|map| map.map.site == site && open(map));
        if plain.outcome == SwapOutcome::NonExclusive && !read {
            return Ok(Ok(SwapEvidence { adversarial: Err(Missing::Decided), ..plain }));
        }
        let found = swap::search(subject, plain, &options)?;
        self.pass(&step);
        self.counterparts(maps, site, &found)?;
        Ok(found)
    }

    /// What the swaps at a site do to each map that is read there.
    fn counterparts(
        &mut self,
        maps: &mut [MapEvidence],
        site: Site,
        found: &Measured<SwapEvidence>,
    ) -> Result<(), Failure> {
        let here: Vec<&mut MapEvidence> = maps.iter_mut().filter(|map| map.map.site == site).collect();
        let of: Vec<&AuditedMap> = here.iter().map(|map| &map.map).collect();
        let own = counterparts(self.shared, &of, found, &self.protocol.thresholds)?;
        here.into_iter().zip(own).for_each(|(map, own)| map.counterfactual = own);
        self.pass("readings under swaps");
        Ok(())
    }

    pub(super) fn options(&self, site: Site, span: f64) -> SwapOptions {
        let (plan, budget, row) = (self.protocol, self.protocol.budget, site == Site::Row);
        // A search of every layer is costly, and judges only what reads every layer.
        let read = site != Site::All
            || plan.sites.contains(&site)
            || plan.wanted(true).iter().any(|method| method.reads == PatternsRead::AllLayers);
        SwapOptions {
            permutations: if row { budget.permuted_row } else { budget.permuted_deep.max(ASKED) },
            adversary: row || (read && budget.deep_steps > 0),
            candidates: if row { budget.candidates } else { budget.deep_candidates },
            steps: if row { budget.steps } else { budget.deep_steps },
            start: if row { Start::Random } else { Start::Plain },
            largest: if row { usize::MAX } else { budget.deep_shares },
            epsilon: plan.thresholds.epsilon,
            divergence: plan.thresholds.jsd,
            span,
            ..SwapOptions::default()
        }
    }
}
