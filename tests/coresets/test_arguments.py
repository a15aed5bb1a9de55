"""What comes in is checked once, and every refusal names the argument."""

import numpy as np
import pytest

from theoryprune.coresets import merge
from theoryprune.coresets.arguments import as_kept, as_layer
from theoryprune.geometry.arguments import as_generator

GOOD = {"incoming": [[1.0, 2.0], [3.0, 4.0]], "outgoing": [[1.0, 1.0]], "budget": 1, "slope": 0.0}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"incoming": [[1.0, np.nan], [3.0, 4.0]]}, ValueError, r"incoming must be finite.*\(0, 1\)"),
        ({"outgoing": [[1.0, np.inf]]}, ValueError, "outgoing must be finite"),
        ({"incoming": [1.0, 2.0]}, ValueError, "incoming must be a matrix"),
        ({"incoming": np.empty((0, 2))}, ValueError, "incoming must be a matrix with at least one"),
        ({"outgoing": [[1.0, 1.0, 1.0]]}, ValueError, "one column for each of the 2 rows"),
        ({"incoming": [["a", "b"], ["c", "d"]]}, ValueError, "incoming must hold real numbers"),
        ({"outgoing": [[1j, 1]]}, ValueError, "outgoing must hold real numbers"),
        ({"budget": 0}, ValueError, "budget must be at least 1"),
        ({"budget": -3}, ValueError, "budget must be at least 1"),
        ({"budget": 1.0}, TypeError, "budget must be an integer"),
        ({"budget": True}, TypeError, "budget must be an integer"),
        ({"slope": -0.1}, ValueError, "slope must lie in"),
        ({"slope": 1.1}, ValueError, "slope must lie in"),
        ({"slope": np.nan}, ValueError, "slope must lie in"),
    ],
)
def test_bad_arguments_are_named(change, error, message):
    with pytest.raises(error, match=message):
        as_layer(**{**GOOD, **change})
    with pytest.raises(error, match=message):
        merge(**{**GOOD, **change})


@pytest.mark.parametrize("kept", [[], [0, 0], [2], [-1], [0.0], [[0]]])
def test_bad_indices(kept):
    with pytest.raises(ValueError, match="kept must be"):
        as_kept(kept, 2)


def test_a_budget_beyond_n_is_n():
    assert as_layer(**{**GOOD, "budget": 10**9}).budget == 2


def test_other_types_become_float64():
    layer = as_layer(np.eye(2, dtype=np.float32), np.array([[True, False]]), np.int32(1), 0)
    assert layer.incoming.dtype == layer.outgoing.dtype == np.float64


@pytest.mark.parametrize("seed", [None, 1.5, True, "1"])
def test_a_seed_is_an_integer_or_a_generator(seed):
    with pytest.raises(TypeError, match="seed must be"):
        as_generator(seed)
