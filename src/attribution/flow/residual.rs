//! The residual graph, filled by blocking flows over shortest paths (Dinic 1970).
//!
//! Nodes are (depth, token), depth 0 right below the source. Only the source's own row of the top layer and the sink's
//! own column of the bottom layer matter, so both are kept as vectors; the layers between are dense. What a
//! sink changed is undone arc by arc, so the next sink starts from the same bits at the cost of what was used.

use super::super::rollout::Mixed;

/// Arcs that can take less than this are closed. Well below the 1e-12 promised, above the dust of rounding that
/// would otherwise be carried path by path.
const CLOSED: f64 = 1e-15;

/// Distance of a node that no path reaches, or that no path leads on from.
const FAR: u32 = u32::MAX;

#[derive(Clone, Copy)]
enum Arc {
    /// Down, from depth `d` to `d + 1`: uses capacity.
    Down,
    /// Up, from depth `d` to `d - 1`: takes flow back.
    Up,
}

/// One arc of the path being built: it left `from` to reach the next step's `from`.
#[derive(Clone, Copy)]
struct Step {
    from: usize,
    kind: Arc,
    /// Index of the arc as `(depth, upper token, lower token)` and as `(depth, lower token, upper token)`.
    down: usize,
    up: usize,
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
    /// Capacity left in `(depth, upper, lower)`; the flow in `(depth, lower, upper)`.
    left: Vec<f64>,
    used: Vec<f64>,
    /// Which of them are open, one bit an arc, `words` to a node: arcs are looked for here, 64 at a time.
    left_open: Vec<u64>,
    used_open: Vec<u64>,
    /// Arcs with flow, for undoing: indices into `left` and `used`.
    touched: Vec<(usize, usize)>,
    /// Arcs from the source to a node, then from node to node; `FAR` also marks dead ends found in this phase.
    distance: Vec<u32>,
    sink_distance: u32,
    /// Nodes still worth a visit, one bit a token, `words` to a depth.
    alive: Vec<u64>,
    words: usize,
    /// Next arc to try from each node: 0 is straight down, then down to each token, then up to each.
    next: Vec<usize>,
    path: Vec<Step>,
    queue: Vec<usize>,
}

impl<'a> Residual<'a> {
    /// The graph of query `row` without a sink. Needs two layers.
    pub(super) fn new(mixed: &'a Mixed, row: usize) -> Self {
        let (layers, tokens) = (mixed.layers(), mixed.tokens());
        let depths = layers - 1;
        let left: Vec<f64> = (1..depths).rev().flat_map(|layer| mixed.layer(layer)).copied().collect();
        let words = tokens.div_ceil(64);
        let bits = |arcs: &[f64]| -> Vec<u64> {
            let set = |arcs: &[f64]| arcs.iter().rev().fold(0, |word, &c| word << 1 | u64::from(c > CLOSED));
            arcs.chunks_exact(tokens).flat_map(|node| node.chunks(64).map(set)).collect()
        };
        let left_open = bits(&left);
        Self {
            mixed,
            tokens,
            depths,
            source: mixed.row(layers - 1, row),
            source_left: Vec::new(),
            sink: Vec::new(),
            sink_left: Vec::new(),
            used: vec![0.0; left.len()],
            used_open: vec![0; left_open.len()],
            left_open,
            left,
            touched: Vec::new(),
            distance: vec![FAR; depths * tokens],
            sink_distance: FAR,
            alive: vec![0; depths * words],
            words,
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
        let (t, size) = (self.tokens, self.tokens * self.tokens);
        for (down, up) in self.touched.drain(..) {
            self.left[down] = self.mixed.layer(self.depths - 1 - down / size)[down % size];
            self.used[up] = 0.0;
            set(&mut self.left_open, self.words, (down / t, down % t), self.left[down] > CLOSED);
            set(&mut self.used_open, self.words, (up / t, up % t), false);
        }
        self.source_left.clear();
        self.source_left.extend_from_slice(self.source);
        self.sink.clear();
        self.sink.extend(self.mixed.layer(0).iter().skip(sink).step_by(t));
        self.sink_left.clone_from(&self.sink);
    }

    fn revive(&mut self) {
        self.next.fill(0);
        for (at, word) in self.alive.iter_mut().enumerate() {
            let here = (self.tokens - at % self.words * 64).min(64);
            *word = u64::MAX >> (64 - here);
        }
    }

    fn kill(&mut self, node: usize) {
        let (depth, token) = (node / self.tokens, node % self.tokens);
        self.distance[node] = FAR;
        self.alive[depth * self.words + token / 64] &= !(1 << (token % 64));
    }

    /// The first live token at `depth` that is at least `from` and whose bit is set among `open`.
    fn live(&self, depth: usize, open: &[u64], from: usize) -> Option<usize> {
        let alive = &self.alive[depth * self.words..(depth + 1) * self.words];
        let mut at = from / 64;
        let mut mask = u64::MAX << (from % 64);
        loop {
            let word = alive.get(at)? & open[at] & mask;
            if word != 0 {
                return Some(at * 64 + word.trailing_zeros() as usize);
            }
            at += 1;
            mask = u64::MAX;
        }
    }

    /// The bits of the arcs from the node that `row` counts, down or up.
    fn open(&self, kind: Arc, row: usize) -> &[u64] {
        let bits = match kind {
            Arc::Down => &self.left_open,
            Arc::Up => &self.used_open,
        };
        &bits[row * self.words..(row + 1) * self.words]
    }

    /// Distances from the source in the residual graph; false if the sink is out of reach.
    fn search(&mut self) -> bool {
        let t = self.tokens;
        self.distance.fill(FAR);
        self.sink_distance = FAR;
        self.revive();
        self.queue.clear();
        for k in (0..t).filter(|&k| self.source_left[k] > CLOSED) {
            self.queue.push(k);
        }
        for at in 0..self.queue.len() {
            let node = self.queue[at];
            self.kill(node);
            self.distance[node] = 1;
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
                self.visit(depth + 1, step, Arc::Down, node);
            }
            if depth > 0 {
                self.visit(depth - 1, step, Arc::Up, node - t);
            }
        }
        false
    }

    /// Queues the unvisited nodes at `depth` that the open arcs in `row` lead to.
    fn visit(&mut self, depth: usize, step: u32, kind: Arc, row: usize) {
        let mut from = 0;
        while let Some(k) = self.live(depth, self.open(kind, row), from) {
            from = k + 1;
            let node = depth * self.tokens + k;
            self.kill(node);
            self.distance[node] = step;
            self.queue.push(node);
        }
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
        let mut node = self.path.last().map_or(first, |step| self.head(step));
        loop {
            let (depth, token) = (node / self.tokens, node % self.tokens);
            let last = depth + 1 == self.depths;
            if last && self.sink_left[token] > CLOSED && self.distance[node] + 1 == self.sink_distance {
                return Some(node);
            }
            if let Some(step) = self.arc(node) {
                self.path.push(step);
                node = self.head(&step);
            } else {
                self.kill(node);
                node = self.path.pop()?.from;
            }
        }
    }

    /// The node an arc leads to.
    fn head(&self, step: &Step) -> usize {
        let t = self.tokens;
        match step.kind {
            Arc::Down => (step.from / t + 1) * t + step.down % t,
            Arc::Up => (step.from / t - 1) * t + step.up % t,
        }
    }

    /// The next open arc of `node` towards the sink.
    fn arc(&mut self, node: usize) -> Option<Step> {
        let t = self.tokens;
        let (depth, token) = (node / t, node % t);
        let further = self.distance[node] + 1;
        if depth + 1 < self.depths {
            let step = |k| Step { from: node, kind: Arc::Down, down: node * t + k, up: (depth * t + k) * t + token };
            if self.next[node] == 0 {
                let straight = step(token);
                if self.distance[node + t] == further && self.left[straight.down] > CLOSED {
                    return Some(straight);
                }
                self.next[node] = 1;
            }
            while self.next[node] <= t {
                let Some(k) = self.live(depth + 1, self.open(Arc::Down, node), self.next[node] - 1) else {
                    self.next[node] = t + 1;
                    break;
                };
                if self.distance[(depth + 1) * t + k] == further {
                    self.next[node] = k + 1;
                    return Some(step(k));
                }
                self.next[node] = k + 2;
            }
        }
        // In the first phase all paths lead straight down.
        if depth > 0 && self.sink_distance as usize > self.depths + 1 {
            let row = node - t;
            let mut from = self.next[node].saturating_sub(t + 1);
            while let Some(k) = self.live(depth - 1, self.open(Arc::Up, row), from) {
                if self.distance[(depth - 1) * t + k] == further {
                    self.next[node] = t + 1 + k;
                    let down = ((depth - 1) * t + k) * t + token;
                    return Some(Step { from: node, kind: Arc::Up, down, up: row * t + k });
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
        for step in &self.path {
            amount = amount.min(match step.kind {
                Arc::Down => self.left[step.down],
                Arc::Up => self.used[step.up],
            });
        }
        self.source_left[first] -= amount;
        self.sink_left[end] -= amount;
        let mut keep = self.path.len();
        for (at, step) in self.path.iter().enumerate() {
            let given = match step.kind {
                Arc::Down => amount,
                Arc::Up => -amount,
            };
            if self.used[step.up] == 0.0 {
                self.touched.push((step.down, step.up));
            }
            self.left[step.down] -= given;
            self.used[step.up] += given;
            let (down, up) = (self.left[step.down] > CLOSED, self.used[step.up] > CLOSED);
            set(&mut self.left_open, self.words, (step.down / t, step.down % t), down);
            set(&mut self.used_open, self.words, (step.up / t, step.up % t), up);
            let open = match step.kind {
                Arc::Down => down,
                Arc::Up => up,
            };
            if !open {
                keep = keep.min(at);
            }
        }
        self.path.truncate(keep);
        amount
    }
}

/// Writes one bit of a node's row.
fn set(bits: &mut [u64], words: usize, (row, token): (usize, usize), open: bool) {
    let word = &mut bits[row * words + token / 64];
    *word = *word & !(1 << (token % 64)) | u64::from(open) << (token % 64);
}
