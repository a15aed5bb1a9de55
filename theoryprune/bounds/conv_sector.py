"""The best multipliers of the bound schur for symbols: one T that serves every frequency."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from theoryprune.bounds.central_path import Sector, follow_path
from theoryprune.bounds.conv_program import SymbolProgram, adjoint
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.symbols import Symbols

_ACTIVE = 16  # frequencies added at a time
_ROUNDS = 8


def sector_squares(left: Symbols, right: Symbols, slopes: Floats, sector: Floats) -> Floats:
    """Return ``lambda_max(B^* (H T (T - A^* A)^-1 T H - l T) B)`` at each frequency, infinity unless ``T > A^* A``.

    Parameters
    ----------
    left, right : ndarray, shape (frequencies, p, k), (frequencies, k, d)
    slopes, sector : ndarray, shape (k,)

    Notes
    -----
    Computed, not proved: `sector_square` for each symbol. Cost O(frequencies k (k^2 + k d)).
    """
    root = np.sqrt(sector)
    scaled = left / root
    gap = np.eye(len(sector)) - adjoint(scaled) @ scaled
    try:
        np.linalg.cholesky(gap)
    except np.linalg.LinAlgError:
        return np.full(len(left), np.inf)
    right = compacted(right)
    weighted = ((1 + slopes) / 2 * root)[:, None] * right
    value = adjoint(weighted) @ np.linalg.solve(gap, weighted)
    if slopes.any():
        value = value - adjoint(right) @ ((slopes * sector)[:, None] * right)
    if not np.isfinite(value).all():
        return np.full(len(left), np.inf)
    return np.asarray(np.linalg.eigvalsh((value + adjoint(value)) / 2)[:, -1], dtype=np.float64)


def best_conv_sector(
    left: Symbols, right: Symbols, slopes: Floats, start: Floats, tol: float, max_steps: int
) -> Sector:
    """Minimise the largest square over all frequencies that multipliers T prove.

    Parameters
    ----------
    left, right : ndarray, shape (frequencies, p, k), (frequencies, k, d)
    slopes : ndarray, shape (k,)
    start : ndarray, shape (k,)
        Multipliers with ``T > A^* A`` at every frequency.
    tol : float
        Relative, for the square.
    max_steps : int
        Newton steps at most, for all sets of frequencies together.

    Notes
    -----
    The program of `best_sector` with one matrix inequality for each frequency and the same (g, T) in all: barrier,
    gradient and Hessian are sums. It is solved for the frequencies of largest square; those that the result leaves
    above the optimum are added, until none is. A Newton step costs O(N^3), N = k + min(k, d), for each frequency.
    """
    value = sector_squares(left, right, slopes, start)
    if not 0 < value.max() < np.inf:
        return Sector(start, float("inf"), 0)
    right = compacted(right)
    best, least, steps = start, float(value.max()), 0
    active = np.argsort(-value)[:_ACTIVE]
    gap = float("inf")
    for _ in range(_ROUNDS):
        found = _solved(left[active], right[active], slopes, start, least, (tol, max_steps - steps))
        steps += found.steps
        # Outside the active set T may fall short of A^* A: a factor brings it back.
        candidate = found.multipliers * _lift(left, found.multipliers)
        value = sector_squares(left, right, slopes, candidate)
        if value.max() < least:
            best, least, gap = candidate, float(value.max()), found.gap
        above = np.setdiff1d(np.flatnonzero(value > (1 + tol) * value[active].max()), active)
        if not len(above) or not np.isfinite(value).all():
            break
        active = np.union1d(active, above[np.argsort(-value[above])[:_ACTIVE]])
    return Sector(best, gap, steps)


def compacted(right: Symbols) -> Symbols:
    """Return C, k x min(k, d), with ``C C^* = B B^*`` at each frequency."""
    if right.shape[1] >= right.shape[2]:
        return right
    return adjoint(np.asarray(np.linalg.qr(adjoint(right), mode="r")))


def _solved(
    left: Symbols, right: Symbols, slopes: Floats, start: Floats, square: float, limits: tuple[float, int]
) -> Sector:
    root = np.sqrt(start)
    scaled = left / root
    program = SymbolProgram(adjoint(scaled) @ scaled, root[:, None] * right / np.sqrt(square), slopes)
    size = len(left) * (len(start) + right.shape[2])
    found = follow_path(program, np.concatenate([[1.5], np.ones(len(start))]), size, *limits)
    return replace(found, multipliers=found.multipliers * start)


def _lift(left: Symbols, sector: Floats) -> float:
    """1, or what T must be multiplied by to lie above every A^* A."""
    scaled = left / np.sqrt(sector)
    small = scaled if left.shape[1] < left.shape[2] else adjoint(scaled)
    top = float(np.linalg.eigvalsh(small @ adjoint(small))[:, -1].max())
    return max(1.0, 1.02 * top) if top > 0.999999 else 1.0
