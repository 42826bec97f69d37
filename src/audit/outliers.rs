//! What stands out of a text whatever it says: attention sinks and massive activations.

use super::prepare::Prepared;
use crate::attribution::{MassiveActivation, WithoutMassive, massive, without_massive};
use crate::report::Measure;
use crate::report::example::{MassiveNumber, MassiveZeroed, SinkToken, ZeroedNumbers};

/// Massive activations that a report keeps, at most.
const KEPT: usize = 16;

/// What stands out of a text.
pub(super) struct Outliers {
    /// Each with the mean weight that it receives.
    pub sinks: Vec<SinkToken>,
    /// Numbers of its states that dwarf all others, the greatest ones.
    pub massive: Vec<MassiveNumber>,
    /// The text without these; nothing where there is none.
    pub zeroed: Option<Measure<MassiveZeroed>>,
}

/// What stands out of a text, of which the `sinks` are known.
pub(super) fn of(prepared: &Prepared<'_>, sinks: &[(usize, f64)]) -> candle_core::Result<Outliers> {
    let piece = |token: usize| prepared.tokens.pieces.get(token).cloned().unwrap_or_default();
    let sink = |&(token, received): &(usize, f64)| SinkToken { token, piece: piece(token), received };
    let number = |found: &MassiveActivation| MassiveNumber {
        token: found.token,
        piece: piece(found.token),
        dimension: found.dimension,
        layer: found.layer,
        value: found.value,
        median: found.median,
        layers: found.layers,
        first: Some(found.first),
    };
    let found = massive(&prepared.subject.probe)?;
    let zeroed = if found.is_empty() {
        None
    } else {
        Some(without_massive(&prepared.subject, &found)?.map(|found| zeroed(&found)).into())
    };
    let massive = found.iter().take(KEPT).map(number).collect();
    Ok(Outliers { sinks: sinks.iter().map(sink).collect(), massive, zeroed })
}

fn zeroed(found: &WithoutMassive) -> MassiveZeroed {
    let of = |ran: &crate::attribution::ZeroedNumbers| ZeroedNumbers {
        target: ran.change.target,
        probability: ran.change.probability,
        log_odds: ran.change.log_odds,
        tvd: ran.change.tvd,
        share: ran.share,
    };
    let WithoutMassive { layer, numbers, share, massive, usual } = found;
    let (layer, numbers, share) = (*layer, *numbers, *share);
    MassiveZeroed { layer, numbers, share, massive: of(massive), usual: of(usual) }
}

/// What a reader must know of them: a sink among the words, which a model without a first special token has, and any massive
/// activation.
pub(super) fn told(prepared: &Prepared<'_>, Outliers { sinks, massive, zeroed }: &Outliers) -> Vec<String> {
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
    of_words.chain(greatest).chain(zeroed.as_ref().map(without)).collect()
}

/// What becomes of the text without its massive activations.
fn without(found: &Measure<MassiveZeroed>) -> String {
    let Some(MassiveZeroed { numbers, share, massive, usual, .. }) = &found.value else {
        return format!(
            "what becomes of the prediction without massive activations is not known: {}",
            found.why()
        );
    };
    let said =
        |share: &Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    let moved = |ran: &ZeroedNumbers| {
        format!("log-odds by {:+.2} and probability by {:+.2}", -ran.log_odds, -ran.probability)
    };
    let what = if *numbers == 1 { "activation" } else { "activations" };
    format!(
        "with the {numbers} massive {what} set to 0 where they first appear, the explained class changes its {}; with as many \
         usual numbers its {}. The share of attention that other tokens give to theirs goes from {} to {}",
        moved(massive),
        moved(usual),
        said(share),
        said(&massive.share)
    )
}
