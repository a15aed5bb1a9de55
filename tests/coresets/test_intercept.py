"""The constant beside new outgoing weights: best, with mean zero, and exactly 0 where nothing is lost."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer, rectified
from theoryprune.coresets import fold, kernel_fit
from theoryprune.coresets.intercept import centred, intercept_of, unit_means
from theoryprune.geometry import gaussian_gram


def widened(coreset, columns):
    after = np.zeros_like(columns)
    after[:, coreset.kept] = coreset.outgoing
    return after


def mean_square(change, gram, means, shift):
    """E |C h - s|^2 with C the change, from K and m alone."""
    return float(np.sum((change @ gram) * change) - 2 * shift @ (change @ means) + shift @ shift)


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_constant_is_better(kind):
    rows, columns = layer(kind)
    means, gram = unit_means(rows, 0.0), gaussian_gram(rows)
    change = columns - widened(fold(rows, columns, np.arange(8)), columns)
    best = intercept_of(columns, columns - change, means)
    least = mean_square(change, gram, means, best)
    rng = np.random.default_rng(0)
    for size in (1e-3, 1e-1, 1.0):
        other = best + size * rng.standard_normal(len(best))
        step = float(np.sum((other - best) ** 2))
        assert mean_square(change, gram, means, other) == pytest.approx(least + step, rel=1e-9, abs=1e-12)
    assert least == pytest.approx(float(np.sum((change @ centred(gram, means)) * change)), rel=1e-9, abs=1e-12)


def test_the_mean_of_the_error_is_zero():
    rows, columns = layer("gauss")
    after = widened(fold(rows, columns, np.arange(8)), columns)
    hidden = rectified(np.random.default_rng(0).standard_normal((400_000, rows.shape[1])) @ rows.T, 0.0)
    error = hidden @ (columns - after).T
    noise = 4 * error.std(axis=0) / np.sqrt(len(error))
    shift = intercept_of(columns, after, unit_means(rows, 0.0))
    assert (np.abs(error.mean(axis=0) - shift) < noise).all()
    assert (np.abs(error.mean(axis=0)) > 10 * noise).any()


def test_weights_and_constant_are_the_centred_fit():
    """Against least squares on samples with a column of ones, and against every change of both at once."""
    rows, columns = layer("gauss", n=12, d=5)
    found = kernel_fit(rows, columns, 6, intercept=True)
    hidden = rectified(np.random.default_rng(0).standard_normal((400_000, 5)) @ rows.T, 0.0)
    design = np.column_stack([hidden[:, found.kept], np.ones(len(hidden))])
    sampled = np.linalg.lstsq(design, hidden @ columns.T, rcond=None)[0].T
    assert found.outgoing == pytest.approx(sampled[:, :-1], abs=2e-2)
    assert found.shift == pytest.approx(sampled[:, -1], abs=2e-2)
    means, gram, rng = unit_means(rows, 0.0), gaussian_gram(rows), np.random.default_rng(1)
    change = columns - widened(found, columns)
    least = mean_square(change, gram, means, found.shift)
    assert found.fit.rms == pytest.approx(np.sqrt(least), rel=1e-6)
    for size in (1e-3, 1e-2, 1e-1, 1.0):
        other = change.copy()
        other[:, found.kept] += size * rng.standard_normal(found.outgoing.shape)
        assert mean_square(other, gram, means, found.shift + size * rng.standard_normal(len(columns))) > least


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_copies_leave_nothing(dtype):
    """Duplicates folded into one, in many columns of many sizes, stored in this dtype: exactly 0."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows = np.repeat(rng.standard_normal((20, 6)), 3, axis=0)
        columns = (rng.standard_normal((5, 60)) * 10.0 ** rng.integers(-6, 6, 60)).astype(dtype).astype(np.float64)
        after = widened(fold(rows, columns, np.arange(0, 60, 3)), columns).astype(dtype).astype(np.float64)
        means = unit_means(rows, 0.3)
        assert not intercept_of(columns, after, means, np.finfo(dtype).eps).any()
        after[:, np.abs(columns).max(axis=0).argmax() // 3 * 3] = 0
        assert intercept_of(columns, after, means, np.finfo(dtype).eps).any()


@pytest.mark.parametrize("law", ["gaussian", "second_moment"])
@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_means_of_units_are_those_of_samples(law, slope):
    rng = np.random.default_rng(0)
    rows, mean, root = rng.standard_normal((6, 4)), rng.standard_normal(4), rng.standard_normal((4, 4))
    covariance = root @ root.T
    found = unit_means(rows, slope, mean, covariance, law)
    x = rng.standard_normal((400_000, 4)) @ root.T + mean
    if law == "second_moment":  # a centred Gaussian of the same second moments
        x = rng.standard_normal((400_000, 4)) @ np.linalg.cholesky(covariance + np.outer(mean, mean)).T
    assert found == pytest.approx(rectified(x @ rows.T, slope).mean(axis=0), abs=3e-2)


def test_constant_units_are_nothing_once_centred():
    gram, means = np.array([[4.0, 2.0], [2.0, 3.0]]), np.array([2.0, 1.0])
    assert centred(gram, means).tolist() == [[0, 0], [0, 2]]
