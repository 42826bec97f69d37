//! Names that may have been meant.

/// How many names are offered, at most.
const OFFERED: usize = 3;

/// Those of `known` that `name` may be a slip of, the nearest first: up to a third of its letters differ (case
/// aside), or one holds the other.
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for known in known {
        let other = known.to_lowercase();
        let slips = distance(&wanted, &other);
        let held = length.min(other.chars().count()) >= 3
            && (wanted.contains(other.as_str()) || other.contains(wanted.as_str()));
        if slips <= (length / 3).max(1) || held {
            found.push((slips, known));
        }
    }
    found.sort_by_key(|(slips, _)| *slips);
    found.into_iter().map(|(_, known)| known).take(OFFERED).collect()
}

/// Letters put in, left out, changed or swapped with their neighbour (Damerau's distance, each letter touched once).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_slips() {
        for (a, b, slips) in [
            ("", "", 0),
            ("", "abc", 3),
            ("text", "txet", 1),
            ("label", "labels", 1),
            ("a", "b", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (slips, slips), "{a} {b}");
        }
    }

    #[test]
    fn what_is_near_is_offered_nearest_first() {
        let known = ["text", "text_pair", "label", "id", "Sentence"];
        assert_eq!(near("txt", known), ["text"]);
        assert_eq!(near("sentence", known), ["Sentence"]);
        assert_eq!(near("text_", known), ["text", "text_pair"]);
        assert!(near("spans", known).is_empty());
        assert!(near("", known).is_empty());
    }
}
