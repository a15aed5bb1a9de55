"""Records as JSON data and tensors, no digit lost: floats in hexadecimal, arrays by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from theoryprune.bounds import BlockError, BlockTerm, ConvCertificate, EndToEnd, GainBounds, LayerCertificate
from theoryprune.coresets import (
    Allocation,
    Budget,
    Fit,
    GroupCertificate,
    GroupCoreset,
    LayerCoreset,
    Merging,
    Path,
    Plan,
    Reason,
    ReducedGroup,
    Removal,
    Sampling,
)

_RECORDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Allocation, BlockError, BlockTerm, Budget, ConvCertificate, EndToEnd, Fit, GainBounds, GroupCertificate,
        GroupCoreset, LayerCertificate, LayerCoreset, Merging, Path, Plan, Reason, ReducedGroup, Removal, Sampling,
    )
}  # fmt: skip

_NOT_STATED = frozenset({"seconds"})
"""Fields written as 0: how long something took is no part of it, and the bytes shall be the same on every run."""


def encode(value: object, tensors: dict[str, Tensor]) -> Any:
    """Turn a record into JSON data, adding its arrays to `tensors`.

    Parameters
    ----------
    value : object
        A frozen record of the reduction, or what such records are made of.
    tensors : dict of str to Tensor
        Receives the arrays under names of its own.

    Raises
    ------
    TypeError
        If something in it cannot be written.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return {"float": float(value).hex()}
    if isinstance(value, np.ndarray):
        key = f"array{len(tensors)}"
        tensors[key] = torch.from_numpy(np.array(value))
        return {"array": key}
    if isinstance(value, Tensor):
        key = f"tensor{len(tensors)}"
        tensors[key] = value.detach().clone()
        return {"tensor": key}
    if isinstance(value, tuple):
        return [encode(item, tensors) for item in value]
    if isinstance(value, Mapping):
        return {"mapping": {str(key): encode(item, tensors) for key, item in value.items()}}
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        own = {spec.name: getattr(value, spec.name) for spec in fields(value)}
        plain = {name: encode(0.0 if name in _NOT_STATED else item, tensors) for name, item in own.items()}
        return {"record": type(value).__name__, "fields": plain}
    raise TypeError(f"a {type(value).__name__} cannot be written to a run folder")


def decode(data: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Read what `encode` made.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it did not make this.
    """
    if isinstance(data, list):
        return tuple(decode(item, tensors) for item in data)
    if not isinstance(data, dict):
        return data
    if "float" in data:
        return float.fromhex(data["float"])
    if "array" in data:
        return tensors[data["array"]].numpy()
    if "tensor" in data:
        return tensors[data["tensor"]]
    if "mapping" in data:
        return {key: decode(item, tensors) for key, item in data["mapping"].items()}
    return _RECORDS[data["record"]](**{name: decode(item, tensors) for name, item in data["fields"].items()})
