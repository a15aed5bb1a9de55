"""Seeds: the one way from a number to random draws."""

from __future__ import annotations

import torch


def generator(seed: int) -> torch.Generator:
    """Return a generator on the CPU, whose draws are the same on every machine and device.

    Raises
    ------
    TypeError, ValueError
        If `seed` is no int, negative, or beyond 64 bits.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be an int, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    if seed >= 2**64:
        raise ValueError(f"seed must be below 2**64, got {seed}")
    return torch.Generator().manual_seed(seed)
