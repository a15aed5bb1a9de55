import numpy as np
import pytest

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.geometry.design import evaluate
from theoryprune.geometry.lowner_away import away_steps
from theoryprune.geometry.lowner_newton import newton
from theoryprune.geometry.lowner_start import pivots, spread
from theoryprune.geometry.rank import row_space


@pytest.mark.parametrize("make", [gaussian, heavy])
@pytest.mark.parametrize(("n", "d"), [(60, 2), (512, 10), (300, 40)])
def test_it_agrees_with_newton(make, n, d):
    rows = row_space(make(n, d)).white
    best, _ = away_steps(rows, 1e-5, pivots(rows), 100_000)
    other, _ = newton(rows, 1e-9, spread(rows), 50)
    assert best.excess <= 1e-5
    assert -1e-12 <= other.log_det - best.log_det <= d * np.log1p(1e-5)


def test_log_det_grows_from_sweep_to_sweep():
    rows = row_space(heavy(200, 8)).white
    now = pivots(rows)
    for _ in range(30):
        after, steps = away_steps(rows, 1e-12, now, 1)
        assert steps == 1
        assert after.log_det >= now.log_det
        now = after


def test_the_updated_leverages_agree_with_fresh_ones():
    rows = row_space(gaussian(100, 5)).white
    best, steps = away_steps(rows, 1e-3, pivots(rows), 1999)
    assert steps < 1999
    assert best.leverages == pytest.approx(evaluate(rows, best.weights).leverages)


def test_it_drops_points_that_it_does_not_need():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    best, _ = away_steps(rows, 1e-9, evaluate(rows, np.full(3, 1 / 3)), 1000)
    assert best.weights == pytest.approx([0.5, 0.5, 0.0], abs=1e-9)


def test_the_limit_is_a_limit():
    rows = row_space(gaussian(100, 5)).white
    best, steps = away_steps(rows, 1e-9, pivots(rows), 3)
    assert steps == 3
    assert best.excess > 1e-9
