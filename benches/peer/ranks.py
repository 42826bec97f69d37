"""Rank agreement with permutation nulls, vectorised over permutations and readings."""

import numpy as np
from scipy.stats import hypergeom, rankdata, t as student

TAIL, FLOOR = 0.05, 0.01
PERMUTATIONS = 999


def descending(scores):
    """Indices, greatest first; ties keep the order of the text."""
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")


def compared(reference, signed, reading_signed):
    """The reference as a reading is compared with it: its size unless both have a sign, small scores tied."""
    words = np.asarray(reference, dtype=np.float64)
    if not (signed and reading_signed):
        words = np.abs(words)
    floor = max(TAIL * np.abs(words).max(), FLOOR if signed else 0.0)
    return np.where(np.abs(words) < floor, 0.0, words)


def signs(values):
    """The sign of every pair's difference, `[..., n(n-1)/2]`."""
    i, j = np.triu_indices(values.shape[-1], 1)
    return np.sign(values[..., i] - values[..., j]).astype(np.float32)


def agreement(readings, reference, rng):
    """tau-b, Spearman's rho and top overlap of readings `[R, n]` with a reference `[n]`, each with its one-sided p.

    Undefined figures are NaN.
    """
    count, n = readings.shape
    orders = np.vstack([np.arange(n), rng.permuted(np.tile(np.arange(n), (PERMUTATIONS, 1)), axis=1)])
    with np.errstate(invalid="ignore", divide="ignore"):
        mine, theirs = signs(readings), signs(reference[orders])
        scale = np.sqrt((mine != 0).sum(1)[None] * float((theirs[0] != 0).sum()))
        taus = (theirs @ mine.T) / scale
        a = rankdata(readings, axis=1) - (n + 1) / 2
        b = rankdata(reference) - (n + 1) / 2
        rhos = (b[orders] @ a.T) / np.sqrt((a**2).sum(1) * (b**2).sum())
    k = -(-n // 5)
    best = set(descending(reference)[:k])
    shared = np.array([len(best & set(descending(row)[:k])) for row in readings])
    p = [(figures[1:] >= figures[0] - 1e-12).sum(0).__add__(1) / (PERMUTATIONS + 1) for figures in (taus, rhos)]
    return dict(
        tau=taus[0], tau_p=p[0], rho=rhos[0], rho_p=p[1], overlap=shared / k, overlap_p=hypergeom.sf(shared - 1, n, k, k)
    )


def excess(value, random):
    """A value above that of random orders: mean, the ends of its 95 % interval, p of one more random order."""
    above = value - np.asarray(random)
    m, mean, deviation = len(above), above.mean(), above.std(ddof=1)
    half = student.ppf(0.975, m - 1) * deviation / np.sqrt(m)
    p = student.sf(mean / max(deviation * np.sqrt(1 + 1 / m), 1e-300), m - 1)
    return dict(mean=mean, low=mean - half, high=mean + half, p=p)


def tvd(p, q):
    """Total variation distance over the last dimension."""
    return 0.5 * np.abs(p - q).sum(-1)


def jsd(p, q):
    """Jensen–Shannon divergence in nats, over the last dimension."""
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        side = lambda x: np.where(x > 0, x * np.log(x / m), 0.0).sum(-1)
        return 0.5 * (side(p) + side(q))
