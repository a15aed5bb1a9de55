"""The scores with a theorem."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import additive
from theoryprune.geometry import additive_sampling_error


@pytest.mark.parametrize("p", [1, 10])
@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
def test_the_theorem_is_that_of_geometry(p, slope):
    rows, columns = layer("gauss", p=p)
    scores = np.linalg.norm(rows, axis=1) * np.linalg.norm(columns, axis=0)
    result = additive(rows, columns, 12, slope=slope, seed=0, delta=0.01)
    expected = additive_sampling_error(12, 0.01, scores.sum(), 1.0, vector=p > 1, slope=slope)
    assert result.sampling.error == pytest.approx(expected)
    assert result.sampling.delta_algorithm == 0.01
    chances = result.sampling.counts / (12 * result.sampling.weights)
    assert chances == pytest.approx((scores / scores.sum())[result.kept])


@pytest.mark.parametrize("mode", ["distinct", "fixed_pps"])
def test_other_modes_have_none(mode):
    assert additive(*layer("gauss"), 12, seed=0, mode=mode).sampling.error is None


def test_delta_is_checked():
    with pytest.raises(ValueError, match="delta must be"):
        additive(*layer("gauss"), 12, seed=0, delta=0.0)
