//! The verdict on the file in words: plain sentences that a person can act on, and their grounds.

use super::count;
use super::number::{percent, share};
use crate::report::answer::{BestReading, FileAnswer, Grade, MOST, ReadingAnswer, Replaceability, Speakers};

/// A verdict in plain words, for tables.
pub(in crate::report) fn verdict(grade: Grade) -> &'static str {
    match grade {
        Grade::ShowsWhatDecides => "shows what decides",
        Grade::ShowsPart => "shows a part",
        Grade::NoMoreThanChance => "no more than chance",
        Grade::CannotTell => "cannot tell",
        Grade::Inert => "ignored",
    }
}

/// The answer on one reading, with a full stop. Its verdict, numbers and counts must be in `found`, and its sentence is
/// not read.
pub(crate) fn reading(found: &ReadingAnswer) -> String {
    let map = map(&found.method, found.sinks_removed);
    let effect = effect(found);
    let replaced = replaced(&found.replaceable);
    let plain = by_plain_on_most(&found.replaceable);
    match found.verdict {
        Grade::ShowsWhatDecides => format!("{} may be shown: it {effect}, and {replaced}.", capital(&map)),
        Grade::ShowsPart if plain => {
            format!("Do not show {map} as an explanation of this model: it {effect}, and {replaced}.")
        }
        Grade::ShowsPart => {
            format!(
                "{} may be shown as part of an explanation, not as the whole: it {effect}, and {replaced}.",
                capital(&map)
            )
        }
        Grade::NoMoreThanChance => format!(
            "Do not show {map} as an explanation of this model: it {effect}, which is no more than chance finds."
        ),
        Grade::Inert => {
            format!("Do not show {map} as an explanation of this model: {}.", ignored(found))
        }
        Grade::CannotTell => format!("These texts cannot tell whether {map} may be shown: {}.", open(found)),
    }
}

/// One sentence for all whole readings where there are too few texts for the interval of any; `None` elsewhere.
pub(crate) fn none_can_tell(readings: &[ReadingAnswer]) -> Option<String> {
    let whole: Vec<&ReadingAnswer> = readings.iter().filter(|found| !found.sinks_removed).collect();
    let open = |found: &&ReadingAnswer| {
        found.verdict == Grade::CannotTell
            && found.effect.value.as_ref().is_none_or(|effect| effect.low.is_none())
    };
    let [first, _, ..] = whole.as_slice() else { return None };
    whole.iter().all(open).then(|| {
        let most = whole.iter().max_by_key(|found| found.effect.value.as_ref().map(|effect| effect.n));
        let why = most.map_or_else(|| self::open(first), |found| self::open(found));
        format!("These texts cannot tell whether any of the maps may be shown: {why}.")
    })
}

/// Which reading shows most, or that none does.
pub(crate) fn best(best: Option<&BestReading>) -> String {
    match best {
        None => "Of these maps none shows more than chance beyond doubt.".to_owned(),
        Some(BestReading { method, alongside, .. }) if alongside.is_empty() => {
            format!("Of these maps {} shows most of what decides.", map(method, false))
        }
        Some(BestReading { method, alongside, .. }) => {
            format!(
                "Of these maps {} shows most of what decides, but these texts cannot tell it from {}.",
                map(method, false),
                listed(alongside)
            )
        }
    }
}

/// How many texts could speak, and why the others could not.
pub(crate) fn speakers(texts: &Speakers) -> String {
    let Speakers { all, spoke, too_few_words, no_erasure, unreliable, nothing_to_find } = *texts;
    let reasons = [
        (too_few_words, ["has too few words", "have too few words"]),
        (no_erasure, ["could not be erased from"; 2]),
        (unreliable, ["has references that disagree", "have references that disagree"]),
        (
            nothing_to_find,
            [
                "loses less than the margin in any order of words",
                "lose less than the margin in any order of words",
            ],
        ),
    ];
    let told: Vec<String> = reasons
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, why)| format!("{n} {}", why[usize::from(*n > 1)]))
        .collect();
    let others = if told.is_empty() { String::new() } else { format!("; of the others {}", told.join(", ")) };
    format!("{spoke} of {} could speak on their own{others}.", count(all, "text"))
}

/// How a reading fared apart from its sentence: `beyond chance p <.001 (Holm); of texts predicted right 34 % [20, 51]`.
pub(in crate::report) fn grounds(found: &ReadingAnswer) -> String {
    let mut told = vec![match found.beyond_chance_holm.value {
        Some(p) => format!("beyond chance: p {} (Holm)", super::number::p(p)),
        None => format!("beyond chance: {}", found.beyond_chance_holm.why()),
    }];
    let Replaceability { plain, search, not_found, .. } = found.replaceable;
    told.push(format!("replaceable by plain swaps {plain}, only by search {search}, not found {not_found}"));
    for (group, what) in [(&found.correct, "predicted right"), (&found.wrong, "predicted wrong")] {
        if let Some(effect) = group.as_ref().and_then(|effect| effect.value.as_ref()) {
            told.push(format!("{what}: {} over {}", share(effect), count(effect.n, "text")));
        }
    }
    told.join("; ")
}

/// The effect with its interval, or `–`.
pub(in crate::report) fn found(found: &ReadingAnswer) -> String {
    found.effect.value.as_ref().map_or_else(|| "–".to_owned(), share)
}

/// The readings that a printer tells of: variants without sinks only where they come to another answer.
pub(in crate::report) fn told(answer: &FileAnswer) -> Vec<&ReadingAnswer> {
    let same = |variant: &ReadingAnswer| {
        let whole = answer.readings.iter().find(|r| r.method == variant.method && !r.sinks_removed);
        let estimate = |r: &ReadingAnswer| r.effect.value.as_ref().map(|effect| effect.estimate);
        whole.is_some_and(|whole| whole.verdict == variant.verdict && estimate(whole) == estimate(variant))
    };
    answer.readings.iter().filter(|reading| !(reading.sinks_removed && same(reading))).collect()
}

/// `the raw map`, `the rollout map without sinks`.
fn map(method: &str, sinks_removed: bool) -> String {
    format!("the {} map{}", super::visible(method), if sinks_removed { " without sinks" } else { "" })
}

/// The same with its first letter large.
pub(in crate::report) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn effect(found: &ReadingAnswer) -> String {
    match &found.effect.value {
        Some(effect) => {
            format!("finds {} of what erasure finds in {}", share(effect), count(effect.n, "text"))
        }
        None => format!("has no effect that could be measured ({})", found.effect.why()),
    }
}

/// Whether plain swaps replace it on more than half of the texts that were tried.
fn by_plain_on_most(found: &Replaceability) -> bool {
    found.by_plain.value.as_ref().is_some_and(|share| share.estimate > MOST)
}

fn replaced(found: &Replaceability) -> String {
    let Replaceability { plain, search, not_found, .. } = *found;
    let all = plain + search + not_found;
    match (all, plain, search) {
        (0, ..) => "whether another attention gives the same answer could not be tested".to_owned(),
        (_, 0, 0) => format!(
            "no very different attention was found that gives the same answer (of {})",
            count(all, "text")
        ),
        (_, _, 0) => {
            format!("in {plain} of {} a very different attention gives the same answer", count(all, "text"))
        }
        (_, 0, _) => format!(
            "in {search} of {} a very different attention gives the same answer, but only a search finds it",
            count(all, "text")
        ),
        _ => format!(
            "in {} of {} a very different attention gives the same answer (in {search} of them only a search finds it)",
            plain + search,
            count(all, "text")
        ),
    }
}

fn ignored(found: &ReadingAnswer) -> String {
    match &found.ignored.value {
        Some(share) => {
            let texts = (share.estimate * share.n as f64).round();
            format!("in {texts:.0} of {} the prediction ignores this attention", count(share.n, "text"))
        }
        None => "the prediction ignores this attention".to_owned(),
    }
}

/// Why nothing can be told, and what would help.
fn open(found: &ReadingAnswer) -> String {
    let Some(effect) = &found.effect.value else { return found.effect.why().to_owned() };
    let what = match (effect.low, effect.high) {
        (Some(low), Some(high)) => format!(
            "it finds between {} and {} of what erasure finds in {}",
            percent(low),
            percent(high),
            count(effect.n, "text")
        ),
        _ => too_few(effect.n),
    };
    match found.more_texts {
        Some(more) => format!("{what}; some {more} more like these would tell"),
        None => what,
    }
}

fn too_few(n: usize) -> String {
    match n {
        1 => "1 text is too few for an interval".to_owned(),
        n => format!("{n} texts are too few, or too unlike, for an interval"),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| super::visible(name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
