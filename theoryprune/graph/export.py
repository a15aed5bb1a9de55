"""Exporting a module: from `nn.Module` to a flat list of ATen calls, with the model left as it was."""

from __future__ import annotations

import inspect
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Shape

_ASSIGNED = re.compile(r"tensor attributes? (.*?) (?:was|were) assigned during export")


def export(model: nn.Module, shape: Shape, device: torch.device, dtype: torch.dtype) -> ExportedProgram:
    """Trace `model` in evaluation mode on a symbolic batch of examples of `shape`.

    Raises
    ------
    UnsupportedLayerError
        If the control flow depends on the data, the batch size is fixed, or `forward` assigns tensors to attributes.
    ValueError
        If the model's own `forward` fails on such an input.

    Notes
    -----
    The tensors are fake ones, so nothing is computed. The example batch has two rows: with one,
    ``x.view(x.size(0), -1)`` would be recorded as ``view(1, -1)``.
    """
    example = torch.zeros((2, *shape), dtype=dtype, device=device)
    _check_arguments(model)
    with _evaluation_mode(model), _quiet(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            program = torch.export.export(model, (example,), dynamic_shapes=({0: Dim.DYNAMIC},), strict=False)
        except GuardOnDataDependentSymNode as error:
            raise UnsupportedLayerError(
                f"{type(model).__name__}: control flow depends on the data{_source_line(str(error))}. A weight graph "
                "has no branches: extract a sub-network without the branch"
            ) from error
        except torch._dynamo.exc.UserError as error:
            raise UnsupportedLayerError(
                f"{type(model).__name__}: the model fixes (or branches on) the batch size. Write x.flatten(1), or "
                f"x.view(x.size(0), -1), with the batch size left open. The export said: {_first_line(error)}"
            ) from error
        except Exception as error:  # whatever the user's forward raises, told with the shape it was given
            raise ValueError(
                f"example: {type(model).__name__}.forward fails on a batch of shape (n, {', '.join(map(str, shape))}): "
                f"{type(error).__name__}: {_first_line(error)}. Give the shape of one example without the batch axis, "
                "or a batch that the model accepts"
            ) from error
    for warning in caught:
        if found := _ASSIGNED.search(str(warning.message)):
            raise UnsupportedLayerError(
                f"{type(model).__name__}: forward assigns tensors to {found[1]}, which the graph cannot hold. Remove "
                "torch.nn.utils.prune's hooks with torch.nn.utils.prune.remove; recurrent layers are not supported"
            )
    return program


@contextmanager
def _evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Set every module to evaluation mode and put every flag back, whatever happens."""
    flags = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for module, training in flags:
            module.training = training


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch from logging the traces of errors that are raised again with a better message."""
    logger = logging.getLogger("torch.fx.experimental.symbolic_shapes")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _check_arguments(model: nn.Module) -> None:
    signature = inspect.signature(model.forward)
    try:
        signature.bind(None)
    except TypeError as error:
        raise UnsupportedLayerError(
            f"{type(model).__name__}.forward{signature} does not take exactly one input. Wrap the model in a module "
            "whose forward takes one tensor"
        ) from error


def _source_line(message: str) -> str:
    """The user's line that torch names in its error, as ' (file, line n: code)'."""
    found = re.search(r'The following call raised this error:\s*File "(.+?)", line (\d+), in .*?\n\s*(.+)', message)
    return f" ({found[1]}, line {found[2]}: {found[3].strip()})" if found else ""


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")


def per_example_shape(value: object, batch: object) -> Shape | None:
    """Return the shape without the batch axis of a traced tensor, or None where the batch axis is mixed with others."""
    if not isinstance(value, Tensor) or not value.ndim or str(value.shape[0]) != str(batch):
        return None
    rest = tuple(value.shape[1:])
    return rest if all(isinstance(size, int) for size in rest) else None
