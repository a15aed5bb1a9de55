"""Masks and whole graphs as files: safetensors with a JSON header, no pickle, written in one piece."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor

from theoryprune.errors import FileFormatError
from theoryprune.graph.container import Header, read, write
from theoryprune.graph.evaluate import require_values
from theoryprune.graph.transform import require_mask
from theoryprune.layers import LAYERS, Layer, WeightLayer
from theoryprune.types import INPUT, Mask, Origin, WeightGraph


def save_mask(mask: Mask, path: str | os.PathLike[str]) -> None:
    """Write a mask to a file, one bit per weight.

    Parameters
    ----------
    mask : Mask
    path : path
        In a folder that exists; a file there is replaced, in one piece.

    Raises
    ------
    ValueError
        If the mask lies on the meta device: it has no values.
    FileNotFoundError
        If the folder does not exist.

    Notes
    -----
    Each layer is a uint8 tensor of its bits in C order, most significant bit first; the header holds the shapes in
    registration order. The bytes depend on nothing but the mask.

    Examples
    --------
    >>> import tempfile, torch, theoryprune as tp
    >>> mask = tp.Mask({"fc.weight": torch.tensor([[True, False], [False, False]])})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tp.save_mask(mask, f"{folder}/mask.safetensors")
    ...     tp.load_mask(f"{folder}/mask.safetensors").layer_densities
    {'fc.weight': 0.25}
    """
    require_mask(mask)
    for name, keep in mask.keep.items():
        if keep.device.type == "meta":
            raise ValueError(f"save_mask: '{name}' lies on the meta device and has no values")
    bits = {
        name: torch.from_numpy(np.packbits(keep.detach().cpu().numpy().reshape(-1))) for name, keep in mask.keep.items()
    }
    write(path, "mask", {"shapes": {name: list(keep.shape) for name, keep in mask.keep.items()}}, bits)


def load_mask(path: str | os.PathLike[str]) -> Mask:
    """Read a mask that `save_mask` wrote.

    Returns
    -------
    Mask
        With the names, shapes and order it was saved with, on the CPU. Whether it fits a graph is checked where it
        is used, by `apply_mask`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If the file is damaged, of a newer schema, or holds no mask.
    """
    header, bits = read(path, "mask")
    try:
        keep = {name: _unpack(bits.pop(name), tuple(shape)) for name, shape in header["shapes"].items()}
        if bits:
            raise ValueError(f"no shape for {sorted(bits)}")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise FileFormatError(f"'{os.fspath(path)}': the mask is incomplete ({error!r}); write it again") from error
    return Mask(keep)


def _unpack(bits: Tensor, shape: tuple[int, ...]) -> Tensor:
    count = math.prod(shape)
    if bits.dtype != torch.uint8 or bits.shape != (-(-count // 8),):
        raise ValueError(f"{tuple(bits.shape)} {bits.dtype} are not the bits of a mask of shape {shape}")
    return torch.from_numpy(np.unpackbits(bits.numpy(), count=count).astype(bool)).reshape(shape)


def save_graph(graph: WeightGraph, path: str | os.PathLike[str]) -> None:
    """Write a whole network to a file: its records in the header, its tensors beside it.

    Parameters
    ----------
    graph : WeightGraph
        Masked and compacted ones included.
    path : path
        In a folder that exists; a file there is replaced, in one piece.

    Raises
    ------
    ValueError
        If the graph lies on the meta device: it has no values.
    FileNotFoundError
        If the folder does not exist.

    Notes
    -----
    Tensors keep their dtype and stand under their `state_dict` names, dense, so the same file is also a checkpoint of
    the original model: ``model.load_state_dict(safetensors.torch.load_file(path), strict=False)``. A masked network is
    therefore as large as the dense one (the compacted one is smaller; a mask takes one bit per weight).
    """
    require_values(graph, "save_graph")
    tensors: dict[str, Tensor] = {}
    records = [_encode_layer(layer, tensors) for layer in graph.layers]
    header: Header = {
        "input_shape": list(graph.input_shape),
        "output": graph.output,
        "order": list(graph.order),
        "frozen": sorted(graph.frozen),
        "buffers": sorted(graph.buffers),
        "layers": records,
    }
    if graph.origin is not None:
        header["origin"] = {name: asdict(origin) for name, origin in graph.origin.items()}
    write(path, "graph", header, tensors)


def load_graph(path: str | os.PathLike[str]) -> WeightGraph:
    """Read a network that `save_graph` wrote.

    Returns
    -------
    WeightGraph
        With equal records and tensors, on the CPU; its forward is bit for bit that of the graph saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If the file is damaged, of a newer schema, names an unknown kind of layer, or holds no graph.
    """
    header, tensors = read(path, "graph")
    try:
        graph = WeightGraph(
            layers=tuple(_decode_layer(record, tensors) for record in header["layers"]),
            input_shape=tuple(header["input_shape"]),
            output=header["output"],
            order=tuple(header["order"]),
            frozen=frozenset(header["frozen"]),
            buffers=frozenset(header["buffers"]),
            origin=_decode_origin(header["origin"]) if "origin" in header else None,
        )
        _check_wiring(graph)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RuntimeError) as error:
        raise FileFormatError(f"'{os.fspath(path)}' holds no consistent network ({error}); write it again") from error
    return graph


def _encode_layer(layer: Layer, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Turn a record into JSON data, adding its tensors under names that no other tensor has."""
    record: dict[str, Any] = {"kind": layer.kind, "tensors": {}, "fields": {}}
    for spec in fields(layer):
        value = getattr(layer, spec.name)
        if not isinstance(value, Tensor):
            record["fields"][spec.name] = _encode(value)
            continue
        key = layer.names.get(spec.name, f"{layer.name}.{spec.name}")
        while key in tensors:  # one stored constant may serve several records
            key += "'"
        tensors[key] = value
        record["tensors"][spec.name] = {"key": key, "strides": list(_dense_strides(value))}
    return record


def _decode_layer(record: dict[str, Any], tensors: dict[str, Tensor]) -> Layer:
    if record["kind"] not in LAYERS:
        raise ValueError(f"unknown kind of layer '{record['kind']}'; this version knows {', '.join(LAYERS)}")
    kind = LAYERS[record["kind"]]
    values = {name: _decode(value) for name, value in record["fields"].items()}
    for name, stored in record["tensors"].items():
        values[name] = _lay_out(tensors[stored["key"]], tuple(stored["strides"]))
    wrong = {spec.name for spec in fields(kind)} ^ values.keys()
    if wrong:
        raise ValueError(f"the fields {sorted(wrong)} of a record '{record['kind']}' are missing or unknown")
    return kind(**values)


def _decode_origin(record: dict[str, Any]) -> dict[str, Origin]:
    return {name: Origin(**{key: _decode(value) for key, value in one.items()}) for name, one in record.items()}


def _dense_strides(tensor: Tensor) -> tuple[int, ...]:
    """Return the strides of a copy: those of the tensor itself if it is dense (channels last, say), else C order.

    They are stored because the order of a convolution's sums, and so its last bits, depends on them.
    """
    return torch.empty_like(tensor, device="meta").stride()


def _lay_out(tensor: Tensor, strides: tuple[int, ...]) -> Tensor:
    if tensor.stride() == strides:
        return tensor
    if _dense_strides(torch.empty_strided(tensor.shape, strides, device="meta")) != strides:
        raise ValueError(f"{strides} are no strides of a dense tensor of shape {tuple(tensor.shape)}")
    return torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype).copy_(tensor)


def _encode(value: object) -> object:
    """JSON keeps finite floats exactly (shortest repr), integers and text; tuples become lists, infinities objects."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, dict):
        return {"dict": value}
    return [_encode(item) for item in value] if isinstance(value, tuple) else value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value["dict"]) if "dict" in value else float(value["float"])
    return tuple(_decode(item) for item in value) if isinstance(value, list) else value


def _check_wiring(graph: WeightGraph) -> None:
    """Raise if a record reads what does not stand before it, or the names of output or weights are wrong."""
    known = {INPUT}
    for layer in graph.layers:
        if layer.name in known or not known.issuperset(layer.inputs):
            raise ValueError(f"record '{layer.name}' appears twice, or reads one that does not stand before it")
        known.add(layer.name)
    weights = sorted(layer.weight_name for layer in graph.layers if isinstance(layer, WeightLayer))
    if graph.output not in known or sorted(graph.order) != weights:
        raise ValueError("the output or the order of the weights names records that are not there")
    graph.shapes  # noqa: B018  (computed now, so that records which do not fit one another fail here)
