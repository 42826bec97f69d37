//! What a reader must know of how a text came to the model.

use crate::input::Example;
use crate::tokens::{Tokens, TruncationSide, Unit, Window};

/// The share of pieces that may be unknown, or of characters in no piece, before a reader is told: a rare name is no news.
const UNKNOWN: f64 = 0.2;

/// The warnings of a text, as much of it as the model takes; `decision` is the token whose state the head reads.
pub(super) fn of(
    example: &Example,
    tokens: &Tokens,
    window: Option<&Window>,
    longest: usize,
    decision: usize,
) -> Vec<String> {
    let typed = tokens.typed_specials.iter().filter(|token| **token != decision).count();
    let typed = (typed > 0).then(|| {
        format!(
            "{typed} special token(s) such as [MASK] stand literally in the text and were audited as words"
        )
    });
    let unspaced = (tokens.unspaced > 0 && tokens.unit != Unit::Piece).then(|| {
        format!(
            "{} stretch(es) of a script that puts no space between words were cut into the tokenizer's pieces, and each piece \
             was audited as a word",
            tokens.unspaced
        )
    });
    let cut = window.map(|window| cut(window, longest, example.pair.is_some()));
    [cut, typed, unknown(tokens), lost(example, tokens, window), unspaced].into_iter().flatten().collect()
}

/// Pieces that are the unknown token: the model saw that in the place of what the text says.
fn unknown(tokens: &Tokens) -> Option<String> {
    let all = tokens.special.iter().filter(|special| !**special).count();
    let (unknown, share) = (tokens.unknown.len(), tokens.unknown.len() as f64 / all.max(1) as f64);
    let piece = tokens.unknown.first().map(|&at| tokens.pieces[at].as_str()).unwrap_or_default();
    (share >= UNKNOWN).then(|| {
        format!(
            "{unknown} of {all} pieces ({:.0} %) are unknown to the vocabulary: the model saw {piece} in their place, and the \
             audit is of that",
            100.0 * share
        )
    })
}

/// Characters in no piece at all: some vocabularies have no unknown token, and leave out what they lack.
fn lost(example: &Example, tokens: &Tokens, window: Option<&Window>) -> Option<String> {
    // Of a text that was cut, what was left out is in no piece either.
    if window.is_some() {
        return None;
    }
    let texts = [Some(example.text.as_str()), example.pair.as_deref()];
    let (mut all, mut lost) = (0, 0);
    for (sequence, text) in
        texts.into_iter().enumerate().filter_map(|(sequence, text)| Some((sequence, text?)))
    {
        let mut covered = vec![false; text.len()];
        let own = (0..tokens.len()).filter(|&at| tokens.sequences[at] == Some(sequence));
        own.for_each(|at| covered[tokens.offsets[at].clone()].fill(true));
        // What cannot be seen is left out by most tokenizers.
        let seen = text.char_indices().filter(|(_, c)| !c.is_whitespace() && !c.is_control());
        for (at, _) in seen {
            all += 1;
            lost += usize::from(!covered[at]);
        }
    }
    let share = f64::from(lost as u32) / f64::from(all.max(1) as u32);
    (share >= UNKNOWN).then(|| {
        format!(
            "{lost} of {all} characters ({:.0} %) are in no piece: the vocabulary lacks them, and the model saw nothing in \
             their place",
            100.0 * share
        )
    })
}

/// What was left out of a text, or a pair, that is too long.
fn cut(window: &Window, longest: usize, pair: bool) -> String {
    let Window { side, kept_words, all_words, second: (kept, all), .. } = window;
    let tokens = window.all_tokens;
    let end = match side {
        TruncationSide::Right => "first",
        TruncationSide::Left => "last",
    };
    if pair {
        let (first, of) = (kept_words - kept, all_words - all);
        return format!(
            "the two texts have {tokens} tokens but the model takes {longest}: only the {end} {first} of {of} words of the \
             first and the {end} {kept} of {all} of the second were audited"
        );
    }
    format!(
        "the text has {tokens} tokens but the model takes {longest}: only its {end} {kept_words} of {all_words} words were \
         audited"
    )
}
