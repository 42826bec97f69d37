//! Links between words that people made, a line of them a pair.

use std::path::Path;

use super::super::InputError;
use super::super::fault::{FaultKind, short};
use super::super::lines::Lines;
use super::super::source;
use super::read::Faults;
use super::{First, Gold, GoldLinks, GoldOptions, Link, Pairs};

/// A link as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    source: usize,
    target: usize,
    is_sure: bool,
    /// The link itself, for a message.
    text: String,
}

/// Words of the source and of the target.
type Lengths = (usize, usize);

/// Reads the links of `pairs`, a line a pair: `i-j` is sure, `ipj` and `i?j` are possible.
///
/// With `possible`, a file of the same form, all of whose links are possible, whatever mark they have. The words of both are
/// counted from the same number.
pub fn read_gold(
    path: &Path,
    possible: Option<&Path>,
    pairs: &Pairs,
    options: &GoldOptions,
) -> Result<GoldLinks, InputError> {
    let lengths: Vec<Lengths> =
        pairs.pairs.iter().map(|pair| (pair.source_words().count(), pair.target_words().count())).collect();
    let (name, sure) = read(path, pairs)?;
    let beside = possible.map(|path| read(path, pairs)).transpose()?;
    let files: Vec<(&str, &[Vec<Written>])> = [Some((name.as_str(), sure.as_slice()))]
        .into_iter()
        .chain([beside.as_ref().map(|(name, links)| (name.as_str(), links.as_slice()))])
        .flatten()
        .collect();
    let all = || files.iter().flat_map(|(_, links)| links.iter()).zip(lengths.iter().cycle());
    let first = match options.first {
        Some(first) => first,
        None if all().all(|(links, _)| links.is_empty()) => return Err(InputError::NoLinks { name }),
        None => told(all()).ok_or_else(|| InputError::First { name: name.clone() })?,
    };
    let mut links = vec![Gold::default(); lengths.len()];
    for (place, (name, lines)) in files.into_iter().enumerate() {
        let mut faults = Faults::default();
        for (line, (written, lengths)) in lines.iter().zip(&lengths).enumerate() {
            for link in written {
                match within(link, *lengths, first) {
                    Ok(place_of) => {
                        links[line].possible.push(place_of);
                        if link.is_sure && place == 0 {
                            links[line].sure.push(place_of);
                        }
                    }
                    Err(what) => faults.add(line + 1, what),
                }
            }
        }
        faults.check(name)?;
    }
    for gold in &mut links {
        for list in [&mut gold.sure, &mut gold.possible] {
            list.sort_unstable();
            list.dedup();
        }
    }
    if links.iter().all(|gold| gold.possible.is_empty()) && !links.is_empty() {
        return Err(InputError::NoLinks { name });
    }
    Ok(GoldLinks { links, first, name })
}

/// From what the words are counted, where the links tell: 0 is the number of a word only where words are counted from 0, and
/// a sentence's length only where they are counted from 1.
fn told<'l>(all: impl Iterator<Item = (&'l Vec<Written>, &'l Lengths)>) -> Option<First> {
    let mut is_one = false;
    for (links, &(source, target)) in all {
        for link in links {
            if link.source == 0 || link.target == 0 {
                return Some(First::Zero);
            }
            is_one |= link.source >= source || link.target >= target;
        }
    }
    is_one.then_some(First::One)
}

/// The link with its words counted from 0, where both are there.
fn within(link: &Written, (source, target): Lengths, first: First) -> Result<Link, FaultKind> {
    let place = |number: usize, words: usize| number.checked_sub(first.number()).filter(|at| *at < words);
    match (place(link.source, source), place(link.target, target)) {
        (Some(source), Some(target)) => Ok((source, target)),
        _ => Err(FaultKind::LinkPast {
            link: link.text.clone(),
            source_words: source,
            target_words: target,
            first,
        }),
    }
}

/// The links of every pair, with what the file is called.
fn read(path: &Path, pairs: &Pairs) -> Result<(String, Vec<Vec<Written>>), InputError> {
    let mut source = source::open(path, false)?;
    let name = source.name.clone();
    if source.parquet {
        return Err(InputError::NoLinks { name });
    }
    let count = pairs.pairs.len();
    let (mut all, mut faults, mut lines) = (Vec::with_capacity(count), Faults::default(), 0);
    let mut reader = Lines::of(&mut source);
    while let Some(line) = reader.next()? {
        if all.len() == count {
            // Empty lines behind the last pair are none.
            if !line.text.trim().is_empty() {
                lines = line.number;
            }
            continue;
        }
        lines = line.number;
        let mut links = Vec::new();
        for part in line.text.split_whitespace() {
            match link(part) {
                Some(link) => links.push(link),
                None => faults.add(line.number, FaultKind::NoLink { link: short(part) }),
            }
        }
        all.push(links);
    }
    // Of pairs under a limit, the links of the others are left.
    if lines < count || (lines > count && pairs.is_whole) {
        return Err(InputError::Lines { name, found: lines, pairs_name: pairs.name.clone(), pairs: count });
    }
    faults.check(&name)?;
    Ok((name, all))
}

/// A link: two numbers, with a mark between them.
fn link(text: &str) -> Option<Written> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (source, rest) = text.split_at(at);
    let mark = rest.chars().next()?;
    let is_sure = match mark {
        '-' => true,
        'p' | '?' => false,
        _ => return None,
    };
    let number = |digits: &str| {
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())?
    };
    Some(Written { source: number(source)?, target: number(&rest[1..])?, is_sure, text: text.to_owned() })
}
