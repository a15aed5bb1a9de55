import numpy as np
import pytest

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.errors import ConvergenceError
from theoryprune.geometry.design import is_design
from theoryprune.geometry.lowner_start import pivots, spread, told
from theoryprune.geometry.rank import row_space


@pytest.mark.parametrize("points", [gaussian(300, 5), heavy(300, 5), gaussian(6, 5)])
def test_starts_are_regular_designs_on_few_points(points):
    rows = row_space(points).white
    for start, most in ((spread(rows), 40), (pivots(rows), 5)):
        assert is_design(start.weights)
        assert (start.weights > 0).sum() <= most
        assert np.isfinite(start.log_det)


def test_points_that_are_far_out_but_flat_are_joined_by_others():
    points = np.concatenate([100 * gaussian(80, 3) * [1, 1, 0], gaussian(100_000, 3)[:, 2:] * [[0, 0, 1]]])
    start = spread(row_space(points).white)
    assert (start.weights[80:] > 0).any()
    assert start.excess < 1e8


def test_the_callers_weights_are_normalised():
    assert told(np.eye(2), np.array([1.0, 3.0])).weights == pytest.approx([0.25, 0.75])


def test_the_callers_weights_must_span():
    with pytest.raises(ValueError, match="span all 2 dimensions"):
        told(np.eye(2), np.array([1.0, 0.0]))


def test_rows_without_full_rank_have_no_start():
    with pytest.raises(ConvergenceError, match="independent"):
        pivots(np.array([[1.0, 0.0], [2.0, 0.0]]))
