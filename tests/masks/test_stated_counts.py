"""The integers of a trace, and the schedule they follow."""

import pytest

import theoryprune as tp
from tests.masks.test_verify import forged, honest, row_forged
from tests.networks import random_graph
from tests.reference_run import reference_run
from theoryprune.masks.stated_counts import check_counts, differing


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


def test_only_what_differs_is_told():
    assert differing({"a": 1, "b": 2, "c": 3}, {"b": 4, "c": 3}) == ({"a": 1, "b": 2}, {"b": 4})
    _, pruning = honest()
    row = pruning.trace[0]
    first, *_ = row.kept_per_layer
    false = row_forged(pruning, 0, kept_per_layer={**row.kept_per_layer, first: 0})
    with pytest.raises(tp.CertificateError) as error:
        check_counts(false, false.certificate)
    assert f"stated as {{'{first}': 0}}, but" in str(error.value)
