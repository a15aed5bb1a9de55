"""Running a construction on the hidden layer of a channel group: block by block, reading by reading."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from theoryprune.coresets.arguments import Layer
from theoryprune.coresets.fold import folded
from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden_layer import HiddenLayer
from theoryprune.coresets.input_law import features_of, mean_square_error
from theoryprune.coresets.input_moments import Moments
from theoryprune.coresets.kernel_fit import refitted
from theoryprune.coresets.record import LayerCoreset, Merging
from theoryprune.geometry.arguments import Floats, Indices

Construction = Callable[..., LayerCoreset]


def group_coreset(
    layer: HiddenLayer,
    method: Construction,
    width: int,
    *,
    slopes: tuple[float, ...] = (),
    moments: Sequence[Moments] = (),
    **options: Any,
) -> GroupCoreset:
    """Choose `width` units of a channel group by a construction.

    Parameters
    ----------
    layer : HiddenLayer
    method : callable
        ``method(incoming, outgoing, budget, slope=...)`` gives a `LayerCoreset`.
    width : int
        Divided evenly over the blocks of the layer.
    slopes : tuple of float, optional
        Of each reading; that of the layer by default.
    moments : sequence of Moments, optional
        Of what the rows of each reading are multiplied by, for methods that take a mean and a covariance.
    **options
        Passed on to `method`, as far as it takes them.

    Returns
    -------
    GroupCoreset
        Every reading has outgoing weights of its own. Where no multiple of a unit can stand for another, weights are
        those of the kept units as they were; where only copies can, folding is by copies.

    Raises
    ------
    ValueError
        If the width is no multiple of the number of blocks, or below it.
    """
    blocks = int(layer.blocks.max()) + 1
    if width < blocks or width % blocks:
        raise ValueError(f"width of '{layer.name}' must be a positive multiple of its {blocks} blocks, got {width}")
    if layer.law == "copies":
        options["copies"] = True
    if moments:
        options["mean"] = np.concatenate([one.mean for one in moments])
        options["covariance"] = np.concatenate([one.variance for one in moments])
    given = _accepted(method, options)
    members = [np.flatnonzero(layer.blocks == block) for block in range(blocks)]
    blocks_of = [(layer.incoming, layer.outgoing)]
    if blocks > 1:
        blocks_of = [(layer.incoming[own], layer.outgoing[:, own]) for own in members]
    found = [method(*pair, width // blocks, slope=layer.slope, **given) for pair in blocks_of]
    whole = _joined(found, members, len(layer.blocks))
    parts, first = [], 0
    for place, (rows, columns) in enumerate(layer.readings):
        share = replace(whole, outgoing=whole.outgoing[first : first + len(columns)])
        slope = slopes[place] if slopes else layer.slope
        parts.append(_of_reading(layer, share, rows, columns, slope, moments[place] if moments else None))
        first += len(columns)
    return GroupCoreset(layer.name, whole.kept, whole.units, tuple(parts))


def _accepted(method: Construction, options: Mapping[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(method).parameters.values()
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return dict(options)
    return {name: value for name, value in options.items() if name in {parameter.name for parameter in parameters}}


def _joined(found: list[LayerCoreset], members: list[Indices], units: int) -> LayerCoreset:
    """Put the coresets of the blocks together."""
    if len(found) == 1:
        return found[0]
    kept = np.concatenate([own[part.kept] for own, part in zip(members, found, strict=True)])
    order = np.argsort(kept)
    outgoing = np.concatenate([part.outgoing for part in found], axis=1)[:, order]
    merging = _joined_mergings([part.merging for part in found], members, units)
    return replace(found[0], kept=kept[order], outgoing=outgoing, units=units, merging=merging, sampling=None)


def _joined_mergings(parts: list[Merging | None], members: list[Indices], units: int) -> Merging | None:
    assignment, multipliers = np.full(units, -1), np.zeros(units)
    gone, residuals = [], []
    for own, part in zip(members, parts, strict=True):
        if part is None:
            return None
        assignment[own] = np.where(part.assignment >= 0, own[part.assignment], -1)
        multipliers[own] = part.multipliers
        gone.append(own[part.assignment != np.arange(len(own))])
        residuals.append(part.residuals)
    return Merging(assignment, multipliers, np.concatenate(residuals)[np.argsort(np.concatenate(gone))])


def _of_reading(
    layer: HiddenLayer, share: LayerCoreset, rows: Floats, columns: Floats, slope: float, law: Moments | None
) -> LayerCoreset:
    """Return the coreset of one reading, of the units that were chosen for all of them."""
    if share.is_identity:
        return replace(share, outgoing=columns.copy())
    if layer.law == "copies":  # certificates need a fold that the activation commutes with, whatever the weights are
        copied = _refolded(layer, share, rows, columns)
        folds = share.merging is not None and share.fit is None
        return replace(share, merging=copied.merging, outgoing=copied.outgoing if folds else share.outgoing)
    if share.merging is None:
        return share
    if layer.law == "none":
        return replace(share, outgoing=columns[:, share.kept], merging=None, fit=None)
    if len(layer.readings) == 1:
        return share
    return (
        _refolded(layer, share, rows, columns)
        if share.fit is None
        else _refitted(layer, share, rows, columns, slope, law)
    )


def _refolded(layer: HiddenLayer, share: LayerCoreset, rows: Floats, columns: Floats) -> LayerCoreset:
    found, members = [], []
    for block in range(int(layer.blocks.max()) + 1):
        own = np.flatnonzero(layer.blocks == block)
        kept = np.flatnonzero(np.isin(own, share.kept))
        found.append(folded(rows[own], columns[:, own], kept, share.method, copies=layer.law == "copies"))
        members.append(own)
    return replace(_joined(found, members, share.units), deterministic=share.deterministic)


def _refitted(
    layer: HiddenLayer, share: LayerCoreset, rows: Floats, columns: Floats, slope: float, law: Moments | None
) -> LayerCoreset:
    found, members = [], []
    blend = share.fit.blend if share.fit is not None else 1.0
    for block in range(int(layer.blocks.max()) + 1):
        own = np.flatnonzero(layer.blocks == block)
        kept = np.flatnonzero(np.isin(own, share.kept))
        part = Layer(rows[own], columns[:, own], len(kept), slope)
        inputs = (None, None) if law is None else (law.mean, law.variance)
        features = features_of(part.incoming, part.outgoing, slope, *inputs)
        whole = mean_square_error(features, kept, np.zeros((len(columns), len(kept))))
        found.append(refitted(part, kept, features, blend, whole))
        members.append(own)
    return _joined(found, members, share.units)
