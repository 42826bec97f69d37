//! From a question to one text in the model: its tokens, its words, and the scalar that is explained.

use super::bench::Bench;
use super::error::AuditError;
use super::plan::TargetKind;
use super::question::{Asked, By, Question};
use super::translation;
use super::warnings;
use crate::input::{Example, Label};
use crate::model::{Probe, Sequence, Target, Task};
use crate::report::example::Asked as AskedReport;
use crate::stats::seed::Stream;
use crate::subject::Subject;
use crate::tokens::{TokenError, Tokens, TruncationSide, Window, Word};

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
    /// The tokens before what is asked, and the id of the token that is asked, where one is.
    fn encode(&self, question: &Question) -> Result<(Tokens, Option<u32>), AuditError> {
        let Question { example, asked } = question;
        let line = example.line;
        let refused = |source| AuditError::Text { line, source };
        match asked.as_ref().map(|Asked { by, place, .. }| (by.as_ref(), *place)) {
            Some((By::Continuation(by), place)) => {
                let found = by.asked(place, &self.tokenizer, self.plan.units).map_err(refused)?;
                found.map_err(|source| AuditError::Continuation { line, source })
            }
            Some((By::Translation(by), place)) => {
                Ok((self.encode_text(example).map_err(refused)?, by.id(place)))
            }
            None => match &self.sides {
                Some(sides) => Err(translation::why_not(sides, &self.plan, example)),
                None => Ok((self.encode_text(example).map_err(refused)?, None)),
            },
        }
    }

    /// The tokens of an example. Where the token after a text is asked for, nothing closes the text.
    pub(super) fn encode_text(&self, example: &Example) -> Result<Tokens, TokenError> {
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
        warnings.extend(question.asked.iter().flat_map(|asked| asked.by.warnings().iter().cloned()));
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
        let positions = self.model.reader().spec.positions;
        let sequence = Sequence::new(tokens.ids.clone(), tokens.type_ids.clone(), decision, positions);
        let sequence = match question.asked.as_ref().map(|asked| (asked.by.as_ref(), asked.place)) {
            Some((By::Translation(by), place)) => sequence.with_given(by.given(place)),
            _ => sequence,
        };
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
            stream: self.stream(question, class, class_of(&example.foil)),
        };
        Ok(Prepared { subject, tokens, window, warnings, words })
    }

    /// The draws on an example: they follow from the seed, the question (the scalar, and the class where one was named)
    /// and the text.
    fn stream(&self, question: &Question, class: Option<usize>, foil: Option<usize>) -> Stream {
        let example = &question.example;
        let explained = class.map(|class| self.label(class)).unwrap_or_default();
        let target = foil.map_or_else(
            || self.plan.target.to_string(),
            |foil| TargetKind::Contrast(self.label(foil)).to_string(),
        );
        // Of a translation what was written so far is a part of what is asked; the text is the source alone.
        let written = question.asked.as_ref().and_then(|asked| match asked.by.as_ref() {
            By::Translation(by) => Some(by.before(asked.place).to_owned()),
            By::Continuation(_) => None,
        });
        let text = [Some(example.text.clone()), example.pair.clone(), written].into_iter().flatten();
        Stream::new(self.plan.seed, [target, explained].into_iter().chain(text))
    }

    /// The token whose state the readout reads: the first or the last, or the one masked word of the text.
    fn decision(&self, example: &Example, tokens: &Tokens) -> Result<usize, AuditError> {
        if self.sides.is_some() {
            // None of the source's tokens: it stands among what is written.
            return Ok(tokens.len());
        }
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
