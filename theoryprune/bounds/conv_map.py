"""One convolution evaluated in float64, and its transpose, by sums over the taps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window


def convolved(kernel: Floats, inputs: Floats, window: Window | None) -> Floats:
    """Return the cross-correlation of a batch.

    Parameters
    ----------
    kernel : ndarray, shape (out, in, *k)
    inputs : ndarray, shape (batch, in, *size)
    window : Window or None
        None: the kernel covers the whole input once, and the output has shape (batch, out).

    Notes
    -----
    Every entry is a sum of ``in * taps`` products, in whatever order. Cost O(batch out in taps positions).
    """
    if window is None:
        return inputs.reshape(len(inputs), -1) @ kernel.reshape(len(kernel), -1).T
    size = inputs.shape[2:]
    sides = ((0, 0), (0, 0), *window.pads)
    padded = np.pad(inputs, sides, mode="wrap") if window.mode == "circular" else np.pad(inputs, sides)
    output = window.output(size, kernel.shape[2:])
    result, taps = np.zeros((len(inputs), kernel.shape[0], int(np.prod(output)))), _taps(kernel)
    for index, read in _reads(kernel, window, output):
        result += taps[index] @ padded[read].reshape(len(inputs), kernel.shape[1], -1)
    return result.reshape(len(inputs), kernel.shape[0], *output)


def transposed(kernel: Floats, outputs: Floats, window: Window | None, size: tuple[int, ...]) -> Floats:
    """Return the transpose of `convolved` for inputs of this size, applied to a batch of outputs."""
    if window is None:
        return (outputs @ kernel.reshape(len(kernel), -1)).reshape(len(outputs), *kernel.shape[1:])
    sides = [a + n + b for (a, b), n in zip(window.pads, size, strict=True)]
    result = np.zeros((len(outputs), kernel.shape[1], *sides))
    flat, taps = outputs.reshape(*outputs.shape[:2], -1), _taps(kernel)
    for index, read in _reads(kernel, window, outputs.shape[2:]):
        result[read] += (taps[index].T @ flat).reshape(len(outputs), kernel.shape[1], *outputs.shape[2:])
    for axis, ((before, _), n) in enumerate(zip(window.pads, size, strict=True), start=2):
        moved = np.moveaxis(result, axis, 0)
        if window.mode == "circular":
            folded = np.zeros((n, *moved.shape[1:]))
            np.add.at(folded, (np.arange(len(moved)) - before) % n, moved)
            moved = folded
        else:
            moved = moved[before : before + n]
        result = np.moveaxis(moved, 0, axis)
    return result


def _taps(kernel: Floats) -> Floats:
    return np.moveaxis(kernel, (0, 1), (-2, -1))


_Read = tuple[slice, ...]


def _reads(kernel: Floats, window: Window, output: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], _Read]]:
    """Each tap with the positions of the padded input that it reads, for all examples and channels."""
    for index in product(*(range(k) for k in kernel.shape[2:])):
        axes = zip(index, window.dilation, window.stride, output, strict=True)
        every = slice(None)
        yield index, (every, every, *(slice(d * t, d * t + s * (n - 1) + 1, s) for t, d, s, n in axes))
