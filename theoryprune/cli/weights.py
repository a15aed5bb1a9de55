"""Weights from a checkpoint: safetensors, or what `torch.load` reads without executing code."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from theoryprune.errors import FileFormatError

_SHOWN = 5


def load_weights(model: nn.Module, path: Path) -> None:
    """Fill a model with the weights of a checkpoint.

    Parameters
    ----------
    model : nn.Module
        Changed in place, and only if everything fits.
    path : Path
        A safetensors file (those of `save_graph` included), or a checkpoint of `torch.save` that holds a state_dict,
        by itself or under the key ``"state_dict"``, ``"model_state_dict"`` or ``"model"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If it cannot be read, is the checkpoint of another model (the message names the missing, unexpected and
        mismatched tensors), or holds a wider dtype than the model.

    Notes
    -----
    The counters ``num_batches_tracked`` may be missing: evaluation does not read them. A dtype may be widened on
    loading, never narrowed.
    """
    if not path.is_file():
        raise FileNotFoundError(f"weights: there is no file '{path}'")
    found, expected = read_checkpoint(path), model.state_dict()
    missing = [k for k in expected if k not in found and not k.endswith("num_batches_tracked")]
    unexpected = [k for k in found if k not in expected]
    wrong = [
        f"{key} ({_describe(found[key])} in the file, {_describe(tensor)} in the model)"
        for key, tensor in expected.items()
        if key in found and not _fits(found[key], tensor)
    ]
    problems = [
        f"{label}: {_some(names)}"
        for label, names in (("missing", missing), ("unexpected", unexpected), ("of another shape or dtype", wrong))
        if names
    ]
    if not missing and not unexpected and (wider := _wider(found, expected)):
        first, *_ = wider
        raise FileFormatError(
            f"weights: '{path}' holds {found[first].dtype} where this {type(model).__name__} has "
            f"{expected[first].dtype} ({_some(wider)}), and nothing is rounded unasked; convert the model where it is "
            f"made, with model.to({found[first].dtype}), or save a converted checkpoint"
        )
    if problems:
        if found and all(name.startswith("module.") for name in found):
            problems.append("all its names begin with 'module.': save model.module.state_dict()")
        raise FileFormatError(
            f"weights: '{path}' is a checkpoint of another model than this {type(model).__name__}; "
            + "; ".join(problems)
        )
    model.load_state_dict(found, strict=False)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the state_dict in a file."""
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise FileFormatError(f"weights: '{path}' is no safetensors file, or is damaged: {error}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of pickles that are refused right after
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise FileFormatError(
            f"weights: '{path}' cannot be read without executing code from it ({type(error).__name__}); save "
            "model.state_dict() with torch.save or safetensors"
        ) from error
    except Exception as error:  # torch.load raises a dozen kinds for damaged files
        raise FileFormatError(
            f"weights: '{path}' is cut off, damaged or no checkpoint of torch.save ({type(error).__name__}); save it "
            "again"
        ) from error
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise FileFormatError(
            f"weights: '{path}' holds no state_dict, by itself or under 'state_dict', 'model_state_dict' or "
            "'model'; save model.state_dict()"
        )
    return dict(content)


def _fits(found: Tensor, expected: Tensor) -> bool:
    widened = torch.promote_types(found.dtype, expected.dtype) == expected.dtype
    return found.shape == expected.shape and widened


def _wider(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> list[str]:
    """Name the floating tensors that only their dtype keeps from fitting; none if others do not fit either."""
    unfit = [key for key in expected if key in found and not _fits(found[key], expected[key])]
    only_dtype = all(
        found[key].shape == expected[key].shape and found[key].is_floating_point() and expected[key].is_floating_point()
        for key in unfit
    )
    return unfit if only_dtype else []


def _describe(tensor: Tensor) -> str:
    return f"{'x'.join(map(str, tensor.shape)) or 'scalar'} {str(tensor.dtype).removeprefix('torch.')}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
