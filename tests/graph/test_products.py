"""Weight layers as matrix products, against torch's own convolutions and their derivatives."""

import pytest
import torch

from theoryprune.graph.products import Product
from theoryprune.layers import Conv, Linear

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")


def whole_numbers(draw, *shape):
    """Small enough for sums without rounding."""
    return torch.randint(-9, 10, shape, generator=draw).double()


def random_conv(seed, dims):
    draw = torch.Generator().manual_seed(seed)

    def each(low, high):
        return tuple(torch.randint(low, high + 1, (dims,), generator=draw).tolist())

    groups, width, rows = (int(torch.randint(1, 4, (), generator=draw)) for _ in range(3))
    groups = groups if seed % 3 else 1
    channels = (groups * width, groups * rows)
    kernel, dilation = each(1, 4 if dims < 3 else 3), each(1, 2)
    same = seed % 4 == 0
    layer = Conv(
        name="c",
        inputs=("x",),
        weight=whole_numbers(draw, channels[1], width, *kernel),
        stride=(1,) * dims if same or seed % 2 else each(1, 3),
        padding="same" if same else each(0, 2),
        dilation=dilation,
        group_count=groups,
    )
    space = tuple(d * (k - 1) + 1 + n for d, k, n in zip(dilation, kernel, each(0, 6), strict=True))
    return layer, whole_numbers(draw, 1, channels[0], *space)


def check(layer, x, scatter=False):
    """Compare all that a product computes with torch; return whether it turned the kernels."""
    x, weight = x.requires_grad_(), layer.weight.requires_grad_()
    y = layer.forward(x)
    g = whole_numbers(torch.Generator().manual_seed(7), *y.shape)
    slope_x, slope_w = torch.autograd.grad(y, (x, weight), g)
    with torch.no_grad():
        product = Product(layer, tuple(x.shape[1:]))
        if scatter:
            product.__dict__["_back"] = None
        for _ in range(2):  # memory is used again
            assert torch.equal(product.apply(x), y)
            assert torch.equal(product.pull_back(g), slope_x)
            scores = product.slopes(g) @ product.columns(x).mT
            assert torch.equal(scores.view(weight.shape), slope_w)
        assert torch.equal(product.weight @ product.columns(x), y.view(layer.groups, -1, y[0, 0].numel()))
    return product._back is not None


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_equal_to_torch_for_any_geometry(dims):
    turned = [check(*random_conv(seed, dims)) for seed in range(80)]
    assert 10 < sum(turned) < 70


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_both_ways_of_pulling_back_agree(dims):
    assert not any(check(*random_conv(seed, dims), scatter=True) for seed in range(80))


@pytest.mark.parametrize("times", [1, 2])
def test_depthwise(times):
    draw = torch.Generator().manual_seed(0)
    layer = Conv(
        name="c",
        inputs=("x",),
        weight=whole_numbers(draw, 5 * times, 1, 3, 3),
        stride=(1, 2),
        padding=(1, 1),
        dilation=(1, 1),
        group_count=5,
    )
    check(layer, whole_numbers(draw, 1, 5, 9, 8))


def test_linear_layers():
    draw = torch.Generator().manual_seed(0)
    layer = Linear(name="l", inputs=("x",), weight=whole_numbers(draw, 3, 4))
    assert not check(layer, whole_numbers(draw, 1, 4))


def test_few_cells_and_many_channels_are_scattered():
    """Turning all kernels would cost more than scattering what few positions give."""
    draw = torch.Generator().manual_seed(0)
    conv = {"name": "c", "inputs": ("x",), "stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}
    layer = Conv(**conv, weight=whole_numbers(draw, 40, 4, 3, 3))
    assert not check(layer, whole_numbers(draw, 1, 4, 2, 2))
    assert check(layer, whole_numbers(draw, 1, 4, 6, 6))


def test_the_weight_is_used_as_it_stands():
    draw = torch.Generator().manual_seed(0)
    layer, x = random_conv(5, 2)
    product = Product(layer, tuple(x.shape[1:]))
    layer.weight.view(-1)[0] = 100
    assert torch.equal(product.apply(x), layer.forward(x))
    g = whole_numbers(draw, *layer.forward(x).shape)
    assert torch.equal(product.pull_back(g), Product(layer, tuple(x.shape[1:])).pull_back(g))


def test_columns_too_large_to_be_kept(monkeypatch):
    monkeypatch.setattr("theoryprune.graph.products._KEEP", 0)
    for seed in range(12):
        check(*random_conv(seed, 2))
