"""The integers of a trace, and the schedule they follow."""

import pytest

import theoryprune as tp
from tests.masks.test_verify import forged, honest
from tests.networks import random_graph
from tests.reference_run import reference_run
from theoryprune.masks.stated_counts import check_counts


@pytest.mark.parametrize("schedule", [tp.exponential(7), tp.linear(5), tp.one_shot()], ids=str)
@pytest.mark.parametrize("scope", ["global", "layer"])
@pytest.mark.parametrize("density", [1, 0.7, 0.123, 0.05])
def test_counts_follow_from_the_schedule(schedule, scope, density):
    pruning = reference_run(random_graph(4), density, schedule, scope=scope)
    check_counts(pruning, pruning.certificate)


@pytest.mark.parametrize("other", ["linear(6)", "exponential(5)", "one_shot()"])
def test_another_schedule_asks_for_other_counts(other):
    _, pruning = honest()
    false = forged(pruning, schedule=other)
    with pytest.raises(tp.CertificateError, match=r"'(kept_per_layer|schedule)'"):
        check_counts(false, false.certificate)


def test_a_schedule_without_fixed_steps_says_nothing_about_counts():
    _, pruning = honest()
    false = forged(pruning, schedule="adaptive(0.99)")
    check_counts(false, false.certificate)
