//! Small transformers whose weights are written by hand, so that it is known which words decide: what the
//! verdict is audited with.
//!
//! They are ordinary [`Model`](crate::model::Model)s (post-norm encoders with a tanh pooler and two classes, and decoders
//! with a causal reach) and differ from trained ones in nothing but where the weights come from.
//!
//! # The stream
//!
//! A quantity lives in two neighbouring channels as (+q, −q), so every state has mean 0. One quantity, *keep*,
//! is 100 at every place, so that it makes nearly all of a state's variance; the gain of every norm is the
//! standard deviation of a state of constants alone. A norm then returns what it was given, to 3 in 10 000.
//! *Keep* comes from the table of places and survives the erasure of a word's embedding.
//!
//! | quantity | what it is | where it comes from |
//! | --- | --- | --- |
//! | keep | the constant 100 | place |
//! | at, from | the token's place, and the place it copies from, 8 bits as ±1 each | place |
//! | first, last | 1 at the first and at the last token | `[CLS]`, `[SEP]` |
//! | cue 0, 1, 2 | 1 at a cue word of that kind | the cue words |
//! | identity | 4 random numbers in ±½ that mean nothing | the neutral words |
//! | moved | cue 0 as copied from another place | the mixing kind's lower layer |
//! | left, right | operands | the interacting kinds' heads |
//! | decision | what the head reads | heads, or the last feed-forward block |
//! | later | 1 at every place but the first | place, in decoders |
//! | unread | what nothing reads | heads of decoders |
//! | place | the token's place in a source, or the one that is asked for, one quantity each | place, in translators |
//! | word | what the token means, one quantity for each word of the target | words, in translators |
//! | heard | how much of each word cross-attention brings | heads over the source |
//!
//! `[MASK]`, `[PAD]` and `[UNK]` have none of these beside the place's, so an erased word is one that says nothing.
//!
//! # A head
//!
//! The query of the decision token is 1 in one channel; the key there is the sum over quantities of
//! logit × quantity, plus a random combination of the identities, so that heads differ in their taste among
//! neutral words. All other rows idle at the decision token, which carries nothing. The logits are chosen so
//! that each kind of cue gets a stated part of the row's mass whatever the number of words. The value takes one
//! quantity and the output map adds it, times a gain, to another; a head that carries nothing has null values.
//! Two other sorts of head look at places: in the mixing kind each row looks for the place it copies from, bit by bit, and
//! in kinds of frozen or random attention a key's logit is a sum over the bits of its place, whatever stands there.
//!
//! The feed-forward blocks are zero, but for the rule of the interacting kinds. The layers below those that a
//! kind needs are idle: they attend by taste and carry nothing.
//!
//! # The decision
//!
//! With the decision evidence d, which is λ where the text is whole, the margin of class 1 is
//! 6·tanh(d/4)·4 − 3λ: at λ = 1, p(class 1) is .05 without evidence and .95 with all of it; at any λ the whole text
//! is of class 1 and the text without its deciding words of class 0, as far apart as λ. Where p is to saturate, both
//! numbers are others (see [`Margins`]).
//!
//! # Decoders
//!
//! A text is its words alone, the last of which is read; every row of a layer sees itself and what stands before it, and *first*
//! comes from the place. Where heads are to bring nothing they rest on the first place, as those of language models
//! do. The next token is predicted: a word of the lexicon where the evidence is there, the end of the text where it is not,
//! by a margin of 6d − 3λ; the same weights can have the readout of a classifier ([`Recipe::task`]). There is no mask, so
//! words are erased by blocking, which leaves the word that asks as it is.
//!
//! # Translators
//!
//! An encoder and a decoder of one layer each; the truth is told for every word that is written: see [`TranslatorKind`].
//!
//! # The dial
//!
//! λ takes every group's mass from the uniform one (0) to the planted one (1), linearly, and what a head
//! carries is scaled so that the evidence is λ. At 0 attention is uniform up to taste and no word matters.

mod blueprint;
mod causal;
mod channels;
mod classifier;
mod control;
mod corpus;
mod decoders;
mod design;
mod error;
mod expected;
mod faithful;
mod files;
mod foreign;
mod frozen;
mod goals;
pub mod grid;
mod interaction;
mod judged;
mod kinds;
pub mod model;
mod natural;
mod null;
pub mod own;
mod own_settings;
mod planted;
mod precision;
pub mod randomise;
mod readings;
mod recipe;
mod run;
mod sensitivity;
pub mod shortcut;
mod standing;
mod tally;
mod text;
mod train;
mod translators;
pub mod trial;
mod trust;
mod unfaithful;
mod weigh;

pub use channels::KINDS;
pub use classifier::ShortcutModel;
pub use control::Control;
pub use error::{ControlError, ControlsError};
pub use expected::{Expectation, Outlook, Truth};
pub use grid::{Grid, Trial, Variation};
pub use own_settings::OwnSettings;
pub use planted::Planted;
pub use precision::ranks;
pub use recipe::{Margins, Recipe};
pub use run::controls;
pub use shortcut::{Shortcut, ShortcutRecipe};
pub use text::{Lexicon, Planting};
pub use translators::judged::{JudgedTranslator, JudgedWord, protocol_of_translators};
pub use translators::{PlantedPair, PlantedTranslator, TranslatorKind, TranslatorRecipe};
pub use trial::{Audited, Ranking, TrialVerdict};
