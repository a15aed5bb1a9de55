"""Convolutions written out as matrices, by index arithmetic alone, for the tests of their bounds."""

from itertools import product

import numpy as np

from theoryprune.bounds import Window


def matrix(kernel, size, window, groups=1):
    """The map of a convolution as a matrix, rows (out, positions), columns (in, positions)."""
    out, inner, *k = kernel.shape
    output = window.output(size, tuple(k))
    whole = np.zeros((out, *output, inner * groups, *size))
    for place in product(*(range(n) for n in output)):
        for tap in product(*(range(n) for n in k)):
            axes = zip(place, tap, window.stride, window.dilation, window.pads, size, strict=True)
            read = [(s * n + d * t - pad[0], m) for n, t, s, d, pad, m in axes]
            if window.mode == "zeros" and any(not 0 <= at < m for at, m in read):
                continue
            at = tuple(a % m for a, m in read)
            for group in range(groups):
                rows = slice(group * out // groups, (group + 1) * out // groups)
                columns = slice(group * inner, (group + 1) * inner)
                whole[(rows, *place, columns, *at)] += kernel[(rows, slice(None), *tap)]
    return whole.reshape(out * int(np.prod(output)), -1)


def pixels(axes=2, stride=1, padding=0, dilation=1, mode="zeros"):
    """The same window along every axis."""
    return Window((stride,) * axes, (padding,) * axes, (dilation,) * axes, mode)
