"""What is expected of the next threshold."""

from math import inf

import pytest

from theoryprune.masks.guess import Guess


def test_nothing_is_expected_before_a_guess_has_been_checked():
    guess = Guess()
    for threshold in (1.0, 2.0):
        assert guess.bracket(8.0) == (-inf, inf)
        guess.learn(threshold)
    assert guess.bracket(8.0) == (-inf, inf)  # 4 is guessed, but how well is not known
    guess.learn(4.0)
    low, high = guess.bracket(0.5)
    assert low == pytest.approx(4 * 0.985)
    assert high == pytest.approx(4 * 1.015)


def test_a_bad_guess_widens_the_bracket_and_a_worse_one_opens_it():
    guess = Guess()
    for threshold in (1.0, 2.0, 4.0, 8.0 / 1.02):
        guess.learn(threshold)
    low, high = guess.bracket(1.0)
    assert high - low > 0.1 * low
    guess.learn(20.0)
    assert guess.bracket(1.0) == (-inf, inf)


def test_thresholds_that_fall_are_not_extrapolated():
    guess = Guess()
    for threshold in (4.0, 2.0, 2.0):
        guess.learn(threshold)
    low, high = guess.bracket(1.0)
    assert low < 2 < high
