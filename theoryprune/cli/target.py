"""From ``package.module:factory`` or ``path/to/file.py:factory`` to a model, an example's shape, and the graph."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from theoryprune.cli.weights import load_weights
from theoryprune.graph.extract import extract
from theoryprune.types import WeightGraph


def read_graph(spec: str, seed: int, shape: str | None, weights: Path | None) -> WeightGraph:
    """Make a model, fill it from a checkpoint if there is one, and extract its graph."""
    model = load_model(spec, seed)
    example = example_shape(model, shape)
    if weights is not None:
        load_weights(model, weights)
    try:
        return extract(model, example)
    except TypeError as error:
        if not str(error).startswith(("model must", "example must")):  # a mistake in the package keeps its traceback
            raise
        raise ValueError(str(error)) from error


@contextmanager
def importable(*folders: str) -> Iterator[None]:
    """Put folders at the front of the import path for a while."""
    before = list(sys.path)
    sys.path[:0] = [folder for folder in folders if folder not in sys.path]
    try:
        yield
    finally:
        sys.path[:] = before


def load_model(spec: str, seed: int) -> nn.Module:
    """Import a module or file and make its model.

    Parameters
    ----------
    spec : str
        ``module:name`` or ``file.py:name``; the name (dots allowed) is that of a function or class that can be called
        without arguments, or of a model.
    seed : int
        For torch's generator, before the import and again before the call.

    Raises
    ------
    ValueError
        If there is no such module or name, what it gives is no `torch.nn.Module`, or it needs arguments.
    FileNotFoundError
        If there is no such file.
    RuntimeError
        If the user's own code raises: the cause is attached.
    """
    source, _, name = spec.rpartition(":")
    if not source or not name:
        raise ValueError(
            f"model must be 'package.module:factory' or 'path/to/file.py:factory', got '{spec}'; the factory is "
            "called without arguments"
        )
    torch.manual_seed(seed)
    module = _import_file(source) if source.endswith(".py") else _import_module(source)
    factory: object = module
    for part in name.split("."):
        if not hasattr(factory, part):
            known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
            raise ValueError(f"model: '{source}' has no '{name}'; it has {', '.join(known) or 'nothing to call'}")
        factory = getattr(factory, part)
    if isinstance(factory, nn.Module):
        return factory
    if not callable(factory):
        raise ValueError(
            f"model: '{spec}' is a {type(factory).__name__}, neither a model nor a function that makes one"
        )
    if needed := _required(factory):
        plural = "s" if len(needed) > 1 else ""
        raise ValueError(
            f"model: '{spec}' needs the argument{plural} {', '.join(map(repr, needed))}; name a function without "
            f"arguments, such as: def small(): return {name}(...)"
        )
    torch.manual_seed(seed)
    try:
        model = factory()
    except Exception as error:
        raise RuntimeError(f"the factory '{spec}', called without arguments, raised {type(error).__name__}") from error
    if not isinstance(model, nn.Module):
        raise ValueError(f"model: '{spec}()' gave a {type(model).__name__}, not a torch.nn.Module")
    return model


def _required(factory: Callable[..., object]) -> list[str]:
    """Name the arguments without which the factory cannot be called."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # some built-in callables have no signature
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variadic]


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise RuntimeError(f"importing '{name}' failed") from error
        raise ValueError(
            f"model: there is no module '{error.name}'; it must be installed or lie in the current folder "
            "(a file is named with its ending: file.py:factory)"
        ) from error
    except Exception as error:
        raise RuntimeError(f"importing '{name}' raised {type(error).__name__}") from error


def _import_file(name: str) -> ModuleType:
    path = Path(name)
    if not path.is_file():
        raise FileNotFoundError(f"model: there is no file '{name}'")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"model: '{name}' cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses, among others, look their module up
    try:
        with importable(os.fspath(path.parent.resolve())):
            spec.loader.exec_module(module)
    except Exception as error:
        raise RuntimeError(f"importing '{name}' raised {type(error).__name__}") from error
    return module


def example_shape(model: nn.Module, shape: str | None) -> tuple[int, ...]:
    """Return the shape of one example, without the batch axis.

    Parameters
    ----------
    model : nn.Module
    shape : str or None
        ``"3,32,32"``; else the model's attribute `example_shape` counts.

    Raises
    ------
    ValueError
        If there is neither, or it is no shape.
    """
    if shape is None:
        stated = getattr(model, "example_shape", None)
        if stated is None:
            raise ValueError(
                f"shape: what is the shape of one example of {type(model).__name__}? Give --shape, as in "
                "--shape 3,32,32, or set the attribute example_shape on the model"
            )
        if not isinstance(stated, tuple | list) or not all(type(size) is int for size in stated):
            raise ValueError(
                f"shape: the attribute example_shape of {type(model).__name__} must be a tuple of int such as "
                f"(3, 32, 32), got {stated!r}"
            )
        return tuple(stated)
    try:
        sizes = tuple(int(size) for size in shape.replace("x", ",").strip(",() ").split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ValueError(f"shape must be positive integers separated by commas, as in 3,32,32, got '{shape}'")
    return sizes
