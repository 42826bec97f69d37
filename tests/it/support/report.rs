//! A report made by hand: one ordinary text, one too long and too few words, one of strange characters.

mod outliers;
mod reading;
mod swaps;

use std::collections::BTreeMap;

use attncheck::report::example::{
    Agreement, AopcBounds, Band, CappedErasure, Counterfactual, CutSide, Erasure, Finding, FlipFraction,
    InDistribution, KnockedOut, Passes, Power, Prediction, ReadingReport, ReferenceReport, Reliability,
    SinkToken, SoftErasure, SwapReport, TriedSwaps, Verdict, VerdictWord, WeightErasure, WindowReport,
    WordReport,
};
use attncheck::report::settings::{Adversary, InputInfo, ModelInfo, Reading, Spent, Thresholds};
use attncheck::report::summary::{
    AgreementSummary, Estimate, ReadingSummary, Summary, SwapSummary, VerdictCount,
};
use attncheck::report::{ExampleReport, ExampleReports, Measure, Report, SCHEMA_VERSION, Settings, Spool};

use reading::reading;
use swaps::swaps;

/// Markup, an escape sequence, a direction override, right-to-left, emoji, wide characters.
pub const STRANGE: &str =
    "<script>alert(1)</script> \u{1b}[31mred \u{202e}evil שלום 👍🏽 映画は最高でした & a\u{200b}b";

const READINGS: [&str; 3] = ["raw", "rollout", "attention-x-gradient-relu"];

pub fn missing<T>(reason: &str) -> Measure<T> {
    Measure { value: None, reason: Some(reason.to_owned()) }
}

/// The whole report.
pub fn report() -> Report {
    let examples = examples();
    let mut report = report_of(&examples);
    let Settings { thresholds, seed, .. } = &report.settings;
    report.summary.answer = attncheck::audit::answer::answer(&examples, thresholds, *seed);
    report.answer = report.summary.sentences();
    report.readings = report.summary.verdicts();
    report
}

/// A report of these examples.
pub fn report_of(examples: &[ExampleReport]) -> Report {
    Report {
        schema_version: SCHEMA_VERSION,
        answer: Vec::new(),
        readings: BTreeMap::new(),
        settings: settings(),
        examples: ExampleReports::of(examples).unwrap(),
        drawn: Spool::default(),
        failures: Vec::new(),
        summary: summary(examples.len()),
        gates: Vec::new(),
        interrupted: false,
    }
}

/// Its three examples.
pub fn examples() -> Vec<ExampleReport> {
    let ordinary = "a gripping movie , played with performances that are all understated and touching";
    let mut short = example(2, "so good that it went on and on and on", VerdictWord::Insufficient);
    short.words.truncate(4);
    short.window = Some(WindowReport { side: CutSide::Right, kept_words: 4, all_words: 10 });
    short.warnings.push(
        "the text has 12 tokens but the model takes 6: only its first 4 of 10 words were audited".into(),
    );
    rescore(&mut short);
    for reading in &mut short.readings {
        for agreement in &mut reading.agreement {
            agreement.tau_p = missing("every score is the same, so nothing is ranked");
        }
        reading.erasure = missing("4 content words are fewer than the 5 this needs");
    }
    short.reliability.ceiling = missing("every score is the same, so nothing is ranked");
    short.reliability.ceiling_pair = None;
    short.swaps[0].outcome = missing("the prediction ignores this attention, so another one proves nothing");
    vec![example(1, ordinary, VerdictWord::Supported), short, example(4, STRANGE, VerdictWord::Contradicted)]
}

pub fn settings() -> Settings {
    Settings {
        attncheck: "0.1.0".into(),
        model: ModelInfo {
            name: "sst2-tiny-s1".into(),
            revision: None,
            family: "bert".into(),
            sha256: "0123456789abcdef".repeat(4),
            config_sha256: "123456789abcdef0".repeat(4),
            tokenizer_sha256: "23456789abcdef01".repeat(4),
            dtype: "f32".into(),
            layers: 4,
            heads: 4,
            width: 64,
            head_width: 16,
            longest: 128,
            labels: vec!["negative".into(), "positive".into()],
            notes: Vec::new(),
        },
        device: "cpu".into(),
        input: InputInfo {
            name: "reviews.txt".into(),
            examples: 3,
            empty_lines: 1,
            notes: Vec::new(),
            limit: None,
            rationale_share: None,
            reading: Reading { header: true, ..Reading::default() },
        },
        target: "margin".into(),
        class: "predicted".into(),
        continuation: None,
        translation: None,
        generate: 0,
        units: "words".into(),
        chat_template: false,
        chat_template_name: None,
        operator: "mask".into(),
        second_operator: "delete".into(),
        baseline: "mask".into(),
        effort: "standard".into(),
        only: Vec::new(),
        seed: 7,
        random_orders: 20,
        permutations: 999,
        permuted_patterns: 100,
        adversary: Adversary { candidates: 5, steps: 500 },
        thresholds: Thresholds { margin: 0.05, epsilon: 0.05, jsd: 0.4, ceiling: 0.5, words: 8, alpha: 0.05 },
        naopc: true,
        knockout_from: "decision".into(),
        sites: Vec::new(),
        maps: false,
        spent: Spent {
            path_intervals: 96,
            coalitions: 512,
            permuted_deep: 20,
            all_layers: true,
            bottom_up: true,
            deep_adversary: false,
            deep_candidates: 0,
            deep_steps: 0,
            deep_shares: 0,
            soft_orders: 20,
            capped: Some("word".into()),
            knockouts: 20,
            in_distribution: vec!["energy".into()],
            bounded: vec!["comprehensiveness".into()],
        },
        fingerprint: String::new(),
    }
    .sealed()
}

fn example(line: usize, text: &str, verdict: VerdictWord) -> ExampleReport {
    let mut example = ExampleReport {
        asked: None,
        origin: None,
        id: line.to_string(),
        line,
        text: text.to_owned(),
        pair: None,
        gold: None,
        words: words(text),
        tokens: 17,
        window: None,
        warnings: Vec::new(),
        sinks: vec![SinkToken { token: 0, piece: "[CLS]".into(), received: 0.41 }],
        massive: vec![outliers::massive()],
        massive_zeroed: Some(Measure::of(outliers::zeroed())),
        prediction: Prediction {
            label: "positive".into(),
            class: 1,
            probability: 0.998,
            explained: "positive".into(),
            against: Some("negative".into()),
            probabilities: Some(vec![0.002, 0.998]),
        },
        target: 6.21,
        reliability: Reliability {
            ceiling: Measure::of(0.64),
            ceiling_pair: Some(("loo".into(), "integrated-gradients".into())),
            operators: Measure::of(0.81),
            detectable_tau: Measure::of(0.55),
            attainable: Measure::of(0.31),
            borne_out: Some("loo".into()),
            random_aopc: (0..20).map(|i| 0.01 * f64::from(i)).collect(),
            span: Measure::of(6.5),
            attainable_log_odds: Measure::of(0.36),
            random_log_odds: (0..20).map(|i| 0.01 * f64::from(i)).collect(),
        },
        references: vec![
            ReferenceReport {
                method: "loo".into(),
                scores: missing("later"),
                residual: None,
                gap: None,
                converged: None,
                steps: None,
                score_error: None,
                standard_error: None,
                excess: Measure::of(0.31),
                excess_log_odds: Measure::of(0.36),
            },
            ReferenceReport {
                method: "integrated-gradients".into(),
                scores: missing("later"),
                residual: Some(0.031),
                gap: Some(6.2),
                converged: Some(true),
                steps: Some(32),
                score_error: Some(0.02),
                standard_error: None,
                excess: Measure::of(0.27),
                excess_log_odds: Measure::of(0.3),
            },
        ],
        readings: READINGS
            .iter()
            .enumerate()
            .flat_map(|(i, method)| [reading(method, false, i, verdict), reading(method, true, i, verdict)])
            .collect(),
        swaps: swaps(verdict),
        passes: vec![Passes { step: "loo".into(), forwards: 13.0 }],
        plausibility: None,
        maps: None,
    };
    rescore(&mut example);
    example
}

/// Words between white space, as a tokenizer would cut them.
fn words(text: &str) -> Vec<WordReport> {
    let mut at = 0;
    text.split_whitespace()
        .map(|word| {
            let start = at + text[at..].find(word).unwrap();
            at = start + word.len();
            WordReport { text: word.to_owned(), sequence: 0, start, end: at, pieces: 1, unknown: false }
        })
        .collect()
}

/// Scores that fit the words there are.
fn rescore(example: &mut ExampleReport) {
    let n = example.words.len();
    let map: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + ((i * 5 + 3) % n.max(1)) as f64)).collect();
    let sum: f64 = map.iter().sum();
    let map: Vec<f64> = map.iter().map(|score| score / sum).collect();
    let loo: Vec<f64> = (0..n).map(|i| ((i * 7 + 2) % 5) as f64 * 0.6 - 0.9).collect();
    for reading in &mut example.readings {
        reading.scores = Measure::of(map.clone());
    }
    for reference in &mut example.references {
        reference.scores = Measure::of(loo.clone());
    }
}

pub fn estimate(estimate: f64, n: usize) -> Estimate {
    let enough = n > 1;
    Estimate { estimate, low: enough.then_some(estimate - 0.1), high: enough.then_some(estimate + 0.1), n }
}

fn summary(n: usize) -> Summary {
    let reading = |method: &str, sinks_removed: bool| ReadingSummary {
        method: method.into(),
        sinks_removed,
        verdicts: [VerdictWord::Supported, VerdictWord::Contradicted, VerdictWord::Insufficient]
            .map(|verdict| VerdictCount {
                verdict,
                count: 1,
                share: Estimate { estimate: 1.0 / 3.0, low: Some(0.06), high: Some(0.79), n },
            })
            .to_vec(),
        agreement: vec![AgreementSummary {
            reference: "loo".into(),
            tau: Measure::of(estimate(0.32, 2)),
            discoveries: Measure::of(estimate(0.5, 2)),
        }],
        excess: Measure::of(estimate(0.101, 2)),
        excess_discoveries: Measure::of(estimate(0.5, 2)),
        violation: Measure::of(estimate(0.0, 2)),
        violation_random: Measure::of(estimate(0.31, 2)),
        special_mass: Measure::of(estimate(0.37, n)),
        sink_mass: Measure::of(estimate(0.02, n)),
    };
    Summary {
        examples: n,
        failed: Measure::of(estimate(0.0, n)),
        answer: None,
        translation: None,
        accuracy: None,
        readings: READINGS
            .iter()
            .flat_map(|method| [reading(method, false), reading(method, true)])
            .collect(),
        ceiling: Measure::of(estimate(0.64, 2)),
        operators: missing("no example has this measure"),
        swaps: vec![SwapSummary {
            site: "row".into(),
            inert: Measure::of(estimate(0.1, n)),
            non_exclusive: Measure::of(estimate(0.67, n)),
            leverage: Measure::of(estimate(0.21, n)),
        }],
        passes: vec![
            Passes { step: "loo".into(), forwards: 13.0 },
            Passes { step: "swaps at row".into(), forwards: 140.2 },
        ],
        total_passes: Measure::of(153.2),
        continuations: Vec::new(),
        plausibility: None,
        correct: None,
        wrong: None,
    }
}
