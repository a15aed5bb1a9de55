"""Layers whose gain is known: what is certified beside it."""

from typing import Any

import numpy as np

from benchmarks.coresets.layers import weights
from benchmarks.coresets.report import Report
from theoryprune.bounds import certify_layer
from theoryprune.coresets import merge, norm

ACCURACY = 1e-8
"""Relative; what a certificate of a known gain may be above it."""


def known_report(draws: int = 20) -> Report:
    """Return for each law the largest excess over the known gain, of `draws` layers; a missed one is a failure."""
    laws = {
        "linear activation: the norm of the difference": linear,
        "orthonormal rows, one output, positive weights, dropped": orthonormal,
        "exact multiples merged: no error": duplicates,
    }
    rows: list[dict[str, Any]] = []
    failures = []
    for name, law in laws.items():
        excess = [law(np.random.default_rng(seed)) for seed in range(draws)]
        rows.append({"law": name, "n": draws, "largest": max(excess), "least": min(excess)})
        if not 0 <= min(excess) <= max(excess) <= ACCURACY:
            failures.append(f"{name}: certified - known in [{min(excess):.1e}, {max(excess):.1e}], relative")
    columns = {"layer": "{law}", "n": "{n:d}", "least": "{least:.1e}", "largest": "{largest:.1e}"}
    title = f"Known gains: certified above them, relative, n = {draws} layers each"
    return Report(title, columns, rows, ("relative to the gain; for multiples to sum |v_j| |w_j|",), tuple(failures))


def linear(rng: np.random.Generator) -> float:
    """At slope 1 the error is linear."""
    V, W = weights("gauss", 24, 8, 4, rng)
    found = merge(W, V, 12, slope=1.0)
    exact = float(np.linalg.norm(V @ W - found.outgoing @ W[found.kept], 2))
    return certify_layer(V, W, found.kept, found.outgoing, 1.0).best / exact - 1


def orthonormal(rng: np.random.Generator) -> float:
    """Units of orthonormal rows, dropped: an input along the lost rows attains the norm of their weights."""
    _, W = weights("orth", 12, 16, 1, rng)
    V = np.abs(rng.standard_normal((1, 12)))
    found = norm(W, V, 5)
    nobody = {"assignment": np.full(12, -1), "multipliers": np.zeros(12)}
    nobody["assignment"][found.kept], nobody["multipliers"][found.kept] = found.kept, 1.0
    exact = float(np.linalg.norm(V[:, found.pruned]))
    return certify_layer(V, W, found.kept, found.outgoing, **nobody).best / exact - 1


def duplicates(rng: np.random.Generator) -> float:
    """Copies of rows, times powers of two, merged into one each."""
    V, W = weights("gauss", 24, 8, 4, rng)
    W = W[np.arange(24) % 8] * 2.0 ** rng.integers(-3, 4, (24, 1))
    found = merge(W, V, 8)
    size = float(np.linalg.norm(V, axis=0) @ np.linalg.norm(W, axis=1))
    return certify_layer(V, W, found.kept, found.outgoing).best / size
