"""The stream is measured in a process of its own."""

import numpy as np
import pytest

from benchmarks.geometry.streaming import CLEAR, stream, streaming_rows


def test_the_stream_is_the_same_each_time():
    first, second = (np.concatenate([points for points, _ in stream(25, 3, 10)]) for _ in range(2))
    assert first.shape == (25, 3)
    assert (first == second).all()


@pytest.mark.skipif(not CLEAR.exists(), reason="the peak of memory is read from /proc")
def test_a_small_run():
    (row,) = streaming_rows(n=400_000, d=5, block=100_000)
    assert row["certificate"] < 1e-13
    assert row["left"][0] <= 6
    assert 0.5 < row["memory"] < 3  # d = 5: weights, in float64 and scaled, and indices are 0.6 of a block
