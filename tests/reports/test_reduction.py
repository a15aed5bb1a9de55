"""A reduction in words and figures, against the reduction itself."""

import pytest

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget, reduce
from theoryprune.reports import budget_line, counts, counts_table, curve_table
from theoryprune.reports.table import render_text


@pytest.fixture(scope="module")
def reduced():
    return reduce(model_graph("digits_mlp"), Budget(params=0.5), effort="fast")


def test_counts(reduced):
    small = tp.compact(reduced.graph)
    before, after = counts(reduced, small)
    assert (before.params, after.params) == (reduced.total, reduced.spent)
    assert (before.channels, after.channels) == (28, sum(reduced.widths.values()))
    text = render_text(counts_table(before, after))
    assert f"{after.params:,}" in text
    assert "MACs" in text


def test_the_budget(reduced):
    limit = Budget(params=0.5).limit(reduced.total)
    assert f"at most {limit:,} params (0.5 of all); reached {reduced.spent:,}" in budget_line(reduced)
    given = reduce(reduced.before, 0.5, certify=False)
    assert budget_line(given) == f"widths as given: {given.spent:,} of {given.total:,} params"
    error = reduce(reduced.before, Budget(error=0.3), weights="relative", certify=False)
    assert budget_line(error).startswith("budget: error at most 0.3; reached summed error 0.2")


def test_the_curve_holds_the_choice(reduced):
    lines = render_text(curve_table(reduced)).splitlines()
    assert len(lines) <= 2 + 13
    chosen = [line for line in lines if "<- chosen" in line]
    assert len(chosen) == 1
    assert chosen[0].split()[0] == f"{reduced.spent:,}"
    assert lines[2].split()[:3] == [f"{reduced.total:,}", "100%", "0"]
    assert len(render_text(curve_table(reduced, 3)).splitlines()) <= 2 + 4


def test_there_is_no_curve_of_given_widths(reduced):
    with pytest.raises(ValueError, match=r"has no curve, for its widths were given; reduce with a Budget"):
        curve_table(reduce(reduced.before, 0.5, certify=False))
