"""The adversary finds what is known to be there, and the judge computes exactly."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from benchmarks.coresets.adversary import at_most, attack, change, exact_square, root_up
from theoryprune.bounds import certify_layer
from theoryprune.coresets import merge


def example(bias=None, slope=0.0):
    rng = np.random.default_rng(0)
    V, W = rng.standard_normal((3, 12)), rng.standard_normal((12, 5))
    kept = np.arange(5)
    return V, W, kept, V[:, kept] + 0.1, slope, bias


def gain(case, point):
    square, length, t = exact_square(case, point)
    return float(square / (length + t * t)) ** 0.5


def test_a_linear_change_is_found():
    V, W, kept, U, *_ = example()
    case = change(V, W, kept, U, slope=1.0)
    found = gain(case, attack(case, np.random.default_rng(0)))
    assert found == pytest.approx(np.linalg.norm(V @ W - U @ W[kept], 2), rel=1e-6)


def test_it_finds_at_least_what_random_inputs_show():
    case = change(*example(bias=np.ones(12)))
    point = attack(case, np.random.default_rng(0))
    assert point[-1] > 0
    rng = np.random.default_rng(1)
    assert gain(case, point) > max(gain(case, np.append(rng.standard_normal(5), 1.0)) for _ in range(200))


def test_inputs_stay_positive():
    case = change(*example())
    assert (attack(case, np.random.default_rng(0), nonnegative=True) >= 0).all()


def test_the_judge_is_exact():
    case = change(np.array([[1.0]]), np.array([[0.1]]), np.array([0]), np.array([[0.0]]))
    square, length, _ = exact_square(case, np.array([3.0, 0.0]))
    assert square == (3 * Fraction(0.1)) ** 2
    assert at_most(square, float(np.nextafter(0.1, 1)), length)
    assert at_most(square, 0.1, length)
    assert not at_most(square, float(np.nextafter(0.1, 0)), length)
    assert at_most(square, np.inf, length)


def test_a_bound_too_low_is_caught():
    V, W = example()[:2]
    found = merge(W, V, 6)
    certificate = certify_layer(V, W, found.kept, found.outgoing)
    case = change(V, W, found.kept, found.outgoing)
    point = attack(case, np.random.default_rng(0))
    square, length, _ = exact_square(case, point)
    assert at_most(square, certificate.best, length)
    assert not at_most(square, 0.9 * certificate.observed, length)


def test_slopes_and_shifts_count():
    case = change(*example(bias=np.arange(12.0), slope=0.2))
    assert case.affine
    moved = replace(case, c=np.ones(3))
    point = np.append(np.zeros(5), 1.0)
    assert exact_square(moved, point)[0] != exact_square(case, point)[0]


def test_a_root_from_above():
    for value in (Fraction(2), Fraction(1, 3), Fraction(0)):
        assert 0 <= root_up(value) ** 2 - value < Fraction(1, 2**190)
