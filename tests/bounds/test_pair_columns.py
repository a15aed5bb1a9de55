"""Columns and rows are within their allowances, in rationals."""

from fractions import Fraction

import numpy as np
import pytest

from tests.bounds.layers import KINDS, weights
from theoryprune.bounds.fold import nearest_rays
from theoryprune.bounds.layer import as_layer
from theoryprune.bounds.pair_columns import changed_columns, pruned_columns, refitted_columns


def square(vector):
    return sum(x * x for x in vector)


def rational(values):
    return [Fraction(float(x)) for x in values]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("folds", [True, False])
def test_residuals_and_refits_are_within_their_allowances(kind, folds):
    V, W = weights(kind, n=9, d=3, p=2)
    kept = np.array([0, 3, 5])
    # Factors above 2: a difference of numbers closer than that is exact.
    layer = as_layer(V, W, kept, 2.7 * V[:, kept], kept_rows=W[kept] * 3.3)
    assignment, multipliers = nearest_rays(layer.rows, kept, layer.slopes)
    multipliers = multipliers if folds else np.zeros(9)
    _, _, residuals, errors, _ = pruned_columns(layer, assignment, multipliers)
    folded = {int(i): rational(V[:, i]) for i in kept}
    for row, error, j in zip(residuals, errors, layer.pruned, strict=True):
        a, c = Fraction(float(multipliers[j])), int(assignment[j])
        exact = [w - a * t for w, t in zip(rational(W[j]), rational(W[c]), strict=True)]
        assert square(e - r for e, r in zip(exact, rational(row), strict=True)) <= Fraction(float(error)) ** 2
        if a > 0:
            folded[c] = [v + a * w for v, w in zip(folded[c], rational(V[:, j]), strict=True)]
    columns, errors, *_ = refitted_columns(layer, assignment, multipliers)
    for place, i in enumerate(kept):
        exact = [v - u for v, u in zip(folded[int(i)], rational(layer.new_outgoing[:, place]), strict=True)]
        off = square(e - r for e, r in zip(exact, rational(columns[:, place]), strict=True))
        assert off <= Fraction(float(errors[place])) ** 2
    _, _, change, errors, _ = changed_columns(layer)
    for row, error, old, new in zip(change, errors, W[kept], layer.new_rows, strict=True):
        exact = [w - t for w, t in zip(rational(old), rational(new), strict=True)]
        assert square(e - r for e, r in zip(exact, rational(row), strict=True)) <= Fraction(float(error)) ** 2


def test_many_products_below_the_range_of_float64():
    # Each of 16384 products loses almost half the smallest number: together more than one product could.
    d, factor = 2**14, 2.0**-550
    W = np.vstack([np.full(d, 1.49 * 2.0**-524), np.zeros(d)])
    layer = as_layer([[0.0, 1.0]], W, [0], [[factor]])
    _, _, residuals, errors, _ = pruned_columns(layer, np.zeros(2, int), np.array([1.0, factor]))
    exact = -Fraction(factor) * Fraction(float(W[0, 0]))
    assert d * (exact - Fraction(float(residuals[0, 0]))) ** 2 <= Fraction(float(errors[0])) ** 2
