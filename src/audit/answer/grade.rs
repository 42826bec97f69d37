//! The table of rules from what a file's texts came to, to the verdict on a reading.

use crate::report::answer::{Grade, MOST, ReadingAnswer};
use crate::report::measure::Estimate;
use crate::stats::bca::LEAST;

/// A map that surely finds this share of what erasure finds shows what decides: more than half of it.
pub const DECIDES: f64 = 0.5;

/// A map that finds no more than this share is worth no more than chance, whatever a test says of it.
pub const CHANCE: f64 = 0.1;

/// More texts than this are not asked for: the effect lies at the bound itself.
const REACH: f64 = 100_000.0;

/// What a verdict on a reading rests on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grounds {
    /// The share that it finds of what erasure finds, with its interval; `None` where nothing could have been seen.
    pub effect: Option<Estimate>,
    /// p against random orders after Holm.
    pub p: Option<f64>,
    /// Share of the texts where plain swaps replace it.
    pub plain: Option<f64>,
    /// Share of the texts that ignore its attention.
    pub ignored: Option<f64>,
}

impl Grounds {
    /// Of a reading whose numbers are all there.
    #[must_use]
    pub fn of(found: &ReadingAnswer) -> Self {
        let share = |of: &Option<Estimate>| of.as_ref().map(|share| share.estimate);
        Self {
            effect: found.effect.value.clone(),
            p: found.beyond_chance_holm.value,
            plain: share(&found.replaceable.by_plain.value),
            ignored: share(&found.ignored.value),
        }
    }
}

/// The verdict at level `alpha`, and where nothing can be told about how many texts more would tell.
///
/// The first rule that fits:
///
/// 1. `inert`: more than half of the texts ignore its attention;
/// 2. `shows-what-decides`: the effect's lower end is at least [`DECIDES`], p ≤ alpha, plain swaps replace it on no more
///    than half of the texts (where that is known);
/// 3. `shows-part`: the lower end is above [`CHANCE`], p ≤ alpha;
/// 4. `no-more-than-chance`: the upper end is below [`CHANCE`];
/// 5. `cannot-tell`.
#[must_use]
pub fn grade(grounds: &Grounds, alpha: f64) -> (Grade, Option<usize>) {
    if grounds.ignored.is_some_and(|share| share > MOST) {
        return (Grade::Inert, None);
    }
    let Some(effect) = &grounds.effect else { return (Grade::CannotTell, None) };
    let beyond = grounds.p.is_some_and(|p| p <= alpha);
    let (low, high) = (effect.low, effect.high);
    let at_least = |bound: f64| beyond && low.is_some_and(|low| low >= bound);
    let replaced = grounds.plain.is_some_and(|share| share > MOST);
    if at_least(DECIDES) && !replaced {
        (Grade::ShowsWhatDecides, None)
    } else if beyond && low.is_some_and(|low| low > CHANCE) {
        (Grade::ShowsPart, None)
    } else if high.is_some_and(|high| high < CHANCE) {
        (Grade::NoMoreThanChance, None)
    } else {
        (Grade::CannotTell, more_texts(effect))
    }
}

/// About how many texts more, like these, would take the interval off [`CHANCE`]: its arms shrink as `1 / √n`.
fn more_texts(effect: &Estimate) -> Option<usize> {
    let n = effect.n as f64;
    let (Some(low), Some(high)) = (effect.low, effect.high) else {
        return LEAST.checked_sub(effect.n).filter(|more| *more > 0);
    };
    let above = effect.estimate > CHANCE;
    let arm = if above { effect.estimate - low } else { high - effect.estimate };
    let wanted = n * (arm / (effect.estimate - CHANCE)).powi(2);
    // Where the interval is off the bound already, it is the test that more texts would sharpen: nobody knows how much.
    (wanted.is_finite() && wanted > n && wanted < REACH).then(|| ((wanted - n).ceil() as usize).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grounds(estimate: f64, ends: Option<(f64, f64)>) -> Grounds {
        let (low, high) = (ends.map(|ends| ends.0), ends.map(|ends| ends.1));
        let effect = Some(Estimate { estimate, low, high, n: 20 });
        Grounds { effect, p: Some(0.001), plain: Some(0.2), ignored: Some(0.1) }
    }

    #[test]
    fn each_rule_gives_its_verdict() {
        let of = |grounds: Grounds| grade(&grounds, 0.05);
        let decides = grounds(0.7, Some((0.5, 0.8)));
        assert_eq!(of(decides.clone()), (Grade::ShowsWhatDecides, None));
        assert_eq!(of(Grounds { plain: None, ..decides.clone() }).0, Grade::ShowsWhatDecides);
        assert_eq!(of(Grounds { plain: Some(0.51), ..decides.clone() }).0, Grade::ShowsPart);
        assert_eq!(of(Grounds { p: Some(0.06), ..decides.clone() }), (Grade::CannotTell, None));
        assert_eq!(of(Grounds { p: None, ..decides.clone() }).0, Grade::CannotTell);
        assert_eq!(of(Grounds { ignored: Some(0.6), ..decides.clone() }).0, Grade::Inert);
        assert_eq!(of(Grounds { effect: None, ..decides }), (Grade::CannotTell, None));
        assert_eq!(of(grounds(0.3, Some((0.11, 0.5)))).0, Grade::ShowsPart);
        assert_eq!(of(grounds(0.02, Some((-0.04, 0.09)))).0, Grade::NoMoreThanChance);
        assert_eq!(of(Grounds::default()), (Grade::CannotTell, None));
    }

    #[test]
    fn the_texts_that_are_missing_follow_from_the_width() {
        // An arm of 0.4 must shrink to 0.2: four times the texts.
        let (verdict, more) = grade(&grounds(0.3, Some((-0.1, 0.6))), 0.05);
        assert!(verdict == Grade::CannotTell && matches!(more, Some(60 | 61)), "{more:?}");
        // From below: an arm of 0.3 to 0.1, nine times.
        let (_, more) = grade(&grounds(0.0, Some((-0.2, 0.3))), 0.05);
        assert!(matches!(more, Some(160 | 161)), "{more:?}");
        assert_eq!(grade(&grounds(0.1, Some((-0.2, 0.3))), 0.05).1, None);
        let mut few = grounds(0.9, None);
        few.effect = few.effect.map(|effect| Estimate { n: 5, ..effect });
        assert_eq!(grade(&few, 0.05), (Grade::CannotTell, Some(3)));
    }
}
