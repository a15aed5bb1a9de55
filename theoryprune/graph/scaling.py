"""Numbers too large for any float: tensors with an exact power of two beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import frexp, isfinite

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Scaled:
    """The non-negative tensor ``value * 2**exponent``.

    Parameters
    ----------
    value : Tensor
    exponent : int or None
        None where `value` is all zeros: a dead tensor has no size and takes no part in the choice of an exponent.
    flushed : int
        How many positive entries became 0 or subnormal when the tensor was brought to this exponent.
    """

    value: Tensor
    exponent: int | None = 0
    flushed: int = 0


def shift_exponent(value: Tensor, by: int) -> tuple[Tensor, int]:
    """Multiply by ``2**by``; return the product and the number of positive entries that became 0 or subnormal.

    Notes
    -----
    In several steps, for a factor need not be a number of the dtype (``2.0**-1100`` is 0). Differentiable.
    """
    limits = torch.finfo(value.dtype)
    step = 1 - frexp(limits.tiny)[1]  # 2**-step is the smallest normal number
    product, left = value, by
    while left:
        now = max(-step, min(step, left))
        product, left = product * 2.0**now, left - now
    if by >= 0:
        return product, 0
    lost = (value.detach() > 0) & (product.detach() < limits.tiny)
    return product, int(lost.count_nonzero())


def rescale(x: Scaled, name: str, slack: int = 0) -> Scaled:
    """Bring the largest entry into [1/2, 1), exactly.

    Parameters
    ----------
    x : Scaled
    name : str
        Of the record that computed it, for the message.
    slack : int
        Leave the tensor as it is while its largest entry lies within ``2**-slack .. 2**slack``.

    Raises
    ------
    ValueError
        If an entry is not finite.
    """
    largest = float(x.value.detach().amax()) if x.value.numel() else 0.0
    if not isfinite(largest):
        raise ValueError(
            f"the flow overflows within '{name}' alone: its weights are too large for {x.value.dtype}; "
            "use dtype=torch.float64, or scale the layer down (its scores do not change)"
        )
    if largest == 0:
        return Scaled(x.value, None)
    power = frexp(largest)[1]
    base = x.exponent or 0
    if abs(power) <= slack:
        return Scaled(x.value, base)
    value, lost = shift_exponent(x.value, -power)
    return Scaled(value, base + power, lost)


def align(branches: Sequence[Scaled]) -> list[Scaled]:
    """Bring tensors that are about to be joined to one exponent, the largest of them.

    Notes
    -----
    A dead tensor is left alone: with an exponent of its own it could drive the living ones to zero.
    """
    living = [x.exponent for x in branches if x.exponent is not None]
    common = max(living, default=None)
    aligned = []
    for x in branches:
        if x.exponent is None or common is None or x.exponent == common:
            aligned.append(Scaled(x.value, common))
        else:
            value, lost = shift_exponent(x.value, x.exponent - common)
            aligned.append(Scaled(value, common, lost))
    return aligned
