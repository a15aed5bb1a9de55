"""The merge of a stream: its residuals in exact arithmetic, and how often it repeats a channel."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.bounds.stream_nets import mixing, some_merge
from theoryprune.bounds import replication
from theoryprune.bounds.stream_merge import checked_merge, residual_rows


def test_replication_is_the_norm_of_the_map_from_kept_channels():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        kept, target, factors = some_merge(rng, 7)
        exact = float(torch.linalg.matrix_norm(mixing(kept, target, factors)[:, kept], 2))
        assert exact * (1 - 1e-12) <= replication(target, factors, kept) <= exact * (1 + 1e-9)
    assert replication(np.arange(3), np.ones(3), np.arange(3)) == pytest.approx(1)


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
        replication([1, 1], [1.0, 1.0], [0, 1])
    with pytest.raises(TypeError, match="kept must be a vector of integers"):
        replication([0, 0], [1.0, 1.0], [0.5])
