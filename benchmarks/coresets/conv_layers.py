"""Random pairs of convolutions, and the same pairs as two explicit matrices."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.coresets.adversary import Change
from benchmarks.coresets.layers import weights
from theoryprune.bounds import Window


@dataclass(frozen=True, eq=False)
class Convolutions:
    """``V * phi(W * x + b)`` on inputs of one size; `consumer` None: the hidden map is flattened before V.

    Parameters
    ----------
    V, W : ndarray, shape (p, n, k', k'), (n, ci, k, k)
    size : (int, int)
        Of the input.
    producer, consumer : Window
    slope : float
    bias : ndarray, shape (n,), or None
    """

    V: np.ndarray
    W: np.ndarray
    size: tuple[int, ...]
    producer: Window
    consumer: Window | None
    slope: float
    bias: np.ndarray | None

    @property
    def incoming(self) -> np.ndarray:
        """Filters as rows, the bias as their last entry."""
        rows = self.W.reshape(len(self.W), -1)
        return rows if self.bias is None else np.column_stack([rows, self.bias])

    @property
    def outgoing(self) -> np.ndarray:
        """Outputs by taps as rows, a column for each unit."""
        return np.moveaxis(self.V, 1, -1).reshape(-1, self.V.shape[1])

    def kernels(self, outgoing: np.ndarray) -> np.ndarray:
        """Return new outgoing weights as kernels, (p, m, k', k')."""
        shape = (len(self.V), *self.V.shape[2:], outgoing.shape[1])
        return np.moveaxis(outgoing.reshape(shape), -1, 1).copy()


def kernels(
    kind: str, n: int, ci: int, p: int, k: int, after: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return V and W of a kind of dense layer, rows as filters, outgoing weights over the width of their kernel."""
    V, W = weights(kind, n, ci * k * k, p * after * after, rng)
    return np.moveaxis(V.reshape(p, after, after, n), -1, 1) / after, W.reshape(n, ci, k, k)


def random_convolutions(kind: str, rng: np.random.Generator) -> Convolutions:
    """Return a small pair: strides, dilations, padding up to the kernel's size, circular padding, flattening."""
    n, ci, p = (int(rng.integers(low, high)) for low, high in ((2, 7), (1, 3), (1, 4)))
    slope = float(rng.choice([0.0, 0.0, 0.2, 0.5, 1.0]))
    if rng.random() < 0.2:
        k, after, size = 3, int(rng.choice([1, 3])), (4, 4)
        producer = Window((1, 1), (1, 1), (1, 1), "circular")
        consumer: Window | None = Window((1, 1), ((after - 1) // 2,) * 2, (1, 1), "circular")
    else:
        k, after, size = int(rng.integers(1, 4)), int(rng.integers(1, 4)), (int(rng.integers(3, 6)),) * 2
        producer, hidden = _window(k, size, rng)
        consumer = _window(after, hidden, rng)[0] if rng.random() < 0.8 else None
        after = hidden[0] if consumer is None else after
    V, W = kernels(kind, n, ci, p, k, after, rng)
    bias = rng.standard_normal(n) * rng.choice([0.1, 1.0, 10.0]) if rng.random() < 0.5 else None
    return Convolutions(V, W, size, producer, consumer, slope, bias)


def _window(k: int, size: tuple[int, ...], rng: np.random.Generator) -> tuple[Window, tuple[int, ...]]:
    """Draw a window that leaves at least one position of an input."""
    while True:
        stride, dilation, padding = int(rng.integers(1, 3)), int(rng.integers(1, 3)), int(rng.integers(0, k + 1))
        if min(size) + 2 * padding >= dilation * (k - 1) + 1:
            window = Window((stride,) * 2, (padding,) * 2, (dilation,) * 2)
            return window, window.output(size, (k, k))


def matrix(kernel: np.ndarray, size: tuple[int, ...], window: Window | None) -> np.ndarray:
    """Return the convolution of inputs of a size as a matrix: every entry is one of the kernel's, or 0."""
    if window is None:
        return kernel.reshape(len(kernel), -1)
    count = kernel.shape[1] * size[0] * size[1]
    x = torch.eye(count, dtype=torch.float64).reshape(count, kernel.shape[1], *size)
    (top, bottom), (left, right) = window.pads
    x = F.pad(x, (left, right, top, bottom), mode="circular" if window.mode == "circular" else "constant")
    out = F.conv2d(x, torch.from_numpy(kernel), stride=window.stride, dilation=window.dilation)
    return out.reshape(count, -1).T.numpy().copy()


def explicit(layer: Convolutions, kept: np.ndarray, U: np.ndarray, biased: bool) -> Change:
    """Return the change that other outgoing kernels make, in matrices; without the biases if they are not wanted."""
    W = matrix(layer.W, layer.size, layer.producer)
    hidden = layer.producer.output(layer.size, layer.W.shape[2:])
    places = hidden[0] * hidden[1]
    b = np.zeros(len(layer.W)) if layer.bias is None or not biased else layer.bias
    units = np.arange(len(W)).reshape(len(layer.W), places)[kept].ravel()
    V, new = (matrix(kernel, hidden, layer.consumer) for kernel in (layer.V, U))
    b, slopes = np.repeat(b, places), np.full(len(W), layer.slope)
    return Change(V, W, b, slopes, new, W[units], b[units], slopes[units], np.zeros(len(V)))
