"""Plain data of a reduction: JSON in and out, and equal to the reduction."""

import json

import pytest

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import Budget, reduce
from theoryprune.reports import reduction_data


@pytest.fixture(scope="module")
def reduced():
    return reduce(model_graph("digits_mlp"), Budget(params=0.5), effort="fast")


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
