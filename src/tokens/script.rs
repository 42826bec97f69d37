//! Scripts that put no space between words.

use std::ops::RangeInclusive;

/// Blocks of the scripts whose lines may be broken anywhere, or only with a dictionary (UAX #14, classes ID and SA): Chinese
/// and Japanese; Thai, Lao, Tibetan, Burmese, Khmer, and those of Tai peoples, of Bali and of Java.
const BLOCKS: [RangeInclusive<char>; 19] = [
    '\u{0e00}'..='\u{0eff}',
    '\u{0f00}'..='\u{0fff}',
    '\u{1000}'..='\u{109f}',
    '\u{1780}'..='\u{17ff}',
    '\u{1950}'..='\u{19ff}',
    '\u{1a20}'..='\u{1aaf}',
    '\u{1b00}'..='\u{1b7f}',
    '\u{2e80}'..='\u{2fdf}',
    '\u{3005}'..='\u{3007}',
    '\u{3021}'..='\u{3029}',
    '\u{3031}'..='\u{312f}',
    '\u{31a0}'..='\u{31ff}',
    '\u{3400}'..='\u{4dbf}',
    '\u{4e00}'..='\u{9fff}',
    '\u{a980}'..='\u{a9ff}',
    '\u{aa60}'..='\u{aadf}',
    '\u{f900}'..='\u{faff}',
    '\u{ff66}'..='\u{ff9f}',
    '\u{20000}'..='\u{3ffff}',
];

/// Whether more than half of the letters and digits of a stretch are of such scripts.
pub(super) fn is_unspaced(stretch: &str) -> bool {
    let letters = || stretch.chars().filter(|c| c.is_alphanumeric());
    let unspaced = letters().filter(|c| BLOCKS.iter().any(|block| block.contains(c))).count();
    2 * unspaced > letters().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_told_by_most_of_their_letters() {
        for text in ["この映画", "ภาพยนตร์", "ភាពយន្ត", "中文。", "ｶﾀｶﾅ", "第3章", "ရုပ်ရှင်", "ຮູບເງົາ"]
        {
            assert!(is_unspaced(text), "{text}");
        }
        for text in ["film", "영화", "фильм", "פֿילם", "film中", "", "...", "「", "1998"] {
            assert!(!is_unspaced(text), "{text}");
        }
    }
}
