"""A row of the trace."""

import json
from dataclasses import replace
from math import inf

import pytest

import theoryprune as tp

ROW = tp.TraceRow(
    iteration=1,
    kept_before=6,
    removed=3,
    kept_after=3,
    kept_per_layer={"a": 3, "b": 0},
    layer_sizes={"a": 4, "b": 2},
    connected=True,
    flow=0.75,
    exponent=-3,
    prune_sum=0.25,
    largest_removed=0.1,
    smallest_kept=0.2,
    layer_totals={"a": 0.75, "b": 0.75},
    conservation_residual=0.0,
    flushed=0,
)


def test_a_row_derives_its_densities():
    assert (ROW.density, ROW.layer_densities, ROW.empty_layers) == (0.5, {"a": 0.75, "b": 0.0}, ("b",))


def test_a_row_derives_what_theorem_3_says():
    assert (ROW.ratio, ROW.flow_lower_bound_next) == (0.25 / 0.75, 0.5)
    assert replace(ROW, flow=0.0).ratio == replace(ROW, flow=0.0, prune_sum=0.0).ratio == inf
    without = replace(ROW, flow=None, prune_sum=None)
    assert (without.ratio, without.flow_lower_bound_next) == (None, None)


def test_rows_travel_as_json_without_losing_a_digit():
    for row in (ROW, replace(ROW, flow=0.1 + 0.2), tp.TraceRow(1, 2, 1, 1, {"a": 1}, {"a": 2}, True)):
        assert tp.TraceRow.from_dict(json.loads(json.dumps(row.to_dict(), allow_nan=False))) == row


def test_data_of_another_kind_are_no_row():
    with pytest.raises(ValueError, match=r"missing or unknown: \['flow'\]"):
        tp.TraceRow.from_dict({name: value for name, value in ROW.to_dict().items() if name != "flow"})


@pytest.mark.parametrize(
    "change",
    [
        {"iteration": "1"},
        {"removed": True},
        {"exponent": 0.5},
        {"flushed": "0"},
        {"connected": 1},
        {"kept_per_layer": [1]},
        {"layer_sizes": {}},
        {"layer_sizes": {"a": 4, "b": 0}},
        {"layer_sizes": {"a": 4}},
        {"kept_per_layer": {"a": 3, "b": None}},
        {"layer_totals": [1]},
        {"flow": 0.75},
    ],
    ids=str,
)
def test_fields_of_another_kind_are_refused(change):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        tp.TraceRow.from_dict({**ROW.to_dict(), **change})
