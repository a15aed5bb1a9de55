"""Exporting a module: from `nn.Module` to a flat list of ATen calls, with the model left as it was."""

from __future__ import annotations

import inspect
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from traceback import FrameSummary

import torch
from torch import nn
from torch._dynamo.exc import UserError, UserErrorType
from torch._subclasses.fake_tensor import FakeTensor
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config as symbolic_config
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from theoryprune.graph.refusals import Offence, refusal
from theoryprune.layers import Shape

_TORCH = str(Path(torch.__file__).parent)
_ASSIGNED = re.compile(r"tensor attributes? (.*?) (?:was|were) assigned during export")
_SYMBOL = re.compile(r"(?<!['\".])\bs\d+\b(?!['\"])")
"""Torch's name of the batch size, as in ``[s31, 7]``; in quotes it would be a name of the user's."""
_NOISY = ("fx.experimental.symbolic_shapes", "_subclasses.fake_tensor", "export._trace")
_OPEN_BATCH = "leave the batch size open: x.flatten(1), or x.view(x.size(0), -1) (len(x) makes it a fixed number)"


def export(
    model: nn.Module, shape: Shape, device: torch.device, dtype: torch.dtype
) -> tuple[ExportedProgram, list[Offence]]:
    """Trace `model` in evaluation mode on a symbolic batch of examples of `shape`.

    Returns
    -------
    program : ExportedProgram
    offences : list of Offence
        What the program does not show: branches on the batch size, and tensors that `forward` assigns to attributes.

    Raises
    ------
    UnsupportedLayerError
        If there is no program: the control flow depends on the data, the batch size is fixed, or `forward` does not
        take one tensor.
    ValueError
        If the model's own `forward` fails on such an input.

    Notes
    -----
    The tensors are fake ones, so nothing is computed. The example batch has two rows: with one,
    ``x.view(x.size(0), -1)`` would be recorded as ``view(1, -1)``. Torch takes for granted that a symbolic size is
    neither 0 nor 1 unless it is told to be oblivious; then a branch on the size leaves a guard, whatever it asks.
    """
    example = torch.zeros((2, *shape), dtype=dtype, device=device)
    dynamic = {0: Dim.DYNAMIC}
    axes = ((dynamic,),) if _check_arguments(model) else (dynamic,)
    with _left_as_it_was(model), _quiet(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.eval()
        try:
            with symbolic_config.patch(backed_size_oblivious=True):  # type: ignore[attr-defined]
                program = torch.export.export(model, (example,), dynamic_shapes=axes, strict=False)
        except GuardOnDataDependentSymNode as error:
            line = Offence(
                "forward",
                (),
                f"control flow depends on the data{_source_line(str(error))}",
                "a weight graph has no branches: extract a sub-network without this one",
            )
            raise refusal(model, [line]) from error
        except UserError as error:
            if error.error_type != UserErrorType.CONSTRAINT_VIOLATION:
                raise _failed(model, shape, error) from error
            raise refusal(model, [Offence("forward", (), "it fixes the batch size", _OPEN_BATCH)]) from error
        except Exception as error:  # whatever the user's forward raises, told with the shape it was given
            raise _failed(model, shape, error) from error
    return program, [*_batch_branches(program), *_assigned(model, caught)]


def _failed(model: nn.Module, shape: Shape, error: Exception) -> ValueError:
    return ValueError(
        f"example: {type(model).__name__}.forward fails on a batch of shape (n, {', '.join(map(str, shape))}) with "
        f"{type(error).__name__}: {_first_line(error).rstrip('.')}. Give the shape of one example without the batch "
        "axis, or a batch that the model accepts; forward must work for every batch size n: x.flatten(1)"
    )


def _batch_branches(program: ExportedProgram) -> Iterator[Offence]:
    """Name the conditions on the batch size under which alone the program holds, torch's own ones apart.

    The guards of torch's operators concern memory formats only.
    """
    values = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"]
    example = next(value for value in values if isinstance(value, FakeTensor))
    symbols = example.fake_mode.shape_env
    for guard in symbols.guards if symbols else ():
        place = guard.sloc.framework_loc
        file, line = (place.filename, place.lineno) if isinstance(place, FrameSummary) else (str(place), 0)
        if not file.startswith(_TORCH):
            yield Offence("forward", (), f"it branches on the batch size ({file}, line {line})", _OPEN_BATCH)


def _assigned(model: nn.Module, caught: list[warnings.WarningMessage]) -> Iterator[Offence]:
    """Name the modules whose attributes the export saw being assigned."""
    paths = dict(model.named_modules())
    for warning in caught:
        if found := _ASSIGNED.search(str(warning.message)):
            for name in found[1].split(", "):
                attribute = name.removeprefix("self.").partition("[")[0]
                path = attribute.rpartition(".")[0]
                kind = type(paths[path]).__name__ if path in paths else "module"
                yield Offence(
                    f"{path or 'the model itself'} ({kind})",
                    (attribute.rpartition(".")[2],),
                    "it is assigned in forward (or by a hook), so a call may depend on the one before",
                    "keep no state between calls; take off hooks that set weights (torch.nn.utils.prune.remove, "
                    "torch.nn.utils.remove_weight_norm, ...)",
                )


@contextmanager
def _left_as_it_was(model: nn.Module) -> Iterator[None]:
    """Put back every attribute of every module, and the content of its lists and dicts, whatever happens."""
    before = [(vars(module), dict(vars(module))) for module in model.modules()]
    dicts = [(value, dict(value)) for _, kept in before for value in kept.values() if isinstance(value, dict)]
    lists = [(value, list(value)) for _, kept in before for value in kept.values() if isinstance(value, list)]
    try:
        yield
    finally:
        for now, kept in [*before, *dicts]:
            now.clear()
            now.update(kept)
        for items, kept_items in lists:
            items[:] = kept_items


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch from printing and logging the traces of errors that are raised again with a better message."""
    loggers = [logging.getLogger(f"torch.{name}") for name in _NOISY]
    before = [logger.disabled for logger in loggers]
    try:
        for logger in loggers:
            logger.disabled = True
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _check_arguments(model: nn.Module) -> bool:
    """Refuse a `forward` that does not take one tensor; return whether it takes it by ``*args``."""
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError("model must be a plain nn.Module, got a ScriptModule; pass the module it was made from")
    if isinstance(model, torch._dynamo.OptimizedModule):
        raise TypeError("model must be a plain nn.Module, got a compiled one; pass the module given to torch.compile")
    signature = inspect.signature(model.forward)
    try:
        bound = signature.bind(None)
    except TypeError as error:
        reason = f"{type(model).__name__}.forward{signature} does not take exactly one input"
        line = Offence("forward", (), reason, "wrap the model in a module whose forward takes one tensor")
        raise refusal(model, [line]) from error
    (name,) = bound.arguments
    return signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL


def _source_line(message: str) -> str:
    """The user's line that torch names in its error, as ' (file, line n: code)'."""
    found = re.search(r'The following call raised this error:\s*File "(.+?)", line (\d+), in .*?\n\s*(.+)', message)
    return f" ({found[1]}, line {found[2]}: {found[3].strip()})" if found else ""


def _first_line(error: Exception) -> str:
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return _SYMBOL.sub("n", line)
