"""Two ways to the error at a point agree."""

import numpy as np
import pytest

from tests.bounds.convs import random_layer
from theoryprune.bounds.conv_attained import attained
from theoryprune.bounds.conv_error import proved_error
from theoryprune.bounds.conv_layer import as_conv_layer


@pytest.mark.parametrize("seed", range(25))
def test_torch_and_taps_agree(seed):
    drawn = random_layer(seed)
    if drawn is None:
        return
    arguments, given = drawn
    windows = given.pop("size"), given.pop("producer"), given.pop("consumer")
    layer = as_conv_layer(*arguments, *windows, **given)
    x = np.random.default_rng(seed).standard_normal((arguments[1].shape[1], *windows[0]))
    found, proved = attained(layer, x), proved_error(layer, x)
    assert proved <= found * (1 + 1e-12)
    assert found <= proved * (1 + 1e-6) + 1e-12 * np.abs(arguments[0]).max() * np.abs(arguments[1]).max() * 1e3
    assert np.isnan(attained(layer, x[:, :1]) if x.shape[1] > 1 else np.nan)
