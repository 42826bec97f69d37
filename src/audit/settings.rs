//! What makes a report what it is, from what the run was asked for and what it was opened with.
//!
//! Every struct that holds a choice is taken apart field by field, without `..`: a choice that is added and not decided
//! on here does not compile.

use super::bench::Bench;
use super::plan::Plan;
use super::protocol::{Budget, Protocol};
use crate::input::{Fields, Options};
use crate::report::settings::{Adversary, InputInfo, ModelInfo, Reading, Settings, Spent, Translation};

impl Bench {
    /// What is run, on what, with which choices.
    pub fn settings(&self) -> Settings {
        let Plan {
            input: _, // as the texts' name
            reading,
            limit,
            model: _,   // as its provenance
            offline: _, // the files are the same, wherever they came from
            precision,
            device,
            units,
            chat_template,
            target,
            class,
            continuation,
            generate,
            beams,
            links,
            counting: _,  // what it says is in the links
            languages: _, // as the tokenizers found them
            operator: _,  // in the protocol, as the seven below
            baseline: _,
            only: _,
            effort: _,
            sites: _,
            naopc: _,
            knockout_from: _,
            thresholds: _,
            seed,
            threads: _, // no number depends on it
            maps,
            page: _,  // a page has all that is drawn, a document what was asked for
            gates: _, // no figure depends on what it is held to
            gate_on: _,
            baseline_report: _,
        } = &self.plan;
        let Protocol {
            operator,
            baseline,
            budget,
            only,
            sites,
            thresholds,
            naopc,
            knockout_from,
            bounded: _, // the model's own, as the next
            over_source: _,
        } = &self.protocol;
        let settings = Settings {
            attncheck: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.model_info(precision.name()),
            device: device.to_string(),
            input: self.input_info(*limit, reading),
            units: units.name().to_owned(),
            chat_template: chat_template.is_some(),
            chat_template_name: chat_template.clone().filter(|name| name != "default"),
            target: target.to_string(),
            class: class.clone().unwrap_or_else(|| "predicted".to_owned()),
            continuation: continuation.clone(),
            generate: *generate,
            translation: self.sides.as_ref().map(|sides| {
                let [source, target] = sides.languages().map(|language| language.map(str::to_owned));
                let links = links.as_ref().map(|path| path.to_string_lossy().into_owned());
                Translation { beams: *beams, source, target, links }
            }),
            operator: operator.name().to_owned(),
            second_operator: self.protocol.second_operator().name().to_owned(),
            baseline: baseline.name().to_owned(),
            effort: budget.name.to_owned(),
            only: only.clone(),
            seed: *seed,
            random_orders: budget.random_orders,
            permutations: budget.permutations,
            permuted_patterns: budget.permuted_row,
            adversary: Adversary { candidates: budget.candidates, steps: budget.steps },
            thresholds: thresholds.clone(),
            naopc: *naopc,
            knockout_from: knockout_from.name().to_owned(),
            sites: sites.iter().map(ToString::to_string).collect(),
            maps: *maps,
            spent: spent(budget),
            fingerprint: String::new(),
        };
        settings.sealed()
    }

    fn input_info(&self, limit: Option<usize>, reading: &Options) -> InputInfo {
        InputInfo {
            name: self.examples.name.clone(),
            examples: self.questions.len(),
            empty_lines: self.examples.empty_lines,
            limit,
            notes: self.examples.notes.clone(),
            rationale_share: self.marked,
            reading: told(reading),
        }
    }

    fn model_info(&self, dtype: &str) -> ModelInfo {
        let (spec, source) = (self.model.spec(), &self.source);
        ModelInfo {
            name: source.name.clone(),
            revision: source.commit.clone(),
            family: spec.family.clone(),
            sha256: self.model.sha256.clone(),
            config_sha256: source.config_sha256.clone(),
            tokenizer_sha256: source.tokenizer_sha256.clone(),
            dtype: dtype.to_owned(),
            layers: spec.layers,
            heads: spec.heads.count,
            width: spec.width,
            head_width: spec.heads.width,
            longest: self.model.reader().spec.longest,
            labels: self.model.labels.clone(),
            notes: self.model.notes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What an effort buys beside what the settings themselves name.
fn spent(budget: &Budget) -> Spent {
    let Budget {
        name: _, // in the settings, as the five below
        random_orders: _,
        permutations: _,
        permuted_row: _,
        candidates: _,
        steps: _,
        path_steps,
        coalitions,
        permuted_deep,
        all_layers,
        bottom_up,
        bounded,
        deep_candidates,
        deep_steps,
        deep_shares,
        soft_orders,
        capped,
        knockouts,
        standing,
    } = *budget;
    Spent {
        path_intervals: path_steps,
        coalitions,
        permuted_deep,
        all_layers,
        bottom_up,
        deep_adversary: deep_steps > 0,
        deep_candidates,
        deep_steps,
        deep_shares,
        soft_orders,
        capped: capped.map(|cap| cap.name().to_owned()),
        knockouts,
        in_distribution: standing.iter().map(|measure| measure.name().to_owned()).collect(),
        bounded: bounded.iter().map(|side| side.name().to_owned()).collect(),
    }
}

fn told(reading: &Options) -> Reading {
    let Options { format, fields, renamed, header, delimiter } = reading;
    let Fields { text, pair, label, id, target, rationale, continuation, foil } = fields.clone();
    Reading {
        format: format.map(|format| format.name().to_owned()),
        text_field: text,
        pair_field: pair,
        label_field: label,
        id_field: id,
        target_field: target,
        rationale_field: rationale,
        continuation_field: continuation,
        foil_field: foil,
        label_map: renamed.clone(),
        header: *header,
        delimiter: delimiter.map(|byte| char::from(byte).to_string()),
    }
}
