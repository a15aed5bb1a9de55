"""Masks: which prunable weights are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from theoryprune.types.read_only import ReadOnly


@dataclass(frozen=True, eq=False, repr=False)
class Mask:
    """Which prunable weights are kept.

    Parameters
    ----------
    keep : mapping of str to Tensor
        A bool tensor of the weight's shape for every prunable weight that counts (protected layers are absent and
        kept whole), in registration order.

    Examples
    --------
    >>> mask = Mask({"fc.weight": torch.tensor([[True, False], [False, False]])})
    >>> mask.kept, mask.total, mask.density
    (1, 4, 0.25)
    """

    keep: Mapping[str, Tensor]

    def __repr__(self) -> str:
        """Say how much is kept."""
        return f"Mask({self.kept:,} of {self.total:,} kept, {len(self.keep)} layers)"

    def __post_init__(self) -> None:
        if not self.keep:
            raise ValueError("keep must name at least one weight, got none")
        for name, keep in self.keep.items():
            if not isinstance(keep, Tensor) or keep.dtype != torch.bool:
                raise TypeError(
                    f"keep: '{name}' must be a bool tensor, got {getattr(keep, 'dtype', type(keep).__name__)}"
                )
        object.__setattr__(self, "keep", ReadOnly(dict(self.keep)))

    @property
    def kept(self) -> int:
        """Number of weights kept."""
        return sum(int(keep.count_nonzero()) for keep in self.keep.values())

    @property
    def total(self) -> int:
        """N, the number of weights that count."""
        return sum(keep.numel() for keep in self.keep.values())

    @property
    def density(self) -> float:
        """Kept over total."""
        return self.kept / self.total

    @property
    def layer_densities(self) -> dict[str, float]:
        """Kept over total of each layer, by weight name."""
        return {name: int(keep.count_nonzero()) / keep.numel() for name, keep in self.keep.items()}

    @property
    def empty_layers(self) -> tuple[str, ...]:
        """Names of the weights of which nothing is kept."""
        return tuple(name for name, keep in self.keep.items() if not bool(keep.any()))

    def __and__(self, other: Mask) -> Mask:
        """Keep what both masks keep; both must be over the same weights."""
        if list(self.keep) != list(other.keep):
            raise ValueError("masks: both must be over the same weights in the same order")
        return Mask({name: keep & other.keep[name] for name, keep in self.keep.items()})

    @property
    def sha256(self) -> str:
        """SHA-256 over the layers' bits in order (C order, each layer padded to bytes, most significant bit first)."""
        digest = hashlib.sha256()
        for keep in self.keep.values():
            digest.update(np.packbits(keep.detach().cpu().contiguous().numpy().reshape(-1)).tobytes())
        return digest.hexdigest()
