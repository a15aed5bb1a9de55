"""The certificate of one pruned channel group: an interval around its error, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from theoryprune.bounds import LayerCertificate, certify_layer
from theoryprune.bounds.gains import Effort
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden import Consumer, Hidden, sums_of
from theoryprune.coresets.hidden_layer import slope_of
from theoryprune.coresets.matrices import outgoing_of, rows_of
from theoryprune.layers import Linear
from theoryprune.types import WeightGraph

NOT_ASKED = "not asked for"
"""The note of groups that were reduced without certificates."""


@dataclass(frozen=True, eq=False)
class GroupCertificate:
    """What is known of the error that a group's consumers see.

    Parameters
    ----------
    parts : tuple of LayerCertificate
        One for each reading. Empty where nothing is certified.
    observed : float or None
        A gain that was reached: the true one is at least this. None where the search does not know the activation.
    best : float or None
        The proved bound of the gain: the norm of the consumers' errors over that of the producers' inputs.
    full : float or None
        The same bound for deleting the group.
    note : str
        Why there is none.
    """

    parts: tuple[LayerCertificate, ...]
    observed: float | None
    best: float | None
    full: float | None
    note: str

    @property
    def tightness(self) -> float | None:
        """``observed / best``."""
        if self.best is None or self.observed is None:
            return None
        return self.observed / self.best if self.best else 1.0

    @property
    def vacuous(self) -> bool | None:
        """Whether deleting the group has a bound as good."""
        return None if self.best is None or self.full is None else bool(self.best > 0 and self.best >= self.full)

    def __str__(self) -> str:
        """The interval of the gain, or the reason why there is none."""
        if self.best is None:
            return f"no certificate: {self.note}"
        low = "?" if self.observed is None else f"{self.observed:.4g}"
        return f"gain of the error in [{low}, {self.best:.4g}]{', vacuous' if self.vacuous else ''}"


def certify_group(
    before: WeightGraph,
    after: WeightGraph,
    hidden: Hidden,
    coreset: GroupCoreset,
    *,
    effort: Effort = "default",
    seed: int = 0,
) -> GroupCertificate:
    """Certify what a group's coreset changes for its consumers.

    Parameters
    ----------
    before, after : WeightGraph
        Without and with the coreset applied: weights as they are stored, batch norms folded in float64.
    hidden : Hidden
    coreset : GroupCoreset
    effort, seed
        As for `theoryprune.bounds.certify_layer`.

    Returns
    -------
    GroupCertificate
        ``sqrt(sum_t |err_t|^2) <= best |x~|`` over the consumers t, x~ the inputs of the producers (and 1 for biases).

    Notes
    -----
    Consumers of one reading are stacked; the bounds of several readings add up in squares.
    """
    if coreset.is_identity:
        return GroupCertificate((), 0.0, 0.0, None, "")
    reason = _unbounded(before, hidden)
    if reason:
        return GroupCertificate((), None, None, None, reason)
    parts = []
    for place, reading in enumerate(hidden.readings):
        rows = rows_of(before, hidden, reading)
        old = np.concatenate([outgoing_of(before, consumer) for consumer in reading])
        new = np.concatenate([outgoing_of(after, consumer) for consumer in reading])[:, coreset.kept]
        merging = coreset.readings[place].merging
        parts.append(
            certify_layer(
                old, rows.weights, coreset.kept, new, slope_of(hidden, place),
                bias=rows.bias if rows.bias.any() else None,
                assignment=None if merging is None else merging.assignment,
                multipliers=None if merging is None else merging.multipliers,
                effort=effort, seed=seed,
            )
        )  # fmt: skip
    return summed(tuple(parts), seen=hidden.law == "homogeneous")


def summed(parts: tuple[LayerCertificate, ...], *, seen: bool) -> GroupCertificate:
    """Put the certificates of several readings together; `seen`: whether their searches knew the activation."""
    observed = max(part.observed for part in parts) if seen else None
    best, full = _root([part.best for part in parts]), _root([part.full.best for part in parts])
    return GroupCertificate(parts, observed, best, full, "")


def _root(values: list[float]) -> float:
    if len(values) == 1:
        return values[0]
    largest = max(values)
    if not largest or not math.isfinite(largest):
        return largest
    total = sum((value / largest) ** 2 for value in values)
    return float(np.nextafter(largest * math.sqrt(total) * (1 + 2.0**-50 * len(values)), np.inf))


def _unbounded(graph: WeightGraph, hidden: Hidden) -> str:
    """Return why no certificate covers the group; empty if one does."""
    if hidden.law == "none":
        return hidden.reason
    for reading in hidden.readings:
        reason = _not_dense(graph, reading)
        if reason:
            return reason
    return ""


def _not_dense(graph: WeightGraph, reading: tuple[Consumer, ...]) -> str:
    sums = sums_of(reading)
    if len(sums) > 1:
        return "its activations are summed (a residual stream)"
    names = [name for name, _ in sums[0].terms] + [consumer.layer for consumer in reading]
    other = [name for name in names if not isinstance(graph.by_name[name], Linear)]
    if other:
        return f"'{other[0]}' is a convolution"
    return ""
