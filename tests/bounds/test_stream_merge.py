"""The merge of a stream: its residuals in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.stream_nets import some_merge
from theoryprune.bounds.stream_merge import checked_merge, residual_rows


def test_residuals_admit_their_rounding():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        kept, target, factors = some_merge(rng, 6)
        rows = rng.standard_normal((6, 3)) * 10.0 ** rng.integers(-9, 9, (6, 1))
        residual, slack = residual_rows(rows, *checked_merge(target, factors, kept)[:2])
        assert not residual[kept].any()
        for j in np.setdiff1d(np.arange(6), kept):
            for i in range(3):
                part = Fraction(factors[j]) * Fraction(rows[target[j], i]) if factors[j] else 0
                exact = Fraction(rows[j, i]) - part
                assert abs(Fraction(residual[j, i]) - exact) <= Fraction(slack[j, i])


def test_refusals():
    with pytest.raises(ValueError, match="must be assigned to itself"):
        checked_merge([1, 1], [1.0, 1.0], [0, 1])
    with pytest.raises(TypeError, match="kept must be a vector of integers"):
        checked_merge([0, 0], [1.0, 1.0], [0.5])
