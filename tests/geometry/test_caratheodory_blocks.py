"""Points in blocks: the same laws as for all of them at once, with one block in memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.geometry import caratheodory_blocks, is_convex_reduction


@given(
    st.integers(0, 10**6), st.lists(st.integers(1, 120), min_size=1, max_size=12), st.integers(1, 6), st.integers(2, 8)
)
def test_laws(seed, sizes, d, mult):
    rng = np.random.default_rng(seed)
    points = [rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-3, 3) for n in sizes]
    weights = [rng.random(n) * (rng.random() < 0.8) for n in sizes]
    weights[-1][-1] = 1
    indices, found, kept = caratheodory_blocks(zip(points, weights, strict=True), mult)
    everything = np.concatenate(points)
    assert (kept == everything[indices]).all()
    assert (np.diff(indices) > 0).all()
    assert is_convex_reduction(everything, np.concatenate(weights), indices, found, tol=1e-12)


def test_weights_may_be_left_out():
    points = np.random.default_rng(0).standard_normal((90, 3))
    indices, found, _ = caratheodory_blocks([(points[:40], None), (points[40:], np.ones(50))])
    assert is_convex_reduction(points, None, indices, found, tol=1e-13)


def test_blocks_of_one_point():
    points = np.arange(50.0)[:, None]
    indices, found, _ = caratheodory_blocks((points[i : i + 1], None) for i in range(50))
    assert is_convex_reduction(points, None, indices, found, tol=1e-13)


@pytest.mark.parametrize("first", [1e-250, 1e250])
def test_blocks_of_very_different_mass(first):
    points = np.random.default_rng(0).standard_normal((60, 2))
    weights = np.r_[np.full(30, first), np.full(30, 1.0)]
    blocks = [(points[:30], weights[:30]), (points[30:], weights[30:])]
    indices, found, _ = caratheodory_blocks(blocks)
    assert is_convex_reduction(points, weights, indices, found, tol=1e-12)


def test_many_blocks_do_not_drift():
    """Rounding at every block: the compensated sums and the last correction see to it."""
    rng = np.random.default_rng(0)
    blocks = [rng.random((500, 2)) + 0.5 for _ in range(400)]
    indices, found, _ = caratheodory_blocks((block, None) for block in blocks)
    assert is_convex_reduction(np.concatenate(blocks), None, indices, found, tol=1e-14)


def test_one_block_is_held():
    def stream(count):
        for seed in range(count):
            yield np.random.default_rng(seed).standard_normal((50_000, 4)), None

    block = 50_000 * 4 * 8
    caratheodory_blocks(stream(1))
    tracemalloc.start()
    caratheodory_blocks(stream(6))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.9 * block  # d = 4: the weights, twice, are half a block; two blocks at once would be 2.5


@pytest.mark.parametrize(
    ("blocks", "error", "message"),
    [
        ([], ValueError, "got 0 blocks"),
        ([([[1]], [0])], ValueError, "got 1 blocks"),
        ([np.ones((2, 3))], TypeError, "block 0 must be a pair"),
        ([([[1]], None), [[1]]], TypeError, "block 1 must be a pair"),
        ([([[1]], None), ([[1, 2]], None)], ValueError, "must have 1 coordinates"),
        ([([[1]], None), ([[np.nan]], None)], ValueError, "points of block 1 must be finite"),
        ([([[1]], None), ([[1]], [-1])], ValueError, "weights of block 1 must not be negative"),
        ([([[1]], None), ([[1]], [1, 2])], ValueError, "weights of block 1 must have shape"),
    ],
)
def test_bad_blocks(blocks, error, message):
    with pytest.raises(error, match=message):
        caratheodory_blocks(blocks)


def test_mult_is_an_integer():
    with pytest.raises(ValueError, match="mult must be"):
        caratheodory_blocks([([[1]], None)], mult=1)
