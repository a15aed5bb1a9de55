"""Running a construction on the hidden layer of a channel group: block by block, reading by reading."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from theoryprune.coresets.group_coreset import GroupCoreset
from theoryprune.coresets.hidden_layer import HiddenLayer
from theoryprune.coresets.join import joined
from theoryprune.coresets.of_reading import of_reading
from theoryprune.coresets.preactivation import Preactivation, side_by_side
from theoryprune.coresets.record import LayerCoreset
from theoryprune.geometry.arguments import Floats

Construction = Callable[..., LayerCoreset]


def group_coreset(
    layer: HiddenLayer,
    method: Construction,
    width: int,
    *,
    slopes: tuple[float, ...] = (),
    laws: Sequence[Preactivation] = (),
    means: Sequence[Floats | None] = (),
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
    laws : sequence of Preactivation, optional
        One for each reading: the method then gets rows that say what these say, and the moments that go with them.
        Where no multiple of a unit can stand for another, they are of the units themselves (`uncorrelated`).
    means : sequence of (ndarray of shape (n,) or None), optional
        What each consumer reads of the units on average, where it is told (`GroupCoreset.means`).
    **options
        Passed on to `method`, as far as it takes them and is no `functools.partial` with an own value.

    Returns
    -------
    GroupCoreset
        Every reading has outgoing weights of its own. Where no multiple of a unit can stand for another, weights are
        those of the kept units as they were; where only copies can, folding is by copies.

    Raises
    ------
    ValueError
        If the width is no multiple of the number of blocks, or below it; or the method keeps another number of units,
        or gives a constant (``intercept=True``) where no means are told.
    """
    blocks = int(layer.blocks.max()) + 1
    if width < blocks or width % blocks:
        raise ValueError(f"width of '{layer.name}' must be a positive multiple of its {blocks} blocks, got {width}")
    if layer.law == "copies":
        options["copies"] = True
    incoming, slope = layer.incoming, layer.slope
    if laws and layer.law == "none":
        slope = 1.0
    if laws:
        law = side_by_side(list(laws))
        incoming, options = law.rows, {**options, **law.moments}
    given = _accepted(method, options)
    members = [np.flatnonzero(layer.blocks == block) for block in range(blocks)]
    blocks_of = [(incoming, layer.outgoing)]
    if blocks > 1:
        blocks_of = [(incoming[own], layer.outgoing[:, own]) for own in members]
    found = [
        _filled(method(*pair, width // blocks, slope=slope, **given), *pair, width // blocks) for pair in blocks_of
    ]
    if wrong := [part for part in found if len(part.kept) != width // blocks]:
        raise ValueError(
            f"method '{wrong[0].method}' keeps {len(wrong[0].kept)} of the {width // blocks} units asked for in "
            f"'{layer.name}'; widths are exact: draw with mode='distinct'"
        )
    if any(part.fit is not None and part.fit.intercept for part in found) and (not means or None in means):
        raise ValueError(
            f"method fits weights beside a constant, but batch norms tell no mean of '{layer.name}' that would go into "
            "the bias; leave intercept=False, or protect the layer"
        )
    whole = joined(found, members, len(layer.blocks))
    parts, first = [], 0
    for place, (rows, columns) in enumerate(layer.readings):
        share = replace(whole, outgoing=whole.outgoing[first : first + len(columns)])
        own = slopes[place] if slopes else layer.slope
        part = of_reading(layer, share, rows, columns, own, laws[place] if laws else None)
        parts.append(replace(part, shift=None))  # the means say it, for every consumer
        first += len(columns)
    return GroupCoreset(layer.name, whole.kept, whole.units, tuple(parts), tuple(means))


def _filled(found: LayerCoreset, rows: Floats, columns: Floats, width: int) -> LayerCoreset:
    """Add units without effect where those with any were too few to draw from."""
    without = np.flatnonzero(~(rows.any(axis=1) & columns.any(axis=0)))
    spare = np.setdiff1d(without, found.kept)[: width - len(found.kept)]
    if found.sampling is None or len(found.kept) >= width or not len(spare):
        return found
    kept, none = np.append(found.kept, spare), np.zeros(len(spare))
    order = np.argsort(kept)
    drawn = replace(
        found.sampling,
        counts=np.append(found.sampling.counts, none.astype(np.int64))[order],
        weights=np.append(found.sampling.weights, none)[order],
    )
    outgoing = np.column_stack([found.outgoing, np.zeros((len(columns), len(spare)))])[:, order]
    return replace(found, kept=kept[order], outgoing=outgoing, sampling=drawn)


def _accepted(method: Construction, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a method takes, but for those that a `functools.partial` of it has settled."""
    settled = getattr(method, "keywords", {})
    parameters = inspect.signature(method).parameters.values()
    names = {parameter.name for parameter in parameters}
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        names |= set(options)
    return {name: value for name, value in options.items() if name in names and name not in settled}
