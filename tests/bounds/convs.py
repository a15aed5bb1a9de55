"""Convolutions written out as matrices, by index arithmetic alone, for the tests of their bounds."""

from itertools import product

import numpy as np

from theoryprune.bounds import Window
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.layer import as_layer


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


KINDS = ("gauss", "clustered", "duplicates", "zeros", "above")


def kernels(kind, n=6, ci=2, p=2, k=(3, 3), next_k=(3, 3), seed=0):
    """V and W of a pair of convolutions of this kind."""
    rng = np.random.default_rng(seed)
    V, W = rng.standard_normal((p, n, *next_k)), rng.standard_normal((n, ci, *k))
    axes = (1,) * (len(k) + 1)
    if kind == "clustered":
        W = W[rng.integers(0, max(1, n // 2), n)] + 0.15 * W
    if kind == "duplicates":
        W = W[rng.integers(0, max(1, n // 2), n)] * rng.choice([1.0, 0.3, 7.0], n).reshape(-1, *axes)
    if kind == "zeros":
        W[rng.random(n) < 0.4] = 0
        V[:, rng.random(n) < 0.2] = 0
    return (V, np.abs(W)) if kind == "above" else (V, W)


def merged(V, W, kept, slopes=0.0):
    """U of the merge into the nearest rays of equal slope."""
    target, factors = nearest_rays(W.reshape(len(W), -1), kept, np.broadcast_to(slopes, len(W)).astype(float))
    U = V[:, kept].copy()
    for j in np.setdiff1d(np.arange(len(W)), kept):
        if factors[j] > 0:
            U[:, np.searchsorted(kept, target[j])] += factors[j] * V[:, j]
    return U


def window_of(rng, k, circular):
    """A random window for a kernel of size k."""
    if circular:
        dilation = tuple(rng.integers(1, 3, len(k)).tolist())
        spans = [d * (n - 1) for d, n in zip(dilation, k, strict=True)]
        return Window((1,) * len(k), tuple((s // 2, s - s // 2) for s in spans), dilation, "circular")
    pads = tuple((int(a), int(b)) for a, b in rng.integers(0, 3, (len(k), 2)))
    return Window(tuple(rng.choice([1, 1, 2, 3], len(k)).tolist()), pads, tuple(rng.choice([1, 1, 2], len(k)).tolist()))


def random_layer(seed):
    """Arguments of `certify_conv_layer` for a small layer of any sort, None if its kernels do not fit."""
    rng = np.random.default_rng(seed)
    axes, pick = int(rng.integers(1, 3)), lambda *values: values[rng.integers(len(values))]
    size, k, next_k = (tuple(rng.integers(low, high, axes).tolist()) for low, high in ((2, 6), (1, 4), (1, 4)))
    producer, consumer = window_of(rng, k, rng.random() < 0.2), window_of(rng, next_k, rng.random() < 0.2)
    n, ci, p = (int(rng.integers(1, high)) for high in (7, 4, 4))
    try:
        hidden = producer.output(size, k)
        if rng.random() < 0.2:
            next_k, consumer = hidden, None
        else:
            consumer.output(hidden, next_k)
    except ValueError:
        return None
    V, W = kernels(pick(*KINDS), n, ci, p, k, next_k, seed)
    scale = pick(1.0, 1.0, 1e-60, 1e60)
    V, W = V * pick(1.0, 1.0, 1e-60, 1e60), W * scale
    kept, slope = np.sort(rng.permutation(n)[: rng.integers(1, n + 1)]), pick(0.0, 0.0, 0.2, 0.5, 1.0, None)
    slope = rng.choice([0.0, 0.3, 1.0], n) if slope is None else slope
    U = merged(V, W, kept, slope)
    U = pick(U, U, V[:, kept], n / len(kept) * V[:, kept], U * (1 + 1e-7))
    given = {"size": size, "producer": producer, "consumer": consumer}
    if rng.random() < 0.3:
        given["bias"] = scale * pick(1, 100) * rng.standard_normal(n)
    if rng.random() < 0.3:
        given["kept_rows"] = W[kept] * (1 + 1e-7 * rng.standard_normal(W[kept].shape))
    if rng.random() < 0.2:
        given["offset"], given["kept_offset"] = rng.standard_normal((2, p))
    return (V, W, kept, U, slope), given


def options(seed):
    """How to certify it."""
    rng = np.random.default_rng(seed + 10**6)
    return {
        "nonnegative": bool(rng.random() < 0.25),
        "radius": (None, 0.1, 3.0)[rng.integers(3)],
        "effort": ("fast", "fast", "default")[rng.integers(3)],
        "seed": seed,
    }


def explicit(arguments, given):
    """The same layer as a dense one with a unit for each channel and position; no biases."""
    V, W, kept, U, slope = arguments
    size, producer, consumer = given["size"], given["producer"], given["consumer"]
    hidden, n = producer.output(size, W.shape[2:]), len(W)
    positions = int(np.prod(hidden))
    before, after = (K.reshape(len(K), -1) if consumer is None else matrix(K, hidden, consumer) for K in (V, U))
    rows = matrix(W, size, producer)
    units = (np.asarray(kept)[:, None] * positions + np.arange(positions)).ravel()
    new_rows = matrix(given["kept_rows"], size, producer) if "kept_rows" in given else rows[units]
    slopes = np.repeat(np.broadcast_to(slope, n), positions)
    return as_layer(before, rows, units, after, slopes, kept_rows=new_rows)
