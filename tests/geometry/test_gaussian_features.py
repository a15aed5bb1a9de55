"""Features of a Gaussian input: their covariance and means."""

import numpy as np
import pytest

from theoryprune.geometry.gaussian_features import covariance_root, gaussian_features


def test_covariance_and_mean():
    rng = np.random.default_rng(0)
    rows, root, mean, bias = (rng.standard_normal(s) for s in ((5, 3), (3, 3), 3, 5))
    directions, means = gaussian_features(rows, bias, mean, root @ root.T)
    assert directions @ directions.T == pytest.approx(rows @ root @ root.T @ rows.T)
    assert means == pytest.approx(rows @ mean + bias)


def test_a_diagonal_is_a_covariance():
    rows, variances = np.arange(6.0).reshape(2, 3), np.array([1.0, 0.0, 4.0])
    by_vector, by_matrix = (gaussian_features(rows, None, None, c)[0] for c in (variances, np.diag(variances)))
    assert by_vector @ by_vector.T == pytest.approx(by_matrix @ by_matrix.T)


def test_a_covariance_need_not_have_full_rank():
    vector = np.array([1.0, 2.0, 3.0])
    root = covariance_root(np.outer(vector, vector), 3)
    assert root @ root.T == pytest.approx(np.outer(vector, vector))
    assert covariance_root(np.zeros((2, 2)), 2).tolist() == [[0, 0], [0, 0]]


def test_the_bias_is_not_written_to():
    bias = np.ones(2)
    gaussian_features(np.eye(2), bias, np.ones(2), None)
    assert (bias == 1).all()
