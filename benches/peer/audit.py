"""Everything that `attncheck audit` does by default to one text, as one well-written script.

As written, whatever changes attention is a full forward pass under hooks. Fair, row swaps run the last layer's
decision row alone and deeper swaps resume from their lowest layer.
"""

import numpy as np
import torch

import flows
import parts
from adversary import Adversary
from erasures import Erased, erase_weights, softmax
from opened import Margin
from ranks import agreement, compared, descending, excess, tvd

SINK = 0.3
ORDERS, ROW, DEEP, CANDIDATES = 20, 100, 20, 5
SIGNED_READINGS = {"attention-x-gradient"}
SIGNED_REFERENCES = {"loo", "integrated-gradients", "gradient-x-input", "cut-gradient-x-input"}


def audit(opened, ids, words, fair, steps, seed=0):
    """`words` holds each word's tokens; `steps` is how many the adversary takes, none on an inert site."""
    rng = np.random.default_rng(seed)
    logits, patterns, hidden = opened.trace(ids)
    target = Margin(logits)
    resumed = hidden if fair else None
    erased = Erased(opened, ids, words, logits, target)
    references, row_gradients, path = find_references(opened, ids, words, logits, target, erased, rng)
    readings = find_readings(opened, words, patterns.numpy(), row_gradients, hidden)
    second = Erased(opened, ids, words, logits, target, "delete").leave_one_out()[:, 0]
    found = dict(references=lists(references), readings=lists(readings), second=second.tolist(), path=path)
    found["agreement"] = agreements(readings, references, rng)
    found["erasure"] = erasure(erased, readings, references, rng)
    items = [t for word in words for t in word]
    row = patterns[-1][:, 0].double().numpy()
    found["weights"] = erase_weights(opened, ids, items, logits, row, row_gradients, resumed, rng)
    last = len(opened.layers) - 1
    rows = {last: swaps(patterns[-1][:, :1], items, ROW)}
    found["row"] = distances(opened, ids, logits, rows, ROW, resumed)
    if steps:
        start = 3.0 * torch.randn(CANDIDATES, len(row), len(items))
        losses = Adversary(opened, ids, logits, patterns, hidden, fair).search(start, steps)
        found["row"]["loss"] = losses[-1]
    deep = {layer: swaps(pattern, items, DEEP) for layer, pattern in enumerate(patterns)}
    found["all"] = distances(opened, ids, logits, deep, DEEP, resumed)
    return found


def lists(arrays):
    return {name: np.asarray(values, dtype=np.float64).tolist() for name, values in arrays.items()}


def by_word(tokens, words):
    return np.array([np.asarray(tokens)[word].sum() for word in words])


def find_references(opened, ids, words, logits, target, erased, rng):
    """Scores per word of every reference, the gradient at the last decision row `[H, T]`, and the path's points."""
    embedded = opened.embed(torch.tensor(ids)).double().numpy()
    whole, at_patterns = parts.gradients(opened, ids, target)
    cut, _ = parts.gradients(opened, ids, target, cut=True, patterns=False)
    scores, points, residual, _ = parts.integrated_gradients(opened, ids, logits)
    found = {"loo": erased.leave_one_out()[:, 0], "integrated-gradients": by_word(scores.numpy(), words)}
    for prefix, gradient in (("", whole.double().numpy()), ("cut-", cut.double().numpy())):
        norms = np.array([np.linalg.norm(gradient[word].sum(0)) for word in words])
        found["cut-gradient" if prefix else "saliency"] = norms
        found[prefix + "gradient-x-input"] = by_word((gradient * embedded).sum(-1), words)
    found["random"] = rng.random(len(words))
    return found, at_patterns[-1][:, 0].double().numpy(), dict(points=points, residual=residual)


def find_readings(opened, words, patterns, row_gradients, hidden):
    """Scores per word of every reading, and of every reading with sinks and specials taken out."""
    mixed = flows.mixed(patterns)
    product = patterns[-1][:, 0].astype(np.float64) * row_gradients
    flow = np.array(flows.by_scipy(mixed))
    tokens = {
        "raw": patterns[-1][:, 0].mean(0),
        "mean": patterns[:, :, 0].mean((0, 1)),
        "rollout": flows.rollout(mixed),
        "flow": flow / flow.sum(),
        "value-norm": value_norm(opened, patterns, hidden),
        "attention-x-gradient": product.mean(0),
        "attention-x-gradient-relu": product.clip(0).mean(0),
    }
    sinks = patterns.mean((0, 1, 2)) > SINK
    content = np.zeros(len(sinks), dtype=bool)
    content[[t for word in words for t in word]] = True
    found = {}
    for name, weights in tokens.items():
        found[name] = by_word(weights, words)
        kept = np.where(content & ~sinks, weights, 0)
        found[name + " without sinks"] = by_word(kept / np.abs(kept).sum(), words)
    return found


def value_norm(opened, patterns, hidden):
    """The norm of weight × value × output map in the last layer, summed over heads, `[T]`."""
    with torch.inference_mode():
        value = opened.last_value(hidden)[0]
        out = opened.layers[-1].attention.output.dense.weight
        moved = torch.einsum("hke,dhe->hkd", value, out.view(len(out), *value.shape[::2])).norm(dim=-1)
    return (patterns[-1][:, 0] * moved.numpy()).sum(0)


def agreements(readings, references, rng):
    """tau and rho of every reading with every reference, `{reference: {reading: [tau, rho]}}`; p-values are made."""
    found = {}
    for name, reference in references.items():
        found[name] = {}
        for signed in (False, True):
            chosen = [r for r in readings if (r.removesuffix(" without sinks") in SIGNED_READINGS) == signed]
            against = compared(reference, name in SIGNED_REFERENCES, signed)
            figures = agreement(np.array([readings[r] for r in chosen]), against, rng)
            for r, tau, rho in zip(chosen, figures["tau"].tolist(), figures["rho"].tolist()):
                found[name][r] = [None if x != x else x for x in (tau, rho)]
    return found


def erasure(erased, readings, references, rng):
    """Comprehensiveness and sufficiency by bin and the bottom-up mean of every reading; all are set against random
    orders."""
    n = len(erased.words)
    random, random_left = erased.curves([rng.permutation(n) for _ in range(ORDERS)])
    erased.curves([descending(scores) for scores in references.values()])
    orders = [descending(scores) for scores in readings.values()]
    (top, left), bottom = erased.curves(orders), erased.bottom_up(orders)
    found = {}
    for i, name in enumerate(readings):
        excess(top[i].mean(), random.mean(1))
        excess(-left[i].mean(), -random_left.mean(1))
        found[name] = dict(comprehensiveness=top[i].tolist(), sufficiency=left[i].tolist(), bottom_up=bottom[i].item())
    return found


def swaps(pattern, keys, permutations):
    """`[H, R, T]` as uniform, permuted and one-hot among `keys`, each row keeping its mass on them: `[M, H, R, T]`."""
    count = 1 + permutations + len(keys)
    out = pattern.clone().repeat(count, 1, 1, 1)
    shares = pattern[..., keys]
    mass = shares.sum(-1, keepdim=True)
    out[0][..., keys] = (mass / len(keys)).expand_as(shares)
    order = torch.rand(permutations, *shares.shape).argsort(-1)
    out[1 : 1 + permutations][..., keys] = shares.expand_as(order).gather(-1, order)
    out[1 + permutations :][..., keys] = mass * torch.eye(len(keys))[:, None, None]
    return out


def distances(opened, ids, logits, patterns, permutations, hidden):
    """How far uniform, permuted and one-hot patterns move the prediction."""
    moved = tvd(softmax(opened.swapped(ids, patterns, hidden)), softmax(logits))
    return dict(
        uniform=moved[0].item(), median=float(np.median(moved[1 : 1 + permutations])), one_hot=moved[1 + permutations :].max().item()
    )
