"""Carathéodory's theorem for points that come in blocks, of which one is held at a time."""

from __future__ import annotations

from collections.abc import Iterable
from math import frexp

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.geometry.arguments import Floats, Indices, as_count, as_points, as_vector, as_weights
from theoryprune.geometry.caratheodory import refuse_gap
from theoryprune.geometry.groups import reduce_by_groups
from theoryprune.geometry.settle import absolute_sums, relative_gap, settle

Block = tuple[ArrayLike, ArrayLike | None]
Survivors = tuple[Indices, Floats, Floats]


def caratheodory_blocks(blocks: Iterable[Block], mult: int | None = None) -> tuple[Indices, Floats, Floats]:
    """Do as `caratheodory` for the points of all blocks together, holding one block at a time.

    Parameters
    ----------
    blocks : iterable of (points, weights)
        Points as rows, shape (m, d) with one d for all; weights of shape (m,), not negative, or None for 1 each. Those
        of a block may be all 0, but not those of all.
    mult : int, optional
        As for `caratheodory`.

    Returns
    -------
    indices : ndarray of int64, shape (s,)
        Ascending; points are numbered through all blocks.
    weights : ndarray, shape (s,)
        Positive.
    points : ndarray, shape (s, d)
        The points themselves, for a stream cannot be read again.

    Raises
    ------
    ValueError, TypeError
        If a block is not of this kind, or there is none.
    ConvergenceError
        If a sum is off by more than 1e-9 of the sum of absolute values.

    Notes
    -----
    Each block is reduced, and what is left of the blocks so far is reduced together when it has grown to
    ``8 (d + 1)`` points: a reduction of a union of reductions is one of the union. The sums that are kept to be
    compared in the end are compensated (Neumaier 1974). Memory for one block, a part of one and
    O(d^2) numbers.

    Examples
    --------
    >>> import numpy as np
    >>> stream = ((np.arange(100.0).reshape(50, 2) + start, None) for start in (0, 5, 10))
    >>> indices, weights, points = caratheodory_blocks(stream)
    >>> len(indices) <= 3, round(float(weights.sum()), 9)
    (True, 150.0)
    """
    mult = None if mult is None else as_count(mult, "mult", least=2)
    pool: list[Survivors] = []
    sums, exponent, offset, number = None, 0, 0, 0
    for block in blocks:
        matrix, given = _check(block, number, None if sums is None else len(sums.total) - 1)
        if given.any():
            if sums is None:
                sums, exponent = _Sums(matrix.shape[1] + 1), frexp(float(given.sum()))[1]
            given = np.ldexp(given, -exponent)
            kept, found, target = reduce_by_groups(matrix, given, mult)
            sums.add(np.append(target, given.sum()), absolute_sums(matrix, given))
            pool = _pooled([*pool, (kept + offset, found, matrix[kept])])
        offset, number = offset + len(matrix), number + 1
        del block, matrix, given  # else the next block would be made beside this one
    if sums is None:
        raise ValueError(f"blocks must hold a point of positive weight, got {number} blocks without")
    return _settled(pool, sums, exponent)


class _Sums:
    """Compensated sums of the weighted points and of the weights, and plain ones of absolute values."""

    def __init__(self, count: int) -> None:
        self.total, self.lost, self.magnitude = np.zeros(count), np.zeros(count), np.zeros(count - 1)

    def add(self, term: Floats, magnitude: Floats) -> None:
        new = self.total + term
        larger = np.abs(self.total) >= np.abs(term)
        self.lost += np.where(larger, (self.total - new) + term, (term - new) + self.total)
        self.total = new
        self.magnitude += magnitude


def _check(block: Block, number: int, columns: int | None) -> tuple[Floats, Floats]:
    if not isinstance(block, tuple) or len(block) != 2:
        raise TypeError(
            f"block {number} must be a pair (points, weights), where weights may be None, got {type(block)}"
        )
    matrix = np.ascontiguousarray(as_points(block[0], f"points of block {number}"))
    if columns is not None and matrix.shape[1] != columns:
        raise ValueError(
            f"all points must have {columns} coordinates, as in the first block; {number} has shape {matrix.shape}"
        )
    if block[1] is None:
        return matrix, np.ones(len(matrix))
    name = f"weights of block {number}"
    given = as_vector(block[1], len(matrix), name)
    return matrix, as_weights(given, len(matrix), name) if given.any() else given


def _pooled(pool: list[Survivors]) -> list[Survivors]:
    """Reduce the survivors together once there are many."""
    indices, weights, points = _stack(pool)
    if len(points) <= 8 * (points.shape[1] + 1):
        return pool
    kept, found, _ = reduce_by_groups(points, weights, len(points))
    return [(indices[kept], found, points[kept])]


def _settled(pool: list[Survivors], sums: _Sums, exponent: int) -> Survivors:
    indices, weights, points = _stack(pool)
    goal = sums.total + sums.lost
    kept, found, _ = reduce_by_groups(points, weights, len(points))
    indices, points = indices[kept], points[kept]
    kept, found = settle(points, found, goal[:-1], float(goal[-1]))
    indices, points = indices[kept], points[kept]
    gap = relative_gap(points, found, goal[:-1], sums.magnitude, float(goal[-1]))
    result = indices, np.ldexp(found, exponent), points
    refuse_gap(gap, result)
    return result


def _stack(pool: list[Survivors]) -> Survivors:
    indices, weights, points = zip(*pool, strict=True)
    return np.concatenate(indices), np.concatenate(weights), np.concatenate(points)
