"""The additive theorem: its constants, the inverse, the steps of the proof by simulation, and an attack on samples."""

from math import log, sqrt

import numpy as np
import pytest

from theoryprune.geometry import additive_sample_size, additive_sampling_error, sample_coreset


def test_constants():
    assert additive_sample_size(1, 0.05, 1e4, 1) == pytest.approx(22.25e8, rel=1e-3)
    assert additive_sample_size(1, 0.05, 1e4, 1, vector=True) == pytest.approx(47.09e8, rel=1e-3)
    assert additive_sampling_error(100, 0.05, 2, 3) == pytest.approx(0.6 * (2 + sqrt(2 * log(40))))
    assert additive_sampling_error(100, 0.05, 2, 3, vector=True, slope=1) == pytest.approx(
        0.6 * (2 + sqrt(2 * log(20)))
    )


@pytest.mark.parametrize("delta", [0.9, 0.05, 1e-9, 1e-300])
@pytest.mark.parametrize("slope", [0, 0.3, 1])
def test_they_are_below_those_of_the_two_sided_proof(delta, slope):
    tail = sqrt(2 * log(1 / delta))
    assert additive_sampling_error(1, delta, 1, 1, slope=slope) < 4 + tail
    assert additive_sampling_error(1, delta, 1, 1, vector=True, slope=slope) < 8 + tail


@pytest.mark.parametrize("vector", [False, True])
def test_the_inverse_is_the_least_number(vector):
    for eps in (0.01, 0.7, 300.0):
        draws = additive_sample_size(eps, 0.1, 3, 2, vector=vector)
        assert additive_sampling_error(draws, 0.1, 3, 2, vector=vector) <= eps * (1 + 1e-12)
        assert draws == 1 or additive_sampling_error(draws - 1, 0.1, 3, 2, vector=vector) > eps


def units(rng, count, dimension):
    rows = rng.standard_normal((count, dimension))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("slope", [0.0, 0.4])
def test_the_symmetrised_mean_is_below_its_bound(outputs, slope):
    """Ascent over x on the unit sphere, u taken as the best, over many draws of the signs."""
    rng, m, found = np.random.default_rng(0), 60, []
    w, v = units(rng, m, 3), units(rng, m, outputs)
    for _ in range(60):
        signed = rng.choice([-1.0, 1.0], m)[:, None] * v
        x = units(rng, 400, 3).T
        products = w @ x
        rectified = np.maximum(products, slope * products)
        found.append(np.linalg.norm(signed.T @ rectified, axis=0).max())
    bound = 1.0 if outputs == 1 else ((1 + slope) + (1 - slope) * (2 + sqrt(2))) / 2
    assert np.mean(found) < (2 * bound if outputs == 1 else bound) * sqrt(m)


def worst_error(w, v, weights, slope, steps=80, starts=32):
    """The largest error on the unit ball that ascent finds."""
    best, x = 0.0, units(np.random.default_rng(0), starts, w.shape[1]).T
    left = (weights - 1)[:, None] * v
    for step in range(steps):
        products = w @ x
        error = left.T @ np.maximum(products, slope * products)
        norms = np.linalg.norm(error, axis=0)
        best = max(best, float(norms.max()))
        slopes = np.where(products > 0, 1.0, slope)
        gradient = w.T @ (slopes * (left @ (error / np.maximum(norms, 1e-300))))
        x = x + gradient / np.maximum(np.linalg.norm(gradient, axis=0), 1e-300) / (1 + step / 4)
        x = x / np.linalg.norm(x, axis=0)
    return best


@pytest.mark.parametrize("outputs", [1, 5])
@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_no_sample_breaks_the_bound(outputs, slope):
    rng, m = np.random.default_rng(1), 200
    w, v = rng.standard_normal((600, 6)), rng.standard_normal((600, outputs))
    scores = np.linalg.norm(w, axis=1) * np.linalg.norm(v, axis=1)
    bound = additive_sampling_error(m, 1e-6, scores.sum(), 1.0, vector=outputs > 1, slope=slope)
    for seed in range(6):
        drawn, weights = sample_coreset(scores, m, "iid", seed=seed), np.zeros(600)
        weights[drawn.indices] = drawn.weights
        found = worst_error(w, v, weights, slope)
        assert 0.01 * bound < found < bound


def test_arguments():
    for name in ("mass", "radius"):
        with pytest.raises(ValueError, match=name):
            additive_sampling_error(10, 0.1, **{"mass": 1, "radius": 1, name: 0})
    with pytest.raises(ValueError, match="slope"):
        additive_sampling_error(10, 0.1, 1, 1, slope=1.5)
    with pytest.raises(ValueError, match="delta"):
        additive_sample_size(1, 1, 1, 1)
    with pytest.raises(ValueError, match="eps"):
        additive_sample_size(0, 0.1, 1, 1)
    with pytest.raises(ValueError, match="draws"):
        additive_sample_size(1e-9, 0.1, 1, 1)
