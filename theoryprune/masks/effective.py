"""What a mask really keeps: the weights that lie on an input-output path."""

from __future__ import annotations

from torch import Tensor

from theoryprune.graph.connected import carries_flow
from theoryprune.graph.reach import effective_weights, sweep
from theoryprune.graph.transform import apply_mask
from theoryprune.types import Mask, WeightGraph


def effective_mask(graph: WeightGraph, mask: Mask) -> Mask:
    """Return the kept weights that lie on a path from the input to the output.

    Parameters
    ----------
    graph : WeightGraph
    mask : Mask
        Layers that it does not name are kept whole.

    Returns
    -------
    Mask
        Over the same weights. Its `density` is the effective density: the gap to ``mask.density`` are wasted weights.

    Raises
    ------
    ValueError
        If the mask does not fit the graph.

    Notes
    -----
    A weight is on a path if it is kept and not zero, an input reaches the channel it reads, and the channel it writes
    reaches an output; a batch norm of scale zero ends a path. Biases start none. Judged per channel, which is necessary
    for a flow and all but sufficient (`theoryprune.graph.reach`). Cost: two passes over the weights.

    Examples
    --------
    >>> import torch
    >>> from theoryprune.graph.extract import extract
    >>> graph = extract(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)), (2,))
    >>> first = torch.tensor([[True, True], [False, False]])
    >>> mask = Mask({"0.weight": first, "1.weight": torch.tensor([[True, True]])})
    >>> effective_mask(graph, mask).keep["1.weight"]
    tensor([[ True, False]])
    """
    effective = effective_weights(apply_mask(graph, mask))
    return Mask({name: effective[name] for name in mask.keep})


def is_connected(graph: WeightGraph, mask: Mask) -> bool:
    """Return whether some input reaches some output over kept non-zero weights, biases apart (`carries_flow`)."""
    return carries_flow(apply_mask(graph, mask))


def disconnected_outputs(graph: WeightGraph, mask: Mask) -> Tensor:
    """Return the output channels (classes) that no input reaches.

    Returns
    -------
    Tensor of int64, shape (number of them,)
    """
    masked = apply_mask(graph, mask)
    return (~sweep(masked).from_input[masked.output]).nonzero().view(-1)
