"""Attention flow from the decision row to every token, by networkx and by scipy."""

import networkx as nx
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

# Integer capacities: the source's row sums to this, far enough below 2^31.
SCALE = 1 << 30


def mixed(patterns):
    """Half the mean over heads plus half the identity, `[L, T, T]` in f64."""
    mean = np.asarray(patterns, dtype=np.float64).mean(1)
    both = mean + np.eye(mean.shape[-1])
    return both / both.sum(-1, keepdims=True)


def by_networkx(layers, sinks):
    """Maximum flows to some of the tokens, by preflow-push in floating point."""
    depth, width = layers.shape[:2]
    graph = nx.DiGraph()
    for l in range(depth):
        graph.add_edges_from(
            ((l + 1, i), (l, j), {"capacity": float(layers[l, i, j])}) for i in range(width) for j in range(width)
        )
    push = nx.algorithms.flow.preflow_push
    return [nx.maximum_flow_value(graph, (depth, 0), (0, j), flow_func=push) for j in sinks]


def by_scipy(layers):
    """Maximum flows to all tokens, with capacities rounded to 32-bit integers, which is all that scipy takes."""
    depth, width = layers.shape[:2]
    l, i, j = np.indices(layers.shape).reshape(3, -1)
    capacity = np.round(layers.reshape(-1) * SCALE).astype(np.int32)
    size = (depth + 1) * width
    graph = csr_matrix((capacity, ((l + 1) * width + i, l * width + j)), shape=(size, size))
    return [maximum_flow(graph, depth * width, sink).flow_value / SCALE for sink in range(width)]


def rollout(layers):
    """The decision token's row of the product of all layers, `[T]`."""
    row = layers[-1][0]
    for below in layers[-2::-1]:
        row = row @ below
    return row
