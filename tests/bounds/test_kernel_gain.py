"""Gains of weight layers above the norm of their explicit matrix."""

import numpy as np
import pytest
import torch

from tests.bounds.ascent import top_gain
from tests.small import normal
from theoryprune.bounds.kernel_gain import as_floats, kernel_gain
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import Conv, Linear, WeightLayer


def conv(*shape, groups=1, stride=1, padding=1, dilation=1, seed=0):
    dims = len(shape) - 2
    return Conv(
        name="c", inputs=("x",), weight=normal(*shape, seed=seed), group_count=groups,
        stride=(stride,) * dims, dilation=(dilation,) * dims,
        padding=padding if isinstance(padding, str) else (padding,) * dims,
    )  # fmt: skip


CASES = [
    (conv(6, 4, 3), (4, 9)),
    (conv(6, 4, 3, 3), (4, 6, 7)),
    (conv(6, 2, 3, 2, groups=2, stride=2), (4, 6, 7)),
    (conv(8, 1, 3, 3, groups=4), (4, 6, 7)),
    (conv(5, 4, 1, 1, padding=0), (4, 6, 7)),
    (conv(5, 4, 3, 3, padding="same", dilation=2), (4, 6, 7)),
    (conv(2, 3, 2, 2, 2, padding=0), (3, 4, 4, 4)),
]


@pytest.mark.parametrize(("layer", "shape"), CASES)
def test_above_the_norm_of_the_matrix(layer, shape):
    gain = kernel_gain(layer, layer.weight.numpy(), shape)
    reached = top_gain(layer.forward, [shape])
    assert reached <= gain <= 1.3 * reached
    if layer.kernel == (1, 1):
        assert gain <= reached * (1 + 1e-6)


def test_rounded_kernels_get_their_share():
    linear = Linear(name="f", inputs=("x",), weight=normal(4, 3))
    for layer, shape in (*CASES, (linear, (3,))):
        kernel = layer.weight.numpy()
        gain = kernel_gain(layer, kernel, shape, relative=0.01)
        for seed in range(5):
            other = kernel * (1 + 0.01 * np.sign(normal(*kernel.shape, seed=seed).numpy()))
            moved = layer.with_tensors({"weight": torch.from_numpy(other)})
            assert top_gain(moved.forward, [shape], steps=50) <= gain
        assert kernel_gain(layer, np.zeros_like(kernel), shape, relative=0.01) == 0


def test_refusals():
    other = type("Other", (WeightLayer,), {"kind": "other"})
    other.__abstractmethods__ = frozenset()
    with pytest.raises(UnsupportedLayerError, match=r"'w'.*other"):
        kernel_gain(other(name="w", inputs=("x",), weight=normal(2, 2)), np.ones((2, 2)), (2,))
    with pytest.raises(ValueError, match="weight must be finite"):
        as_floats(torch.tensor([np.inf]), "weight")
    assert as_floats(torch.ones(2, dtype=torch.bfloat16), "weight").dtype == np.float64


def test_what_rounding_may_add_is_the_sum_over_the_taps():
    # Each tap may move by 1 %, all three of them with one sign at some frequency; the gain itself is about sqrt(5).
    layer, kernel = conv(1, 1, 3), np.array([[[1.0, 1.0, -1.0]]])
    plain = kernel_gain(layer, kernel, (1, 9))
    assert kernel_gain(layer, kernel, (1, 9), relative=0.01) >= plain + 0.01 * 3
