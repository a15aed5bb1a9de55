import numpy as np
import pytest

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.geometry.design import evaluate
from theoryprune.geometry.lowner_start import spread
from theoryprune.geometry.rank import row_space
from theoryprune.geometry.representation import coefficient_norms


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_the_norms_are_those_of_coefficients_that_give_the_points_back(make):
    rows = row_space(make(200, 6)).white
    design = spread(rows)
    support = np.flatnonzero(design.weights)
    matrix = (rows.T * design.weights) @ rows
    coefficients = rows @ np.linalg.solve(matrix, rows[support].T) * design.weights[support]
    assert coefficients @ rows[support] == pytest.approx(rows)
    total, largest = coefficient_norms(rows, rows, design)
    assert total == pytest.approx(np.abs(coefficients).sum(axis=1))
    assert largest == pytest.approx(np.abs(coefficients).max(axis=1))
    assert (total <= np.sqrt(design.leverages) * (1 + 1e-12)).all()


def test_many_rows_go_in_blocks(monkeypatch):
    rows = row_space(gaussian(1000, 3)).white
    design = evaluate(rows, np.full(1000, 1e-3))
    whole = coefficient_norms(rows, rows, design)
    monkeypatch.setattr("theoryprune.geometry.representation._BLOCK", 7000)
    for one, other in zip(whole, coefficient_norms(rows, rows, design), strict=True):
        assert one == pytest.approx(other)
