import numpy as np
import pytest

from theoryprune.geometry.arguments import (
    as_choice,
    as_count,
    as_delta,
    as_generator,
    as_indices,
    as_matrix,
    as_points,
    as_positive,
    as_share,
    as_vector,
    as_weights,
    require_finite,
)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int8, np.uint64, bool])
def test_real_matrices_become_float64(dtype):
    for function in (as_points, as_matrix):
        matrix = function(np.eye(3, dtype=dtype))
        assert matrix.dtype == np.float64
        assert (matrix == np.eye(3)).all()


def test_float64_is_not_copied():
    matrix = np.eye(3)
    assert as_points(matrix) is matrix


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([1.0, 2.0], r"1 axes, shape \(2,\); a single point p is points=\[p\]"),
        (np.empty((0, 2)), "at least one point"),
        (np.empty((2, 0)), "at least one point of at least one coordinate"),
        ([[1j]], "real numbers, got dtype complex128"),
        ([["a"]], "real numbers"),
        ([[0.0, np.nan], [np.inf, 0.0]], r"2 entries are NaN or infinite, the first at \(0, 1\)"),
        ([[np.inf, -np.inf]], "2 entries"),
    ],
)
def test_other_points_are_refused(points, message):
    with pytest.raises(ValueError, match=message):
        as_points(points)


def test_a_sum_that_overflows_is_not_taken_for_infinity():
    huge = np.full((4, 2), 1e308)
    assert as_points(huge) is huge
    assert require_finite(huge, "points") is huge


def test_an_infinite_entry_may_be_left_to_the_caller():
    assert np.isinf(as_matrix([[np.inf]])).all()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"weights must have shape \(2,\)"),
        ([1.0, -0.5], "must not be negative, got -0.5 at 1"),
        ([0.0, 0.0], "positive, finite sum, got 0"),
        ([1e308, 1e308], "positive, finite sum, got inf"),
        ([np.nan, 1.0], "weights must be finite"),
    ],
)
def test_other_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        as_weights(weights, 2)


def test_weights_and_vectors_become_float64():
    assert as_weights([0, 3], 2).dtype == np.float64
    assert as_vector([-1, 3], 2, "x").tolist() == [-1, 3]


def test_indices_become_int64():
    assert as_indices(np.array([1, 0], dtype=np.uint8), 2).dtype == np.int64
    assert as_indices([], 2).shape == (0,)


@pytest.mark.parametrize("indices", [[0, 3], [-1], [[0]], [0.5], ["a"], [True]])
def test_other_indices_are_refused(indices):
    with pytest.raises(ValueError, match="indices must"):
        as_indices(indices, 3)


@pytest.mark.parametrize("indices", [[0, 3], [0.5], [], [1, 1]])
def test_a_choice_is_not_empty_and_takes_none_twice(indices):
    assert as_choice([2, 0], 3).tolist() == [2, 0]
    with pytest.raises(ValueError, match="order must"):
        as_choice(indices, 3, "order")


@pytest.mark.parametrize("value", [-1e-9, 1.1, np.nan])
def test_shares_lie_between_0_and_1(value):
    assert (as_share(0, "slope"), as_share(1, "slope")) == (0.0, 1.0)
    with pytest.raises(ValueError, match=r"slope must lie in \[0, 1\]"):
        as_share(value, "slope")


@pytest.mark.parametrize("value", [0, 1, np.nan])
def test_a_probability_of_failure_is_neither_0_nor_1(value):
    assert as_delta(0.05) == 0.05
    with pytest.raises(ValueError, match=r"delta must be a probability in \(0, 1\)"):
        as_delta(value)


@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan])
def test_only_positive_numbers_are_positive(value):
    with pytest.raises(ValueError, match="eps must be positive and finite"):
        as_positive(value, "eps")
    assert as_positive(np.float32(0.5), "eps") == 0.5
    with pytest.raises(TypeError, match="eps must be a number, got '1'"):
        as_positive("1", "eps")


def test_counts_are_integers_from_1_on():
    assert as_count(np.int8(3), "budget") == 3
    with pytest.raises(ValueError, match="budget must be at least 1, got 0"):
        as_count(0, "budget")
    with pytest.raises(ValueError, match=r"budget must be in \[2, 5\], got 6"):
        as_count(6, "budget", least=2, most=5)
    for value in (1.0, True, "1"):
        with pytest.raises(TypeError, match="budget must be an integer"):
            as_count(value, "budget")


def test_randomness_comes_from_a_seed_or_a_generator():
    generator = np.random.default_rng(3)
    assert as_generator(generator) is generator
    assert as_generator(3).random() == np.random.default_rng(3).random()
    for seed in (None, True, 1.5):
        with pytest.raises(TypeError, match="seed must be an integer"):
            as_generator(seed)
