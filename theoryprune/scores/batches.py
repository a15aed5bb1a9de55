"""Labelled batches, and the derivatives of the loss over all of them on which the scores with data rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

import torch
from torch import Tensor

from theoryprune.graph.evaluate import forward, require_values
from theoryprune.types import WeightGraph

Data: TypeAlias = Tensor | Sequence[Tensor]
Loss: TypeAlias = Callable[[Tensor, Tensor], Tensor]
Batches: TypeAlias = tuple[tuple[Tensor, Tensor], ...]


def labelled(inputs: Data, targets: Data, loss: Loss) -> Batches:
    """Pair inputs with targets, batch by batch, or say what does not fit; what needs the graph is checked later.

    Parameters
    ----------
    inputs, targets : Tensor or sequence of Tensor
        One batch, or as many as there are tensors; the first axis counts examples. Not copied.
    loss : callable

    Raises
    ------
    TypeError, ValueError
        If the two are no tensors, empty, or not of the same lengths, or `loss` cannot be called.
    """
    xs, ys = _tensors("inputs", inputs), _tensors("targets", targets)
    if len(xs) != len(ys):
        raise ValueError(f"targets must have as many batches as inputs, got {len(ys)} for {len(xs)}")
    for number, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if len(x) != len(y):
            raise ValueError(
                f"targets must hold one entry per example, got {len(y)} for the {len(x)} inputs of batch {number}"
            )
    if not callable(loss):
        raise TypeError(
            f"loss must be a function of (outputs, targets) such as torch.nn.functional.cross_entropy, got {loss!r}"
        )
    return tuple(zip(xs, ys, strict=True))


def _tensors(name: str, data: Data) -> list[Tensor]:
    batches = [data] if isinstance(data, Tensor) else data
    if not isinstance(batches, Sequence) or not all(isinstance(batch, Tensor) for batch in batches):
        raise TypeError(
            f"{name} must be a tensor or a sequence of tensors, got {type(data).__name__}; of a data loader take "
            "inputs, targets = zip(*loader)"
        )
    if not batches or not all(batch.ndim and len(batch) for batch in batches):
        shapes = [tuple(batch.shape) for batch in batches]
        raise ValueError(f"{name} must hold at least one example per batch, got batches of shapes {shapes}")
    return list(batches)


def gradient(graph: WeightGraph, batches: Batches, loss: Loss) -> dict[str, Tensor]:
    """Return dL/dw for every prunable weight, L the mean loss over all examples.

    Parameters
    ----------
    graph : WeightGraph
        Evaluated with its own weights in its own dtype, in evaluation mode, which is all that records know.
    batches : tuple of pairs of Tensor
        From `labelled`.
    loss : callable
        Mean-reduced: batches count in proportion to their examples, so that the split does not matter.

    Returns
    -------
    dict of str to Tensor
        Sums over the batches in float64; each batch is differentiated in the graph's dtype.

    Raises
    ------
    ValueError, TypeError
        If the data do not fit the graph, or the loss is no finite differentiable scalar.
    """
    with _recording(graph, batches):
        live = _trainable(graph)
        weights = dict(live.weights)
        total = {name: torch.zeros_like(weight, dtype=torch.float64) for name, weight in weights.items()}
        for value in _losses(live, batches, loss) if weights else ():
            parts = torch.autograd.grad(value, list(weights.values()), materialize_grads=True)
            for name, part in zip(weights, parts, strict=True):
                total[name] += part
        return {name: value.detach() for name, value in total.items()}


def hessian_times(graph: WeightGraph, batches: Batches, loss: Loss, vector: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return H v for every prunable weight, H the Hessian of the loss of `gradient` in all of them together.

    Notes
    -----
    Exact, by differentiating ``v . g_batch(w)`` with v fixed, batch by batch; v is taken in the graph's dtype. Cost:
    about twice that of `gradient`, and the memory of one batch's graph of the backward pass.
    """
    with _recording(graph, batches):
        live = _trainable(graph)
        weights = dict(live.weights)
        fixed = [vector[name].to(weight.dtype) for name, weight in weights.items()]
        total = {name: torch.zeros_like(weight, dtype=torch.float64) for name, weight in weights.items()}
        for value in _losses(live, batches, loss) if weights else ():
            slopes = torch.autograd.grad(value, list(weights.values()), create_graph=True, materialize_grads=True)
            along = torch.stack([(v * slope).sum() for v, slope in zip(fixed, slopes, strict=True)]).sum()
            if not along.requires_grad:  # a loss that is linear in the weights
                continue
            parts = torch.autograd.grad(along, list(weights.values()), materialize_grads=True)
            for name, part in zip(weights, parts, strict=True):
                total[name] += part
        return {name: value.detach() for name, value in total.items()}


@contextmanager
def _recording(graph: WeightGraph, batches: Batches) -> Iterator[None]:
    """Check that the data fit, and differentiate whatever mode the caller is in."""
    require_values(graph, "score")
    expected = f"(batch, {', '.join(map(str, graph.input_shape))})"
    for x, y in batches:
        if tuple(x.shape[1:]) != graph.input_shape:
            raise ValueError(f"inputs must have shape {expected}, got {tuple(x.shape)}")
        if x.dtype != graph.dtype or x.device != graph.device:
            raise ValueError(
                f"inputs must be {graph.dtype} on {graph.device} like the graph, got {x.dtype} on {x.device}; convert "
                "them with inputs.to(graph.device, graph.dtype)"
            )
        if y.device != graph.device:
            raise ValueError(f"targets must be on {graph.device} like the graph, got {y.device}; move them there")
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast(graph.device.type, enabled=False):
        yield


def _trainable(graph: WeightGraph) -> WeightGraph:
    """Return the graph over the same storage, its prunable weights leaves that require gradients, and nothing else."""
    layers = (layer.with_tensors({key: _own(tensor) for key, tensor in layer.tensors()}) for layer in graph.layers)
    plain = replace(graph, layers=tuple(layers))
    return plain.with_weights({name: weight.requires_grad_() for name, weight in plain.weights.items()})


def _own(tensor: Tensor) -> Tensor:
    """Return the values without history; a tensor made in inference mode has to be copied to be differentiated."""
    return tensor.clone() if tensor.is_inference() else tensor.detach()


def _losses(graph: WeightGraph, batches: Batches, loss: Loss) -> Iterator[Tensor]:
    """Yield what every batch contributes to the mean loss over all examples."""
    examples = sum(len(x) for x, _ in batches)
    for number, (x, y) in enumerate(batches):
        value = loss(forward(graph, _own(x)), _own(y))
        if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
            found = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                f"loss must return a scalar tensor that depends on the outputs, got {found}; average over the batch, "
                "and do not detach the outputs"
            )
        if not bool(value.isfinite()):
            raise ValueError(
                f"loss must be finite, got {float(value.detach())} on batch {number}; look for NaN or overflow in the "
                "inputs, the weights and the targets"
            )
        yield value.reshape(()) * (len(x) / examples)
