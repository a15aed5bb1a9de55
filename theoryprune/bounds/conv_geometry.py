"""Sizes along two consecutive convolutions, and what stands between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theoryprune.bounds.pool_gain import pool_gain as gain_of_pool
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Layer as Record


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the two maps of a layer stand.

    Parameters
    ----------
    size, hidden, read : tuple of int
        Of the input, of the hidden map, and of what the consumer reads: the hidden map unless something stands between.
    kernel, next_kernel : tuple of int
        Of the producer and of the consumer; without a consumer window, `next_kernel` is `read`.
    producer : Window
    consumer : Window or None
        None if the hidden map is flattened: every output reads every position once.
    pool : Record or None
        What stands between, if it is known.
    between : bool
        Whether anything does.
    pool_gain : float
        Of what stands between.
    """

    size: tuple[int, ...]
    hidden: tuple[int, ...]
    read: tuple[int, ...] | None
    kernel: tuple[int, ...]
    next_kernel: tuple[int, ...]
    producer: Window
    consumer: Window | None
    pool: Record | None
    between: bool
    pool_gain: float

    @property
    def output(self) -> tuple[int, ...] | None:
        """Size of the consumer's output, () for flattened maps, None if it is not known."""
        if self.consumer is None:
            return ()
        return None if self.read is None else self.consumer.output(self.read, self.next_kernel)


def geometry_of(
    size: tuple[int, ...],
    producer: Window,
    consumer: Window | None,
    rows: Floats,
    outgoing: Floats,
    pool: Record | None,
    pool_gain: float,
) -> Geometry:
    """Return the checked geometry of two kernels, `rows` (n, ci, *k) and `outgoing` (p, n, *k').

    Raises
    ------
    ValueError
        For sizes that do not fit, or a gain that is none.
    UnsupportedLayerError
        For circular padding that changes the size of the map, or a stride beside it in the first convolution.
    """
    kernel, next_kernel = rows.shape[2:], outgoing.shape[2:]
    hidden = producer.output(size, kernel)
    between = pool is not None or pool_gain != 1.0 or (consumer is None and next_kernel != hidden)
    read: tuple[int, ...] | None = hidden
    if not 0 < pool_gain < np.inf:
        raise ValueError(f"pool_gain must be positive and finite, got {pool_gain}")
    if pool is not None:
        shape = (rows.shape[0], *hidden)
        pool_gain, read = gain_of_pool(pool, shape), pool.shape(shape)[1:]
        if not pool_gain < np.inf:
            raise ValueError(f"pool '{pool.name}' has a window of padding alone on a map of size {hidden}: pad less")
    elif between:
        read = next_kernel if consumer is None else None
    if consumer is None and read != next_kernel:
        raise ValueError(f"V must have the size {read} of the map it reads as its kernel, got {next_kernel}")
    _circular(producer, size, kernel, "the first")
    if consumer is not None and read is not None:
        _circular(consumer, read, next_kernel, "the second")
    return Geometry(size, hidden, read, kernel, next_kernel, producer, consumer, pool, between, pool_gain)


def _circular(window: Window, size: tuple[int, ...], kernel: tuple[int, ...], which: str) -> None:
    full = Window((1,) * len(size), window.padding, window.dilation, window.mode).output(size, kernel)
    if window.mode == "circular" and (full != size or (which == "the first" and max(window.stride) > 1)):
        raise UnsupportedLayerError(
            f"{which} convolution has circular padding {window.pads} and maps size {size} to {full} at stride "
            f"{window.stride}: a certificate needs equal sizes (padding dilation (k - 1) in total), and stride 1 "
            "in the first; use zero padding"
        )
