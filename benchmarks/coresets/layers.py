"""Random layers ``V phi(W x + b)`` of the kinds that the tables and the search for violations share."""

from dataclasses import dataclass

import numpy as np

KINDS = ("gauss", "clustered", "lowrank", "orth", "duplicates", "zero rows", "opposite", "scaled")


@dataclass(frozen=True, eq=False)
class Dense:
    """A hidden layer.

    Parameters
    ----------
    outgoing, incoming : ndarray, shape (p, n), (n, d)
        V and W.
    slope : float or ndarray, shape (n,)
        Of the leaky rectifier.
    bias : ndarray, shape (n,), or None
    """

    outgoing: np.ndarray
    incoming: np.ndarray
    slope: float | np.ndarray = 0.0
    bias: np.ndarray | None = None


def weights(kind: str, n: int, d: int, p: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return V and W of one of the `KINDS`.

    Gaussian rows have variance 1/d, outgoing weights 1/n. Clustered: n/4 centres, row scale exp(.3 N), noise .15 of a
    Gaussian row. Lowrank: W of rank 3. Orth: orthonormal rows (columns where n > d). Duplicates: a third of the rows,
    times powers of two. Opposite: each row with its negative. Scaled: units of size 1e-8 to 1e8, balanced or not.
    """
    V, W = rng.standard_normal((p, n)) / np.sqrt(n), rng.standard_normal((n, d)) / np.sqrt(d)
    if kind == "clustered":
        centres = W[rng.integers(0, max(1, n // 4), n)]
        W = centres * np.exp(0.3 * rng.standard_normal((n, 1))) + 0.15 * rng.standard_normal((n, d)) / np.sqrt(d)
    elif kind == "lowrank":
        W = rng.standard_normal((n, 3)) @ rng.standard_normal((3, d)) / np.sqrt(3 * d)
    elif kind == "orth":
        Q = np.linalg.qr(rng.standard_normal((max(n, d), min(n, d))))[0]
        W = Q if n >= d else Q.T
    elif kind == "duplicates":
        W = W[rng.integers(0, max(1, n // 3), n)] * 2.0 ** rng.integers(-3, 4, (n, 1))
    elif kind == "zero rows":
        W[rng.random(n) < 0.3] = 0
        V[:, rng.random(n) < 0.2] = 0
    elif kind == "opposite":
        W[n - n // 2 :] = -W[: n // 2]
    elif kind == "scaled":
        size = 10.0 ** rng.uniform(-8, 8, n)
        W, V = W * size[:, None], V / size if rng.random() < 0.5 else V
    return V, W


def random_layer(kind: str, rng: np.random.Generator) -> Dense:
    """Return a small layer of a kind: scalar outputs, slopes in [0, 1] (also of single units), biases (also large)."""
    n, d, p = int(rng.integers(2, 33)), int(rng.integers(1, 17)), int(rng.choice([1, 1, 2, 5, 10]))
    V, W = weights(kind, n, d, p, rng)
    slope = float(rng.choice([0.0, 0.0, 0.2, 0.5, 1.0]))
    bias = None
    if rng.random() < 0.5:
        bias = rng.standard_normal(n) * np.linalg.norm(W, axis=1) * rng.choice([0.1, 1.0, 100.0])
    return Dense(V, W, slope, bias)
