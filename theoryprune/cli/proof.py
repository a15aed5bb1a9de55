"""What a checker needs beside a masked network: when each weight was removed, and what it was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from theoryprune.errors import FileFormatError
from theoryprune.graph.container import read, write
from theoryprune.types import WeightGraph

_AT, _VALUES = "removed_at", "values"


@dataclass(frozen=True, eq=False)
class Proof:
    """The way back from a masked network to the one before pruning.

    Parameters
    ----------
    removed_at : mapping of str to Tensor
        int32 per weight: the iteration that removed it, 0 if kept.
    values : mapping of str to Tensor
        By the same names, the removed weights in flat order, of shape (number removed,).
    """

    removed_at: Mapping[str, Tensor]
    values: Mapping[str, Tensor]


def proof_of(graph: WeightGraph, removed_at: Mapping[str, Tensor]) -> Proof:
    """Take from a network before pruning what its masked form lacks."""
    return Proof(removed_at, {name: graph.weights[name][at != 0] for name, at in removed_at.items()})


def dense_graph(sparse: WeightGraph, proof: Proof) -> WeightGraph:
    """Put the removed weights back.

    Raises
    ------
    FileFormatError
        If the proof is not one of this network.
    """
    weights = {}
    for name, at in proof.removed_at.items():
        values, gone = proof.values[name], at != 0
        weight = sparse.weights.get(name)
        if weight is None or weight.shape != at.shape or weight.dtype != values.dtype or len(values) != int(gone.sum()):
            raise FileFormatError(f"the proof does not fit the network at '{name}'; is it one of another run?")
        weights[name] = weight.clone()
        weights[name][gone] = values
    return sparse.with_weights(weights)


def save_proof(proof: Proof, path: str | os.PathLike[str]) -> None:
    """Write a proof: iterations in the smallest integers that hold them, and the values in the network's dtype."""
    tensors = {}
    for name, at in proof.removed_at.items():
        tensors[f"{name}:{_AT}"] = at.to(_smallest(int(at.max())))
        tensors[f"{name}:{_VALUES}"] = proof.values[name]
    write(path, "proof", {"weights": list(proof.removed_at)}, tensors)


def _smallest(largest: int) -> torch.dtype:
    kinds = (torch.uint8, torch.int16, torch.int32)
    return next(kind for kind in kinds if largest <= torch.iinfo(kind).max)


def load_proof(path: str | os.PathLike[str]) -> Proof:
    """Read what `save_proof` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If the file is damaged, or no proof.
    """
    header, tensors = read(path, "proof")
    try:
        names = [str(name) for name in header["weights"]]
        removed_at = {name: tensors[f"{name}:{_AT}"].to(torch.int32) for name in names}
        return Proof(removed_at, {name: tensors[f"{name}:{_VALUES}"] for name in names})
    except (KeyError, TypeError) as error:
        raise FileFormatError(f"'{os.fspath(path)}': the proof is incomplete ({error!r}); run prune again") from error
