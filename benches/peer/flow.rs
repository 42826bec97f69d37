//! Attention flow from the decision row to every token.

use attncheck::attribution::Attention;
use attncheck::attribution::flow::flow as maximum_flow;
use attncheck::attribution::rollout::Mixed;
use serde_json::json;

use crate::contest::{Contest, What};
use crate::error::Error;
use crate::models::Subjects;

/// networkx is asked for so many of the sinks, and its time scaled up to all.
const SINKS: usize = 2;

/// Twelve layers, all sinks: networkx in floating point on a few of them, scipy on all with 32-bit integers.
pub fn flow(contest: &mut Contest, subjects: &Subjects) -> Result<(), Error> {
    for tokens in [64, 128] {
        let ids = Subjects::ids(tokens, 1);
        let subject = subjects.subject(&ids)?;
        let attention = Attention::of(&subject.probe)?;
        let mixed = Mixed::from_patterns(&attention.means, tokens);
        let mixed = mixed.map_err(|_| Error::Answer { field: "patterns that are distributions" })?;
        let shape = format!("L=12 T={tokens}");
        let work = || maximum_flow(&mixed, 0).map_err(|_| Error::Answer { field: "the decision row" });
        let what = What::of("flow, scipy (int32)", shape.clone()).goal(8.0);
        let ask = json!({ "ask": "flow", "ids": ids, "by": "scipy" });
        contest.row(what, &ask, work, |flows| Ok(json!(flows)))?;
        let sinks: Vec<usize> = (1..=SINKS).map(|i| i * tokens / (SINKS + 1)).collect();
        let part = format!("flow, networkx ({SINKS} of {tokens} sinks, scaled)");
        let mut what = What::of(part, shape).goal(1000.0);
        what.scale = tokens as f64 / SINKS as f64;
        let ask = json!({ "ask": "flow", "ids": ids, "by": "networkx", "sinks": sinks });
        contest.row(what, &ask, work, |flows| {
            Ok(json!(sinks.iter().map(|&sink| flows[sink]).collect::<Vec<f64>>()))
        })?;
    }
    Ok(())
}
