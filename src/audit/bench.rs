//! The workbench: texts, tokenizer and model, checked against one another before anything is audited.

use super::labels::Classes;
use super::observer::Observer;
use super::plan::{Plan, TargetKind};
use super::plausibility;
use super::protocol::Protocol;
use super::run::Workers;
use crate::erasure::Operator;
use crate::error::Error;
use crate::input::{self, Example, Examples};
use crate::model::kernels::Course;
use crate::model::source::{self, Files, HubSettings, ModelRef};
use crate::model::{Engine, Model, ModelError, Probe, Sequence, Task};
use crate::report::Gold;
use crate::report::settings::{Adversary, InputInfo, ModelInfo, Settings};
use crate::subject::Subject;
use crate::tokens::{Tokenizer, Tokens, Window};

/// Everything an example is examined with.
#[derive(Debug)]
pub(crate) struct Bench {
    pub plan: Plan,
    pub protocol: Protocol,
    pub examples: Examples,
    pub tokenizer: Tokenizer,
    pub model: Model,
    name: String,
    revision: Option<String>,
    /// The class that is explained, where a label was named.
    class: Option<usize>,
    /// The class it is set against, where one was named.
    against: Option<usize>,
    /// The share of a text that people marked, on average; `None` without rationales.
    pub marked: Option<f64>,
}

/// An example ready to be examined.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    pub subject: Subject<'a>,
    pub tokens: Tokens,
    pub window: Option<Window>,
    pub warnings: Vec<String>,
    /// The content words that are audited, as indices into `tokens.words`.
    pub words: Vec<usize>,
}

impl Bench {
    /// Reads the texts, finds and loads the model, and checks that they fit.
    pub fn open(plan: &Plan, hub: &HubSettings, observer: &dyn Observer) -> Result<Self, Error> {
        Self::over(input::read(&plan.input, &plan.reading, plan.limit)?, plan, hub, observer)
    }

    /// The same with texts that were read.
    pub fn over(
        mut examples: Examples,
        plan: &Plan,
        hub: &HubSettings,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let engine = Engine { precision: plan.precision, device: plan.device.open()? };
        let files = source::open(&ModelRef::parse(plan.model.as_deref())?, hub, observer)?;
        let Files { name, commit, config, tokenizer, weights, .. } = files;
        let model = Model::load(&config, &weights, engine)?;
        let tokenizer = Tokenizer::from_files(&tokenizer)?;
        let rows = model.spec().vocabulary;
        if tokenizer.vocab_size() > rows {
            let largest = tokenizer.vocab_size() - 1;
            return Err(ModelError::Vocabulary { largest, rows }.into());
        }
        let classes = Classes { model: &model, tokenizer: &tokenizer, renamed: &plan.reading.renamed };
        let class = plan.class.as_deref().map(|label| classes.flagged(label)).transpose()?;
        let against = match &plan.target {
            TargetKind::Contrast(label) => Some(classes.flagged(label)?),
            _ => None,
        };
        if let (Some(class), TargetKind::Contrast(label)) = (class, &plan.target)
            && against == Some(class)
        {
            return Err(Error::Choice {
                choice: format!("--contrast {label}"),
                reason: "it is the class that is explained".to_owned(),
            });
        }
        for site in &plan.sites {
            site.check(model.spec())?;
        }
        examples.notes.extend(classes.check(&examples.examples)?);
        let bench = Self {
            protocol: Protocol::of(plan, tokenizer.special_ids().mask.is_some()),
            plan: plan.clone(),
            tokenizer,
            model,
            name,
            revision: commit,
            class,
            against,
            marked: plausibility::usual_share(&examples.examples),
            examples,
        };
        for operator in [bench.protocol.operator, bench.protocol.second_operator()] {
            bench.check_operator(operator)?;
        }
        Ok(bench)
    }

    fn check_operator(&self, operator: Operator) -> Result<(), Error> {
        let ids = self.tokenizer.special_ids();
        let lacks = match operator {
            Operator::Mask => ids.mask.is_none().then_some("mask"),
            Operator::Pad => ids.pad.is_none().then_some("padding"),
            _ => None,
        };
        match lacks {
            None => Ok(()),
            Some(token) => Err(Error::Choice {
                choice: format!("--operator {}", operator.name()),
                reason: format!("its tokenizer has no {token} token"),
            }),
        }
    }

    /// Who examines: on a GPU one example at a time, which fills it.
    pub fn workers(&self) -> Workers {
        Workers { threads: self.plan.threads, side_by_side: self.model.device().is_cpu() }
    }

    /// Whether the passes of an example need the machine for themselves. Texts of so few bytes that they have hardly so
    /// many tokens, special ones included, are not encoded for that.
    pub fn is_long(&self, example: &Example) -> bool {
        let (text, pair) = (&example.text, example.pair.as_deref());
        let (long, specials) = (Course::Reverse.long(), 4);
        text.len() + pair.map_or(0, str::len) + specials >= long
            && self.tokenizer.encode_pair(text, pair).is_ok_and(|tokens| tokens.len() >= long)
    }

    /// The name of a class.
    pub fn label(&self, class: usize) -> String {
        match self.model.labels.get(class) {
            Some(label) => label.clone(),
            None => self.tokenizer.piece(class as u32).unwrap_or_else(|| format!("id {class}")),
        }
    }

    fn classes(&self) -> Classes<'_> {
        Classes { model: &self.model, tokenizer: &self.tokenizer, renamed: &self.plan.reading.renamed }
    }

    /// The gold label of an example, beside the class that was predicted.
    pub fn gold(&self, example: &Example, predicted: usize) -> Option<Gold> {
        let class = self.classes().find(example.label.as_ref()?)?.class()?;
        Some(Gold { label: self.label(class), class, correct: class == predicted })
    }

    /// Encodes an example and runs it once.
    pub fn prepare(&self, example: &Example) -> Result<Prepared<'_>, Error> {
        let blank = |text: &str| text.trim().is_empty();
        if blank(&example.text) || example.pair.as_deref().is_some_and(blank) {
            let which = if blank(&example.text) { "text" } else { "second text" };
            return Err(Error::NoText { line: example.line, which });
        }
        let all = self
            .tokenizer
            .encode_pair(&example.text, example.pair.as_deref())
            .map_err(|source| Error::Text { line: example.line, source })?;
        let longest = self.tokenizer.max_tokens().unwrap_or(usize::MAX).min(self.model.spec().longest);
        let (tokens, window) = if all.len() > longest {
            let (kept, window) = all.window(longest);
            (kept, Some(window))
        } else {
            (all, None)
        };
        let mut warnings = Vec::new();
        if let Some(w) = &window {
            warnings.push(cut(w, longest, example.pair.is_some()));
        }
        if self.model.regression {
            warnings.push(
                "the head was trained to give a value: probabilities and TVD are of the logistic of that value, and \
                 mean what they say only if it is a log-odds"
                    .to_owned(),
            );
        }
        let decision = self.decision(example, &tokens)?;
        let typed = tokens.typed_specials.iter().filter(|t| **t != decision).count();
        if typed > 0 {
            warnings.push(format!(
                "{typed} special token(s) such as [MASK] stand literally in the text and were audited as words"
            ));
        }
        let words: Vec<usize> =
            (0..tokens.words.len()).filter(|&w| !tokens.words[w].pieces.contains(&decision)).collect();
        let spec = self.model.spec();
        let sequence = Sequence::new(tokens.ids.clone(), tokens.type_ids.clone(), decision, spec.positions);
        let named = example.target.as_ref().and_then(|target| self.classes().find(target)?.class());
        let class = named.or(self.class);
        let target = |logits: &[f64]| self.plan.target.choose(logits, class, self.against);
        let probe = Probe::new(&self.model, sequence, target)
            .map_err(|source| Error::Example { line: example.line, source })?;
        if self.against == Some(probe.target.class()) {
            warnings.push(format!(
                "{} is explained, so it is set against the runner-up and not against itself",
                self.label(probe.target.class())
            ));
        }
        let ids = self.tokenizer.special_ids();
        let subject = Subject {
            probe,
            words: words.iter().map(|&w| tokens.words[w].pieces.clone()).collect(),
            mask: ids.mask,
            pad: ids.pad,
            seed: self.plan.seed,
            id: example.id.clone(),
        };
        Ok(Prepared { subject, tokens, window, warnings, words })
    }

    /// The token whose state the head reads: the first, or the one masked word of the text.
    fn decision(&self, example: &Example, tokens: &Tokens) -> Result<usize, Error> {
        if self.model.head.task == Task::Classification {
            return Ok(0);
        }
        let mask = self.tokenizer.special_ids().mask;
        let masked: Vec<usize> = (0..tokens.len()).filter(|&t| Some(tokens.ids[t]) == mask).collect();
        match masked.as_slice() {
            [one] => Ok(*one),
            _ => Err(Error::Masked { line: example.line, found: masked.len() }),
        }
    }

    /// What was run, on what, with which choices.
    pub fn settings(&self) -> Settings {
        let (plan, spec, protocol) = (&self.plan, self.model.spec(), &self.protocol);
        let budget = &protocol.budget;
        Settings {
            attncheck: env!("CARGO_PKG_VERSION").to_owned(),
            model: ModelInfo {
                name: self.name.clone(),
                revision: self.revision.clone(),
                family: spec.family.clone(),
                sha256: self.model.sha256.clone(),
                dtype: plan.precision.name().to_owned(),
                layers: spec.layers,
                heads: spec.heads.count,
                width: spec.width,
                head_width: spec.heads.width,
                longest: spec.longest,
                labels: self.model.labels.clone(),
            },
            device: plan.device.to_string(),
            input: InputInfo {
                name: self.examples.name.clone(),
                examples: self.examples.examples.len(),
                empty_lines: self.examples.empty_lines,
                limit: plan.limit,
                notes: self.examples.notes.clone(),
                rationale_share: self.marked,
            },
            target: plan.target.to_string(),
            class: plan.class.clone().unwrap_or_else(|| "predicted".to_owned()),
            operator: protocol.operator.name().to_owned(),
            second_operator: protocol.second_operator().name().to_owned(),
            baseline: plan.baseline.name().to_owned(),
            effort: budget.name.to_owned(),
            only: plan.only.clone(),
            seed: plan.seed,
            random_orders: budget.random_orders,
            permutations: budget.permutations,
            permuted_patterns: budget.permuted_row,
            adversary: Adversary { candidates: budget.candidates, steps: budget.steps },
            thresholds: plan.thresholds.clone(),
            naopc: plan.naopc,
        }
    }
}

/// What a reader must know of a text, or a pair, that is too long.
fn cut(window: &Window, longest: usize, pair: bool) -> String {
    let Window { kept_words, all_words, second: (kept, all), .. } = window;
    let tokens = window.all_tokens;
    if pair {
        let (first, of) = (kept_words - kept, all_words - all);
        return format!(
            "the two texts have {tokens} tokens but the model takes {longest}: only the first {first} of {of} words of the \
             first and {kept} of {all} of the second were audited"
        );
    }
    format!(
        "the text has {tokens} tokens but the model takes {longest}: only its first {kept_words} of {all_words} words were \
         audited"
    )
}
