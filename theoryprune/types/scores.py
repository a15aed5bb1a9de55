"""Scores: a number per prunable weight, and which flow they are those of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor


@dataclass(frozen=True)
class FlowRule:
    """Which flow scores are those of.

    Parameters
    ----------
    bias : {"drop", "unit"}
        Whether biases are left out, or enter as edges from a constant unit. Only without them do all paths start at
        the input.
    power : int
        Edges carry ``|w| ** power``: 1 for SynFlow, 2 for its l2 form. The theorems hold for either.
    """

    bias: Literal["drop", "unit"] = "drop"
    power: int = 1


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """A number per prunable weight: the larger, the more the weight is worth keeping.

    Parameters
    ----------
    values : mapping of str to Tensor
        Scores by weight name, in registration order, each of its weight's shape.
    total : float or None
        The flow R that the scores conserve, scaled: the true value is ``total * 2**exponent``. None without a flow.
    exponent : int or None
        The exact power of two by which `total` and all values are to be multiplied for their true size.
    method : str
        Name of the score, as `cite` knows it.
    rule : FlowRule or None
        Which flow `total` is; None without a flow.
    flushed : int
        How many positive entries were lost when tensors were brought to another power of two; an underflow inside a
        product is not counted.
    """

    values: Mapping[str, Tensor]
    total: float | None = None
    exponent: int | None = None
    method: str = ""
    rule: FlowRule | None = None
    flushed: int = 0

    @property
    def rooted(self) -> bool:
        """Whether all of `total` comes from the input, so that a positive total proves an input-output path."""
        return self.rule is not None and self.rule.bias == "drop"

    def __repr__(self) -> str:
        """Name the score and its flow."""
        flow = "" if self.total is None else f", flow {self.total:.6g} * 2**{self.exponent}"
        return f"Scores({self.method or 'unnamed'}, {len(self.values)} layers{flow})"
