"""The checker accepts what is true and nothing that was tampered with."""

import numpy as np
import pytest

from theoryprune.geometry import caratheodory, is_convex_reduction


@pytest.fixture(params=[(60, 3, 0), (400, 6, 1), (2000, 2, 2)])
def reduction(request):
    n, d, seed = request.param
    rng = np.random.default_rng(seed)
    points, weights = rng.standard_normal((n, d)), rng.random(n)
    return points, weights, *caratheodory(points, weights)


def test_the_true_result(reduction):
    assert is_convex_reduction(*reduction)
    assert is_convex_reduction(*reduction, tol=1e-13)
    points, weights, indices, found = reduction
    assert is_convex_reduction(points, weights, indices[::-1], found[::-1])


def test_the_input_is_a_reduction_of_itself_only_if_it_is_small():
    points = np.random.default_rng(0).standard_normal((6, 5))
    assert is_convex_reduction(points, None, np.arange(6), np.ones(6))
    assert not is_convex_reduction(points[:, :4], None, np.arange(6), np.ones(6))


def test_every_tampered_result_is_rejected(reduction):
    points, weights, indices, found = reduction
    other = next(i for i in range(len(points)) if i not in indices)
    for k in range(len(indices)):
        changes = [
            (indices, np.where(np.arange(len(found)) == k, -found, found)),
            (indices, np.where(np.arange(len(found)) == k, found + 1e-6 * found.sum(), found)),
            (indices, np.where(np.arange(len(found)) == k, found - 1e-9 * found.sum(), found)),
            (np.where(np.arange(len(found)) == k, other, indices), found),
            (np.delete(indices, k), np.delete(found, k)),
        ]
        for changed_indices, changed in changes:
            assert not is_convex_reduction(points, weights, changed_indices, changed)
    swapped = indices.copy()
    swapped[:2] = swapped[1::-1]
    assert not is_convex_reduction(points, weights, swapped, found)
    assert not is_convex_reduction(points, weights, indices, found * (1 - 1e-6))
    assert not is_convex_reduction(points, weights, indices, found * (1 + 1e-9))


def test_mass_shifted_without_changing_the_total(reduction):
    points, weights, indices, found = reduction
    shift = np.zeros(len(found))
    shift[:2] = 1e-8 * found.sum(), -1e-8 * found.sum()
    assert not is_convex_reduction(points, weights, indices, found + shift)


@pytest.mark.parametrize("tol", [1e-6, 1e-10, 1e-13])
def test_just_within_and_just_beyond_the_tolerance(tol):
    points = np.array([[0.0], [1.0], [2.0], [3.0]])
    for factor, answer in ((0.5, True), (2.0, False)):
        verdict = is_convex_reduction(points, None, [0, 3], [2 - factor * tol * 2, 2 + factor * tol * 2], tol)
        assert verdict.holds == answer


@pytest.mark.parametrize(
    ("indices", "found"),
    [
        ([0, 0], [1.5, 1.5]),
        ([0, 3], [1.5, 1.5]),
        ([-3, 2], [1.5, 1.5]),
        ([0.0, 2.0], [1.5, 1.5]),
        ([0, 1, 2], [1.5, 0.0, 1.5]),
        ([0, 2], [1.5, 1.5, 1.5]),
        ([0, 2], [1.5, np.nan]),
        ([0, 2], [1.5, np.inf]),
        ([[0, 2]], [[1.5, 1.5]]),
        ([], []),
        ([0, 2], ["1.5", "1.5"]),
    ],
)
def test_what_is_no_weighted_subset(indices, found):
    points = [[0], [1], [2]]
    assert is_convex_reduction(points, None, [0, 2], [1.5, 1.5])
    assert not is_convex_reduction(points, None, indices, found)


def test_more_points_than_the_rank():
    points = np.array([[0.0, 0], [1, 1], [2, 2], [3, 3]])
    true = [0, 1, 3], [1.5, 1.0, 1.5]
    weights = [1.0, 2.0, 0.0, 1.0]
    found = [1.0, 2.0, 1.0]
    assert is_convex_reduction(points, weights, true[0], found, strict=False)
    assert not is_convex_reduction(points, weights, true[0], found)


def test_dependent_points_no_more_than_the_rank():
    """Three points on a line among points of rank 3: the theorem asks for no more."""
    points = np.array([[0.0, 0], [1, 1], [2, 2], [0, 2], [2, 0]])
    assert is_convex_reduction(points, None, [0, 1, 2], [1.0, 3.0, 1.0])
    assert not is_convex_reduction(points[:3], None, [0, 1, 2], [1.0, 1.0, 1.0])


def test_more_than_a_hundred_thousand_points():
    points = np.random.default_rng(0).standard_normal((250_000, 2))
    indices, found = caratheodory(points)
    assert is_convex_reduction(points, None, indices, found, tol=1e-13)
    assert not is_convex_reduction(points, None, indices, found * (1 + 1e-9))


def test_the_input_of_a_checker_is_checked():
    with pytest.raises(ValueError, match="finite"):
        is_convex_reduction([[np.nan]], None, [0], [1])


def test_it_says_what_is_wrong(reduction):
    points, weights, indices, found = reduction
    good = is_convex_reduction(points, weights, indices, found)
    assert good.holds
    assert good.value <= 1e-13
    assert "distinct" in is_convex_reduction(points, weights, indices[[0, *range(len(indices) - 1)]], found).reason
    heavier = is_convex_reduction(points, weights, indices, found * (1 + 1e-6))
    assert "total weight" in heavier.reason
    assert heavier.value == pytest.approx(1e-6, rel=1e-6)
    moved = is_convex_reduction(points, weights, indices, np.roll(found, 1))
    assert "coordinate" in moved.reason
    assert moved.value > 1e-10
