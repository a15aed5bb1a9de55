"""From ``package.module:factory`` or ``path/to/file.py:factory`` to a model and the shape of one example."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch
from torch import nn


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
        If there is no such module or name, or what it gives is no `torch.nn.Module`.
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
    torch.manual_seed(seed)
    try:
        model = factory()
    except Exception as error:
        raise RuntimeError(f"the factory '{spec}', called without arguments, raised {type(error).__name__}") from error
    if not isinstance(model, nn.Module):
        raise ValueError(f"model: '{spec}()' gave a {type(model).__name__}, not a torch.nn.Module")
    return model


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
        return tuple(stated)
    try:
        sizes = tuple(int(size) for size in shape.replace("x", ",").strip(",() ").split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ValueError(f"shape must be positive integers separated by commas, as in 3,32,32, got '{shape}'")
    return sizes
