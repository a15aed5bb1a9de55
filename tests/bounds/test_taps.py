"""Taps give back the convolution, strides, dilation and padding included."""

import numpy as np
import pytest

from tests.bounds.convs import matrix, pixels
from theoryprune.bounds.taps import coarse_size, embedding, real_positions, steps, taps_of


def test_a_strided_convolution_from_its_phases():
    rng = np.random.default_rng(0)
    kernel, window, size = rng.standard_normal((2, 3, 4)), pixels(1, stride=3, padding=2, dilation=2), (11,)
    taps, x = taps_of(kernel, window), rng.standard_normal((3, 11))
    phases = taps.matrices.shape[2] // 3
    expected = (matrix(kernel, size, window) @ x.ravel()).reshape(2, -1)
    # Offsets d t - pad are -2, 0, 2, 4: the phases read are all three.
    assert phases == 3
    split = np.array(
        [[[x[c, 3 * m + r] if 0 <= 3 * m + r < 11 else 0.0 for m in range(-9, 9)] for c in range(3)] for r in range(3)]
    ).reshape(9, -1)
    found = [
        sum(k @ split[:, n + m[0] + 9] for k, m in zip(taps.matrices, taps.places, strict=True))
        for n in range(expected.shape[1])
    ]
    np.testing.assert_allclose(np.array(found).T, expected, atol=1e-13)


def test_what_no_tap_reads_is_left_out():
    taps = taps_of(np.ones((2, 3, 1, 1)), pixels(2, stride=2))
    assert taps.matrices.shape == (1, 2, 3)
    kernel = np.zeros((1, 1, 3))
    assert taps_of(kernel, pixels(1)).matrices.shape == (1, 1, 1)
    kernel[0, 0, 2] = 1.0
    assert taps_of(kernel, pixels(1, padding=1)).places.tolist() == [[1]]


@pytest.mark.parametrize("padding", [0, 1, 2, 3])
def test_the_torus_holds_the_cut_convolution_and_one_position_less_does_not(padding):
    kernel, size, window = np.arange(1.0, 4.0)[None, None], (4,), pixels(1, padding=padding)
    taps, cut = taps_of(kernel, window), matrix(kernel, size, window)
    torus = embedding(taps, coarse_size(size, window), (len(cut),))[0]
    for n, same in ((torus, True), (torus - 1, False)):
        circulant = np.zeros((n, n))
        for at in range(n):
            for k, m in zip(taps.matrices[:, 0, 0], taps.places[:, 0], strict=True):
                circulant[at, (at + m) % n] += k
        block = circulant[: len(cut), :4]
        assert (block.shape == cut.shape and (block == cut).all()) == same


def test_steps_are_counted_in_their_common_unit():
    offsets, spans = steps(taps_of(np.ones((1, 1, 3, 1)), pixels(2, dilation=5)))
    assert offsets.tolist() == [[0, 0], [1, 0], [2, 0]]
    assert spans.tolist() == [2, 0]


@pytest.mark.parametrize("size", [2, 5, 6, 7])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (2, 3, 0), (1, 3, 1), (4, 3, 2)])
def test_real_positions_are_those_of_the_input(size, kernel, stride, padding):
    """Each is read once at most, and where one is missing no tap could read it at all."""
    window = pixels(1, stride=stride, padding=padding)
    found = real_positions((kernel,), (size,), window)
    phases = sorted({(t - padding) % stride for t in range(kernel)})
    assert found.shape == (len(phases), *coarse_size((size,), window))
    places = [stride * m + phases[i] for i, m in np.argwhere(found)]
    assert sorted(places) == [n for n in range(size) if n % stride in phases]


def test_real_positions_along_several_axes():
    found = real_positions((3, 3), (3, 4), pixels(2, stride=2, padding=1))
    rows, columns = np.array([[1, 1], [1, 0]], bool), np.ones((2, 2), bool)
    expected = [np.logical_and.outer(row, column) for row in rows for column in columns]
    assert np.array_equal(found, expected)
