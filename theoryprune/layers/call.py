"""One node of an exported graph, as the conversions of the layer kinds see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from theoryprune.layers.base import Shape


@dataclass(frozen=True)
class Value:
    """An activation: the name of the record that computes it and its shape per example."""

    name: str
    shape: Shape


@dataclass(frozen=True, eq=False)
class Stored:
    """A tensor that the model holds: its `state_dict` name (or the name of a constant)."""

    name: str
    tensor: Tensor


@dataclass(frozen=True)
class Computed:
    """A tensor that `forward` computes from stored ones alone: a masked or parametrised weight, zeros, ..."""


class Refusal(Exception):
    """Why one node cannot be a layer record, and what its owner can do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, eq=False)
class Call:
    """An ATen call with its arguments by name.

    Parameters
    ----------
    name : str
        The name the record will have.
    op : str
        Operator and overload without the namespace and without the in-place underscore: ``"conv2d.default"``.
    args : mapping of str to object
        By the names of the operator's schema; tensors are `Value`, `Stored` or `Computed`, the symbolic
        batch size is absent.
    shape : tuple of int
        The output's shape per example.
    """

    name: str
    op: str
    args: Mapping[str, object]
    shape: Shape

    def value(self, key: str) -> Value:
        """Return the activation given as argument `key`; refuse anything else there."""
        arg = self.args[key]
        if not isinstance(arg, Value):
            raise Refusal(
                f"its argument '{key}' is not computed from the input",
                "compute it from the input, or drop it",
            )
        return arg

    def stored(self, key: str) -> Stored:
        """Return the stored tensor given as argument `key`; refuse one computed on the fly."""
        arg = self.args.get(key)
        if isinstance(arg, Stored):
            return arg
        raise Refusal(
            f"its {key} is computed in forward, not a parameter or buffer of the model",
            "store the tensor in the model; unmask_module, torch.nn.utils.parametrize.remove_parametrizations and "
            "torch.nn.utils.prune.remove make masked or parametrised weights plain ones",
        )

    def maybe_stored(self, key: str) -> Stored | None:
        """Return the stored tensor given as argument `key`, or None where there is none."""
        return None if self.args.get(key) is None else self.stored(key)

    def ints(self, key: str, dims: int) -> tuple[int, ...]:
        """Return the integers of argument `key`, one per spatial axis (a single one stands for all)."""
        raw = self.args[key]
        values = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
        if not all(isinstance(v, int) for v in values):
            raise Refusal(f"its argument '{key}' depends on the data", "use fixed sizes")
        return values * dims if len(values) == 1 else values

    def number(self, key: str) -> float:
        """Return the number given as argument `key`; refuse one that is taken out of the data."""
        arg = self.args[key]
        if not isinstance(arg, int | float):
            raise Refusal(f"its argument '{key}' is no fixed number", "use a constant")
        return arg


def names_of(**stored: Stored | None) -> dict[str, str]:
    """Map the tensor fields of a record to their `state_dict` names, leaving out absent ones."""
    return {key: value.name for key, value in stored.items() if value is not None}
