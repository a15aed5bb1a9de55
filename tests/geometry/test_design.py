import numpy as np
import pytest
from hypothesis import given

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.geometry.design import apply, evaluate, is_design, leverages
from theoryprune.geometry.rank import row_space


def test_the_leverages_of_known_points():
    assert leverages([[1, 0], [0, 2], [1, 2]], [0.25, 0.75, 0]) == pytest.approx([4, 4 / 3, 16 / 3])
    assert leverages([[0.0, 0.0]], [1.0]) == pytest.approx([0.0])


@given(point_sets())
def test_the_weighted_sum_of_leverages_is_the_rank(points):
    weights = np.linspace(1, 2, len(points))
    rank = row_space(points).rank
    assert weights @ leverages(points, weights) == pytest.approx(rank, rel=1e-10)


@pytest.mark.parametrize("name", AWKWARD)
def test_leverages_do_not_change_under_a_linear_map(name):
    points = np.asarray(AWKWARD[name], dtype=np.float64)
    d = points.shape[1]
    weights = np.ones(len(points))
    scale = np.abs(points).max()
    mapped = points / scale @ (np.eye(d) + np.triu(np.full((d, d), 0.5), 1))
    assert leverages(mapped, weights) == pytest.approx(leverages(points, weights), rel=1e-6, abs=1e-9)


def test_leverages_of_scaled_weights():
    points = heavy(40, 5)
    weights = np.linspace(1, 2, 40)
    assert leverages(points, 8 * weights) == pytest.approx(leverages(points, weights) / 8)


def test_points_out_of_reach_of_the_weights_are_named():
    with pytest.raises(ValueError, match="span all 2 dimensions"):
        leverages([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0])


@pytest.mark.parametrize(
    ("points", "weights", "message"),
    [
        ([[1.0, np.nan]], [1.0], "finite"),
        ([[1.0, 2.0]], [-1.0], "negative"),
        ([[1.0, 2.0]], [0.0], "positive, finite sum"),
        ([[1.0, 2.0]], [1.0, 1.0], "shape"),
        ([1.0, 2.0], [1.0, 1.0], "matrix"),
    ],
)
def test_wrong_arguments_are_named(points, weights, message):
    with pytest.raises(ValueError, match=message):
        leverages(points, weights)


def test_an_evaluation_agrees_with_an_inverse():
    rows, weights = gaussian(5000, 4), np.random.default_rng(1).dirichlet(np.ones(5000))
    found = evaluate(rows, weights)
    matrix = (rows.T * weights) @ rows
    assert found.log_det == pytest.approx(np.linalg.slogdet(matrix)[1])
    assert found.leverages == pytest.approx(np.einsum("ij,jk,ik->i", rows, np.linalg.inv(matrix), rows))
    assert found.whitener.T @ found.whitener == pytest.approx(np.linalg.inv(matrix))
    assert found.excess == pytest.approx(found.leverages.max() / 4 - 1)
    assert apply(found.whitener, rows) == pytest.approx(rows @ found.whitener.T)


def test_a_singular_design_has_no_evaluation():
    assert evaluate(np.eye(3), np.array([0.5, 0.5, 0.0])) is None


def test_designs():
    assert is_design([0.25, 0.75])
    assert is_design([1])
    assert not is_design([0.25, 0.75 - 1e-6])
    assert not is_design([-0.25, 1.25])
    assert not is_design([np.nan, 1.0])
    assert not is_design([])
    assert is_design([0.25, 0.75 - 1e-6], tol=1e-5)


def test_what_cannot_be_a_design_is_an_error():
    with pytest.raises(ValueError, match="one real number for each point"):
        is_design([[1.0]])
    with pytest.raises(ValueError, match="one real number for each point"):
        is_design(["1"])
    with pytest.raises(ValueError, match="tol"):
        is_design([1.0], tol=0)
