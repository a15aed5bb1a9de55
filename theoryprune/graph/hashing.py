"""The name of a network: a hash of its records and of every number in it."""

from __future__ import annotations

import hashlib
from dataclasses import fields

import torch
from torch import Tensor

from theoryprune.graph.evaluate import require_values
from theoryprune.types import WeightGraph


def graph_sha256(graph: WeightGraph) -> str:
    """Return the SHA-256 of a network: of its records, their wiring, and the bytes of their tensors.

    Parameters
    ----------
    graph : WeightGraph

    Returns
    -------
    str
        64 hexadecimal digits. Equal for a graph that was saved and loaded, and on every device; other values,
        another dtype or another name give another one. Memory layout does not count.

    Raises
    ------
    TypeError, ValueError
        If `graph` is no graph, or has no values.

    Notes
    -----
    Cost: one pass over the bytes.

    Examples
    --------
    >>> from theoryprune.graph.extract import extract
    >>> net = torch.nn.Linear(2, 1)
    >>> graph_sha256(extract(net, (2,))) == graph_sha256(extract(net, (2,)))
    True
    """
    require_values(graph, "graph_sha256")
    digest = hashlib.sha256(repr((graph.input_shape, graph.output, graph.order)).encode())
    for layer in graph.layers:
        digest.update(repr(layer.kind).encode())
        for spec in fields(layer):
            value = getattr(layer, spec.name)
            if isinstance(value, Tensor):
                digest.update(f"{spec.name}:{value.dtype}{tuple(value.shape)}".encode())
                digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
            else:
                digest.update(f"{spec.name}={value!r};".encode())
    return digest.hexdigest()
