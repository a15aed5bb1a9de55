"""The law of the units before their activation, as the batch norms behind the producers tell it: without data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from theoryprune.coresets.hidden import Consumer, Hidden, sums_of
from theoryprune.coresets.kernel_fit import kernel_fit
from theoryprune.coresets.matrices import own_filters, weight_layer
from theoryprune.geometry.arguments import Floats
from theoryprune.types import WeightGraph

Inputs = Literal["standard", "batchnorm"]


@dataclass(frozen=True, eq=False)
class Preactivation:
    """The units before their activation as ``mean + loadings g``, with g of independent standard Gaussians.

    Parameters
    ----------
    mean : ndarray, shape (n,)
    loadings : ndarray, shape (n, d)
        Rows: their lengths are the deviations of the units, their cosines the correlations.
    """

    mean: Floats
    loadings: Floats

    @property
    def rows(self) -> Floats:
        """Rows that say the same of an input whose last entry is 1: ``(loadings, mean)``, shape (n, d + 1)."""
        return np.column_stack([self.loadings, self.mean])

    @property
    def moments(self) -> dict[str, Floats]:
        """Mean and variances of that input, as `kernel_fit` takes them."""
        last = np.append(np.zeros(self.loadings.shape[1]), 1.0)
        return {"mean": last, "covariance": 1 - last}


def preactivation(graph: WeightGraph, hidden: Hidden, reading: tuple[Consumer, ...]) -> Preactivation | None:
    """Return the law of the units as one reading sees them, or None where batch norms do not tell it.

    Parameters
    ----------
    graph : WeightGraph
    hidden : Hidden
    reading : tuple of Consumer

    Notes
    -----
    A batch norm with factor gamma and shift beta gives every channel the mean beta and the deviation ``|gamma|``, over
    the data of its training. What it does not tell is how channels correlate: two of them as their filters do, by the
    cosine, which is true where the entries of what they read are uncorrelated and alike. Sums of producers add means,
    and their terms count as independent. Sums of activations (residual streams) have no such law: what was added
    earlier is there again in all that follows. A model, not a bound: certificates do not rest on it. Cost O(n d).
    """
    sums = sums_of(reading)
    if len(sums) > 1 or sums[0].mean is None:
        return None
    blocks = []
    for (name, _), deviation in zip(sums[0].terms, sums[0].deviations, strict=True):
        filters = own_filters(weight_layer(graph, name), hidden.producers[name])
        lengths = np.linalg.norm(filters, axis=1)
        blocks.append((deviation / np.where(lengths > 0, lengths, 1))[:, None] * filters)
    alive = np.any([consumer.units.scale != 0 for consumer in reading], axis=0)
    return Preactivation(alive * sums[0].mean, alive[:, None] * np.concatenate(blocks, axis=1))


def uncorrelated(reading: tuple[Consumer, ...], *, about_means: bool) -> Preactivation | None:
    """Return the law of the units themselves, behind all activations, as if none told anything of another.

    Parameters
    ----------
    reading : tuple of Consumer
    about_means : bool
        Whether a constant makes up for the means: units then count as if they had none.

    Notes
    -----
    For units that are only selected, and keep their weights. To be read with slope 1: rows are the units. What is lost
    of uncorrelated units about their means is the sum of ``deviation_j^2 |v_j|^2`` over those that go, so that those
    with the largest ``deviation_j |v_j|`` are best kept; `kernel_fit` keeps them. None where a deviation is not told.
    Cost O(n^2).
    """
    means, deviations = [], []
    for consumer in reading:
        told, scale = consumer.units.told, consumer.units.scale
        if told is None or told.deviation is None:
            return None
        alive = np.where(scale != 0, scale, 1)
        means.append((scale != 0) * (told.mean - consumer.units.offset) / alive)
        deviations.append((scale != 0) * told.deviation / np.abs(alive))
    mean = np.zeros_like(means[0]) if about_means else means[0]
    return Preactivation(mean, np.diag(np.max(deviations, axis=0)))


def side_by_side(laws: list[Preactivation]) -> Preactivation:
    """Return one law of several readings: their sum, all independent."""
    if len(laws) == 1:
        return laws[0]
    return Preactivation(np.sum([law.mean for law in laws], axis=0), np.concatenate([law.loadings for law in laws], 1))


def told_by_batch_norms(inputs: str | None, method: Callable[..., object]) -> bool:
    """Return whether a method gets these laws: by default if it is `kernel_fit`.

    Raises
    ------
    ValueError
        If `inputs` is no name of a law.
    """
    if inputs is not None and inputs not in get_args(Inputs):
        raise ValueError(f"inputs must be one of {', '.join(map(repr, get_args(Inputs)))}, got {inputs!r}")
    inner = inspect.unwrap(method)
    return getattr(inner, "func", inner) is kernel_fit if inputs is None else inputs == "batchnorm"


def is_corrected(hidden: Hidden, bias_correction: bool | None, *, normalised: bool) -> bool:
    """Return whether the mean of what a group loses goes into biases.

    Parameters
    ----------
    hidden : Hidden
    bias_correction : bool or None
        As for `reduce`. By default it is, if the method sees what batch norms tell; and where units can only be
        selected, for there is no certificate to loosen, and nothing else makes up for what is lost.
    normalised : bool
        Whether the method sees it.
    """
    if bias_correction is not None:
        return bias_correction
    return normalised or (hidden.law == "none" and any(c.units.told is not None for c in hidden.consumers))
