"""Norms at zero and at most, for every registered kind."""

import numpy as np
import pytest
import torch

from tests.laws.test_layers import RECORDS
from tests.small import normal
from theoryprune.bounds.output_norm import norm_at_most, norm_at_zero
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import LAYERS, Layer, MaxPool


def test_every_registered_kind_has_a_rule():
    default = norm_at_zero.dispatch(Layer)
    assert [kind for kind, layer in LAYERS.items() if norm_at_zero.dispatch(layer) is default] == []


@pytest.mark.parametrize(("layer", "shapes"), RECORDS)
def test_the_norm_at_zero_is_that_of_the_output(layer, shapes):
    exact = float(layer.forward(*(torch.zeros(1, *shape, dtype=torch.float64) for shape in shapes)).norm())
    bound = norm_at_zero(layer, *shapes)
    assert exact * (1 - 1e-14) <= bound
    assert bound <= exact * (1 + 1e-12) + 1e-290


@pytest.mark.parametrize(("layer", "shapes"), RECORDS)
def test_no_input_exceeds_the_most(layer, shapes):
    for scale in (1, 10, 1000):
        out = layer.forward(*(scale * normal(4, *shape, seed=scale) for shape in shapes))
        assert float(out.flatten(1).norm(dim=1).max()) <= norm_at_most(layer, *shapes)
    bounded = layer.kind in {"sigmoid", "tanh", "hardtanh"} or (layer.kind == "softmax" and not layer.log)
    assert np.isfinite(norm_at_most(layer, *shapes)) == bounded


def test_a_window_of_padding_alone_is_infinite_even_at_zero():
    pool = MaxPool(name="p", inputs=("x",), kernel=(2,), stride=(1,), padding=(1,), dilation=(4,))
    assert norm_at_zero(pool, (1, 3)) == np.inf


def test_unknown_kinds_are_refused():
    unknown = type("Unknown", (Layer,), {"kind": "unknown"})
    unknown.__abstractmethods__ = frozenset()
    with pytest.raises(UnsupportedLayerError, match=r"'u'.*norm.*unknown"):
        norm_at_zero(unknown(name="u", inputs=("x",)), (3,))
