//! A row.

use std::borrow::Cow;

use serde::Serialize;

use super::cell::{Gaps, data};
use super::swaps::{leverages, swaps};
use crate::attribution::{PATH_INTEGRAL, SHAPLEY};
use crate::missing::Missing;
use crate::report::example::{Agreement, Erasure, ExampleReport, FailureReport, ReadingReport};
use crate::report::plausibility::MapPlausibility;
use crate::report::verdict::{Finding, VerdictWord};

/// The columns in their order; the format's own room tells what each holds.
#[derive(Debug, Default, Serialize)]
pub(super) struct CsvRow<'a> {
    id: Cow<'a, str>,
    line: usize,
    status: &'static str,
    label: Cow<'a, str>,
    probability: Option<f64>,
    gold: Cow<'a, str>,
    correct: Option<bool>,
    explained: Cow<'a, str>,
    against: Cow<'a, str>,
    target: Option<f64>,
    words: Option<usize>,
    tokens: Option<usize>,
    ceiling: Option<f64>,
    operators: Option<f64>,
    method: &'a str,
    sinks_removed: Option<bool>,
    verdict: Option<VerdictWord>,
    rung: Option<u8>,
    consistency: Option<Finding>,
    causal_relevance: Option<Finding>,
    robustness: Option<Finding>,
    tau_loo: Option<f64>,
    tau_loo_p: Option<f64>,
    tau_loo_q: Option<f64>,
    gradient: &'a str,
    tau_gradient: Option<f64>,
    tau_gradient_p: Option<f64>,
    tau_gradient_q: Option<f64>,
    excess: Option<f64>,
    excess_low: Option<f64>,
    excess_high: Option<f64>,
    excess_p: Option<f64>,
    excess_q: Option<f64>,
    luck_p: Option<f64>,
    scale: Cow<'a, str>,
    excess_log_odds: Option<f64>,
    excess_log_odds_low: Option<f64>,
    excess_log_odds_high: Option<f64>,
    comprehensiveness: Option<f64>,
    sufficiency: Option<f64>,
    violation: Option<bool>,
    violation_random: Option<f64>,
    special_mass: Option<f64>,
    sink_mass: Option<f64>,
    power_of: Option<VerdictWord>,
    power: Option<f64>,
    power_low: Option<f64>,
    power_high: Option<f64>,
    row_leverage: Option<f64>,
    row_leverage_log_odds: Option<f64>,
    row_outcome: Option<&'a str>,
    row_jsd: Option<f64>,
    row_tvd: Option<f64>,
    all_leverage: Option<f64>,
    all_leverage_log_odds: Option<f64>,
    all_outcome: Option<&'a str>,
    all_jsd: Option<f64>,
    all_tvd: Option<f64>,
    token_f1: Option<f64>,
    iou_f1: Option<f64>,
    average_precision: Option<f64>,
    reasons: Cow<'a, str>,
    missing: String,
    error: Cow<'a, str>,
    text: Cow<'a, str>,
    pair: Cow<'a, str>,
    path_converged: Option<bool>,
    path_steps: Option<usize>,
    path_residual: Option<f64>,
    path_gap: Option<f64>,
    path_error: Option<f64>,
    shapley_converged: Option<bool>,
    shapley_error: Option<f64>,
    soft_excess: Option<f64>,
    soft_excess_low: Option<f64>,
    soft_excess_high: Option<f64>,
    soft_p: Option<f64>,
    soft_magnitudes: Option<f64>,
    capped_excess: Option<f64>,
    capped_excess_low: Option<f64>,
    capped_excess_high: Option<f64>,
    capped_p: Option<f64>,
    implausible: Option<f64>,
    implausible_random: Option<f64>,
    stranger: Option<f64>,
    stranger_p: Option<f64>,
    asked_of: Cow<'a, str>,
    asked_place: Option<usize>,
    asked_count: Option<usize>,
    asked_token: Cow<'a, str>,
    log_probability: Option<f64>,
    knockout_excess: Option<f64>,
    knockout_excess_low: Option<f64>,
    knockout_excess_high: Option<f64>,
    knockout_p: Option<f64>,
}

impl<'a> CsvRow<'a> {
    /// The row of an example that could not be audited.
    pub(super) fn failed(failure: &'a FailureReport) -> Self {
        let error = match &failure.hint {
            Some(hint) => data(&format!("{} (hint: {hint})", failure.error)).into_owned().into(),
            None => data(&failure.error),
        };
        Self {
            id: data(&failure.id),
            line: failure.line,
            status: "failed",
            error,
            text: data(&failure.text),
            pair: data(failure.pair.as_deref().unwrap_or_default()),
            ..Self::default()
        }
    }

    /// The row of one reading of an example.
    pub(super) fn audited(example: &'a ExampleReport, reading: &'a ReadingReport) -> Self {
        let mut gaps = Gaps::default();
        let said = &example.prediction;
        let mut row = Self {
            id: data(&example.id),
            line: example.line,
            status: "audited",
            label: data(&said.label),
            probability: Some(said.probability),
            gold: data(example.gold.as_ref().map(|gold| gold.label.as_str()).unwrap_or_default()),
            correct: example.gold.as_ref().map(|gold| gold.correct),
            explained: data(&said.explained),
            against: data(said.against.as_deref().unwrap_or_default()),
            target: Some(example.target),
            words: Some(example.words.len()),
            tokens: Some(example.tokens),
            ceiling: gaps.of("ceiling", &example.reliability.ceiling),
            operators: gaps.of("operators", &example.reliability.operators),
            method: &reading.method,
            sinks_removed: Some(reading.sinks_removed),
            verdict: Some(reading.verdict.verdict),
            rung: Some(reading.verdict.rung),
            consistency: Some(reading.verdict.consistency),
            causal_relevance: Some(reading.verdict.causal_relevance),
            robustness: Some(reading.verdict.robustness),
            text: data(&example.text),
            pair: data(example.pair.as_deref().unwrap_or_default()),
            ..Self::default()
        };
        if let Some(asked) = &example.asked {
            row.asked_of = data(&asked.of);
            (row.asked_place, row.asked_count) = (Some(asked.place), Some(asked.count));
            row.asked_token = data(&asked.token);
            row.log_probability = Some(asked.log_probability);
        }
        row.agreement(reading, &mut gaps);
        row.erasure(reading, &mut gaps);
        row.special_mass = gaps.of("special_mass", &reading.special_mass);
        row.sink_mass = gaps.of("sink_mass", &reading.sink_mass);
        if let Some(power) =
            gaps.with(&["power_of", "power", "power_low", "power_high"], &reading.verdict.power)
        {
            row.power_of = Some(power.of);
            (row.power, row.power_low, row.power_high) =
                (Some(power.rate), Some(power.low), Some(power.high));
        }
        let at = |site: &str| example.swaps.iter().find(|swap| swap.site == site);
        [row.row_leverage, row.row_leverage_log_odds] =
            leverages(at("row"), ["row_leverage", "row_leverage_log_odds"], &mut gaps);
        (row.row_outcome, row.row_jsd, row.row_tvd) =
            swaps(at("row"), ["row_outcome", "row_jsd", "row_tvd"], &mut gaps);
        [row.all_leverage, row.all_leverage_log_odds] =
            leverages(at("all"), ["all_leverage", "all_leverage_log_odds"], &mut gaps);
        (row.all_outcome, row.all_jsd, row.all_tvd) =
            swaps(at("all"), ["all_outcome", "all_jsd", "all_tvd"], &mut gaps);
        let maps = example.plausibility.iter().flat_map(|found| &found.maps);
        let same = |map: &&MapPlausibility| {
            (&map.method, map.sinks_removed) == (&reading.method, reading.sinks_removed)
        };
        if let Some(map) = maps.into_iter().find(same) {
            row.token_f1 = gaps.of("token_f1", &map.token_f1);
            row.iou_f1 = gaps.of("iou_f1", &map.iou_f1);
            row.average_precision = gaps.of("average_precision", &map.average_precision);
        }
        row.references(example, &mut gaps);
        row.reasons = Cow::Owned(data(&reading.verdict.reasons.join("; ")).into_owned());
        row.missing = gaps.told();
        row
    }

    fn references(&mut self, example: &ExampleReport, gaps: &mut Gaps) {
        let mut found = |name: &str, columns: &[&str]| {
            let found = example.references.iter().find(|reference| reference.method == name);
            if found.is_none() {
                gaps.not_asked(columns);
            }
            found.filter(|reference| gaps.with(columns, &reference.scores).is_some())
        };
        let of_path = ["path_converged", "path_steps", "path_residual", "path_gap", "path_error"];
        let (path, sampled) =
            (found(PATH_INTEGRAL, &of_path), found(SHAPLEY, &["shapley_converged", "shapley_error"]));
        if let Some(path) = path {
            (self.path_converged, self.path_steps) = (path.converged, path.steps);
            (self.path_residual, self.path_gap) = (path.residual, path.gap);
            let error = path.score_error.ok_or(Missing::NotKept { what: "how far a score may be off" });
            self.path_error = gaps.of("path_error", &error.into());
        }
        if let Some(sampled) = sampled {
            (self.shapley_converged, self.shapley_error) = (sampled.converged, sampled.largest_error());
        }
    }

    fn agreement(&mut self, reading: &'a ReadingReport, gaps: &mut Gaps) {
        let columns = ["tau_loo", "tau_loo_p", "tau_loo_q"];
        (self.tau_loo, self.tau_loo_p, self.tau_loo_q) = taus(reading.with_leave_one_out(), columns, gaps);
        let gradient = reading.with_gradient();
        self.gradient = gradient.map(|found| found.reference.as_str()).unwrap_or_default();
        let columns = ["tau_gradient", "tau_gradient_p", "tau_gradient_q"];
        (self.tau_gradient, self.tau_gradient_p, self.tau_gradient_q) = taus(gradient, columns, gaps);
    }

    fn erasure(&mut self, reading: &'a ReadingReport, gaps: &mut Gaps) {
        const COLUMNS: [&str; 14] = [
            "excess",
            "excess_low",
            "excess_high",
            "excess_p",
            "excess_q",
            "luck_p",
            "scale",
            "excess_log_odds",
            "excess_log_odds_low",
            "excess_log_odds_high",
            "comprehensiveness",
            "sufficiency",
            "violation",
            "violation_random",
        ];
        let Some(erasure) = gaps.with(&COLUMNS, &reading.erasure) else {
            gaps.with(&BEYOND, &reading.erasure);
            return;
        };
        self.excess = Some(erasure.excess);
        self.excess_low = Some(erasure.excess_low);
        self.excess_high = Some(erasure.excess_high);
        self.excess_p = Some(erasure.excess_p);
        self.excess_q = gaps.of("excess_q", &erasure.excess_q);
        self.luck_p = Some(erasure.luck_p);
        self.scale = data(&erasure.scale);
        self.excess_log_odds = gaps.of("excess_log_odds", &erasure.excess_log_odds);
        self.excess_log_odds_low = gaps.of("excess_log_odds_low", &erasure.excess_log_odds_low);
        self.excess_log_odds_high = gaps.of("excess_log_odds_high", &erasure.excess_log_odds_high);
        self.comprehensiveness = Some(erasure.aopc_comprehensiveness);
        self.sufficiency = Some(erasure.aopc_sufficiency);
        self.violation = gaps.of("violation", &erasure.violation);
        self.violation_random = gaps.of("violation_random", &erasure.violation_random);
        self.beyond(erasure, gaps);
    }

    fn beyond(&mut self, erasure: &Erasure, gaps: &mut Gaps) {
        if let Some(soft) = gaps.with(&BEYOND[..5], &erasure.soft) {
            self.soft_excess = Some(soft.excess);
            (self.soft_excess_low, self.soft_excess_high) = (Some(soft.excess_low), Some(soft.excess_high));
            (self.soft_p, self.soft_magnitudes) = (Some(soft.p), Some(soft.magnitudes));
        }
        if let Some(capped) = gaps.with(&BEYOND[5..9], &erasure.capped) {
            self.capped_excess = Some(capped.excess);
            self.capped_excess_low = Some(capped.excess_low);
            self.capped_excess_high = Some(capped.excess_high);
            self.capped_p = Some(capped.p);
        }
        if let Some(found) = gaps.with(&BEYOND[13..], &erasure.knockout) {
            self.knockout_excess = Some(found.excess);
            self.knockout_excess_low = Some(found.excess_low);
            self.knockout_excess_high = Some(found.excess_high);
            self.knockout_p = Some(found.p);
        }
        if let Some(found) = gaps.with(&BEYOND[9..13], &erasure.in_distribution) {
            (self.implausible, self.implausible_random) = (Some(found.erased), Some(found.random));
            (self.stranger, self.stranger_p) = (Some(found.stranger), Some(found.stranger_p));
        }
    }
}

/// What is shown beside erasure in order.
const BEYOND: [&str; 17] = [
    "soft_excess",
    "soft_excess_low",
    "soft_excess_high",
    "soft_p",
    "soft_magnitudes",
    "capped_excess",
    "capped_excess_low",
    "capped_excess_high",
    "capped_p",
    "implausible",
    "implausible_random",
    "stranger",
    "stranger_p",
    "knockout_excess",
    "knockout_excess_low",
    "knockout_excess_high",
    "knockout_p",
];

type Taus = (Option<f64>, Option<f64>, Option<f64>);

fn taus(found: Option<&Agreement>, columns: [&str; 3], gaps: &mut Gaps) -> Taus {
    let Some(found) = found else {
        gaps.not_asked(&columns);
        return (None, None, None);
    };
    (gaps.of(columns[0], &found.tau), gaps.of(columns[1], &found.tau_p), gaps.of(columns[2], &found.tau_q))
}
