"""Sizes of sliding windows, shared by convolution and pooling."""

from __future__ import annotations

from theoryprune.layers.base import Shape


def extent(size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """Return the number of window positions along one axis.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        Of the axis and the window.
    padding : int
        Total padding of the two sides.
    ceil : bool
        Round up, but never start a window beyond the input and its left padding (assumes equal sides).

    Notes
    -----
    ``floor((size + padding - dilation (kernel - 1) - 1) / stride) + 1``, rounded up instead of down with `ceil`.
    """
    span = size + padding - dilation * (kernel - 1) - 1
    if not ceil:
        return span // stride + 1
    count = -(-span // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding // 2 else count


def output_shape(
    shape: Shape,
    channels: int,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil: bool = False,
) -> Shape:
    """Return (channels, positions along each axis) of a window slid over `shape` with `padding` on either side."""
    sizes = (
        extent(n, k, s, 2 * p, d, ceil)
        for n, k, s, p, d in zip(shape[1:], kernel, stride, padding, dilation, strict=True)
    )
    return (channels, *sizes)
