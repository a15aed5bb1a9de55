"""The relative guarantee, and the layers for which there is none."""

from itertools import combinations

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer, rectified
from theoryprune.coresets import isolated_units, relative_guarantee


@pytest.mark.parametrize("slope", [0.0, 0.3])
@pytest.mark.parametrize("p", [1, 3])
def test_independent_rows_make_it_impossible(slope, p):
    """At its witness only one unit is active: whatever a subset without it weighs, its output there is 0."""
    rows, _ = layer("gauss", n=5, d=8)
    columns = np.random.default_rng(1).standard_normal((p, 5))
    found = relative_guarantee(rows, columns, slope=slope)
    assert found.impossible
    assert "impossible" in found.statement
    assert found.required.tolist() == list(range(5))
    witnesses = isolated_units(rows, slope=slope).witnesses
    rng = np.random.default_rng(0)
    for size in range(1, 5):
        for kept in combinations(range(5), size):
            missing = next(j for j in range(5) if j not in kept)
            hidden = rectified(rows @ witnesses[missing], slope)
            whole = columns @ hidden
            part = rng.standard_normal((p, size)) @ hidden[list(kept)]
            assert np.linalg.norm(whole - part) >= (1 - 1e-9) * np.linalg.norm(whole) > 0


def test_independent_rows_have_kappa_one():
    rows, _ = layer("gauss", n=5, d=8)
    found = relative_guarantee(rows, np.ones((1, 5)))
    assert found.kappas == pytest.approx([1])
    assert np.isinf(found.factors[0])


def test_opposite_pairs_promise_the_most():
    """f is half of N: what keeps N keeps f, up to the linear part, which is 0."""
    rows, _ = layer("gauss", n=30, d=4)
    found = relative_guarantee(np.concatenate([rows, -rows]), np.ones((1, 60)))
    assert found.kappas == pytest.approx([0], abs=1e-6)
    assert found.factors == pytest.approx([1], rel=1e-5)
    assert not found.impossible


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_the_factor_holds_for_subsets_that_keep_the_linear_part(slope):
    """Reweighting rows by opposite pairs keeps l; the change of f is then bounded by that of N."""
    rng = np.random.default_rng(0)
    half, _ = layer("gauss", n=40, d=3)
    rows = np.concatenate([half, -0.7 * half])
    weights = rng.uniform(0.5, 1, 80)
    found = relative_guarantee(rows, weights[None], slope=slope)
    assert np.isfinite(found.factors[0])
    # Adding t to a unit and t / 0.7 to its negative leaves the sum of the rows as it is.
    change = rng.uniform(-0.2, 0.2, 40)
    changed = weights + np.concatenate([change, change / 0.7])
    inputs = rng.standard_normal((5000, 3))
    products = inputs @ rows.T
    size, size_changed = np.abs(products) @ weights, np.abs(products) @ changed
    outputs, outputs_changed = rectified(products, slope) @ weights, rectified(products, slope) @ changed
    eps = np.abs(size_changed - size) / size
    assert (np.abs(outputs_changed - outputs) <= found.factors[0] * eps * outputs * (1 + 1e-9)).all()


def test_mixed_signs_promise_nothing_and_negative_ones_the_same():
    rows, _ = layer("gauss", n=30, d=3)
    columns = np.array([np.ones(30), -np.ones(30), np.resize([1.0, -1.0], 30), np.zeros(30)])
    found = relative_guarantee(rows, columns)
    assert found.kappas[0] == pytest.approx(found.kappas[1])
    assert np.isnan(found.kappas[2])
    assert np.isinf(found.factors[2])
    assert found.kappas[3] == 0
    assert "3 of 4 outputs" in found.statement


def test_units_without_effect_do_not_count():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [-1.0, -1.0]])
    found = relative_guarantee(rows, [[1.0, 1.0, 1.0, 0.0]])
    assert found.required.tolist() == [0, 1]
    assert found.impossible
    assert not relative_guarantee(np.zeros((2, 2)), np.ones((1, 2))).impossible


def test_bad_arguments():
    with pytest.raises(ValueError, match="slope must lie in"):
        relative_guarantee([[1.0]], [[1.0]], slope=-1)
    with pytest.raises(ValueError, match="outgoing must have one column"):
        relative_guarantee([[1.0]], [[1.0, 2.0]])
