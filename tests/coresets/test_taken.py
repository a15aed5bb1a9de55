"""Units that stay as they are."""

import numpy as np
import pytest

from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.taken import largest, taken


def test_largest_are_ascending_and_stable():
    assert largest(np.array([1.0, 3.0, 3.0, 0.0, 3.0]), 2).tolist() == [1, 2]
    assert largest(np.zeros(4), 3).tolist() == [0, 1, 2]


def test_a_factor():
    layer = as_layer(np.eye(3), [[1.0, 2.0, 3.0]], 2, 0.0)
    assert taken(layer, np.array([0, 2]), "test", 1.5).outgoing.tolist() == [[1.5, 4.5]]
    assert taken(layer, np.array([0, 2]), "test", drawn=True).deterministic is False


def test_a_full_budget_needs_no_factor():
    layer = as_layer(np.eye(3), [[1.0, 2.0, 3.0]], 3, 0.0)
    assert taken(layer, np.arange(3), "test", 1.5).outgoing.tolist() == [[1.0, 2.0, 3.0]]


def test_what_float64_cannot_hold_is_refused():
    layer = as_layer(np.eye(2), [[1e308, 1e308]], 1, 0.0)
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="outgoing is too large"):
        taken(layer, np.array([0]), "test", 2.0)
