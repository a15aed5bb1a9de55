import numpy as np
import pytest

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.geometry import lowner_newton
from theoryprune.geometry.design import evaluate
from theoryprune.geometry.lowner_newton import newton
from theoryprune.geometry.lowner_start import pivots, spread
from theoryprune.geometry.rank import row_space


@pytest.mark.parametrize("make", [gaussian, heavy])
@pytest.mark.parametrize(("n", "d"), [(512, 2), (512, 10), (300, 100), (4096, 64)])
def test_few_steps_reach_the_target(make, n, d):
    rows = row_space(make(n, d)).white
    best, steps = newton(rows, 1e-2, spread(rows), 20)
    assert best.excess <= 1e-2
    assert steps <= 6


def test_a_design_within_the_target_is_left_alone():
    rows = row_space(gaussian(100, 4)).white
    best, _ = newton(rows, 1e-6, spread(rows), 50)
    again, steps = newton(rows, 1e-6, best, 50)
    assert again is best
    assert steps == 0


def test_near_the_optimum_it_converges_faster_than_linearly():
    rows = row_space(gaussian(100, 4)).white
    best, _ = newton(rows, 1e-3, spread(rows), 50)
    fine, steps = newton(rows, 1e-12, best, 50)
    assert fine.excess <= 1e-12
    assert steps <= 8


def test_log_det_grows_from_step_to_step():
    rows = row_space(heavy(400, 12)).white
    now = pivots(rows)
    for _ in range(5):
        after, _ = newton(rows, 1e-14, now, 1)
        assert after.log_det > now.log_det
        now = after


def test_a_hopeless_start_still_gets_there():
    rows = row_space(gaussian(200, 6)).white
    weights = np.full(200, 1e-11)
    weights[0] = 1
    best, steps = newton(rows, 1e-2, evaluate(rows, weights / weights.sum()), 200)
    assert best.excess <= 1e-2
    assert 0 < steps < 100


@pytest.mark.parametrize("dense", [0, 10**9])
def test_forming_the_hessian_or_not_is_the_same(monkeypatch, dense):
    rows = row_space(gaussian(2000, 12)).white
    usual, _ = newton(rows, 1e-9, spread(rows), 50)
    monkeypatch.setattr(lowner_newton, "_DENSE", dense)
    other, _ = newton(rows, 1e-9, spread(rows), 50)
    assert other.excess <= 1e-9
    assert other.log_det == pytest.approx(usual.log_det, abs=1e-7)


def test_single_precision_in_the_model_costs_no_accuracy(monkeypatch):
    rows = row_space(gaussian(600, 20)).white
    monkeypatch.setattr(lowner_newton, "_SINGLE", 0)
    best, _ = newton(rows, 1e-11, spread(rows), 50)
    assert best.excess <= 1e-11


def test_the_shorter_step_raises_log_det_where_the_whole_one_does_not():
    # From nearly nothing on the far point, the whole step would leave the near ones with nothing.
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.6]])
    now = evaluate(rows, np.array([0.5, 0.4999, 0.0001]))
    part = lowner_newton._best_fraction(rows, now, np.array([1.0, 0.0, 0.3]))
    assert evaluate(rows, part).log_det >= now.log_det
    assert part.sum() == pytest.approx(1)


def test_points_below_the_threshold_have_no_weight_at_the_optimum():
    rows = row_space(gaussian(300, 5)).white
    best, _ = newton(rows, 1e-12, spread(rows), 50)
    for eps in (1.0, 0.3, 0.1, 0.01):
        now, _ = newton(rows, eps, spread(rows), 50)
        left_out = np.setdiff1d(np.arange(300), lowner_newton._working_set(now, 5))
        dropped = left_out[now.weights[left_out] > 0]
        assert best.weights[dropped] == pytest.approx(np.zeros(len(dropped)), abs=1e-9)
