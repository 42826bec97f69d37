//! Which readings, references and sites an audit has: known before it runs, and the same for every example.

use super::protocol::Protocol;
use crate::attribution::Compute;
use crate::report::ExampleReport;
use crate::report::example::{ReadingReport, key};
use crate::swap::Site;

/// Which readings, references and sites every example of an audit has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// Each reading, with the references that it is compared with.
    pub readings: Vec<(ReadingName, Vec<String>)>,
    /// Swapped sites, by their names in reports.
    pub sites: Vec<String>,
}

impl Shape {
    /// The shape of an example, which all examples of its report share.
    #[must_use]
    pub fn of(example: &ExampleReport) -> Self {
        let references =
            |r: &ReadingReport| r.agreement.iter().map(|a| a.reference.clone()).collect::<Vec<_>>();
        Self {
            readings: example.readings.iter().map(|r| (ReadingName::of(r), references(r))).collect(),
            sites: example.swaps.iter().map(|swap| swap.site.clone()).collect(),
        }
    }

    /// The shape that every example of an audit under this protocol will have.
    #[must_use]
    pub fn under(protocol: &Protocol) -> Self {
        let heads = protocol.sites.iter().filter(|site| matches!(site, Site::Head { .. }));
        let heads: Vec<String> = heads.map(ToString::to_string).collect();
        let references: Vec<String> =
            protocol.wanted(false).into_iter().map(|method| method.name.to_owned()).collect();
        let readings = protocol.wanted(true).into_iter().flat_map(|method| match method.compute {
            Compute::Whole(_) => vec![method.name.to_owned()],
            Compute::PerHead(_) => heads.clone(),
        });
        let both = |method: String| {
            [false, true].map(|sinks_removed| ReadingName { method: method.clone(), sinks_removed })
        };
        Self {
            readings: readings.flat_map(both).map(|name| (name, references.clone())).collect(),
            sites: protocol.swapped().iter().map(ToString::to_string).collect(),
        }
    }
}

/// A reading's name in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadingName {
    /// Its name in `attncheck methods`.
    pub method: String,
    /// Whether sinks were taken out.
    pub sinks_removed: bool,
}

impl ReadingName {
    /// The name of this reading.
    #[must_use]
    pub fn of(reading: &ReadingReport) -> Self {
        Self { method: reading.method.clone(), sinks_removed: reading.sinks_removed }
    }

    /// The reading of this name in an example.
    pub(crate) fn find<'e>(&self, example: &'e ExampleReport) -> Option<&'e ReadingReport> {
        let same = |r: &&ReadingReport| r.method == self.method && r.sinks_removed == self.sinks_removed;
        example.readings.iter().find(same)
    }
}

impl std::fmt::Display for ReadingName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&key(&self.method, self.sinks_removed))
    }
}
