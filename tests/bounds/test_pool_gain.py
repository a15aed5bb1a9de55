"""Gains of pooling: never exceeded, and attained by spikes or by the top singular vector."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from theoryprune.bounds import pool_gain
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import AdaptiveAvgPool, AvgPool, Flatten, MaxPool, ReLU, SpatialMean

COMMON = {"name": "p", "inputs": ("<input>",)}


def explicit(layer, shape):
    """The matrix of a linear layer, column by column."""
    cells = math.prod(shape)
    out = layer.forward(torch.eye(cells, dtype=torch.float64).reshape(cells, *shape))
    return out.reshape(cells, -1).T.numpy()


def spike_gain(layer, shape):
    """The largest response to one spike on a map of zeros."""
    cells = math.prod(shape)
    spikes = torch.eye(cells, dtype=torch.float64).reshape(cells, *shape)
    change = layer.forward(spikes) - layer.forward(torch.zeros_like(spikes))
    return float(change.reshape(cells, -1).norm(dim=1).max())


@pytest.mark.parametrize("ceil", [False, True])
def test_max_pooling_is_attained_by_spikes_in_every_case(ceil):
    for k, s, d, p in itertools.product((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3), (0, 1)):
        if p > k // 2:
            continue
        layer = MaxPool(kernel=(k, k), stride=(s, s), padding=(p, p), dilation=(d, d), ceil_mode=ceil, **COMMON)
        gain = pool_gain(layer, (2, 13, 11))
        if np.isinf(gain):
            continue
        attained = spike_gain(layer, (2, 13, 11))
        assert attained <= gain <= attained * (1 + 1e-14)


def test_the_formula_for_large_maps_needs_the_gcd():
    for k, s, d in itertools.product((1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3)):
        layer = MaxPool(kernel=(k, k), stride=(s, s), padding=(0, 0), dilation=(d, d), **COMMON)
        along = math.ceil(k * (math.gcd(s, d) if d > 1 else 1) / s)
        assert pool_gain(layer, (1, 40, 40)) == pytest.approx(along)
    two = MaxPool(kernel=(2,), stride=(2,), padding=(0,), dilation=(2,), **COMMON)
    assert pool_gain(two, (1, 9)) == pytest.approx(math.sqrt(2))


def test_a_window_of_padding_alone_gives_no_bound():
    layer = MaxPool(kernel=(2,), stride=(1,), padding=(1,), dilation=(4,), **COMMON)
    assert pool_gain(layer, (1, 3)) == np.inf
    assert torch.isinf(layer.forward(torch.ones(1, 1, 3))).any()


@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize("ceil", [False, True])
def test_average_pooling_has_the_norm_of_its_matrix(ceil, include):
    for k, s, p, size in itertools.product((1, 2, 3, 4), (1, 2, 3), (0, 1, 2), (5, 8)):
        if p > k // 2:
            continue
        for divisor in (None, 3):
            layer = AvgPool(
                kernel=(k, 2), stride=(s, 1), padding=(p, 0), ceil_mode=ceil, count_include_pad=include,
                divisor_override=divisor, **COMMON,
            )  # fmt: skip
            exact = np.linalg.norm(explicit(layer, (1, size, 4)), 2)
            assert exact * (1 - 1e-13) <= pool_gain(layer, (3, size, 4)) <= exact * (1 + 1e-9)


def test_known_averages():
    def layer(k, s, p=0, **options):
        return AvgPool(kernel=(k, k), stride=(s, s), padding=(p, p), **options, **COMMON)

    assert pool_gain(layer(2, 2), (5, 8, 8)) == pytest.approx(1 / 2)
    assert pool_gain(layer(3, 3), (5, 9, 9)) == pytest.approx(1 / 3)
    corner = layer(2, 2, 1, count_include_pad=False)
    assert pool_gain(corner, (1, 4, 4)) == pytest.approx(1)  # the window in the corner holds one cell
    one = AvgPool(kernel=(2,), stride=(2,), padding=(0,), divisor_override=5, **COMMON)
    assert pool_gain(one, (1, 4)) == pytest.approx(np.linalg.norm(explicit(one, (1, 4)), 2))


def test_adaptive_and_whole_averages():
    for sizes in ((7, 5), (8, 4), (3, 9), (6, 6)):
        for target in ((1, 1), (2, 3), (4, 4), (3, 7)):
            layer = AdaptiveAvgPool(output_size=target, **COMMON)
            exact = np.linalg.norm(explicit(layer, (1, *sizes)), 2)
            assert exact * (1 - 1e-13) <= pool_gain(layer, (2, *sizes)) <= exact * (1 + 1e-9)
    for axes in ((1,), (2,), (1, 2)):
        layer = SpatialMean(axes=axes, **COMMON)
        exact = np.linalg.norm(explicit(layer, (1, 5, 7)), 2)
        assert exact * (1 - 1e-13) <= pool_gain(layer, (3, 5, 7)) <= exact * (1 + 1e-13)
    assert pool_gain(Flatten(start=0, end=2, features=35, **COMMON), (3, 5, 7)) == 1


def test_long_axes_go_by_sums_and_stay_above():
    for layer in (
        AvgPool(kernel=(4,), stride=(2,), padding=(1,), count_include_pad=False, ceil_mode=True, **COMMON),
        AdaptiveAvgPool(output_size=(1500,), **COMMON),
    ):
        gain = pool_gain(layer, (1, 2600))
        x = torch.ones(1, 1, 2600, dtype=torch.float64)
        for _ in range(30):  # power iteration, the transpose by autograd
            x = (x / x.norm()).requires_grad_()
            out = layer.forward(x)
            reached = float(out.norm().detach())
            x = torch.autograd.grad(out.square().sum() / 2, x)[0].detach()
        assert reached <= gain <= 1.1 * reached


def test_other_layers_are_refused_by_name():
    with pytest.raises(UnsupportedLayerError, match=r"'act'.*pooling.*relu"):
        pool_gain(ReLU(name="act", inputs=("x",)), (3,))


def test_a_divisor_may_be_negative():
    layer = AvgPool(kernel=(2, 2), stride=(1, 2), padding=(0, 0), divisor_override=-3, **COMMON)
    exact = np.linalg.norm(explicit(layer, (1, 5, 4)), 2)
    assert exact * (1 - 1e-13) <= pool_gain(layer, (2, 5, 4)) <= exact * (1 + 1e-9)


def test_a_long_axis_with_a_divisor_of_its_own():
    # Windows of 4 cells at every second one, divided by 4: inside, the constant map keeps its size on half the cells.
    shape = {"kernel": (4, 1), "stride": (2, 1), "padding": (0, 0)}
    gain = pool_gain(AvgPool(divisor_override=4, **shape, **COMMON), (1, 2600, 1))
    reached = math.sqrt(1299 / 2600)
    assert reached <= gain <= 1.1 * reached
    assert pool_gain(AvgPool(**shape, **COMMON), (1, 2600, 1)) == pytest.approx(gain)


def test_roots_are_rounded_up():
    for shared in (2, 3, 5, 6, 7):
        layer = MaxPool(kernel=(shared,), stride=(1,), padding=(0,), dilation=(1,), **COMMON)
        assert Fraction(pool_gain(layer, (1, 20))) ** 2 >= shared
