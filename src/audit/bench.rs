//! The workbench: texts, tokenizer and model, checked against one another before anything is audited.

use super::error::AuditError;
use super::labels::{Classes, class_name};
use super::observer::Observer;
use super::plan::{Plan, TargetKind};
use super::plausibility;
use super::protocol::Protocol;
use super::provenance::Provenance;
use super::question::{self, Asked, Question};
use super::run::{Work, Workers};
use super::warnings;
use crate::erasure::Operator;
use crate::input::{self, Example, Examples, Label};
use crate::model::kernels::Course;
use crate::model::scoring::Reach;
use crate::model::source::{self, Files, HubSettings, ModelRef};
use crate::model::{At, Engine, Model, ModelError, Probe, Sequence, Target, Task};
use crate::report::Gold;
use crate::report::example::Asked as AskedReport;
use crate::stats::seed::Stream;
use crate::subject::Subject;
use crate::tokens::{TokenError, Tokenizer, Tokens, TruncationSide, Window, Word};

/// Everything an example is examined with.
#[derive(Debug)]
pub(crate) struct Bench {
    pub plan: Plan,
    pub protocol: Protocol,
    pub examples: Examples,
    /// What is asked of the texts, in their order.
    pub questions: Vec<Question>,
    pub tokenizer: Tokenizer,
    pub model: Model,
    pub source: Provenance,
    /// The class that is explained, where a label was named.
    class: Option<usize>,
    /// The class it is set against, where one was named.
    against: Option<usize>,
    /// The share of a text that people marked, on average; `None` without rationales.
    pub marked: Option<f64>,
}

/// What `attend` cannot do at the token that decides.
const OWN_PLACE: &str = "erasing by attend hides a word from every later place, but not from its own: the last word of \
                         a text, at whose place the decision is read, scores 0 by construction; --operator delete takes \
                         it away";

/// Tokens from which on twice as many take more than thrice as long.
const EVEN: f64 = 100.0;

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
        let Files { config, tokenizer, weights, .. } = files;
        let model = Model::load(&config, &weights, engine)?;
        let tokenizer = Tokenizer::from_files(&tokenizer, &config)?;
        let rows = model.spec().vocabulary;
        if tokenizer.vocab_size() > rows {
            let largest = tokenizer.vocab_size() - 1;
            return Err(ModelError::Vocabulary { largest, rows }.into());
        }
        let tokenizer = tokenizer.for_rows(rows);
        let classes = Classes { model: &model, tokenizer: &tokenizer, renamed: &plan.reading.renamed };
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
                bounded: (0..model.spec().layers).any(|layer| model.transformer.reach(layer) != Reach::Every),
                // A decoder never read a mask in training, even where its vocabulary has one.
                ..plan.protocol(
                    tokenizer.special_ids().mask.is_some() && !matches!(model.readout.at, At::Last { .. }),
                )
            },
            plan: plan.clone(),
            tokenizer,
            model,
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
        let (questions, notes) = question::questions(&bench, &config, observer)?;
        bench.questions = questions;
        bench.examples.notes.extend(notes);
        if matches!(bench.model.readout.at, At::Last { .. }) && bench.protocol.operator == Operator::Attend {
            bench.examples.notes.push(OWN_PLACE.to_owned());
        }
        Ok(bench)
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
        let tokens = (2 + bytes / 4).min(self.model.spec().longest) as f64;
        tokens * (tokens + EVEN)
    }

    /// The name of a class.
    pub fn label(&self, class: usize) -> String {
        class_name(&self.model, Some(&self.tokenizer), class)
    }

    fn classes(&self) -> Classes<'_> {
        Classes { model: &self.model, tokenizer: &self.tokenizer, renamed: &self.plan.reading.renamed }
    }

    /// The gold label of an example, beside the class that was predicted.
    pub fn gold(&self, example: &Example, predicted: usize) -> Option<Gold> {
        let class = self.classes().find(example.label.as_ref()?)?.class()?;
        Some(Gold { label: self.label(class), class, correct: class == predicted })
    }

    /// The most tokens that the model takes.
    pub fn longest(&self) -> usize {
        self.tokenizer.max_tokens().unwrap_or(usize::MAX).min(self.model.spec().longest)
    }

    /// The tokens before what is asked, and the id of the token that is asked, where one is.
    fn encode(&self, question: &Question) -> Result<(Tokens, Option<u32>), AuditError> {
        let Question { example, asked } = question;
        let line = example.line;
        let refused = |source| AuditError::Text { line, source };
        if let Some(Asked { by, place, .. }) = asked {
            let found = by.asked(*place, &self.tokenizer, self.plan.units).map_err(refused)?;
            return found.map_err(|source| AuditError::Continuation { line, source });
        }
        Ok((self.encode_text(example).map_err(refused)?, None))
    }

    /// The tokens of an example. Where the token after a text is asked for, nothing closes the text.
    fn encode_text(&self, example: &Example) -> Result<Tokens, TokenError> {
        let (text, units) = (&example.text, self.plan.units);
        match (example.pair.as_deref(), self.plan.chat_template.is_some()) {
            (None, true) => self.tokenizer.encode_chat(text, units),
            (Some(_), true) => Err(TokenError::ChatPair),
            (None, false) if self.model.readout.task == Task::NextToken => {
                self.tokenizer.encode_prompt(text, units)
            }
            (pair, false) => self.tokenizer.encode_units(text, pair, units),
        }
    }

    /// What a report tells of the token of a continuation that was asked.
    pub fn asked(&self, question: &Question, prepared: &Prepared<'_>) -> Option<AskedReport> {
        question.asked.as_ref()?;
        let probe = &prepared.subject.probe;
        let class = probe.target.class();
        let log_probability = Target::LogProbability(class).value(&probe.trace.logits);
        question.told(self.label(class), log_probability)
    }

    /// Encodes an example and runs it once.
    pub fn prepare(&self, question: &Question) -> Result<Prepared<'_>, AuditError> {
        let example = &question.example;
        let blank = |text: &str| text.trim().is_empty();
        // What a model has written so far may be a line end.
        let second = example.pair.as_deref().filter(|_| question.asked.is_none());
        if blank(&example.text) || second.is_some_and(blank) {
            let which = if blank(&example.text) { "text" } else { "second text" };
            return Err(AuditError::NoText { line: example.line, which });
        }
        let (all, asked) = self.encode(question)?;
        let longest = self.longest();
        let (tokens, window) = if all.len() > longest {
            // What comes next follows from the end of a text, not from its beginning.
            let next = self.model.readout.task == Task::NextToken;
            let side = if next { TruncationSide::Left } else { self.tokenizer.side() };
            let (kept, window) = all.window(longest, side);
            (kept, Some(window))
        } else {
            (all, None)
        };
        let decision = self.decision(example, &tokens)?;
        let mut warnings = warnings::of(example, &tokens, window.as_ref(), longest, decision);
        warnings.extend(question.asked.iter().flat_map(|asked| asked.by.warnings.iter().cloned()));
        if self.model.regression {
            warnings.push(
                "the head was trained to give a value: probabilities and TVD are of the logistic of that value, and \
                 mean what they say only if it is a log-odds"
                    .to_owned(),
            );
        }
        // The mask of a masked-word model asks the question, and is no part of its answer. A token that decides a class
        // is content where it is of a word; one that the tokenizer put there is of none.
        let asks = |word: &Word| self.model.readout.task == Task::MaskedLm && word.pieces.contains(&decision);
        let words: Vec<usize> = (0..tokens.words.len()).filter(|&w| !asks(&tokens.words[w])).collect();
        let spec = self.model.spec();
        let sequence = Sequence::new(tokens.ids.clone(), tokens.type_ids.clone(), decision, spec.positions);
        let class_of = |label: &Option<Label>| self.classes().find(label.as_ref()?)?.class();
        let named = asked.map(|id| id as usize).or_else(|| class_of(&example.target));
        let class = named.or(self.class);
        let against = class_of(&example.foil).or(self.against);
        let target = |logits: &[f64]| self.plan.target.choose(logits, class, against);
        let probe = Probe::new(&self.model, sequence, target)
            .map_err(|source| AuditError::Example { line: example.line, source })?;
        if against == Some(probe.target.class()) {
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
            stream: self.stream(example, class, class_of(&example.foil)),
        };
        Ok(Prepared { subject, tokens, window, warnings, words })
    }

    /// The draws on an example: they follow from the seed, the question (the scalar, and the class where one was named)
    /// and the text.
    fn stream(&self, example: &Example, class: Option<usize>, foil: Option<usize>) -> Stream {
        let explained = class.map(|class| self.label(class)).unwrap_or_default();
        let target = foil.map_or_else(
            || self.plan.target.to_string(),
            |foil| TargetKind::Contrast(self.label(foil)).to_string(),
        );
        let text = [Some(example.text.clone()), example.pair.clone()].into_iter().flatten();
        Stream::new(self.plan.seed, [target, explained].into_iter().chain(text))
    }

    /// The token whose state the readout reads: the first or the last, or the one masked word of the text.
    fn decision(&self, example: &Example, tokens: &Tokens) -> Result<usize, AuditError> {
        if let Some(decision) = self.model.readout.at.of(&tokens.ids) {
            return Ok(decision);
        }
        let mask = self.tokenizer.special_ids().mask;
        let masked: Vec<usize> = (0..tokens.len()).filter(|&t| Some(tokens.ids[t]) == mask).collect();
        match masked.as_slice() {
            [one] => Ok(*one),
            _ => Err(AuditError::Masked { line: example.line, found: masked.len() }),
        }
    }
}
