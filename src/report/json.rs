//! One JSON document: the report, field by field, with two spaces of indent and every list of plain values on
//! one line. It ends with a line feed.
//!
//! # The document
//!
//! ```text
//! schema_version      grows when a field changes its meaning or goes; new fields may come without that
//! answer[]            the answer for the file first, in sentences to act on: of each reading, of the best, of the texts
//! readings            by name, as raw or rollout-without-sinks: verdict, sentence, effect; in full in summary.answer
//! interrupted         true after Ctrl-C: the examples are those that were done
//! settings            everything that decides the numbers: the same settings give the same document
//!   attncheck         version
//!   model             name, revision, family, sha256 of the weights, config_sha256, tokenizer_sha256, dtype, layers,
//!                     heads, width, head_width, longest (tokens), labels
//!   device            where the model ran: cpu, or cuda:0 and so on
//!   input             name, examples, empty_lines, limit; notes where there are any; with rationales rationale_share: of a
//!                     text, in the mean; reading {format, text_field, pair_field, label_field, id_field, target_field,
//!                     rationale_field, continuation_field, foil_field, label_map, header, delimiter}: how the file was understood
//!   units             what a text was cut into: words or pieces
//!   chat_template     whether each text was put into the model's chat template; chat_template_name, where it is not the
//!                     default one
//!   target, class     the scalar that is explained, of which class
//!   continuation, generate   what every text was continued by; so many tokens at most that the model wrote itself
//!   translation       of a model that translates alone: beams, source and target (tokens of their languages), links (file)
//!   operator, second_operator, baseline, effort, only, seed
//!   random_orders, permutations, permuted_patterns, adversary {candidates, steps}
//!   thresholds        margin, epsilon, jsd, ceiling, words, alpha
//!   naopc, sites, maps   what was asked for beyond
//!   knockout_from     whose edges attention knockout cut, where it was run: decision or every
//!   spent             what the effort buys beside the numbers above: path_intervals, coalitions, permuted_deep,
//!                     all_layers, bottom_up, deep_adversary, deep_candidates, deep_steps, deep_shares, soft_orders,
//!                     capped, knockouts, in_distribution, bounded
//!   fingerprint       SHA-256 of all of these: the same for runs that asked the same of the same model in the same way
//! examples[]          in the order of the file
//!   id, line, text    as read
//!   pair              of a pair alone: the second text
//!   asked             of a token of a continuation alone: of (the text that is continued), place (from 1), count, prompt
//!                     (bytes of text that are the text as read), token, piece, log_probability, generated; of a token of a
//!                     translation also written (what stands before it), word, and with --gold linked {word, words, sure, possible}
//!   origin            of a token of a translation alone: source (its share in what decides, ALTI+), without_source and
//!                     without_written (what the scalar loses), written[] {piece, share, effect}
//!   gold              with a gold label alone: label, class, correct
//!   words[]           text, sequence (0, or 1 for pair), start and end (bytes in the text, or in pair), pieces, unknown
//!                     (whether the vocabulary lacks some of it); every list of scores is in this order
//!   tokens            in the model, specials included
//!   window            null, or {side (that was cut: right or left), kept_words, all_words} where the text was longer than the model takes
//!   warnings[]
//!   sinks[]           where there are any: token (position), piece, received (mean weight from the queries that see it)
//!   massive[]         where there are any: token, piece, dimension, layer, value, median, layers, first (layer)
//!   massive_zeroed    where there are any, the text with all of them set to 0 as they first appear: layer, numbers, share (of
//!                     other tokens' attention that theirs get), massive and usual (as many numbers near the median), each
//!                     {target, probability, log_odds, tvd (what the prediction loses), share}
//!   prediction        label, class, probability, explained, against, probabilities (by class)
//!   target            the explained scalar's value, in its own unit
//!   reliability       ceiling, ceiling_pair, operators, detectable_tau, attainable (the largest excess of a reference),
//!                     borne_out (the reference that erasure bears out), random_aopc (AOPC comprehensiveness of each random
//!                     order that was run); span of the log-odds in logits, and in shares of it attainable_log_odds and
//!                     random_log_odds
//!   references[]      method, scores, residual, gap (what the scores must sum to), converged, steps, score_error (how far a
//!                     score of a path method may be off; left out of other methods),
//!                     standard_error (one per score; left out where the method does not sample), excess, excess_log_odds
//!   readings[]        method, sinks_removed, scores, special_mass, sink_mass, still_words (of a reading of the last layer's
//!                     row, the share of its weight that the states there still hold of their words),
//!     agreement[]     reference, tau, tau_p, tau_q, spearman, spearman_p, overlap, overlap_p
//!     erasure         bins, comprehensiveness and sufficiency per bin, the same of random orders
//!                     (random_comprehensiveness, random_sufficiency: mean, low, high; nine of ten lie between), their means aopc_comprehensiveness and
//!                     aopc_sufficiency, the same in the target's unit (aopc_comprehensiveness_target,
//!                     aopc_sufficiency_target), aopc_bottom_up, excess with its interval (excess_low, excess_high)
//!                     and p (excess_p, excess_rank_p, excess_q), excess_sufficiency, scale (what verdict and luck are on:
//!                     probability or log-odds), the same in log-odds (excess_log_odds with excess_log_odds_low and
//!                     excess_log_odds_high, aopc_log_odds), luck_p (what support rests on: a
//!                     rank among the random orders) and luck_q (over the file), violation, violation_random,
//!       soft          erasure of each word in proportion to its weight: operator, levels, comprehensiveness, sufficiency,
//!                     excess (over the same weights on random words), excess_low, excess_high, excess_target,
//!                     excess_sufficiency, p, reassigned, magnitudes and magnitudes_target (what they add to the ranks),
//!                     passes
//!       capped        erasure of a few of the top words at a time: words, comprehensiveness, standard_error, excess,
//!                     excess_low, excess_high, p
//!       in_distribution  how plausible the texts without the top words are to the model: measure (energy or pseudo-loss),
//!                     observed, erased, random, explained, stranger, stranger_p
//!       knockout      edges to the top words cut in a window of layers around each in turn: rows, window, words, draws,
//!                     effect, excess (over as many random words), excess_low, excess_high, excess_target, p, layers and
//!                     random (what the target loses, layer by layer), strongest
//!       naopc, naopc_sufficiency   with --naopc alone; aopc_bounds and aopc_sufficiency_bounds {lower, upper, exact}
//!       weights       erasing attention weights, the raw reading only: top_jsd, random_jsd, top_beats, top_flips,
//!                     random_flips, flip_fraction[] {order, fraction}
//!     counterfactual  {found_by, jsd, tvd, log_odds, words}: the pattern at the reading's site under which this very map differs most
//!                     and points elsewhere while the prediction stays; of signed maps by absolute values
//!     plain_share     of the permuted and one-hot patterns that make this map very different, the share that keeps the
//!                     prediction; 0 where a counterfactual takes a search
//!     verdict         verdict, rung (0–3), consistency, causal_relevance, robustness, reasons[], power {of, rate, low,
//!                     high, trials}: how often the verdict `of`, which was not given, is found where it is planted;
//!       if_discovered {verdict, rung, reasons}   what takes its place where luck_q is at most alpha; alone, what it was on
//!                     the text alone, where that has happened
//!   swaps[]           site, leverage, leverage_log_odds, scale (on what the prediction stays or moves), uniform_tvd, permuted_median_tvd, permuted, one_hot_max_tvd,
//!                     tried[] {kind, jsd, tvd, log_odds, elsewhere}: each plain swap (of more than 64 of a kind 64),
//!                     counterfactual {found_by, jsd, tvd, log_odds, words}, rows and rows_moving (of
//!                     attention, that the prediction rests on and that can move), outcome, identifiable
//!   passes[]          step, forwards: what it cost
//!   plausibility      with a rationale alone: words, marked, selected (words a map is cut to), chance, maps[] {method,
//!                     sinks_removed, token_f1, iou_f1, average_precision}; no verdict rests on it
//!   maps              with --maps alone: pieces, decision (the token whose row the readings take), patterns
//!                     [L][H][T query][T key], heads[] and best_of_all_p95 as in attncheck heads, without ablation
//! failures[]          the examples that could not be audited: id, line, text, pair, error, hint
//! summary             over all examples; an estimate is {estimate, low, high, n}: 95 % interval, over n examples
//!   examples, failed  how many were audited; the share that could not be
//!   answer            the verdict on the file: sentences[], reference (whose own order says what can be reached),
//!     texts           all, spoke, too_few_words, no_erasure, unreliable, nothing_to_find
//!     readings[]      method, sinks_removed, verdict (shows-what-decides, shows-part, no-more-than-chance, cannot-tell,
//!                     inert), sentence, effect (what the reading's order costs beyond chance, as a share of what the
//!                     reference's does), beyond_chance_p, beyond_chance_holm, replaceable {plain, search, not_found,
//!                     by_plain, by_any}, ignored, more_texts; with gold labels correct and wrong: the effect there
//!     best            null, or {method, alongside[] (those it cannot be told from), lead}
//!   readings[]        method, sinks_removed, verdicts[] {verdict, count, share}, agreement[] {reference, tau,
//!                     discoveries}, excess, excess_discoveries, violation, violation_random, special_mass, sink_mass
//!   ceiling, operators
//!   swaps[]           site, inert, non_exclusive, leverage
//!   continuations[]   with continuations alone, each taken together: of, tokens, log_probability, target (both sums over the
//!                     tokens), references[] {method, scores} (signed ones, summed), readings[] {method, scores (the mean),
//!                     agreement[] {reference, tau, tau_p}}; scores are of the words of the text as read
//!   translation       with translations alone: sentences[], source, without_source, without_written; with --gold alignment[]
//!                     {method, aer, precision, recall, beyond_diagonal, parted {both, linked_only, decides_only, neither}}
//!                     and diagonal (its error rate)
//!   passes[], total_passes
//!   accuracy          with gold labels alone; with them correct and wrong too: the same over those examples alone
//!   plausibility      with rationales alone: examples, chance, marked, maps[]
//! gates[]             gate, figure, on (estimate or interval), found, judged (the number that was held to the limit), passed
//! ```
//!
//! The document of `attncheck controls` is told in [`controls`](super::controls), that of `attncheck controls --model`
//! in [`own`](super::own), those of `compare` and `seeds` in [`compare`](super::compare) and [`seeds`](super::seeds). `attncheck schema` prints the JSON Schema of each.
//!
//! `attncheck heads` has `schema_version`, `settings`, `failures` and `interrupted` as above, and in place of the rest
//!
//! ```text
//! examples[]          id, line, text, pair, words (how many), warnings, best_of_all_p95
//!   heads[]           layer, head, entropy, decision_entropy, special_mass, sink_mass, tau, tau_p_adjusted,
//!                     ablation_tvd, ablation_target
//! summary[]           layer, head, entropy, special_mass, sink_mass, tau, discoveries, ablation_tvd
//! ```
//!
//! A mixing report has `schema_version`, `settings`, `failures` and `interrupted` as above, and
//!
//! ```text
//! directions          random directions a token of the gradient form; 0 without it
//! examples[]          id, line, text, pair, words, pieces, warnings
//!   layers[]          form (alti, value-zeroing, gradient), layer (that the states leave), states: own, neighbours, rest (means
//!                     over the tokens of content words), alone (own in this layer alone), error (of sampling, standard),
//!                     own_by_token, neighbours_by_token, own_by_word
//! summary[]           form, layer, own, neighbours, rest, alone, word, error
//! ```
//!
//! # Characters
//!
//! Characters that steer a terminal or cannot be seen (C1 controls, direction overrides, zero-width characters, line
//! separators) stand in texts as `\uXXXX`, as JSON demands it of the other control characters alone; what is read back
//! is the same.
//!
//! # Missing numbers
//!
//! A measure is `{"value": 0.31}`, or `{"value": null, "reason": "…"}` where it could not be computed. It is
//! never 0 for want of a number, and never null without a reason: a number that is not finite is an error.
//!
//! # Units
//!
//! Probabilities, TVD, shares and masses are in [0, 1]; JSD in nats, at most ln 2; tau, rho in [-1, 1]; scores
//! of signed methods in the target's unit, above 0 where the word speaks for the explained class.

use std::io::Write;

use serde::Serialize;

use super::render::{Render, RenderError};
use super::say::json;

/// The printer of JSON.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl<R: Serialize> Render<R> for Json {
    /// # Errors
    ///
    /// Where a number is not finite.
    fn render(&self, report: &R, out: &mut dyn Write) -> Result<(), RenderError> {
        json::document(report, out)
    }
}
