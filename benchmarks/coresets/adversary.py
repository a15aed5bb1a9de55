"""An adversary of layer certificates with a search of its own, and a judge that computes in exact rationals."""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

import numpy as np


@dataclass(frozen=True, eq=False)
class Change:
    """``err(x) = V phi(W x + t b) + t c - U phi(W' x + t b')``, one unit's slope for each row, homogeneous in (x, t).

    Parameters
    ----------
    V, W, b, slopes : ndarray, shape (p, n), (n, d), (n,), (n,)
    U, rows, shifts, kept_slopes : ndarray, shape (p, m), (m, d), (m,), (m,)
        U, W' and b'.
    c : ndarray, shape (p,)
        The difference of the biases of the outputs.
    """

    V: np.ndarray
    W: np.ndarray
    b: np.ndarray
    slopes: np.ndarray
    U: np.ndarray
    rows: np.ndarray
    shifts: np.ndarray
    kept_slopes: np.ndarray
    c: np.ndarray

    @property
    def affine(self) -> bool:
        """Whether there are biases, so that t counts."""
        return bool(self.b.any() or self.shifts.any() or self.c.any())


def change(V, W, kept, U, slope=0.0, bias=None, kept_rows=None, kept_bias=None) -> Change:
    """Return what `theoryprune.bounds.certify_layer` is given, in full."""
    n = len(W)
    slopes, b = np.broadcast_to(np.asarray(slope, float), (n,)), np.zeros(n) if bias is None else np.asarray(bias)
    rows = W[kept] if kept_rows is None else kept_rows
    shifts = b[kept] if kept_bias is None else kept_bias
    return Change(V, W, b, slopes, U, rows, shifts, slopes[kept], np.zeros(len(V)))


def attack(
    case: Change,
    rng: np.random.Generator,
    *,
    tau: float = 1.0,
    nonnegative: bool = False,
    starts: int = 48,
    steps: int = 60,
) -> np.ndarray:
    """Look for the (x, t) with the largest ``||err|| / ||(x, tau t)||``; t = 0 without biases, positive with them.

    Power steps from Gaussian, sparse and singular directions, then climbing by random steps of shrinking length.
    """
    scale = max(float(np.abs(case.W).max()), float(np.abs(case.b).max()) / tau) or 1.0
    W, rows = (np.column_stack([a, s / tau]) / scale for a, s in ((case.W, case.b), (case.rows, case.shifts)))
    V, U, c = case.V, case.U, case.c / (tau * scale)
    d = W.shape[1]

    def project(z: np.ndarray) -> np.ndarray:
        z = np.maximum(z, 0.0) if nonnegative else z
        z[-1] = np.maximum(z[-1], 1e-9) if case.affine else 0.0
        size = np.sqrt((z * z).sum(0))
        return z / np.where(size > 0, size, 1.0)

    def error(z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        before, after = W @ z, rows @ z
        first = np.where(before > 0, 1.0, case.slopes[:, None])
        second = np.where(after > 0, 1.0, case.kept_slopes[:, None])
        return V @ (first * before) - U @ (second * after) + c[:, None] * z[-1], first, second

    linear = V @ W - U @ rows
    linear[:, -1] += c
    directions = np.linalg.svd(linear, full_matrices=False)[2][:4].T
    sparse = rng.standard_normal((d, starts // 3)) * (rng.random((d, starts // 3)) < 0.3)
    z = project(np.hstack([rng.standard_normal((d, starts)), sparse, directions, -directions, np.eye(d), -np.eye(d)]))
    best, record = z[:, 0], -1.0

    def note(z: np.ndarray, e: np.ndarray) -> None:
        nonlocal best, record
        sizes = (e * e).sum(0)
        if sizes.max() > record:
            best, record = z[:, sizes.argmax()].copy(), float(sizes.max())

    for step in range(steps):
        e, first, second = error(z)
        note(z, e)
        g = W.T @ (first * (V.T @ e)) - rows.T @ (second * (U.T @ e))
        g[-1] += c @ e
        g = g / np.maximum(np.sqrt((g * g).sum(0)), 1e-300)
        z = project(g if step < steps // 2 else 0.8 * z + 0.2 * g)
    for power in range(12):
        near = project(best[:, None] + 0.5**power * rng.standard_normal((d, 64)) / np.sqrt(d))
        note(near, error(near)[0])
    point = best.copy()
    point[-1] /= tau
    return point


def exact_square(case: Change, point: np.ndarray) -> tuple[Fraction, Fraction, Fraction]:
    """Return ``||err||^2``, ``||x||^2`` and t at a point (x, t), exactly."""
    z = [Fraction(float(entry)) for entry in point]
    hidden = _rectified(case.W, case.b, case.slopes, z)
    after = _rectified(case.rows, case.shifts, case.kept_slopes, z)
    total = Fraction(0)
    for v, u, c in zip(case.V, case.U, case.c, strict=True):
        entry = _dot(v, hidden) - _dot(u, after) + Fraction(float(c)) * z[-1]
        total += entry * entry
    return total, sum((entry * entry for entry in z[:-1]), Fraction(0)), z[-1]


def _dot(row: np.ndarray, z: list[Fraction]) -> Fraction:
    return sum((Fraction(float(a)) * b for a, b in zip(row, z, strict=True) if a and b), Fraction(0))


def _rectified(W: np.ndarray, b: np.ndarray, slopes: np.ndarray, z: list[Fraction]) -> list[Fraction]:
    sums = [_dot(row, z[:-1]) + Fraction(float(shift)) * z[-1] for row, shift in zip(W, b, strict=True)]
    return [value if value > 0 else Fraction(float(a)) * value for value, a in zip(sums, slopes, strict=True)]


def root_up(value: Fraction, bits: int = 200) -> Fraction:
    """Return a fraction at or above the root, within about 2^-bits of it."""
    scale = 1 << bits
    return Fraction(isqrt(value.numerator * scale * scale // value.denominator) + 1, scale)


def at_most(square: Fraction, factor: float, length: Fraction) -> bool:
    """Whether ``square <= factor^2 length``, exactly; an infinite factor always is enough."""
    return not np.isfinite(factor) or square <= Fraction(factor) ** 2 * length
