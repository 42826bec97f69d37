//! The workbench: texts, tokenizer and model, checked against one another before anything is audited.

use super::error::AuditError;
use super::labels::{Classes, class_name};
use super::observer::Observer;
use super::opened::{Opened, open};
use super::plan::{Plan, TargetKind};
use super::plausibility;
use super::protocol::Protocol;
use super::provenance::Provenance;
use super::question::{self, Question};
use super::run::{Work, Workers};
use crate::erasure::Operator;
use crate::input::{self, Example, Examples};
use crate::model::kernels::Course;
use crate::model::scoring::Reach;
use crate::model::source::{self, HubSettings, ModelRef};
use crate::model::{At, Engine, Model};
use crate::report::Gold;
use crate::tokens::{Tokenizer, Translator as Sides};

/// Everything an example is examined with.
#[derive(Debug)]
pub(crate) struct Bench {
    pub plan: Plan,
    pub protocol: Protocol,
    pub examples: Examples,
    /// What is asked of the texts, in their order.
    pub questions: Vec<Question>,
    /// Of the texts.
    pub tokenizer: Tokenizer,
    pub model: Model,
    /// The tokenizers of source and target, of a model that translates.
    pub sides: Option<Sides>,
    pub source: Provenance,
    /// The class that is explained, where a label was named.
    pub class: Option<usize>,
    /// The class it is set against, where one was named.
    pub against: Option<usize>,
    /// The share of a text that people marked, on average; `None` without rationales.
    pub marked: Option<f64>,
}

/// What `attend` cannot do at the token that decides.
const OWN_PLACE: &str = "erasing by attend hides a word from every later place, but not from its own: the last word of \
                         a text, at whose place the decision is read, scores 0 by construction; --operator delete takes \
                         it away";

/// Tokens from which on twice as many take more than thrice as long.
const EVEN: f64 = 100.0;

impl Bench {
    /// Reads the texts, finds and loads the model, and checks that they fit.
    pub fn open(plan: &Plan, hub: &HubSettings, observer: &dyn Observer) -> Result<Self, AuditError> {
        Self::over(input::read(&plan.input, &plan.reading, plan.limit)?, plan, hub, observer)
    }

    /// The same with texts that were read.
    pub fn over(
        mut examples: Examples,
        plan: &Plan,
        hub: &HubSettings,
        observer: &dyn Observer,
    ) -> Result<Self, AuditError> {
        let engine = Engine { precision: plan.precision, device: plan.device.open()? };
        let files = source::open(&ModelRef::parse(plan.model.as_deref())?, hub, observer)?;
        let provenance = Provenance::of(&files);
        let Opened { model, tokenizer, sides, translations } =
            open(&files, engine, plan, (&examples, observer))?;
        let words = sides.as_ref().map_or(&tokenizer, Sides::target);
        let classes = Classes { model: &model, tokenizer: words, renamed: &plan.reading.renamed };
        let class = plan.class.as_deref().map(|label| classes.flagged(label)).transpose()?;
        let against = match &plan.target {
            TargetKind::Contrast(label) => Some(classes.flagged(label)?),
            _ => None,
        };
        if let (Some(class), TargetKind::Contrast(label)) = (class, &plan.target)
            && against == Some(class)
        {
            return Err(AuditError::Choice {
                choice: format!("--contrast {label}"),
                reason: "it is the class that is explained".to_owned(),
            });
        }
        for site in &plan.sites {
            site.check(model.spec())?;
        }
        examples.notes.extend(classes.check(&examples.examples)?);
        let told = |flag, written: Option<&str>| classes.told(flag, written?);
        let foil = match &plan.target {
            TargetKind::Contrast(label) => Some(label.as_str()),
            _ => None,
        };
        examples
            .notes
            .extend([told("--target", plan.class.as_deref()), told("--foil", foil)].into_iter().flatten());
        let tokenizer = match &plan.chat_template {
            Some(name) => tokenizer.with_chat_template(name),
            None => tokenizer,
        };
        if plan.chat_template.is_some() {
            examples.notes.extend(tokenizer.check_chat()?);
        }
        let mut bench = Self {
            protocol: Protocol {
                bounded: (0..model.spec().layers).any(|layer| model.reach(layer) != Reach::Every),
                over_source: model.encoder.is_some(),
                // A decoder never read a mask in training, even where its vocabulary has one.
                ..plan.protocol(
                    tokenizer.special_ids().mask.is_some() && !matches!(model.readout.at, At::Last { .. }),
                )
            },
            plan: plan.clone(),
            tokenizer,
            model,
            sides,
            source: provenance,
            class,
            against,
            marked: plausibility::usual_share(&examples.examples),
            examples,
            questions: Vec::new(),
        };
        for operator in [bench.protocol.operator, bench.protocol.second_operator()] {
            bench.check_operator(operator)?;
        }
        let (questions, notes) = question::questions(&bench, &files.config, translations, observer)?;
        if plan.links.is_some() {
            // What people marked is of each question another part of the source.
            bench.marked = plausibility::usual_share(questions.iter().map(|question| &question.example));
        }
        bench.questions = questions;
        bench.examples.notes.extend(notes);
        let own = bench.sides.is_none() && matches!(bench.model.readout.at, At::Last { .. });
        if own && bench.protocol.operator == Operator::Attend {
            bench.examples.notes.push(OWN_PLACE.to_owned());
        }
        Ok(bench)
    }

    /// One question of each source, under the source's own name, where the model translates: for what is of the source alone.
    pub fn ask_sources(&mut self) {
        if self.sides.is_none() {
            return;
        }
        self.questions.retain(|question| question.asked.as_ref().is_none_or(|asked| asked.place == 0));
        for question in &mut self.questions {
            if let Some(asked) = &question.asked {
                question.example.id.clone_from(&asked.of);
            }
        }
    }

    fn check_operator(&self, operator: Operator) -> Result<(), AuditError> {
        let ids = self.tokenizer.special_ids();
        let lacks = match operator {
            Operator::Mask => ids.mask.is_none().then_some("mask"),
            Operator::Pad => ids.pad.is_none().then_some("padding"),
            _ => None,
        };
        match lacks {
            None => Ok(()),
            Some(token) => Err(AuditError::Choice {
                choice: format!("--operator {}", operator.name()),
                reason: format!("its tokenizer has no {token} token"),
            }),
        }
    }

    /// The worker threads: on a GPU one example at a time, which fills it.
    pub fn workers(&self) -> Workers {
        Workers { threads: self.plan.threads, side_by_side: self.model.device().is_cpu() }
    }

    /// Whether the passes of an example need the machine for themselves. Texts of so few bytes that they have hardly so
    /// many tokens, special ones included, are not encoded for that.
    pub fn is_long(&self, Question { example, .. }: &Question) -> bool {
        let (text, pair) = (&example.text, example.pair.as_deref());
        let (long, specials) = (Course::Reverse.long(), 4);
        let may_be =
            self.plan.chat_template.is_some() || text.len() + pair.map_or(0, str::len) + specials >= long;
        may_be && self.encode_text(example).is_ok_and(|tokens| tokens.len() >= long)
    }

    /// What workers do with an example, and what they know of it before.
    pub fn work<X>(
        &self,
        examine: X,
    ) -> Work<X, impl Fn(&Question) -> bool + Sync, impl Fn(&Question) -> f64 + Sync> {
        Work {
            examine,
            large: |question: &Question| self.is_long(question),
            weight: |question: &Question| self.weight(&question.example),
        }
    }

    /// How long an example takes beside the others: passes grow with its tokens, and each pass with them too. A token is
    /// taken for four bytes, so that nothing is encoded for that.
    pub fn weight(&self, example: &Example) -> f64 {
        let bytes = example.text.len() + example.pair.as_deref().map_or(0, str::len);
        let tokens = (2 + bytes / 4).min(self.model.reader().spec.longest) as f64;
        tokens * (tokens + EVEN)
    }

    /// The name of a class.
    pub fn label(&self, class: usize) -> String {
        class_name(&self.model, Some(self.words()), class)
    }

    /// The tokenizer whose vocabulary a model of words decides on.
    fn words(&self) -> &Tokenizer {
        self.sides.as_ref().map_or(&self.tokenizer, Sides::target)
    }

    pub(super) fn classes(&self) -> Classes<'_> {
        Classes { model: &self.model, tokenizer: self.words(), renamed: &self.plan.reading.renamed }
    }

    /// The gold label of an example, beside the class that was predicted.
    pub fn gold(&self, example: &Example, predicted: usize) -> Option<Gold> {
        let class = self.classes().find(example.label.as_ref()?)?.class()?;
        Some(Gold { label: self.label(class), class, correct: class == predicted })
    }

    /// The most tokens that the model takes.
    pub fn longest(&self) -> usize {
        self.tokenizer.max_tokens().unwrap_or(usize::MAX).min(self.model.reader().spec.longest)
    }
}
