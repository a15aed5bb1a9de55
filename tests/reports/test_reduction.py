"""A reduction in words and figures, against the reduction itself."""

import json

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget, reduce
from theoryprune.reports import budget_line, claim, counts, counts_table, curve_table, reduction_data
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


def test_the_claim_counts_what_is_proved(reduced):
    rows = [row for row in reduced.layers if row.after < row.before]
    assert f"in {len(rows)} of {len(rows)} reduced groups" in claim(reduced)
    assert f"Certified of the output: {reduced.end_to_end}." in claim(reduced)
    assert "Not certified: accuracy;" in claim(reduced)
    bare = claim(reduce(reduced.before, 0.5, certify=False))
    assert "Certified for" not in bare
    assert "Not certified: 2 reduced groups: 'fc1' (not asked for), 'fc2' (not asked for);" in bare


def test_one_group_without_certificate():
    net = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 2))
    torch.manual_seed(0)
    text = claim(reduce(tp.extract(net, (4,)), 0.5))
    assert "in 1 of 2 reduced groups" in text
    assert "Not certified: 1 reduced group: '0' (" in text


def test_long_lists_are_cut():
    layers = [part for _ in range(8) for part in (nn.Linear(4, 4), nn.ReLU())]
    text = claim(reduce(tp.extract(nn.Sequential(*layers, nn.Linear(4, 2)), (4,)), 0.5, certify=False))
    assert text.count("not asked for") == 4
    assert "and 4 more" in text


def test_the_data(reduced):
    small = tp.compact(reduced.graph)
    data = json.loads(json.dumps(reduction_data(reduced, small), allow_nan=False))
    assert data == reduction_data(reduced, small)
    assert [row["after"] for row in data["rows"]] == list(reduced.widths.values())
    for row, told in zip(reduced.layers, data["rows"], strict=True):
        assert float.fromhex(told["certificate"]["best"]) == row.certificate.best
        assert told["certificate"]["digests"] == [part.digest for part in row.certificate.parts]
    assert data["totals"]["params"] == {"before": reduced.total, "after": reduced.spent}
    assert data["budget"]["spent"] == reduced.spent
    assert data["curve"]["points"][0]["widths"] == [16, 12]
    given = reduce(reduced.before, 0.5, certify=False)
    assert reduction_data(given, tp.compact(given.graph))["budget"] is None
