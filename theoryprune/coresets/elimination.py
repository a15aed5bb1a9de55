"""The least value of a sum of functions of few variables each, one variable minimised out after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from theoryprune.geometry.arguments import Floats


def elimination_order(pairs: Iterable[tuple[str, str]], names: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Return an order in which to minimise variables out, and how many stand in one table at most.

    Notes
    -----
    Least degree first, the earlier name at ties: optimal on trees, where two stand together.
    """
    neighbours: dict[str, set[str]] = {name: set() for name in names}
    for a, b in pairs:
        neighbours[a].add(b)
        neighbours[b].add(a)
    order, most = [], 1
    while neighbours:
        name = min(neighbours, key=lambda candidate: len(neighbours[candidate]))
        around = neighbours.pop(name)
        most = max(most, len(around) + 1)
        for other in around:
            neighbours[other] |= around
            neighbours[other] -= {other, name}
        order.append(name)
    return tuple(order), most


def least_sum(tables: Mapping[tuple[str, ...], Floats], order: Sequence[str]) -> float:
    """Return the least value over all variables of a sum of tables.

    Parameters
    ----------
    tables : mapping of tuple of str to ndarray
        An array for each set of variables, one axis for each of them in that order.
    order : sequence of str
        Every variable once.

    Notes
    -----
    Exact up to the rounding of sums (bucket elimination, R. Dechter 1999). Cost: the size of the largest table, which
    has an axis for each variable that stands together with the one minimised out; nothing is enumerated beyond.
    """
    open_tables = list(tables.items())
    total = 0.0
    for name in order:
        mine = [item for item in open_tables if name in item[0]]
        open_tables = [item for item in open_tables if name not in item[0]]
        axes = tuple(dict.fromkeys(v for variables, _ in mine for v in variables if v != name))
        summed = np.zeros((1,) * (len(axes) + 1))
        for variables, table in mine:
            summed = summed + _spread(table, variables, (*axes, name))
        least = summed.min(axis=-1)
        if axes:
            open_tables.append((axes, least))
        else:
            total += float(least)
    return total


def _spread(table: Floats, variables: tuple[str, ...], axes: tuple[str, ...]) -> Floats:
    """View a table with one axis for each of `axes`, of length 1 where it does not depend on it."""
    places = [axes.index(v) for v in variables]
    ordered = table.transpose(np.argsort(places))
    lengths = dict(zip(sorted(places), ordered.shape, strict=True))
    shape = tuple(lengths.get(i, 1) for i in range(len(axes)))
    return ordered.reshape(shape)
