"""Sampling by Lewis weights: the theorem, where there is one."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import lewis
from theoryprune.geometry import lewis_weights


def test_chances_follow_the_sensitivities_of_weighted_rows():
    rows, columns = layer("gauss", p=4)
    scores = lewis_weights(rows * np.linalg.norm(columns, axis=0)[:, None]).sensitivities
    result = lewis(rows, columns, 12, seed=0, mode="iid")
    chances = result.sampling.counts / (12 * result.sampling.weights)
    assert chances == pytest.approx((scores / scores.sum())[result.kept], rel=1e-5)


def test_the_norm_is_kept_as_stated():
    rows, columns = layer("gauss", n=4000, d=3, p=1)
    columns = np.abs(columns)
    inputs = np.random.default_rng(0).standard_normal((500, 3))
    whole = np.abs(inputs @ rows.T) @ columns[0]
    for seed in range(5):
        result = lewis(rows, columns, 3500, seed=seed, mode="iid", delta=0.05)
        part = np.abs(inputs @ rows[result.kept].T) @ result.outgoing[0]
        assert 0 < result.sampling.error < 0.5
        assert (np.abs(part - whole) <= result.sampling.error * whole).all()
        assert result.sampling.delta_algorithm == 0.05


@pytest.mark.parametrize("sign", ["mixed", "several"])
def test_elsewhere_it_is_a_heuristic(sign):
    rows, columns = layer("gauss", p=1 if sign == "mixed" else 2)
    columns = columns if sign == "mixed" else np.abs(columns)
    result = lewis(rows, columns, 12, seed=0, mode="iid")
    assert (result.sampling.theorem, result.sampling.error) == ("none", None)
    assert lewis(rows, np.abs(columns), 12, seed=0).sampling.error is None


def test_delta_is_checked():
    with pytest.raises(ValueError, match="delta must be"):
        lewis(*layer("gauss"), 12, seed=0, delta=2)
