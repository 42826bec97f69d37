"""Erasure of words and of attention weights."""

import numpy as np
import torch

import parts
from ranks import descending, jsd

BINS = (1, 5, 10, 20, 50)
RANDOM = 5


def softmax(logits):
    """Probabilities in f64."""
    return logits.double().softmax(-1).numpy()


class Erased:
    """One text with sets of words erased; each distinct set is run once."""

    def __init__(self, opened, ids, words, logits, target, operator="mask"):
        self.opened, self.ids, self.words, self.target, self.operator = opened, ids, words, target, operator
        self.value, self.before = target(logits.double()).item(), softmax(logits)
        self.ran = {(): (0.0, 0.0)}
        n = len(words)
        self.bins = list(dict.fromkeys(max(1, -(-percent * n // 100)) for percent in BINS))

    def run(self, sets):
        """The change of the target and of the explained class's probability, `[sets, 2]`."""
        keys = [tuple(sorted(int(w) for w in some)) for some in sets]
        new = sorted(set(keys) - self.ran.keys())
        erase = (lambda t: parts.without(self.ids, t, self.opened.mask)) if self.operator == "mask" else (
            lambda t: parts.deleted(self.ids, t)
        )
        if new:
            logits = self.opened.logits([erase([t for w in key for t in self.words[w]]) for key in new])
            changes = self.value - self.target(logits.double()).numpy()
            moved = self.before[self.target.up] - softmax(logits)[:, self.target.up]
            self.ran.update(zip(new, zip(changes.tolist(), moved.tolist())))
        return np.array([self.ran[key] for key in keys])

    def leave_one_out(self):
        """`[n, 2]`."""
        return self.run([(w,) for w in range(len(self.words))])

    def curves(self, orders):
        """Comprehensiveness and sufficiency in probability, each `[orders, bins]`."""
        sets = [part for order in orders for k in self.bins for part in (order[:k], order[k:])]
        moved = self.run(sets)[:, 1].reshape(len(orders), len(self.bins), 2)
        return moved[..., 0], moved[..., 1]

    def bottom_up(self, orders):
        """Mean comprehensiveness when the least words go first, per order."""
        sets = [order[len(order) - k :] for order in orders for k in self.bins]
        return self.run(sets)[:, 1].reshape(len(orders), -1).mean(1)


def erase_weights(opened, ids, items, logits, row, gradients, hidden, rng):
    """Serrano & Smith's erasure in the decision row `[H, T]` of the last layer: each item alone, and every prefix
    of nine orders; zero and renormalise."""
    weight, gradient = row[:, items].mean(0), np.abs(gradients[:, items].mean(0))
    product = (row * gradients)[:, items].mean(0)
    orders = [descending(weight), descending(gradient), descending(product)]
    orders += [rng.permutation(len(items)) for _ in range(RANDOM)] + [descending(weight)[::-1]]
    n = len(items)
    sets = [[i] for i in range(n)] + [order[:k] for order in orders for k in range(1, n + 1)]
    rows = np.repeat(row[None], len(sets), 0)
    for erased, some in zip(rows, sets):
        erased[:, np.asarray(items)[np.asarray(some)]] = 0
    rows /= rows.sum(-1, keepdims=True)
    swap = {len(opened.layers) - 1: torch.tensor(rows[:, :, None], dtype=torch.float32)}
    after = softmax(opened.swapped(ids, swap, hidden))
    before = softmax(logits)
    single = jsd(before, after[:n])
    top = orders[0][0]
    flipped = (after.argmax(1) != before.argmax())[n:].reshape(len(orders), n)
    shares = [(f.argmax() + 1) / n if f.any() else None for f in flipped]
    beaten = sum(single[i] < single[top] for i in range(n) if i != top) / (n - 1)
    named = dict(zip(("attention", "gradient", "attention-x-gradient"), shares), ascending=shares[-1])
    return dict(top_jsd=float(single[top]), top_beats=float(beaten), flips=named)
