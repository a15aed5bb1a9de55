"""The checkers of Gram matrices and fits reject what was tampered with."""

import numpy as np
import pytest

from theoryprune.geometry import arc_cosine_gram, best_fit, is_best_fit, is_gram


@pytest.fixture
def gram():
    return arc_cosine_gram(np.random.default_rng(0).standard_normal((9, 4)))


def test_a_gram_matrix(gram):
    assert is_gram(gram)
    assert is_gram(np.zeros((2, 2)))
    assert is_gram([[1]])


def test_no_gram_matrix(gram):
    shifted = gram - (np.linalg.eigvalsh(gram)[0] + 1e-9) * np.eye(9)
    skew = gram.copy()
    skew[0, 1] += 1e-9
    for matrix in (-gram, shifted, skew, gram[:, :8], [[0, 1], [1, 0]], [[1, 0], [0, -1e-9]]):
        assert not is_gram(matrix)
    with pytest.raises(ValueError, match="finite"):
        is_gram(gram * np.nan)


def test_every_tampered_fit_is_rejected(gram):
    targets, kept = np.random.default_rng(1).standard_normal((2, 9)), np.array([3, 1, 7])
    fit = best_fit(gram, targets, kept)
    assert is_best_fit(gram, targets, kept, fit.weights, fit.ridge)
    for i in range(2):
        for k in range(3):
            one = np.zeros((2, 3))
            one[i, k] = fit.weights[i, k]
            for factor in (-2, -1e-6, 1e-8):
                assert not is_best_fit(gram, targets, kept, fit.weights + factor * one, fit.ridge)
    assert not is_best_fit(gram, targets, kept[[1, 0, 2]], fit.weights, fit.ridge)
    assert not is_best_fit(gram, targets, kept, fit.weights, fit.ridge + 1e-6)
    assert not is_best_fit(gram, targets, [3, 1, 8], fit.weights, fit.ridge)
    assert not is_best_fit(gram, targets, kept, fit.weights[:, :2], fit.ridge)
    assert not is_best_fit(gram, targets, kept, fit.weights * np.nan, fit.ridge)


def test_they_say_what_is_wrong(gram):
    assert is_gram(np.diag([1.0, -0.5])).value == -0.5
    assert "eigenvalue" in is_gram(np.diag([1.0, -0.5])).reason
    assert "square" in is_gram(gram[:, :8]).reason
    fit = best_fit(gram, np.ones((1, 9)), [0, 1])
    assert is_best_fit(gram, np.ones((1, 9)), [0, 1], fit.weights, fit.ridge).value <= 1e-14
    assert is_best_fit(gram, np.ones((1, 9)), [0, 1], 1.1 * fit.weights, fit.ridge).value > 1e-3
    assert "shape" in is_best_fit(gram, np.ones((1, 9)), [0], fit.weights).reason
