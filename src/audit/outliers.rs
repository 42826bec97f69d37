//! What stands out of a text whatever it says: attention sinks and massive activations.

use candle_core::Result;

use super::bench::Prepared;
use crate::attribution::{MassiveActivation, massive};
use crate::report::example::{MassiveNumber, SinkToken};

/// Massive activations that a report keeps, at most.
const KEPT: usize = 16;

/// The `sinks` of a text, each with the mean weight that it receives, and the numbers of its states that dwarf all others.
pub(super) fn of(
    prepared: &Prepared<'_>,
    sinks: &[(usize, f64)],
) -> Result<(Vec<SinkToken>, Vec<MassiveNumber>)> {
    let piece = |token: usize| prepared.tokens.pieces.get(token).cloned().unwrap_or_default();
    let sink = |&(token, received): &(usize, f64)| SinkToken { token, piece: piece(token), received };
    let number = |found: MassiveActivation| MassiveNumber {
        token: found.token,
        piece: piece(found.token),
        dimension: found.dimension,
        layer: found.layer,
        value: found.value,
        median: found.median,
        layers: found.layers,
    };
    let massive = massive(&prepared.subject.probe)?.into_iter().take(KEPT).map(number).collect();
    Ok((sinks.iter().map(sink).collect(), massive))
}

/// What a reader must know of them: a sink among the words, which a model without a first special token has, and any massive
/// activation.
pub(super) fn told(prepared: &Prepared<'_>, sinks: &[SinkToken], massive: &[MassiveNumber]) -> Vec<String> {
    let content = prepared.subject.content();
    let of_words = sinks.iter().filter(|sink| content[sink.token]).map(|sink| {
        let SinkToken { token, piece, received } = sink;
        format!(
            "token {token} ({piece}) is an attention sink: the queries that see it give it {:.0} % of their attention; readings \
             without sinks leave it out",
            100.0 * received
        )
    });
    let greatest = massive.first().map(|MassiveNumber { token, piece, dimension, layer, value, median, .. }| {
        let more = match massive.len() - 1 {
            0 => String::new(),
            more => format!("; {more} more in the report"),
        };
        format!(
            "massive activations: number {dimension} of the state of token {token} ({piece}) is {value:.0} where it enters layer \
             {layer}, {:.0} times the median size there{more}",
            value.abs() / median.max(f64::MIN_POSITIVE)
        )
    });
    of_words.chain(greatest).collect()
}
