"""The bounds of convolutions again, by the fast Fourier transform of the library."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bounds.convs import kernels, matrix, pixels
from theoryprune.bounds.conv_bound_checks import fourier, wrong_conv_bounds
from theoryprune.bounds.conv_gains import conv_gain_bounds
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.bounds.conv_pair import conv_pair
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.frequency_grid import placed
from theoryprune.bounds.symbols import half_torus, symbols, twiddles

WINDOWS = [pixels(2, padding=1), pixels(2, stride=2, padding=1, dilation=2), pixels(2, stride=3)]


@pytest.mark.parametrize("window", WINDOWS)
def test_aliases_are_phases_up_to_a_unitary_map(window):
    kernel = np.random.default_rng(0).standard_normal((3, 2, 3, 2))
    taps, torus = placed(kernel, (9, 8), window)
    every = fourier(kernel, torus, window)
    j = half_torus(torus)
    own = symbols(taps.matrices, *twiddles(j, taps.places, torus))
    other = every[np.ravel_multi_index(tuple(j.T), torus)]
    np.testing.assert_allclose(other @ other.conj().transpose(0, 2, 1), own @ own.conj().transpose(0, 2, 1), atol=1e-12)
    norm = np.linalg.norm(matrix(kernel, (9, 8), window), 2)
    assert norm <= np.linalg.norm(every, 2, axis=(1, 2)).max() * (1 + 1e-12)


def test_true_bounds_pass_and_lower_ones_fail():
    V, W = kernels("gauss")
    layer = as_conv_layer(V, W, [0, 1, 2], V[:, :3], 0.0, (5, 5), pixels(2, padding=1), pixels(2, padding=1))
    fold = nearest_rays(layer.flat.rows, layer.flat.kept, layer.flat.slopes)
    bounds = conv_gain_bounds(conv_pair(layer, *fold))
    assert wrong_conv_bounds(bounds, layer, *fold, False, 1e-8) == ""
    for name in ("triangle", "product", "centre", "schur"):
        lower = replace(bounds, **{name: getattr(bounds, name) * (1 - 1e-6)})
        assert wrong_conv_bounds(lower, layer, *fold, False, 1e-8).startswith(f"{name} is stated")
