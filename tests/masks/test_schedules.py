"""Schedules: counts on the way to a density."""

import pytest

from theoryprune.masks import SCHEDULES, adaptive, exponential, guarded, linear, one_shot
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
    assert [str(adaptive()), str(adaptive(0.5)), str(guarded(linear(3), 0.25))] == [
        "adaptive(0.99)",
        "adaptive(0.5)",
        "guarded(linear(3), 0.25)",
    ]
    needed = {"linear": [3], "guarded": [one_shot()]}
    assert {name: make(*needed.get(name, [])).name for name, make in SCHEDULES.items()} == {n: n for n in SCHEDULES}


def test_the_free_ones_ask_for_all_that_is_left_and_take_as_many_steps_as_it_takes():
    assert (adaptive().steps, adaptive(0.3).theta, adaptive().kept(1, 0.01, 1000)) == (None, 0.3, 10)
    held = guarded(exponential(2), 0.5)
    assert (held.steps, held.theta) == (None, 0.5)
    assert [held.kept(i, 1e-4, 10**6) for i in (1, 2, 3, 100)] == [10_000, 100, 100, 100]
    assert [schedule.theta for schedule in ALL] == [None] * len(ALL)


@pytest.mark.parametrize("make", [adaptive, lambda theta: guarded(one_shot(), theta)])
def test_the_part_of_the_flow(make):
    for bad in (0, 1, -0.5, 2.0, float("nan")):
        with pytest.raises(ValueError, match=r"theta must be in \(0, 1\)"):
            make(bad)
    for bad in ("0.5", True, None):
        with pytest.raises(TypeError, match="theta must be a number"):
            make(bad)


@pytest.mark.parametrize("inner", [adaptive(), guarded(one_shot()), 5, exponential])
def test_only_a_schedule_with_a_number_of_steps_is_guarded(inner):
    with pytest.raises(TypeError, match="schedule must be one with a number of steps"):
        guarded(inner)


@pytest.mark.parametrize("make", [exponential, linear])
def test_arguments(make):
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        make(0)
    for bad in (2.0, True, "3"):
        with pytest.raises(TypeError, match="n must be an int"):
            make(bad)
