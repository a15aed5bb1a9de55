"""Where the entries of a weight were before it lost outputs and inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

_PIECE = 1 << 17
"""Pairs whose places are worked out at a time: each takes some forty bytes then."""


@dataclass(frozen=True, eq=False)
class Moved:
    """A weight seen as a matrix of outputs by inputs, of `width` neighbouring entries each, from which some were taken.

    Parameters
    ----------
    outputs : Tensor of int64, shape (outputs now,)
        Which output each was, ascending.
    inputs : Tensor of int64, shape (groups now, inputs per group now)
        Which input of its group each was, ascending.
    before : (int, int, int)
        Outputs, inputs per group, and groups before.
    width : int

    Notes
    -----
    No entry moves to a higher place, so memory can be packed from its start. Kept as two lists, for a list of all pairs
    would take more memory than the weight.
    """

    outputs: Tensor
    inputs: Tensor
    before: tuple[int, int, int]
    width: int

    @classmethod
    def nowhere(cls, device: torch.device) -> Moved:
        """Return what describes a weight that is gone."""
        none = torch.empty(0, dtype=torch.int64, device=device)
        return cls(none, none.view(1, 0), (0, 0, 1), 1)

    def __len__(self) -> int:
        """Number of pairs now."""
        return len(self.outputs) * self.inputs.shape[1]

    def rows(self) -> Iterator[Tensor]:
        """Yield the number of the old pair for each pair now: int64, some at a time."""
        for start in range(0, len(self), _PIECE):
            now = torch.arange(start, min(start + _PIECE, len(self)), device=self.outputs.device)
            yield self._pairs(now)

    def origin(self, entries: Tensor) -> Tensor:
        """Return where entries were, counted from the start of the weight."""
        pairs = self._pairs(torch.div(entries, self.width, rounding_mode="floor"))
        return pairs.mul_(self.width).add_(entries % self.width)

    def _pairs(self, now: Tensor) -> Tensor:
        inputs = max(1, self.inputs.shape[1])
        row = torch.div(now, inputs, rounding_mode="floor")
        column = now % inputs
        if len(self.inputs) > 1:
            column += torch.div(row, len(self.outputs) // len(self.inputs), rounding_mode="floor").mul_(inputs)
        return self.outputs[row].mul_(self.before[1]).add_(self.inputs.reshape(-1)[column])

    def after(self, first: Moved) -> Moved:
        """Return both moves in one: `first`, then this; what moved by itself at first may move in longer rows now."""
        if not len(self):
            return self
        times = self.width // first.width  # a row is then the features of a channel, which `first` took together
        outputs, inputs, groups = first.before
        per_group = self.before[0] // self.before[2]
        leaders = self.outputs.view(len(self.inputs), -1)[:, 0]
        middle = first.inputs[torch.div(leaders, per_group, rounding_mode="floor"), ::times] // times
        before = outputs, inputs // times, groups
        return Moved(first.outputs[self.outputs], middle.gather(1, self.inputs), before, self.width)
