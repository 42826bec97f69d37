//! Pairs of pieces that are joined, the one of the highest score first (Sennrich et al. 2016).

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::Cut;
use super::lexicon::Lexicon;

/// A piece while pieces are joined: a stretch of the text, with its neighbours. Empty where it was joined to the one before.
#[derive(Debug, Clone)]
struct Symbol {
    span: Range<usize>,
    before: Option<usize>,
    after: Option<usize>,
    /// Found whole, and joined to nothing.
    is_defined: bool,
}

/// Two neighbours that make a piece.
#[derive(Debug, Clone, Copy)]
struct Joint {
    score: f32,
    left: usize,
    right: usize,
    /// Bytes of both: what has changed since is told by it.
    bytes: usize,
}

impl PartialEq for Joint {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Joint {}

impl PartialOrd for Joint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Joint {
    /// The higher score is greater, of two the one further to the left.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

struct Joining<'t> {
    text: &'t str,
    lexicon: &'t Lexicon,
    symbols: Vec<Symbol>,
    joints: BinaryHeap<Joint>,
    /// Where pieces that are never used were joined.
    seams: HashMap<&'t str, usize>,
}

impl Joining<'_> {
    fn look(&mut self, left: Option<usize>, right: Option<usize>) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let (first, second) = (&self.symbols[left], &self.symbols[right]);
        if first.is_defined || second.is_defined {
            return;
        }
        let (span, seam) = (first.span.start..second.span.end, first.span.len());
        let joined = &self.text[span.clone()];
        let Some(piece) = self.lexicon.get(joined) else { return };
        // Negative and positive zero are one score.
        self.joints.push(Joint { score: piece.score + 0.0, left, right, bytes: span.len() });
        if piece.is_unused {
            self.seams.insert(joined, seam);
        }
    }

    fn join(&mut self) {
        while let Some(Joint { left, right, bytes, .. }) = self.joints.pop() {
            let [first, second] = [left, right].map(|at| self.symbols[at].span.clone());
            if first.is_empty() || second.is_empty() || first.len() + second.len() != bytes {
                continue;
            }
            self.symbols[left].span.end = second.end;
            let after = self.symbols[right].after;
            self.symbols[left].after = after;
            if let Some(after) = after {
                self.symbols[after].before = Some(left);
            }
            self.symbols[right].span = second.end..second.end;
            let before = self.symbols[left].before;
            self.look(before, Some(left));
            self.look(Some(left), after);
        }
    }

    /// A piece that is never used is parted again where it was joined.
    fn parted(&self, whole: Range<usize>, cuts: &mut Vec<Cut>) {
        let mut left = vec![whole];
        while let Some(span) = left.pop() {
            let piece = self.lexicon.get(&self.text[span.clone()]);
            let is_unused = piece.is_some_and(|piece| piece.is_unused);
            match self.seams.get(&self.text[span.clone()]).filter(|_| is_unused) {
                Some(seam) => {
                    left.push(span.start + seam..span.end);
                    left.push(span.start..span.start + seam);
                }
                None => cuts.push((span, piece.is_none())),
            }
        }
    }
}

/// The pieces of a normalised text.
pub(super) fn cut(text: &str, lexicon: &Lexicon) -> Vec<Cut> {
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let defined = lexicon.defined(&text[at..]);
        let end = at + defined.unwrap_or(c.len_utf8());
        let index = symbols.len();
        let after = (end < text.len()).then_some(index + 1);
        symbols.push(Symbol {
            span: at..end,
            before: index.checked_sub(1),
            after,
            is_defined: defined.is_some(),
        });
        at = end;
    }
    let count = symbols.len();
    let (joints, seams) = (BinaryHeap::new(), HashMap::new());
    let mut joining = Joining { text, lexicon, symbols, joints, seams };
    for right in 1..count {
        joining.look(Some(right - 1), Some(right));
    }
    joining.join();
    let mut cuts = Vec::new();
    for symbol in joining.symbols.iter().filter(|symbol| !symbol.span.is_empty()) {
        joining.parted(symbol.span.clone(), &mut cuts);
    }
    cuts
}
