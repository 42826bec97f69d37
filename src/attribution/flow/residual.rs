//! The residual graph, filled by blocking flows over shortest paths (Dinic 1970).
//!
//! Nodes are (depth, token), depth 0 right below the source. Only the source's own row of the top layer and the sink's
//! own column of the bottom layer matter, so both are kept as vectors; the layers between are dense. What a
//! sink changed is undone arc by arc, so the next sink starts from the same bits at the cost of what was used.

use super::super::rollout::Mixed;
use super::bits::BitRows;

/// Arcs that can take less than this are closed. Well below the 1e-12 promised, above the dust of rounding that
/// would otherwise be carried path by path.
const CLOSED: f64 = 1e-15;

/// Distance of a node that no path reaches, or that no path leads on from.
const FAR: u32 = u32::MAX;

/// An arc between two depths, walked down (it uses capacity) or up (it takes flow back).
///
/// Nodes count from depth 0: node = depth * T + token.
#[derive(Clone, Copy)]
struct Arc {
    upper: usize,
    lower: usize,
    upper_token: usize,
    lower_token: usize,
    down: bool,
}

impl Arc {
    fn from(&self) -> usize {
        if self.down { self.upper } else { self.lower }
    }

    fn to(&self) -> usize {
        if self.down { self.lower } else { self.upper }
    }

    /// Place in `Residual::left`.
    fn left(&self, tokens: usize) -> usize {
        self.upper * tokens + self.lower_token
    }

    /// Place in `Residual::used`.
    fn used(&self, tokens: usize) -> usize {
        (self.lower - tokens) * tokens + self.upper_token
    }
}

pub(super) struct Residual<'a> {
    mixed: &'a Mixed,
    tokens: usize,
    depths: usize,
    /// Row of the source, and what is left of it for the current sink.
    source: &'a [f64],
    source_left: Vec<f64>,
    /// Column of the sink, and what is left of it.
    sink: Vec<f64>,
    sink_left: Vec<f64>,
    /// Capacity left, `[depth, upper token, lower token]`, and flow, `[depth, lower token, upper token]`.
    left: Vec<f64>,
    used: Vec<f64>,
    /// Which of them are open: arcs are looked for here.
    left_open: BitRows,
    used_open: BitRows,
    /// Arcs that have had flow, for undoing.
    touched: Vec<Arc>,
    /// Arcs from the source to a node, then from node to node; `FAR` also marks dead ends found in this phase.
    distance: Vec<u32>,
    sink_distance: u32,
    /// Nodes still worth a visit, a row to each depth.
    alive: BitRows,
    /// Next arc to try from each node: 0 is straight down, then down to each token, then up to each.
    next: Vec<usize>,
    path: Vec<Arc>,
    queue: Vec<usize>,
}

impl<'a> Residual<'a> {
    /// The graph of query `row` without a sink. Needs two layers.
    pub(super) fn new(mixed: &'a Mixed, row: usize) -> Self {
        let (layers, tokens) = (mixed.layers(), mixed.tokens());
        let depths = layers - 1;
        let left: Vec<f64> = (1..depths).rev().flat_map(|layer| mixed.layer(layer)).copied().collect();
        Self {
            mixed,
            tokens,
            depths,
            source: mixed.row(layers - 1, row),
            source_left: Vec::new(),
            sink: Vec::new(),
            sink_left: Vec::new(),
            used: vec![0.0; left.len()],
            left_open: BitRows::above(&left, tokens, CLOSED),
            used_open: BitRows::empty(left.len() / tokens, tokens),
            left,
            touched: Vec::new(),
            distance: vec![FAR; depths * tokens],
            sink_distance: FAR,
            alive: BitRows::empty(depths, tokens),
            next: vec![0; depths * tokens],
            path: Vec::new(),
            queue: Vec::new(),
        }
    }

    /// The flow to input token `sink`, augmented until it reaches `enough` or is maximal.
    pub(super) fn fill(&mut self, sink: usize, enough: f64) -> f64 {
        self.reset(sink);
        let mut flow = 0.0;
        // Before any flow every node is as far from the source as it is deep: the first search is known.
        for (node, distance) in self.distance.iter_mut().enumerate() {
            *distance = (node / self.tokens) as u32 + 1;
        }
        self.sink_distance = self.depths as u32 + 1;
        self.revive();
        loop {
            self.block(&mut flow, enough);
            if flow >= enough || !self.search() {
                return flow;
            }
            self.revive();
        }
    }

    /// Capacity of the cut around what the source reaches, after [`Self::fill`] has found no more paths.
    pub(super) fn cut(&self) -> f64 {
        let reached = |node: usize| self.distance[node] != FAR;
        let t = self.tokens;
        let mut cut: f64 = (0..t).filter(|&k| !reached(k)).map(|k| self.source[k]).sum();
        for node in (0..self.depths * t).filter(|&node| reached(node)) {
            let (depth, token) = (node / t, node % t);
            if depth + 1 == self.depths {
                cut += self.sink[token];
            } else {
                let arcs = self.mixed.row(self.depths - 1 - depth, token).iter().enumerate();
                cut += arcs.filter(|(k, _)| !reached((depth + 1) * t + k)).map(|(_, c)| c).sum::<f64>();
            }
        }
        cut
    }

    /// Takes all flow out and turns to another sink.
    fn reset(&mut self, sink: usize) {
        let t = self.tokens;
        for arc in self.touched.drain(..) {
            let capacity = self.mixed.row(self.depths - 1 - arc.upper / t, arc.upper_token)[arc.lower_token];
            self.left[arc.left(t)] = capacity;
            self.used[arc.used(t)] = 0.0;
            self.left_open.set(arc.upper, arc.lower_token, capacity > CLOSED);
            self.used_open.set(arc.lower - t, arc.upper_token, false);
        }
        self.source_left.clear();
        self.source_left.extend_from_slice(self.source);
        self.sink.clear();
        self.sink.extend(self.mixed.layer(0).iter().skip(sink).step_by(t));
        self.sink_left.clone_from(&self.sink);
    }

    fn revive(&mut self) {
        self.next.fill(0);
        self.alive.fill();
    }

    /// Distances from the source in the residual graph; false if the sink is out of reach.
    fn search(&mut self) -> bool {
        let t = self.tokens;
        self.distance.fill(FAR);
        self.sink_distance = FAR;
        self.revive();
        self.queue.clear();
        for node in 0..t {
            if self.source_left[node] > CLOSED {
                self.discover(node, 1);
            }
        }
        let mut at = 0;
        while let Some(&node) = self.queue.get(at) {
            at += 1;
            let (depth, token, step) = (node / t, node % t, self.distance[node] + 1);
            if depth + 1 == self.depths {
                if self.sink_left[token] > CLOSED {
                    self.sink_distance = step;
                    return true;
                }
            } else {
                let mut from = 0;
                while let Some(k) = self.alive.first_in_both(depth + 1, &self.left_open, node, from) {
                    self.discover((depth + 1) * t + k, step);
                    from = k + 1;
                }
            }
            if depth > 0 {
                let mut from = 0;
                while let Some(k) = self.alive.first_in_both(depth - 1, &self.used_open, node - t, from) {
                    self.discover((depth - 1) * t + k, step);
                    from = k + 1;
                }
            }
        }
        false
    }

    /// Queues a node that the search has come to.
    fn discover(&mut self, node: usize, distance: u32) {
        self.distance[node] = distance;
        self.alive.set(node / self.tokens, node % self.tokens, false);
        self.queue.push(node);
    }

    /// Adds paths of the current distance until none is left or `flow` reaches `enough`.
    fn block(&mut self, flow: &mut f64, enough: f64) {
        for first in 0..self.tokens {
            while self.source_left[first] > CLOSED && self.distance[first] == 1 && *flow < enough {
                if let Some(last) = self.descend(first) {
                    *flow += self.push(first, last);
                }
            }
            self.path.clear();
        }
    }

    /// Extends the path that starts at `first` to a node that the sink takes from; `None` kills `first`.
    fn descend(&mut self, first: usize) -> Option<usize> {
        let mut node = self.path.last().map_or(first, Arc::to);
        loop {
            let (depth, token) = (node / self.tokens, node % self.tokens);
            let last = depth + 1 == self.depths;
            if last && self.sink_left[token] > CLOSED && self.distance[node] + 1 == self.sink_distance {
                return Some(node);
            }
            if let Some(arc) = self.onward(node) {
                self.path.push(arc);
                node = arc.to();
            } else {
                self.distance[node] = FAR;
                self.alive.set(depth, token, false);
                node = self.path.pop()?.from();
            }
        }
    }

    /// The next open arc from `node` to one that is a step further.
    fn onward(&mut self, node: usize) -> Option<Arc> {
        let t = self.tokens;
        let (depth, token) = (node / t, node % t);
        let further = self.distance[node] + 1;
        if depth + 1 < self.depths {
            let below = (depth + 1) * t;
            let to =
                |k| Arc { upper: node, lower: below + k, upper_token: token, lower_token: k, down: true };
            if self.next[node] == 0 {
                if self.distance[below + token] == further && self.left[to(token).left(t)] > CLOSED {
                    return Some(to(token));
                }
                self.next[node] = 1;
            }
            while self.next[node] <= t {
                let from = self.next[node] - 1;
                let Some(k) = self.alive.first_in_both(depth + 1, &self.left_open, node, from) else {
                    self.next[node] = t + 1;
                    break;
                };
                if self.distance[below + k] == further {
                    self.next[node] = k + 1;
                    return Some(to(k));
                }
                self.next[node] = k + 2;
            }
        }
        // In the first phase all paths lead straight down.
        if depth > 0 && self.sink_distance as usize > self.depths + 1 {
            let above = (depth - 1) * t;
            let mut from = self.next[node].saturating_sub(t + 1);
            while let Some(k) = self.alive.first_in_both(depth - 1, &self.used_open, node - t, from) {
                if self.distance[above + k] == further {
                    self.next[node] = t + 1 + k;
                    let (upper, lower) = (above + k, node);
                    return Some(Arc { upper, lower, upper_token: k, lower_token: token, down: false });
                }
                from = k + 1;
            }
        }
        None
    }

    /// Sends what the path can carry, and cuts the path back to its first closed arc.
    fn push(&mut self, first: usize, last: usize) -> f64 {
        let t = self.tokens;
        let end = last % t;
        let mut amount = self.source_left[first].min(self.sink_left[end]);
        for arc in &self.path {
            amount = amount.min(if arc.down { self.left[arc.left(t)] } else { self.used[arc.used(t)] });
        }
        self.source_left[first] -= amount;
        self.sink_left[end] -= amount;
        let mut keep = self.path.len();
        for (at, arc) in self.path.iter().enumerate() {
            let (left, used) = (&mut self.left[arc.left(t)], &mut self.used[arc.used(t)]);
            if *used == 0.0 {
                self.touched.push(*arc);
            }
            let given = if arc.down { amount } else { -amount };
            *left -= given;
            *used += given;
            let (left, used) = (*left > CLOSED, *used > CLOSED);
            self.left_open.set(arc.upper, arc.lower_token, left);
            self.used_open.set(arc.lower - t, arc.upper_token, used);
            if !(if arc.down { left } else { used }) {
                keep = keep.min(at);
            }
        }
        self.path.truncate(keep);
        amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_enters_a_node_leaves_it() {
        let (layers, t) = (5, 6);
        let weight = |at: usize| [0.0, 5.0, 0.1, 1.0, 0.0, 9.0, 0.3][(at * at + 3 * at) % 7];
        let pattern = |l: usize| -> Vec<f64> { (0..t * t).map(|at| weight(at + 11 * l) / 30.0).collect() };
        let mixed = Mixed::from_patterns(&(0..layers).map(pattern).collect::<Vec<_>>(), t).unwrap();
        let mut graph = Residual::new(&mixed, 1);
        for sink in 0..t {
            let flow = graph.fill(sink, f64::INFINITY);
            let sent = |k: usize| graph.source[k] - graph.source_left[k];
            let taken = |k: usize| graph.sink[k] - graph.sink_left[k];
            assert!(((0..t).map(sent).sum::<f64>() - flow).abs() < 1e-13);
            assert!(((0..t).map(taken).sum::<f64>() - flow).abs() < 1e-13);
            for node in 0..graph.depths * t {
                let (depth, token) = (node / t, node % t);
                let from_above = |d: usize| graph.used[((d - 1) * t + token) * t..][..t].iter().sum();
                let to_below = |d: usize| (0..t).map(|k| graph.used[(d * t + k) * t + token]).sum();
                let enters: f64 = if depth == 0 { sent(token) } else { from_above(depth) };
                let leaves: f64 = if depth + 1 == graph.depths { taken(token) } else { to_below(depth) };
                assert!((enters - leaves).abs() < 1e-13, "sink {sink}, depth {depth}, token {token}");
            }
            for (down, left) in graph.left.iter().enumerate() {
                let (depth, upper, lower) = (down / (t * t), down / t % t, down % t);
                let used = graph.used[(depth * t + lower) * t + upper];
                let capacity = mixed.row(graph.depths - 1 - depth, upper)[lower];
                assert!(used >= 0.0 && *left >= 0.0 && (used + left - capacity).abs() < 1e-15);
            }
        }
    }
}
