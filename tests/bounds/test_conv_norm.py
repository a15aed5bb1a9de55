"""Norms of convolutions against their matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bounds.convs import matrix, pixels
from theoryprune.bounds import Window, conv_norm
from theoryprune.bounds.conv_norm import reshaped_norm
from theoryprune.bounds.taps import taps_of


@settings(max_examples=120)
@given(data=st.data())
def test_above_the_norm_of_the_matrix(data):
    draw = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    axes, groups = draw(1, 2), data.draw(st.sampled_from([1, 1, 2, 3]))
    rng = np.random.default_rng(draw(0, 10**6))
    size, k = (tuple(int(n) for n in rng.integers(1, high, axes)) for high in (7, 5))
    pads = tuple((int(a), int(b)) for a, b in rng.integers(0, 5, (axes, 2)))
    window = Window(tuple(rng.integers(1, 4, axes).tolist()), pads, tuple(rng.integers(1, 3, axes).tolist()))
    spans = zip(size, pads, k, window.dilation, strict=True)
    if any(n + sum(pad) <= d * (m - 1) for n, pad, m, d in spans):
        return
    kernel = rng.standard_normal((groups * draw(1, 3), draw(1, 3), *k)) * (rng.random(k) < 0.8)
    true = np.linalg.norm(matrix(kernel, size, window, groups), 2)
    for effort in ("fast", "default"):
        found = conv_norm(kernel, size, window, effort=effort, groups=groups)
        assert true <= found * (1 + 1e-14)
    if kernel.any():
        assert true <= reshaped_norm(taps_of(kernel, window), groups) * (1 + 1e-14)


@pytest.mark.parametrize("size", [(5,), (4, 6), (3, 3, 4)])
def test_circular_padding_is_exact(size):
    kernel = np.random.default_rng(0).standard_normal((3, 2, *(3,) * len(size)))
    window = pixels(len(size), padding=1, mode="circular")
    true = np.linalg.norm(matrix(kernel, size, window), 2)
    assert true * (1 - 1e-13) <= conv_norm(kernel, size, window) <= true * (1 + 1e-9)
    half = pixels(len(size), stride=2, padding=1, mode="circular")
    assert np.linalg.norm(matrix(kernel, size, half), 2) <= conv_norm(kernel, size, half)


def test_three_axes_and_groups():
    kernel = np.random.default_rng(0).standard_normal((4, 1, 2, 3, 2))
    window = pixels(3, stride=2, padding=1)
    true = np.linalg.norm(matrix(kernel, (3, 4, 3), window, groups=4), 2)
    assert true <= conv_norm(kernel, (3, 4, 3), window, groups=4) <= 1.3 * true


def test_known_norms_and_scales():
    shift = np.zeros((1, 1, 3, 3))
    shift[0, 0, 2, 0] = 3.0
    assert 3 <= conv_norm(shift, (9, 9), pixels(2, padding=1)) <= 3 * (1 + 1e-9)
    point = np.array([[3.0, 4.0]])[:, :, None, None]
    assert 5 <= conv_norm(point, (50, 50), pixels(2, stride=2)) <= 5 * (1 + 1e-9)
    box = np.ones((1, 1, 3, 3))
    assert conv_norm(box * 1e-200, (30, 30), pixels(2, padding=1)) <= 9.0e-200 * 1.041
    assert conv_norm(0 * box, (30, 30), pixels(2, padding=1)) == 0
    assert conv_norm(box * 1e308, (30, 30), pixels(2)) == np.inf


def test_the_effort_buys_tightness():
    kernel = np.random.default_rng(0).standard_normal((8, 6, 3, 3))
    found = [conv_norm(kernel, (24, 24), pixels(2, padding=1), effort=e) for e in ("fast", "default", "high")]
    fine = conv_norm(kernel, (224, 224), pixels(2, padding=1), effort="high")
    assert found[0] <= 1.05 * fine
    assert found[1] <= fine * (1 + 1e-9)


def test_kernels_too_large_for_any_grid_still_have_a_bound(monkeypatch):
    kernel = np.random.default_rng(0).standard_normal((6, 6, 3, 3))
    true = np.linalg.norm(matrix(kernel, (6, 6), pixels(2, padding=1)), 2)
    monkeypatch.setitem(__import__("theoryprune.bounds.conv_norm", fromlist=["_BUDGETS"])._BUDGETS, "fast", 0.0)
    assert true <= conv_norm(kernel, (6, 6), pixels(2, padding=1), effort="fast") <= 3 * true


def test_bad_arguments_are_refused():
    kernel = np.ones((4, 2, 3))
    with pytest.raises(ValueError, match="effort"):
        conv_norm(kernel, (5,), pixels(1), effort="most")
    with pytest.raises(ValueError, match="groups"):
        conv_norm(kernel, (5,), pixels(1), groups=3)
    with pytest.raises(ValueError, match="finite"):
        conv_norm(kernel * np.nan, (5,), pixels(1))
    with pytest.raises(ValueError, match="shape"):
        conv_norm(kernel, (5, 5), pixels(2))
