"""The units of a channel group as functions of their rows: what a tensor holds of each, followed layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from theoryprune.coresets.moments import Moments
from theoryprune.geometry.arguments import Floats
from theoryprune.layers import Elementwise, Layer

Law = Literal["homogeneous", "copies", "none"]
LAWS: tuple[Law, ...] = ("homogeneous", "copies", "none")
"""Which multiples of another unit's row may stand for a unit: any ``a >= 0``, only 0 and 1, or none at all."""


@dataclass(frozen=True, eq=False)
class Sum:
    """A combination of the outputs of producers, unit by unit: ``sum_p coef_p[j] y_p[j] + shift[j]``.

    Parameters
    ----------
    terms : tuple of (str, ndarray of shape (n,))
        Producers and their factors, 0 for units that a producer does not write.
    shift : ndarray, shape (n,)
    mean : ndarray, shape (n,), optional
        Of the sum, where batch norms tell it.
    deviations : tuple of ndarray, shapes (n,)
        Those of the terms, where batch norms tell them; empty where they do not.
    """

    terms: tuple[tuple[str, Floats], ...]
    shift: Floats
    mean: Floats | None = None
    deviations: tuple[Floats, ...] = ()

    def affine(self, scale: Floats, shift: Floats) -> Sum:
        """Return ``scale * self + shift``."""
        return Sum(
            tuple((name, scale * coef) for name, coef in self.terms),
            scale * self.shift + shift,
            None if self.mean is None else scale * self.mean + shift,
            tuple(np.abs(scale) * deviation for deviation in self.deviations),
        )

    def plus(self, other: Sum) -> Sum:
        """Return the sum of both; terms count as independent."""
        told = self.mean is not None and other.mean is not None
        return Sum(
            self.terms + other.terms,
            self.shift + other.shift,
            self.mean + other.mean if self.mean is not None and other.mean is not None else None,
            self.deviations + other.deviations if told else (),
        )

    def told(self, mean: Floats, deviation: Floats) -> Sum:
        """Return the sum with its mean and deviation known, if it has a single term."""
        return replace(self, mean=mean, deviations=(deviation,)) if len(self.terms) == 1 else self


@dataclass(frozen=True, eq=False)
class Units:
    """What one tensor holds of the units of a group: ``scale[j] h(rows of j) + offset[j]``, with one h for all j.

    Parameters
    ----------
    parts : tuple of Sum
        The rows are made of these: one, unless sums of activations run through the tensor (`stream`).
    law : {"homogeneous", "copies", "none"}
        Of h: ``h(a r) = a h(r)`` for every a >= 0; for a = 0 and 1 only; not even that.
    reason : str
        Why not any multiple will do.
    activation : Elementwise or None
        The one between the rows and here. None while h is linear, and in streams.
    stream : bool
        Whether h is more than one activation of one sum.
    between : tuple of Layer
        Pools, slices and reshapes passed on the way, each acting on every channel alike.
    scale, offset : ndarray, shape (n,)
        Of what comes after the activation.
    early : int
        How many of the maps between stand before the activation.
    told : Moments or None
        Mean and deviation of what the tensor holds, scale and offset included, where batch norms tell them.
    """

    parts: tuple[Sum, ...]
    law: Law
    reason: str
    activation: Elementwise | None
    stream: bool
    between: tuple[Layer, ...]
    scale: Floats
    offset: Floats
    early: int = 0
    told: Moments | None = None

    @property
    def linear(self) -> bool:
        """Whether nothing but linear maps lie between the rows and here."""
        return self.activation is None and not self.stream

    @property
    def plain(self) -> bool:
        """Whether nothing was scaled or shifted after the activation."""
        return not self.offset.any() and bool((self.scale == 1).all())


def produced(name: str, written: Floats) -> Units:
    """Return what a weight layer writes: `written` is 1 for the units that it has, 0 for others."""
    zero, one = np.zeros_like(written), np.ones_like(written)
    return Units((Sum(((name, written),), zero),), "homogeneous", "", None, False, (), one, zero)


def weaker(first: Units, second: Units) -> tuple[Law, str]:
    """Return the weaker of two laws and its reason."""
    worst = max((first, second), key=lambda units: LAWS.index(units.law))
    return worst.law, worst.reason
