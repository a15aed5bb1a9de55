"""Where the entries of a smaller tensor were."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theoryprune.layers import take


@dataclass(frozen=True)
class Origin:
    """Which outputs and inputs of a parameter are left.

    Parameters
    ----------
    shape : tuple of int
        Of the parameter before.
    outputs : tuple of int
        For each entry along axis 0 now, its place before, ascending. Empty: the parameter is whole.
    inputs : tuple of tuples of int
        For each group of a convolution now (one for other layers), the places before along axis 1, ascending. Empty:
        axis 1 is whole, or there is none.

    Examples
    --------
    >>> Origin((3, 2), (0, 2), ((1,),)).take(torch.arange(6).reshape(3, 2)).tolist()
    [[1], [5]]
    """

    shape: tuple[int, ...]
    outputs: tuple[int, ...] = ()
    inputs: tuple[tuple[int, ...], ...] = ()

    def take(self, tensor: Tensor) -> Tensor:
        """Return what is left of a tensor of the shape before: a copy, in its memory format.

        Raises
        ------
        ValueError
            If the tensor has another shape.
        """
        if tensor.shape != self.shape:
            raise ValueError(f"the tensor must have shape {self.shape}, got {tuple(tensor.shape)}")
        rows = torch.tensor(self.outputs) if self.outputs else None
        if len(self.inputs) < 2:
            return take(tensor, rows, torch.tensor(self.inputs[0]) if self.inputs else None)
        blocks = take(tensor, rows).tensor_split(len(self.inputs))
        parts = [take(block, None, torch.tensor(kept)) for block, kept in zip(blocks, self.inputs, strict=True)]
        return torch.cat(parts)

    def after(self, first: Origin) -> Origin:
        """Return both reductions in one: `first`, then this."""
        outputs = tuple(first.outputs[i] for i in self.outputs) if first.outputs and self.outputs else ()
        return Origin(first.shape, outputs or self.outputs or first.outputs, self._inputs_after(first))

    def _inputs_after(self, first: Origin) -> tuple[tuple[int, ...], ...]:
        if not (first.inputs and self.inputs):
            return self.inputs or first.inputs
        rows, rows_first = (len(o.outputs) // len(o.inputs) for o in (self, first))
        # A group now is the one before in which its first output was.
        middle = [first.inputs[self.outputs[g * rows] // rows_first] for g in range(len(self.inputs))]
        return tuple(tuple(places[i] for i in kept) for places, kept in zip(middle, self.inputs, strict=True))
