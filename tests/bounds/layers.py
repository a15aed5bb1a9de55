"""Random layers of every kind that the tests share."""

import numpy as np

KINDS = ("gauss", "clustered", "lowrank", "orth", "duplicates", "zero rows", "unequal")


def weights(kind, n=12, d=5, p=3, seed=0):
    """V and W of a layer of this kind."""
    rng = np.random.default_rng(seed)
    W, V = rng.standard_normal((n, d)) / np.sqrt(d), rng.standard_normal((p, n)) / np.sqrt(n)
    if kind == "clustered":
        centres = rng.standard_normal((max(1, n // 4), d))
        W = centres[rng.integers(0, len(centres), n)] * np.exp(0.3 * rng.standard_normal((n, 1)))
        W = W + 0.15 * rng.standard_normal((n, d))
    if kind == "lowrank":
        W = rng.standard_normal((n, 2)) @ rng.standard_normal((2, d))
    if kind == "orth":
        W = np.linalg.qr(rng.standard_normal((max(n, d), max(n, d))))[0][:n, :d]
    if kind == "duplicates":
        W = W[rng.integers(0, max(1, n // 2), n)] * rng.choice([1.0, 0.3, 7.0], (n, 1))
    if kind == "zero rows":
        W[rng.random(n) < 0.4] = 0
        V[:, rng.random(n) < 0.2] = 0
    if kind == "unequal":
        scale = np.exp(6 * rng.standard_normal(n))
        W, V = W * scale[:, None], V / scale
    return V, W


def fold(V, W, kept):
    """U of the merge into the nearest rays."""
    pruned = np.setdiff1d(np.arange(len(W)), kept)
    U = V[:, kept].copy()
    for j in pruned:
        factors = np.array([max(0.0, W[j] @ W[i] / (W[i] @ W[i])) if W[i].any() else 0.0 for i in kept])
        place = int(np.argmin([np.linalg.norm(W[j] - a * W[i]) for a, i in zip(factors, kept, strict=True)]))
        U[:, place] += factors[place] * V[:, j]
    return U


def leaky(t, slope=0.0):
    return np.where(t > 0, t, np.asarray(slope)[..., None] * t if np.ndim(slope) else slope * t)
