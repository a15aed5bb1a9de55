"""Schedules: counts on the way to a density."""

import pytest

from theoryprune.masks import SCHEDULES, exponential, linear, one_shot
from theoryprune.measures import kept_count

ALL = [exponential(100), exponential(7), linear(10), linear(1), one_shot()]


@pytest.mark.parametrize("schedule", ALL, ids=str)
@pytest.mark.parametrize("density", [1, 0.9, 0.1, 1e-3, 1e-9])
def test_counts_never_grow_and_end_exactly(schedule, density):
    counts = [schedule.kept(step, density, 12_345) for step in range(1, schedule.steps + 1)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == kept_count(density, 12_345)
    assert counts[0] <= 12_345


def test_formulas():
    assert [exponential(2).kept(i, 1e-4, 10**6) for i in (1, 2)] == [10_000, 100]
    assert [linear(4).kept(i, 0.2, 1000) for i in (1, 2, 3, 4)] == [800, 600, 400, 200]


def test_names():
    assert [str(schedule) for schedule in ALL] == [
        "exponential(100)",
        "exponential(7)",
        "linear(10)",
        "linear(1)",
        "one_shot()",
    ]
    assert {name: make(*([3] if name == "linear" else [])).name for name, make in SCHEDULES.items()} == {
        name: name for name in SCHEDULES
    }


@pytest.mark.parametrize("make", [exponential, linear])
def test_arguments(make):
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        make(0)
    for bad in (2.0, True, "3"):
        with pytest.raises(TypeError, match="n must be an int"):
            make(bad)
