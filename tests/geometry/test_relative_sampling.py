"""The relative theorem: never above its textbook form, the inverse, parts of the proof, and an attack on samples."""

import importlib
from math import exp, log

import numpy as np
import pytest
from scipy.optimize import brentq

from tests.geometry.point_sets import gaussian, heavy
from theoryprune.geometry import (
    lewis_weights,
    relative_sample_size,
    relative_sampling_error,
    sample_coreset,
    sensitivities,
)

module = importlib.import_module("theoryprune.geometry.relative_sampling")


def textbook(eps, delta, total, rank):
    """Bernstein at eps / 2 on a net of radius eps / 4."""
    return 8 * total * (1 + eps / 6) / eps**2 * (rank * log(1 + 8 / eps) + log(2 / delta))


@pytest.mark.parametrize("eps", [1.0, 0.1, 0.01])
@pytest.mark.parametrize("delta", [0.5, 1e-6])
@pytest.mark.parametrize(("total", "rank"), [(1, 1), (3.5, 8), (8, 8), (500, 500)])
def test_it_asks_for_less_than_the_textbook_form(eps, delta, total, rank):
    draws = relative_sample_size(eps, delta, total, rank)
    assert draws <= textbook(eps, delta, total, rank)
    assert relative_sample_size(eps, delta, total, rank, lewis=True) <= draws


@pytest.mark.parametrize("lewis", [False, True])
@pytest.mark.parametrize("eps", [2.0, 0.5, 0.05])
def test_the_inverse_is_the_least_number(lewis, eps):
    draws = relative_sample_size(eps, 0.05, 6.0, 6, lewis=lewis)
    assert relative_sampling_error(draws, 0.05, 6.0, 6, lewis=lewis) <= eps
    assert relative_sampling_error(draws - 1, 0.05, 6.0, 6, lewis=lewis) > eps


def test_monotone_in_everything():
    base = relative_sampling_error(1000, 0.05, 6.0, 6)
    assert relative_sampling_error(1001, 0.05, 6.0, 6) < base < relative_sampling_error(1000, 0.04, 6.0, 6)
    assert relative_sampling_error(1000, 0.05, 6.1, 6) > base
    assert relative_sampling_error(1000, 0.05, 6.0, 7) > base


def test_one_row_has_no_error():
    assert relative_sampling_error(1, 0.05, 1.0, 1) < 1e-5


def test_what_lewis_scores_need_for_small_errors():
    expected = (2 * 20 + np.sqrt(2 * 20 * log(40))) ** 2 / 1e-6
    assert relative_sample_size(1e-3, 0.05, 20.0, 20, lewis=True) == pytest.approx(expected, rel=0.01)


def test_chernoff_bounds_what_coins_do():
    """Coins of 0 and D are the extreme case: the chance of an error of t, counted exactly, is below the exponential."""
    from scipy.stats import binom

    for total, m, t in [(4.0, 60, 0.4), (1.5, 40, 0.2), (10.0, 300, 0.5), (2.0, 30, 1.0)]:
        coin = binom(m, 1 / total)
        rate = float(module._rate(np.array([t]), total)[0])
        for tail in (coin.sf(np.ceil(m * (1 + t) / total) - 1), coin.cdf(np.floor(m * (1 - t) / total))):
            assert tail <= exp(-m * rate) * (1 + 1e-9)


def test_no_coin_has_an_impossible_chance():
    assert module._rate(np.array([5.0]), 3.0)[0] == np.inf
    assert module._rate(np.array([1e-9]), 1.0)[0] == np.inf


def test_the_mean_in_the_lewis_proof():
    """The mean of the supremum over x, bounded below by ascent over many samples, stays under 2 D / sqrt(m)."""
    points, m = gaussian(200, 3), 60
    lewis = lewis_weights(points)
    found = [worst_errors(points, sample(points, lewis.sensitivities, m, seed)).max() for seed in range(20)]
    assert 0.05 < np.mean(found) < 2 * lewis.total / np.sqrt(m)


def sample(points, scores, m, seed):
    """Weights of all rows, 0 for those not drawn."""
    drawn, weights = sample_coreset(scores, m, "iid", seed=seed), np.zeros(len(points))
    weights[drawn.indices] = drawn.weights
    return weights


def worst_errors(points, weights, starts=24, steps=60):
    """The largest |N_S(x) / N(x) - 1| that ascent finds from random starts, for either sign."""
    white = np.linalg.qr(points)[0]
    best = np.zeros(2)
    for side, sign in enumerate((1.0, -1.0)):
        x = np.random.default_rng(side).standard_normal((white.shape[1], starts))
        for step in range(steps):
            products = white @ x
            norms, kept = np.abs(products).sum(axis=0), weights @ np.abs(products)
            best[side] = max(best[side], float((sign * (kept / norms - 1)).max()))
            slope = white.T @ (np.sign(products) * (weights[:, None] - kept / norms)) / norms
            x = x / np.linalg.norm(x, axis=0) + sign * slope / np.linalg.norm(slope, axis=0) / (1 + step)
    return best


@pytest.mark.parametrize("make", [gaussian, heavy])
@pytest.mark.parametrize("method", ["lewis", "exact"])
def test_no_sample_breaks_the_bound(make, method):
    points, m, delta = make(300, 3), 150, 1e-6
    if method == "lewis":
        lewis = lewis_weights(points)
        scores, total = lewis.sensitivities, lewis.total
    else:
        exact = sensitivities(points, method="exact")
        scores, total = exact.bounds, exact.total
    bound = relative_sampling_error(m, delta, total, 3, lewis=method == "lewis")
    found = max(worst_errors(points, sample(points, scores, m, seed)).max() for seed in range(8))
    assert 0.02 < found < bound


@pytest.mark.parametrize("total", [1.5, 5.0, 300.0])
def test_the_rate_keeps_its_digits_for_small_errors(total):
    """Against the Taylor series of the divergence: its terms cancel down to the square of the error."""
    for t in (1e-12, 1e-9, 1e-7, 1e-5):
        series = t**2 / (2 * (total - 1)) * (1 - t * abs(total - 2) / (3 * (total - 1)))
        assert module._rate(np.array([t]), total)[0] == pytest.approx(series, rel=1e-8 + 1e-15 / t)


def test_the_bounds_written_out():
    """Neither is below what its theorem says, solved for again by other means."""
    m, delta, total, rank = 100_000, 0.05, 20.0, 6

    def rate(t):
        a, b = (1 + t) / total, 1 / total
        return a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b))

    def on_net(radius):
        exponent = (np.log((1 + 2 / radius) ** rank / 2) + np.log(2 / delta)) / m  # that many points, and two sides
        return (brentq(lambda t: rate(t) - exponent, 1e-9, total - 1.001) + radius) / (1 - radius)

    least = min(on_net(radius) for radius in np.geomspace(1e-4, 0.5, 200))
    assert least * (1 - 1e-6) <= relative_sampling_error(m, delta, total, rank) <= 1.01 * least
    mean, rare = 2 * total / np.sqrt(m), np.log(2 / delta)
    bousquet = max(np.roots([m, -2 * rare * total / 3, -2 * rare * (total + 2 * total * mean)]))
    found = relative_sampling_error(m, delta, total, 100 * rank, lewis=True)  # a rank for which no net is better
    assert found == pytest.approx(mean + bousquet, rel=1e-12)


def test_a_total_that_rounding_took_below_1_is_1():
    assert relative_sampling_error(50, 0.1, 1 - 2.0**-53, 1) == relative_sampling_error(50, 0.1, 1.0, 1)


def test_arguments():
    for delta in (0, 1, -1, np.nan):
        with pytest.raises(ValueError, match="delta"):
            relative_sampling_error(10, delta, 2.0, 2)
    with pytest.raises(ValueError, match="total"):
        relative_sampling_error(10, 0.1, 0.5, 2)
    with pytest.raises(ValueError, match="eps"):
        relative_sample_size(0, 0.1, 2.0, 2)
    with pytest.raises(ValueError, match="draws"):
        relative_sample_size(1e-12, 0.1, 2.0, 2)
    with pytest.raises(TypeError, match="rank"):
        relative_sampling_error(10, 0.1, 2.0, 2.0)
    with pytest.raises(ValueError, match="draws"):
        relative_sampling_error(0, 0.1, 2.0, 2)
