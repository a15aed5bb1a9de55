"""Predictions said to be unchanged are, for every error of the norm given, and no weaker criterion would do."""

from fractions import Fraction

import numpy as np
import pytest

from theoryprune.bounds import unchanged_predictions
from theoryprune.bounds.unchanged import margins


def test_the_worst_error_of_that_norm_does_not_change_them():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((500, 5))
    errors = rng.exponential(0.3, 500)
    certain = unchanged_predictions(logits, errors)
    assert 0 < certain.sum() < 500
    order = np.argsort(logits, axis=1)
    for i in range(500):
        worst = logits[i].copy()
        worst[order[i, -1]] -= errors[i] / np.sqrt(2)
        worst[order[i, -2]] += errors[i] / np.sqrt(2)
        stays = worst[order[i, -1]] > worst[order[i, -2]]
        assert certain[i] == stays or abs(worst[order[i, -1]] - worst[order[i, -2]]) < 1e-14


def test_ties_and_the_edge_are_not_certain():
    assert not unchanged_predictions([[1.0, 1.0]], 0.0)[0]
    assert not unchanged_predictions([[2.0, 0.0]], np.sqrt(2.0))[0]
    assert unchanged_predictions([[2.0, 0.0]], np.sqrt(2.0) * (1 - 1e-14))[0]
    assert not unchanged_predictions([[1e300, 0.0]], np.inf)[0]


def test_margins_are_rounded_down():
    rng = np.random.default_rng(1)
    logits = rng.standard_normal((200, 3)) * 10.0 ** rng.integers(-8, 8, (200, 1))
    for row, margin in zip(logits, margins(logits), strict=True):
        second, first = sorted(Fraction(v) for v in row)[-2:]
        assert first - second >= Fraction(margin) >= (first - second) * (1 - Fraction(1, 10**14))


def test_refusals():
    with pytest.raises(ValueError, match="at least two classes"):
        unchanged_predictions([[1.0]], 0.0)
    with pytest.raises(ValueError, match="logits must be finite"):
        unchanged_predictions([[1.0, np.nan]], 0.0)
    with pytest.raises(ValueError, match="errors must not be negative"):
        unchanged_predictions([[1.0, 0.0]], -1.0)
    with pytest.raises(ValueError, match="errors must be one number"):
        unchanged_predictions([[1.0, 0.0]], [0.0, 0.0])
