"""From `nn.Module` to `WeightGraph`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from theoryprune.graph.convert import convert
from theoryprune.graph.export import export
from theoryprune.graph.refusals import Offence, refusal
from theoryprune.graph.trace import flatten_program
from theoryprune.layers import Layer, Shape, WeightLayer
from theoryprune.types import WeightGraph


def extract(model: nn.Module, example: Tensor | tuple[int, ...]) -> WeightGraph:
    """Read a network off a PyTorch module.

    Parameters
    ----------
    model : nn.Module
        In any mode (it is read as in evaluation mode, and left untouched), of one floating dtype, on one device;
        ``meta`` will do for shapes and counts.
    example : Tensor of shape (batch, ...), or tuple of int
        A batch, or the shape of one example *without* the batch axis. Only the shape is used.

    Returns
    -------
    WeightGraph
        Layer records with clones of the model's tensors. Weight-bearing layers keep their module path.

    Raises
    ------
    UnsupportedLayerError
        If anything in the model has no layer record: all offending operations at once, with the remedies.
    TypeError, ValueError
        If `model` or `example` is no such thing, the example does not fit the model, or the tensors are spread over
        several devices or dtypes.

    Notes
    -----
    The law: ``forward(extract(model, example), x)`` equals ``model.eval()(x)`` bit for bit. Changes of the memory
    layout (``contiguous``) leave no record; in a network that mixes channels-last with other layouts, torch may
    then sum in another order. Cost: one `torch.export` on fake tensors (no data, no arithmetic) and one copy of the
    tensors.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> graph = extract(net, (4,))
    >>> [layer.kind for layer in graph.layers], list(graph.weights)
    (['linear', 'relu', 'linear'], ['0.weight', '2.weight'])
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    device, dtype = _common_device_and_dtype(model, example)
    shape = _example_shape(example, device, dtype)
    program, offences = export(model, shape, device, dtype)
    layers, output, more = convert(flatten_program(program, shape))
    if offences := [*_tied_weights(model), *offences, *more]:
        raise refusal(model, offences)
    parameters = {name for name, _ in model.named_parameters()}
    order = [
        name
        for path, module in model.named_modules()
        for name, _ in (*module.named_parameters(path, recurse=False), *module.named_buffers(path, recurse=False))
    ]
    weights = {layer.weight_name for layer in layers if isinstance(layer, WeightLayer)}
    used = [name for layer in layers for name in layer.names.values()]
    graph = WeightGraph(
        layers=tuple(_own_tensors(layer) for layer in layers),
        input_shape=shape,
        output=output,
        order=tuple(name for name in order if name in weights),
        frozen=frozenset(name for name, parameter in model.named_parameters() if not parameter.requires_grad),
        buffers=frozenset(used) - parameters,
    )
    graph.shapes  # noqa: B018  (computed now, so that a record that misjudges its shape fails here and not later)
    return graph


def _common_device_and_dtype(model: nn.Module, example: Tensor | tuple[int, ...]) -> tuple[torch.device, torch.dtype]:
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    floating = {name: t for name, t in tensors.items() if t.is_floating_point() or t.is_complex()}
    for what, values in (
        ("devices", {name: t.device for name, t in tensors.items()}),
        ("dtypes", {name: t.dtype for name, t in floating.items()}),
    ):
        if len(set(values.values())) > 1:
            first, *_ = values
            other = next(name for name in values if values[name] != values[first])
            raise ValueError(
                f"model must have all its tensors of one {what[:-1]}: '{first}' has {values[first]}, '{other}' has "
                f"{values[other]}; bring them together with model.to(...)"
            )
    fallback = example if isinstance(example, Tensor) else torch.empty(0)
    device = next((t.device for t in tensors.values()), fallback.device)
    dtype = next((t.dtype for t in floating.values()), fallback.dtype)
    if not dtype.is_floating_point:
        raise ValueError(f"model must be of a real floating dtype, got {dtype}")
    return device, dtype


def _example_shape(example: Tensor | tuple[int, ...], device: torch.device, dtype: torch.dtype) -> Shape:
    if isinstance(example, Tensor):
        if example.ndim < 2:
            raise ValueError(
                f"example must be a batch with its batch axis, got shape {tuple(example.shape)}; give the shape of one "
                "example as a tuple instead"
            )
        if example.device != device or example.dtype != dtype:
            raise ValueError(
                f"example must be {dtype} on {device} like the model, got {example.dtype} on {example.device}; convert "
                "it, or give the shape of one example as a tuple"
            )
        return tuple(example.shape[1:])
    if not isinstance(example, tuple) or not all(isinstance(n, int) and not isinstance(n, bool) for n in example):
        given: object = example
        listed = isinstance(given, list) and all(type(n) is int for n in given)
        remedy = f"; write it as a tuple: {tuple(example)}" if listed else ""
        raise TypeError(
            f"example must be a batch (Tensor) or the shape of one example (tuple of int), got {example!r}{remedy}"
        )
    if not example or min(example) < 1:
        raise ValueError(f"example must be a shape of positive sizes without the batch axis, got {example}")
    return tuple(example)


def _tied_weights(model: nn.Module) -> Iterator[Offence]:
    """Name the parameters that share their memory: one parameter under several names, or views of one another."""
    tied: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for name, parameter in model.named_parameters(remove_duplicate=False):
        tied[(id(parameter),) if parameter.is_meta else (parameter.data_ptr(), parameter.numel())].append(name)
    for names in tied.values():
        if len(names) > 1:
            yield Offence(" and ".join(names), (), "one tensor under several names", "give each use a copy of its own")


def _own_tensors(layer: Layer) -> Layer:
    """Return the record with clones of its tensors, detached from the model."""
    return layer.with_tensors({key: tensor.detach().clone() for key, tensor in layer.tensors()})
