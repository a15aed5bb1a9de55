"""Gains of single records: never exceeded by ascent over pairs, attained where they are said to be exact."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.bounds.ascent import top_gain, worst_ratio
from tests.laws.test_layers import RECORDS
from theoryprune.bounds import layer_gain
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import (
    GELU,
    LAYERS,
    Add,
    Concat,
    Layer,
    LeakyReLU,
    Linear,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    Take,
    Tanh,
)

EXACT = {"linear", "batch_norm", "avg_pool", "adaptive_avg_pool", "spatial_mean", "scale", "shift", "flatten"}
EXACT |= {"add", "concat", "zero_pad", "slice", "take"}


def test_every_registered_kind_has_a_rule():
    assert [kind for kind, layer in LAYERS.items() if layer_gain.dispatch(layer) is layer_gain.dispatch(Layer)] == []


@pytest.mark.parametrize(("layer", "shapes"), RECORDS)
def test_never_exceeded_and_attained_where_exact(layer, shapes):
    gain = layer_gain(layer, *shapes)
    assert worst_ratio(layer.forward, shapes, spread=1.5) <= gain
    if layer.kind in EXACT:
        assert gain <= top_gain(layer.forward, shapes) * (1 + 1e-3)


def largest_slope(function, low=-12.0, high=12.0, count=240_001):
    """An upper bound of |f'| on an interval: the grid's maximum and 2 max |f'''| h^2 / 8, with |f'''| <= 4 here."""
    x = torch.linspace(low, high, count, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(function(x).sum(), x)
    return float(slope.abs().max()), float(slope.abs().max()) + 8 * ((high - low) / (count - 1)) ** 2 / 8


@pytest.mark.parametrize(
    ("layer", "function"),
    [
        (GELU(name="a", inputs=("x",)), functional.gelu),
        (GELU(name="a", inputs=("x",), approximate="tanh"), lambda x: functional.gelu(x, approximate="tanh")),
        (SiLU(name="a", inputs=("x",)), functional.silu),
        (Sigmoid(name="a", inputs=("x",)), torch.sigmoid),
        (Tanh(name="a", inputs=("x",)), torch.tanh),
    ],
)
def test_the_constants_of_smooth_activations(layer, function):
    seen, sure = largest_slope(function)
    gain = layer_gain(layer, (3,))
    assert seen <= gain <= seen * (1 + 1e-5)
    assert gain >= sure - 2e-8  # the grid's own uncertainty


def test_closed_forms_of_the_constants():
    normal = torch.distributions.Normal(0.0, 1.0)
    root = torch.tensor(math.sqrt(2), dtype=torch.float64)
    exact = float(normal.cdf(root) + root * normal.log_prob(root).exp())
    assert exact <= layer_gain(GELU(name="a", inputs=("x",)), (3,)) <= exact + 1e-12
    low, high = 2.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * math.tanh(middle / 2) < 2 else (low, middle)
    s = 1 / (1 + math.exp(-low))
    assert s + low * s * (1 - s) <= layer_gain(SiLU(name="a", inputs=("x",)), (3,)) <= s + low * s * (1 - s) + 1e-12


@pytest.mark.parametrize("channels", [1, 2, 3, 10])
def test_softmax_and_its_logarithm_approach_their_constants(channels):
    soft, log = (Softmax(name="s", inputs=("x",), log=log) for log in (False, True))
    if channels == 1:
        assert layer_gain(soft, (1,)) == layer_gain(log, (1,)) == 0
        return
    two = torch.full((1, channels), -30.0, dtype=torch.float64)
    two[:, :2] = 0
    jacobian = torch.autograd.functional.jacobian(lambda x: soft.forward(x), two)[0, :, 0]
    assert 0.5 - 1e-9 <= float(torch.linalg.matrix_norm(jacobian, 2)) <= layer_gain(soft, (channels,)) == 0.5
    one = torch.full((1, channels), -30.0, dtype=torch.float64)
    one[:, 0] = 0
    jacobian = torch.autograd.functional.jacobian(lambda x: log.forward(x), one)[0, :, 0]
    norm = float(torch.linalg.matrix_norm(jacobian, 2))
    assert math.sqrt(channels) - 1e-9 <= norm <= layer_gain(log, (channels,)) <= math.sqrt(channels) * (1 + 1e-14)


def test_small_known_answers():
    assert layer_gain(LeakyReLU(name="a", inputs=("x",), slope=-3.0), (3,)) == 3
    assert layer_gain(Take(name="t", inputs=("x",), index=(1, 1, 1, 0)), (2,)) == pytest.approx(math.sqrt(3))
    assert layer_gain(Take(name="t", inputs=("x",), index=()), (2,)) == 0
    assert layer_gain(Scale(name="t", inputs=("x",), value=-4.0), (2,)) == pytest.approx(4)
    assert layer_gain(Add(name="t", inputs=("x", "y"), alpha=-2), (2,), (2,)) == pytest.approx(math.sqrt(5))
    assert layer_gain(Concat(name="t", inputs=("x", "y")), (2,), (1,)) == 1
    rng = np.random.default_rng(0)
    weight = torch.from_numpy(rng.standard_normal((5, 3)))
    exact = np.linalg.norm(weight.numpy(), 2)
    assert exact <= layer_gain(Linear(name="f", inputs=("x",), weight=weight), (3,)) <= exact * (1 + 1e-9)


def test_nothing_is_guessed_or_repaired():
    class Strange(Scale):
        """A kind of its own: a rule of its parent would be a guess only if it were none of its kind."""

    assert layer_gain(Strange(name="s", inputs=("x",), value=2.0), (3,)) == pytest.approx(2)
    unknown = type("Unknown", (Layer,), {"kind": "unknown", "__abstractmethods__": frozenset()})
    unknown.__abstractmethods__ = frozenset()
    with pytest.raises(UnsupportedLayerError, match=r"'u'.*gain.*unknown"):
        layer_gain(unknown(name="u", inputs=("x",)), (3,))
    with pytest.raises(ValueError, match=r"'f'.*finite"):
        layer_gain(Linear(name="f", inputs=("x",), weight=torch.tensor([[np.nan]])), (1,))
    with pytest.raises(ValueError, match="divides by 0"):
        layer_gain(Scale(name="s", inputs=("x",), value=0.0, divide=True), (1,))
