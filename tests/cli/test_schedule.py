"""From options to schedules."""

import pytest

from theoryprune.cli.schedule import read_schedule


@pytest.mark.parametrize(
    ("options", "schedule"),
    [
        (("exponential", None, None), "exponential(100)"),
        (("linear", 7, None), "linear(7)"),
        (("one_shot", None, None), "one_shot()"),
        (("adaptive", None, None), "adaptive(0.99)"),
        (("adaptive", None, 0.5), "adaptive(0.5)"),
        (("guarded", None, None), "guarded(exponential(100), 0.99)"),
        (("guarded", 20, 0.9), "guarded(exponential(20), 0.9)"),
        ((None, 20, None), "exponential(20)"),
        ((None, None, 0.5), "adaptive(0.5)"),
    ],
)
def test_options_name_a_schedule(options, schedule):
    assert str(read_schedule(*options)) == schedule


def test_without_options_prune_decides():
    assert read_schedule(None, None, None) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("exponential", 0, None), "steps must be at least 1, got 0"),
        (("one_shot", 3, None), "one_shot has a single step"),
        (("adaptive", 3, None), "adaptive takes as many as it needs"),
        (("linear", 3, 0.5), "linear does not look at the flow"),
        (("adaptive", None, 1.0), r"theta must be in \(0, 1\)"),
        ((None, 5, 0.5), "adaptive takes as many as it needs"),
    ],
)
def test_options_that_do_not_belong(options, message):
    with pytest.raises(ValueError, match=message):
        read_schedule(*options)
