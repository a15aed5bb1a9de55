"""Layers that the tests share: each kind stumbles in another way."""

import numpy as np

KINDS = ["gauss", "clustered", "lowrank", "orth", "duplicates", "zero rows"]


def layer(kind, n=24, d=10, p=3, seed=0):
    """W (n, d) and V (p, n) of one kind."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.standard_normal((n, d)) / np.sqrt(d), rng.standard_normal((p, n)) / np.sqrt(n)
    if kind == "clustered":
        centres = rows[rng.integers(0, max(1, n // 4), n)]
        rows = centres * np.exp(0.3 * rng.standard_normal((n, 1))) + 0.15 * rows
    elif kind == "lowrank":
        rows = rng.standard_normal((n, 3)) @ rng.standard_normal((3, d))
    elif kind == "orth":
        rows = np.linalg.qr(rng.standard_normal((max(n, d), min(n, d))))[0]
        rows = rows[:, : min(n, d)] if n >= d else rows.T
    elif kind == "duplicates":
        rows = rows[rng.integers(0, max(1, n // 3), n)]
        rows *= 2.0 ** rng.integers(-3, 4, n)[:, None]
    elif kind == "zero rows":
        rows[rng.random(n) < 0.3] = 0
        columns[:, rng.random(n) < 0.2] = 0
    return rows, columns


def rectified(values, slope):
    return np.maximum(values, slope * values)


def errors(coreset, rows, columns, inputs, slope=0.0):
    """The norm of the error at each input (a row)."""
    hidden = rectified(inputs @ rows.T, slope)
    change = hidden @ columns.T - hidden[:, coreset.kept] @ coreset.outgoing.T
    return np.linalg.norm(change, axis=1)


def tri(coreset, rows, columns):
    """Sum over the pruned units of |v_j| |r_j|: what the error of a merge is at most, times |x|."""
    return np.linalg.norm(columns[:, coreset.pruned], axis=0) @ np.linalg.norm(coreset.merging.residuals, axis=1)


def same(one, other):
    return np.array_equal(one.kept, other.kept) and np.array_equal(one.outgoing, other.outgoing)
