"""Forward, gradients, leave-one-out and integrated gradients, as a careful user writes them in PyTorch and captum."""

import itertools

import torch
from captum.attr import IntegratedGradients

from opened import CHUNK_TOKENS, Margin

FIRST, MOST = 16, 64
OF_GAP, OF_MASS = 0.01, 1e-3


def forward(opened, batch):
    """Logits and all patterns of equally long id lists."""
    with torch.inference_mode():
        out = opened.net(input_ids=torch.tensor(batch), output_attentions=True)
    return out.logits, out.attentions


def gradients(opened, ids, target, cut=False, patterns=True):
    """The target's gradient at the word embeddings `[T, D]` and at every pattern (L of `[H, T, T]`), one pass."""
    words = opened.embed(torch.tensor([ids])).detach().requires_grad_()
    with opened.tapped(cut=cut, keep=patterns):
        target(opened.net(inputs_embeds=words).logits[0]).backward()
        at_patterns = [p.grad[0] for p in opened.seen] if patterns else []
    return words.grad[0], at_patterns


def without(ids, places, mask):
    """The id list with the mask token at some places."""
    gone = set(places)
    return [mask if t in gone else i for t, i in enumerate(ids)]


def deleted(ids, places):
    """The id list without some places."""
    gone = set(places)
    return [i for t, i in enumerate(ids) if t not in gone]


def leave_one_out(opened, ids, operator="mask"):
    """Logits without each content token, `[T - 2, C]`."""
    erase = (lambda t: without(ids, [t], opened.mask)) if operator == "mask" else (lambda t: deleted(ids, [t]))
    return opened.logits([erase(t) for t in range(1, len(ids) - 1)])


def fewest_points(opened, ids, logits):
    """The fewest points with which one rule of captum's has a small residual, which nobody knows beforehand."""
    for points in itertools.count(2):
        *_, residual, small = integrated_gradients(opened, ids, logits, points)
        if residual <= small or points >= MOST:
            return points


def integrated_gradients(opened, ids, logits, steps=None):
    """Scores per token `[T]`, points of the last rule, its residual and what counts as small: captum's Gauss–Legendre
    rule from the mask token's embeddings, doubled until the completeness residual is small, since captum's rules
    share no points; with `steps` one rule of so many points."""
    target = Margin(logits)
    start = without(ids, range(1, len(ids) - 1), opened.mask)
    words, base = (opened.embed(torch.tensor([i])).detach() for i in (ids, start))
    gap = (target(logits) - target(opened.logits([start])[0])).item()
    method = IntegratedGradients(lambda at: target(opened.net(inputs_embeds=at).logits))
    points = steps or FIRST
    while True:
        found = method.attribute(
            words,
            baselines=base,
            n_steps=points,
            method="gausslegendre",
            internal_batch_size=max(1, CHUNK_TOKENS // len(ids)),
        )
        scores = found[0].sum(-1).double()
        residual = abs(scores.sum().item() - gap)
        small = max(OF_GAP * abs(gap), OF_MASS * scores.abs().sum().item())
        if steps or residual <= small or 2 * points > MOST:
            return scores, points, residual, small
        points *= 2
