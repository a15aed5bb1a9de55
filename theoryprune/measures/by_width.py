"""What a network costs as a function of the widths of its channel groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

Monomial = tuple[tuple[str, int], ...]
"""A product of counts, each a channel group and the number of one of its tables; the empty one is 1."""


@dataclass(frozen=True, eq=False)
class WidthCost:
    """An exact count (parameters, multiply-accumulates, channels) for every choice of widths.

    Parameters
    ----------
    quantity : str
        What is counted.
    sizes : mapping of str to int
        The removable channel groups and their full widths.
    smallest : mapping of str to int
        The least width of each group.
    multiples : mapping of str to int
        A group may have its full width, or any smaller multiple of this: the group counts of the convolutions it runs
        through. It equals the size where a group cannot be made narrower.
    terms : mapping of (str, int) pairs, or one such pair, or none, to int
        Integer coefficients of products of two counts, of single counts, and of 1. A count ``(name, k)`` is
        ``tables[name][k]`` at the group's width.
    tables : mapping of str to sequence of sequences of int
        For each group, counts of channels by width 0, 1, ..., size: never decreasing.
    scale : int
        By which the sum is divided (without remainder).

    Notes
    -----
    Weights of a layer are (outputs) x (inputs) x constant, and either count is a sum over groups: linear in each
    width, with products of two neighbours, and squares where a group is on both sides of a layer. `saving` touches
    only the terms of one group, so it costs as much as the group has neighbours.

    Examples
    --------
    >>> one = range(9)
    >>> cost = WidthCost("params", {"a": 8}, {"a": 1}, {"a": 1}, {(): 2, (("a", 0),): 5}, {"a": (one,)})
    >>> cost.total, cost.of({"a": 3}), cost.saving({"a": 3}, "a", 2)
    (42, 17, 10)
    """

    quantity: str
    sizes: Mapping[str, int]
    smallest: Mapping[str, int]
    multiples: Mapping[str, int]
    terms: Mapping[Monomial, int]
    tables: Mapping[str, Sequence[Sequence[int]]]
    scale: int = 1

    @cached_property
    def total(self) -> int:
        """The count at full width."""
        return self.of({})

    def allowed(self, name: str) -> tuple[int, ...]:
        """Return the widths that a group may have, ascending; the last is its full width."""
        size, step = self.sizes[name], self.multiples[name]
        first = -(-self.smallest[name] // step) * step
        return (*range(first, size, step), size)

    def of(self, widths: Mapping[str, int]) -> int:
        """Return the count; groups that `widths` does not name keep their full width.

        Raises
        ------
        ValueError
            If a name is no removable group, or a width is not allowed.
        """
        for name, width in widths.items():
            self._check(name, width)
        full = {**self.sizes, **widths}
        counted = 0
        for counts, factor in self.terms.items():
            for name, k in counts:
                factor *= self.tables[name][k][full[name]]
            counted += factor
        return counted // self.scale

    def saving(self, widths: Mapping[str, int], name: str, fewer: int) -> int:
        """Return what `fewer` channels of one group less would save.

        Parameters
        ----------
        widths : mapping of str to int
            Current widths; groups it does not name have their full width.
        name : str
        fewer : int

        Raises
        ------
        ValueError
            If `name` is no removable group, or the width before or after is not allowed.
        """
        before = widths.get(name, self.sizes.get(name, 0))
        self._check(name, before)
        self._check(name, before - fewer)
        tables, after, saved = self.tables[name], before - fewer, 0
        single, inside, outside = self._by_group[name]
        for factor, k in single:
            saved += factor * (tables[k][before] - tables[k][after])
        for factor, k, j in inside:
            saved += factor * (tables[k][before] * tables[j][before] - tables[k][after] * tables[j][after])
        for factor, k, other, j in outside:
            width = widths.get(other, self.sizes[other])
            saved += factor * (tables[k][before] - tables[k][after]) * self.tables[other][j][width]
        return saved // self.scale

    def neighbours(self, name: str) -> tuple[str, ...]:
        """Return the groups whose widths the savings of a group depend on, itself left out."""
        return tuple(dict.fromkeys(other for _, _, other, _ in self._by_group[name][2]))

    def _check(self, name: str, width: int) -> None:
        if name not in self.sizes:
            raise ValueError(f"'{name}' is no removable channel group; they are {list(self.sizes)}")
        size, least, step = self.sizes[name], self.smallest[name], self.multiples[name]
        if width != size and not (least <= width < size and width % step == 0):
            rule = f"at least {least} and a multiple of {step}" if step < size else "the whole of it"
            raise ValueError(f"the width of '{name}' must be {size}, or {rule}, got {width}")

    @cached_property
    def _by_group(self) -> dict[str, _Terms]:
        """For each group the terms it is in: alone, with itself, with another."""
        found: dict[str, _Terms] = {name: ([], [], []) for name in self.sizes}
        for counts, factor in self.terms.items():
            if len(counts) == 1:
                found[counts[0][0]][0].append((factor, counts[0][1]))
            elif len(counts) == 2:
                (name, k), (other, j) = counts
                if name == other:
                    found[name][1].append((factor, k, j))
                else:
                    found[name][2].append((factor, k, other, j))
                    found[other][2].append((factor, j, name, k))
        return found


_Terms = tuple[list[tuple[int, int]], list[tuple[int, int, int]], list[tuple[int, int, str, int]]]
