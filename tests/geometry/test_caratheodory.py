"""Carathéodory: every law of the checker, over all kinds of points, and exactly in rational numbers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theoryprune.errors import ConvergenceError
from theoryprune.geometry import caratheodory, is_convex_reduction
from theoryprune.geometry.caratheodory import refuse_gap


def gaussian(rng, n, d):
    return rng.standard_normal((n, d))


def scaled(rng, n, d, size):
    return gaussian(rng, n, d) * 10.0 ** rng.uniform(-size, size, (n, 1))


KINDS = {
    "gaussian": gaussian,
    "rank 3": lambda rng, n, d: gaussian(rng, n, 3) @ gaussian(rng, 3, d),
    "all equal": lambda rng, n, d: np.tile(gaussian(rng, 1, d), (n, 1)),
    "four points": lambda rng, n, d: gaussian(rng, 4, d)[rng.integers(0, 4, n)],
    "on a line": lambda rng, n, d: np.arange(n)[:, None] * gaussian(rng, 1, d) + gaussian(rng, 1, d),
    "integers": lambda rng, n, d: rng.integers(-3, 4, (n, d)),
    "bits": lambda rng, n, d: rng.integers(0, 2, (n, d)),
    "sparse": lambda rng, n, d: gaussian(rng, n, d) * (rng.random((n, d)) < 0.05),
    "columns over 8 decades": lambda rng, n, d: gaussian(rng, n, d) * 10.0 ** np.linspace(-8, 0, d),
    "rows over 300 decades": lambda rng, n, d: scaled(rng, n, d, 150),
    "tiny": lambda rng, n, d: gaussian(rng, n, d) * 1e-150,
    "huge": lambda rng, n, d: gaussian(rng, n, d) * 1e150,
    "far away": lambda rng, n, d: gaussian(rng, n, d) * 1e-5 + 1e8,
    "antisymmetric": lambda rng, n, d: np.stack([p := gaussian(rng, n, d), -p], axis=1).reshape(-1, d),
    "moment curve": lambda rng, n, d: np.linspace(0, 1, n)[:, None] ** np.arange(1, d + 1),
    "heavy tails": lambda rng, n, d: rng.standard_cauchy((n, d)),
    "near duplicates": lambda rng, n, d: (
        np.repeat(gaussian(rng, -(-n // 5), d), 5, axis=0) + 1e-13 * gaussian(rng, 5 * -(-n // 5), d)
    ),
    "zeros": lambda rng, n, d: np.zeros((n, d)),
}

WEIGHTS = {
    "none": lambda rng, n: None,
    "uniform": lambda rng, n: rng.random(n) + 0.001,
    "90 % zero": lambda rng, n: (rng.random(n) < 0.1) * rng.random(n) + (np.arange(n) == n // 2),
    "over 600 decades": lambda rng, n: 10.0 ** rng.uniform(-300, 300, n),
    "large": lambda rng, n: 1e200 * rng.random(n) + 1e190,
}


@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(0, 10**6), st.sampled_from(list(WEIGHTS)), st.integers(1, 500), st.integers(1, 9), st.integers(2, 9))
def test_laws(kind, seed, weighting, n, d, mult):
    """Distinct points, positive weights, at most the rank of them, and sums that are kept to 1e-12."""
    rng = np.random.default_rng(seed)
    points = KINDS[kind](rng, n, d)
    weights = WEIGHTS[weighting](rng, len(points))
    indices, found = caratheodory(points, weights, mult)
    assert indices.dtype == np.int64
    assert (np.diff(indices) > 0).all()
    assert is_convex_reduction(points, weights, indices, found, tol=1e-12)


@given(st.data(), st.integers(1, 60), st.integers(1, 4))
def test_exactly_in_rational_numbers(data, n, d):
    """Small integers: the errors of the float64 result, in exact arithmetic, and the points' exact independence."""
    numbers = data.draw(st.lists(st.integers(-5, 5), min_size=n * d, max_size=n * d))
    masses = data.draw(st.lists(st.integers(0, 9), min_size=n, max_size=n).filter(any))
    points = [numbers[i * d : (i + 1) * d] for i in range(n)]
    indices, found = caratheodory(points, masses, 2)
    exact = [Fraction(float(w)) for w in found]
    rows = [[*points[i], 1] for i in range(n)]
    for k in range(d + 1):
        true = sum(Fraction(m) * row[k] for m, row in zip(masses, rows, strict=True))
        size = sum(Fraction(m) * abs(row[k]) for m, row in zip(masses, rows, strict=True))
        have = sum(w * rows[i][k] for w, i in zip(exact, indices, strict=True))
        assert abs(have - true) <= Fraction(1, 10**13) * size
    assert exact_rank([rows[i] for i in indices]) == len(indices)
    assert all(masses[i] > 0 for i in indices)


def exact_rank(rows):
    rows, rank = [[Fraction(x) for x in row] for row in rows], 0
    for k in range(len(rows[0])):
        pivot = next((row for row in rows[rank:] if row[k]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(rank, pivot)
        rank += 1
        rows[rank:] = [[x - row[k] / pivot[k] * y for x, y in zip(row, pivot, strict=True)] for row in rows[rank:]]
    return rank


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 5), (3, 5), (5, 5), (6, 5), (7, 5)])
def test_few_points(n, d):
    points = np.random.default_rng(n).standard_normal((n, d))
    indices, found = caratheodory(points, np.arange(1.0, n + 1))
    assert is_convex_reduction(points, np.arange(1.0, n + 1), indices, found, tol=1e-14)
    if n <= d + 1:  # independent points have one representation only
        assert indices.tolist() == list(range(n))
        assert found == pytest.approx(np.arange(1.0, n + 1), rel=1e-12)


def test_one_dimension_by_hand():
    indices, found = caratheodory([[0], [1], [2]], [1, 1, 1])
    assert len(indices) == 2
    assert found @ indices == pytest.approx(3)
    assert found.sum() == pytest.approx(3)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, bool, np.float32, np.float16])
def test_other_types_of_numbers(dtype):
    points = (np.arange(60).reshape(30, 2) % 7).astype(dtype)
    indices, found = caratheodory(points, np.ones(30, dtype))
    assert found.dtype == np.float64
    assert is_convex_reduction(points, None, indices, found, tol=1e-14)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda p: p[::2], lambda p: p[:, ::-1], lambda p: p.T[:4].T])
def test_other_layouts_of_memory(layout):
    points = layout(np.random.default_rng(0).standard_normal((600, 6)))
    before = points.copy()
    indices, found = caratheodory(points)
    assert is_convex_reduction(points, None, indices, found, tol=1e-13)
    assert (points == before).all()


def test_read_only_input_and_the_same_result_twice():
    points, weights = np.random.default_rng(0).standard_normal((600, 6)), np.random.default_rng(1).random(600)
    points.flags.writeable = weights.flags.writeable = False
    first, second = caratheodory(points, weights), caratheodory(points, weights)
    assert (first[0] == second[0]).all()
    assert (first[1] == second[1]).all()


@pytest.mark.parametrize("scale", [2.0**-900, 1e-40, 1e40, 2.0**900])
def test_scaled_weights_give_scaled_weights(scale):
    points = np.random.default_rng(0).standard_normal((300, 3))
    indices, found = caratheodory(points, np.full(300, scale))
    assert is_convex_reduction(points, np.full(300, scale), indices, found, tol=1e-13)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n", [4, 4000])
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_points_that_are_not_finite_are_refused(bad, n, weight):
    points, weights = np.ones((n, 3)), np.ones(n)
    points[n // 2, 1], weights[n // 2] = bad, weight
    with pytest.raises(ValueError, match="points must be finite, but 1 entries"):
        caratheodory(points, weights)


@pytest.mark.parametrize(
    ("points", "weights", "message"),
    [
        ([1, 2], None, "one point in each row"),
        (np.empty((0, 2)), None, "at least one point"),
        (np.empty((2, 0)), None, "at least one coordinate|of at least one"),
        ([[1j]], None, "real numbers"),
        ([["a"]], None, "real numbers"),
        ([[1], [2]], [1], r"shape \(2,\)"),
        ([[1], [2]], [1, -1], "must not be negative"),
        ([[1], [2]], [0, 0], "positive, finite sum"),
        ([[1], [2]], [1, np.nan], "must be finite"),
        ([[1], [2]], [1e308, 1e308], "positive, finite sum"),
    ],
)
def test_bad_arguments(points, weights, message):
    with pytest.raises(ValueError, match=message):
        caratheodory(points, weights)


@pytest.mark.parametrize(
    ("mult", "error", "message"),
    [(value, ValueError, "mult must be at least 2") for value in (1, 0, -3)]
    + [(value, TypeError, "mult must be an integer") for value in (2.5, True, "4")],
)
def test_mult_is_an_integer(mult, error, message):
    with pytest.raises(error, match=message):
        caratheodory([[1], [2]], mult=mult)


@pytest.mark.parametrize("gap", [1e-8, np.nan])
def test_a_result_that_is_off_is_not_returned(gap):
    with pytest.raises(ConvergenceError, match="are off by") as caught:
        refuse_gap(gap, "result")
    assert caught.value.result == "result"


@pytest.mark.slow
def test_a_million_points():
    points = np.random.default_rng(0).standard_normal((10**6, 20))
    indices, found = caratheodory(points)
    assert is_convex_reduction(points, None, indices, found, tol=1e-13)
