"""Optimisers taken apart and made again: class, groups and options; state entry by entry."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from theoryprune.types import Origin


def same_class(optimizer: Optimizer, parameters: list[list[tuple[str, Tensor]]]) -> Optimizer:
    """Make an optimiser of the class and options of another, without state.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Not changed; tensors among its options are copied.
    parameters : list of lists of (str, Tensor)
        The parameters of each of its groups, by name.

    Raises
    ------
    ValueError
        If its class wants more than its defaults.
    """
    groups = []
    for group, mine in zip(optimizer.param_groups, parameters, strict=True):
        options = {key: _own(value) for key, value in group.items() if key not in ("params", "param_names")}
        named = "param_names" in group
        groups.append({**options, "params": mine if named else [parameter for _, parameter in mine]})
    accepted = inspect.signature(type(optimizer)).parameters
    defaults = {key: _own(value) for key, value in optimizer.defaults.items() if key in accepted}
    try:
        made = type(optimizer)(groups, **defaults)
    except TypeError as error:
        raise ValueError(
            f"optimizer: a {type(optimizer).__name__} cannot be made from its defaults {sorted(defaults)} ({error}); "
            "make it yourself and load the state"
        ) from error
    made.defaults.update({key: _own(value) for key, value in optimizer.defaults.items()})
    return made


def _own(value: Any) -> Any:
    """An option, which may be a tensor that steps change."""
    return value.clone() if isinstance(value, Tensor) else value


def surviving_state(name: str, state: Mapping[str, Any], parameter: Tensor, origin: Origin) -> dict[str, Any]:
    """Return what is left of the state of one parameter: entries of survivors, scalars as they are.

    Raises
    ------
    ValueError
        If an item of the state is neither of the parameter's shape nor a scalar.
    """
    return {key: _entry(f"'{key}' of '{name}'", value, parameter, origin) for key, value in state.items()}


def _entry(what: str, value: object, parameter: Tensor, origin: Origin) -> object:
    if isinstance(value, Tensor) and value.shape == parameter.shape:
        return origin.take(value.detach().reshape(origin.shape))
    if isinstance(value, Tensor) and value.numel() == 1:
        return value.detach().clone()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    shape = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
    raise ValueError(
        f"optimizer: the state {what} is {shape}, neither of the parameter's shape {tuple(parameter.shape)} nor a "
        "scalar, so what survived of it is not known; start a new optimizer on after"
    )
