"""The error is A S B x, and the rounding of A and B is within its allowance."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.layers import fold, leaky, weights
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.pair import layer_pair


@pytest.mark.parametrize("changed", [False, True])
def test_the_identity(changed):
    V, W = weights("gauss")
    kept, slopes = np.arange(5), np.linspace(0, 1, 12)
    U = fold(V, W, kept) + 0.1
    rows = W[kept] * 1.01 if changed else W[kept]
    layer = as_layer(V, W, kept, U, slopes, kept_rows=rows)
    assignment, multipliers = nearest_rays(layer.rows, kept, slopes)
    pair = layer_pair(layer, assignment, multipliers)
    x = np.random.default_rng(1).standard_normal((5, 200))
    error = V @ leaky(W @ x, slopes) - U @ leaky(rows @ x, slopes[kept])
    bound = (np.abs(pair.left) @ np.abs(pair.right @ x)) * 2.0**pair.exponent
    assert (np.abs(error) <= bound * (1 + 1e-12)).all()
    assert pair.right.shape[0] == (17 if changed else 12)


def test_residuals_are_within_the_allowance_in_rationals():
    V, W = weights("duplicates", n=8, d=3, p=1)
    kept = np.arange(4)
    layer = as_layer(V, W, kept, V[:, kept])
    assignment, multipliers = nearest_rays(layer.rows, kept, layer.slopes)
    pair = layer_pair(layer, assignment, multipliers)
    missing = Fraction(0)
    for j in layer.pruned:
        a, c = Fraction(float(multipliers[j])), max(assignment[j], 0)
        exact = [Fraction(float(w)) - a * Fraction(float(t)) for w, t in zip(W[j], W[c], strict=True)]
        place = np.flatnonzero(pair.columns == j - 4)
        share = pair.shares[place[0]] if len(place) else 0
        mine = pair.right[place[0]] if len(place) else np.zeros(3)
        off = max(abs(e - Fraction(float(b)) * Fraction(2) ** int(share)) for e, b in zip(exact, mine, strict=True))
        missing += off * abs(Fraction(float(V[0, j])))
    assert missing <= Fraction(pair.rounding) * Fraction(2) ** pair.exponent


def test_nothing_changed_leaves_nothing():
    V, W = weights("gauss")
    layer = as_layer(V, W, np.arange(12), V)
    pair = layer_pair(layer, np.arange(12), np.ones(12))
    assert pair.left.shape[1] == 0
    assert pair.rounding == 0


@pytest.mark.parametrize(
    ("v", "w", "shift", "tau"), [(1e200, 1e-200, 1e-150, 1), (1e-200, 1e-200, 1, 1), (1, 1e-300, 1, 1e-30)]
)
def test_offsets_beside_small_and_large_weights(v, w, shift, tau):
    # The weights are unchanged, so the error is the change of the offset: shift / tau for the coordinate tau.
    layer = as_layer([[v]], [[w]], [0], [[v]], offset=[shift], kept_offset=[0.0], tau=tau)
    pair = layer_pair(layer, np.zeros(1, int), np.ones(1))
    exact = Fraction(shift) / Fraction(layer.tau)
    size = Fraction(float(pair.left_norms[0])) * Fraction(float(pair.right_norms[0])) + Fraction(pair.rounding)
    assert exact <= size * Fraction(2) ** pair.exponent <= exact * (1 + Fraction(1, 10**12))
    assert Fraction(float(pair.right[0, -1])) * Fraction(2) ** int(pair.shares[0]) == 1 / Fraction(layer.tau)


def test_multipliers_too_large_for_float64_prove_nothing():
    W = np.ones((3, 1))
    layer = as_layer(np.ones((1, 3)), W, [0], [[1.0]])
    pair = layer_pair(layer, np.zeros(3, int), np.array([1.0, 1.7e308, 1.7e308]))
    assert pair.rounding == np.inf


def test_what_the_common_scale_loses_is_counted():
    # Beside 1 the second unit's weight falls out of float64 once scaled, but it is the whole error.
    layer = as_layer([[1.0, 5e-324]], [[1.0], [1.0]], [0], [[1.0]])
    pair = layer_pair(layer, np.array([0, -1]), np.array([1.0, 0.0]))
    assert Fraction(pair.rounding) * Fraction(2) ** pair.exponent >= Fraction(5e-324)


def test_the_difference_of_offsets_is_rounded_and_has_slope_1():
    below = 0
    for k in range(1, 30):
        layer = as_layer([[1.0]], [[1.0]], [0], [[1.0]], offset=[0.1 * k], kept_offset=[-1 / 3])
        pair = layer_pair(layer, np.zeros(1, int), np.ones(1))
        exact = Fraction(0.1 * k) + Fraction(1 / 3)
        size = Fraction(float(pair.left[0, 0])) * Fraction(float(pair.right[0, -1])) + Fraction(pair.rounding)
        assert exact <= size * Fraction(2) ** pair.exponent
        assert pair.slopes.tolist() == [1.0]
        below += Fraction(float(layer.shift[0])) < exact
    assert below > 5


def test_refits_are_within_the_allowance_in_rationals():
    V, W = weights("gauss", n=6, d=2, p=1)
    layer = as_layer(V, W, [0, 1], 2.7 * V[:, :2])
    assignment, multipliers = np.array([0, 1, 0, 1, 0, 0]), np.array([1, 1, 0.3, 0.7, 0.1, 3.3])
    pair = layer_pair(layer, assignment, multipliers)
    missing = 0.0
    for place, i in enumerate((0, 1)):
        exact = Fraction(float(V[0, i])) - Fraction(float(layer.new_outgoing[0, place]))
        for j in np.flatnonzero(assignment == i)[1:]:
            exact += Fraction(float(multipliers[j])) * Fraction(float(V[0, j]))
        column = int(np.flatnonzero(pair.columns == 4 + place)[0])
        mine = Fraction(float(pair.left[0, column])) * Fraction(2) ** (pair.exponent - int(pair.shares[column]))
        missing += abs(float(exact - mine)) * np.linalg.norm(W[i])
    residuals = 0.0
    for j in range(2, 6):
        a, column = Fraction(float(multipliers[j])), int(np.flatnonzero(pair.columns == j - 2)[0])
        for w, t, b in zip(W[j], W[assignment[j]], pair.right[column], strict=True):
            off = (
                Fraction(float(w))
                - a * Fraction(float(t))
                - Fraction(float(b)) * Fraction(2) ** int(pair.shares[column])
            )
            residuals += float(abs(off)) * abs(V[0, j])
    assert missing > 0
    assert missing + residuals <= pair.rounding * 2.0**pair.exponent
    # The allowance is the sum of both: that of the residuals alone would be less.
    alone = sum(
        abs(V[0, j]) * 2.5 * 2.0**-53 * np.linalg.norm(np.abs(W[j]) + 2 * multipliers[j] * np.abs(W[assignment[j]]))
        for j in range(2, 6)
    )
    folded = sum(abs(V[0, j]) * multipliers[j] * np.linalg.norm(W[assignment[j]]) for j in range(2, 6))
    assert pair.rounding * 2.0**pair.exponent >= alone + 2.0**-53 * folded
