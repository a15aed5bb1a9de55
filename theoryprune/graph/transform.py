"""Applying a mask: the one place where single weights are lost."""

from __future__ import annotations

import torch

from theoryprune.graph.evaluate import require_graph
from theoryprune.types import Mask, WeightGraph


def apply_mask(graph: WeightGraph, mask: Mask) -> WeightGraph:
    """Return the graph with the masked-out weights set to zero; every shape stays.

    Parameters
    ----------
    graph : WeightGraph
    mask : Mask
        Over some or all prunable weights of the graph; weights it does not name are kept whole.

    Returns
    -------
    WeightGraph
        Shares the tensors that the mask does not touch with `graph`, which is not changed.

    Raises
    ------
    ValueError
        If the mask names a weight that the graph lacks, or a shape differs.

    Examples
    --------
    >>> import torch, theoryprune as tp
    >>> graph = tp.extract(torch.nn.Linear(2, 1), (2,))
    >>> sparse = tp.apply_mask(graph, tp.Mask({"weight": torch.tensor([[True, False]])}))
    >>> bool(sparse.weights["weight"][0, 1] == 0)
    True
    """
    check_fits(graph, mask)
    kept = {name: keep.to(graph.device) for name, keep in mask.keep.items()}
    weights = graph.weights
    return graph.with_weights(
        {name: torch.where(keep, weights[name], weights[name].new_zeros(())) for name, keep in kept.items()}
    )


def require_mask(mask: Mask) -> None:
    """Raise `TypeError` unless `mask` is a mask."""
    if not isinstance(mask, Mask):
        raise TypeError(f"mask must be a Mask, got {type(mask).__name__}; prune(...).mask and keep_top(...) are masks")


def check_fits(graph: WeightGraph, mask: Mask) -> None:
    """Raise `ValueError` unless every tensor of the mask has the name and shape of a prunable weight of the graph."""
    require_graph(graph)
    require_mask(mask)
    weights = graph.weights
    unknown = [name for name in mask.keep if name not in weights]
    if unknown:
        raise ValueError(
            f"mask names {unknown}, which the graph lacks; its prunable weights are {list(weights)}. "
            "Is it a mask of another network?"
        )
    for name, keep in mask.keep.items():
        if keep.shape != weights[name].shape:
            raise ValueError(
                f"mask: '{name}' has shape {tuple(keep.shape)}, the graph's weight {tuple(weights[name].shape)}; "
                "is it a mask of another network?"
            )
