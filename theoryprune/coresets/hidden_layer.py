"""One channel group as the two matrices that every construction takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theoryprune.coresets.hidden import Hidden
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.matrices import outgoing_of, rows_of
from theoryprune.geometry.arguments import Floats, Indices
from theoryprune.graph.evaluate import require_values
from theoryprune.layers import LeakyReLU
from theoryprune.types import WeightGraph


@dataclass(frozen=True, eq=False)
class HiddenLayer:
    """The units of a channel group: incoming and outgoing weights.

    Parameters
    ----------
    name : str
        Of the group.
    incoming : ndarray, shape (n, d)
        W: filters as rows with batch norms folded in, and the bias as last column where there is one. Rows of several
        producers, and of several readings, side by side.
    outgoing : ndarray, shape (p, n)
        V: outputs by taps, of all consumers one below the other.
    slope : float
        Of the activation: 0 for ReLU, 1 where there is none.
    law : {"homogeneous", "copies", "none"}
        Which multiples of a unit may stand for another: any, only 0 and 1, none.
    reason : str
        Why not any.
    stream : bool
        Whether it is a residual stream.
    blocks : ndarray of int, shape (n,)
        Units of different blocks never mix, and all blocks keep equally many.
    readings : tuple of (ndarray, ndarray)
        The same matrices, reading by reading: consumers of one reading see the same function of the units.
    """

    name: str
    incoming: Floats
    outgoing: Floats
    slope: float
    law: str
    reason: str
    stream: bool
    blocks: Indices
    readings: tuple[tuple[Floats, Floats], ...]


def hidden_layer(graph: WeightGraph, name: str) -> HiddenLayer:
    """Return a channel group as matrices.

    Parameters
    ----------
    graph : WeightGraph
    name : str
        Of a removable group of `channel_groups`.

    Returns
    -------
    HiddenLayer
        In float64.

    Raises
    ------
    ValueError
        If there is no such group, or none of its channels can be removed.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.LeakyReLU(0.1), torch.nn.Linear(8, 2))
    >>> layer = hidden_layer(tp.extract(net, (4,)), "0")
    >>> layer.incoming.shape, layer.outgoing.shape, layer.slope
    ((8, 5), (2, 8), 0.1)
    """
    require_values(graph, "hidden_layer")
    groups = {hidden.group.name: hidden for hidden in hidden_groups(graph)}
    if name not in groups:
        raise ValueError(f"name: '{name}' is no removable channel group; they are {list(groups)}")
    if groups[name].refusal:
        raise ValueError(f"name: no channel of '{name}' can be removed: {groups[name].refusal}")
    return matrices_of(graph, groups[name])


def matrices_of(graph: WeightGraph, hidden: Hidden) -> HiddenLayer:
    """`hidden_layer` of a group whose structure is known."""
    readings = tuple(
        (
            rows_of(graph, hidden, reading).lifted(),
            np.concatenate([outgoing_of(graph, consumer) for consumer in reading]),
        )
        for reading in hidden.readings
    )
    return HiddenLayer(
        name=hidden.group.name,
        incoming=np.concatenate([rows for rows, _ in readings], axis=1),
        outgoing=np.concatenate([columns for _, columns in readings]),
        slope=min(slope_of(hidden, place) for place in range(len(hidden.readings))),
        law=hidden.law,
        reason=hidden.reason,
        stream=hidden.stream,
        blocks=hidden.blocks,
        readings=readings,
    )


def slope_of(hidden: Hidden, place: int) -> float:
    """Return the least slope of the activation that a reading sees; 0 where several are summed."""
    slopes = {1.0 if c.units.linear else _slope(c.units.activation) for c in hidden.readings[place]}
    return min(slopes)


def _slope(activation: object) -> float:
    if isinstance(activation, LeakyReLU) and 0 <= activation.slope <= 1:
        return float(activation.slope)
    return 0.0
