import numpy as np
import pytest

from tests.coresets.curves import linear_cost, random_curve
from theoryprune.coresets import Budget, Removal, allocate


def example(fraction=0.5):
    sizes = {"a": 5, "b": 9}
    curves = [random_curve("a", 5, 0), random_curve("b", 9, 1)]
    return curves, allocate(curves, linear_cost(sizes, (3, 2)), Budget(params=fraction))


def test_a_path_is_its_rows():
    _, found = example()
    rows = list(found.path)
    assert len(rows) == len(found.path) == 1 + 4 + 8
    assert rows[0].widths == {"a": 5, "b": 9}
    assert rows[-1].widths == {"a": 1, "b": 1}
    assert found.path[-1] == rows[-1]
    assert [row.cost for row in rows] == list(found.path.costs)


def test_a_path_is_short_to_read_and_has_no_slices():
    path = example()[1].path
    assert repr(path) == "Path(13 networks of 2 groups, costs 33 to 5)"
    with pytest.raises(TypeError, match=r"row must be an integer, got slice\(None, 2, None\); .* thinned"):
        path[:2]


def test_a_thinned_path_keeps_both_ends():
    path = example()[1].path
    assert [len(path.thinned(rows)) for rows in (2, 5, 13, 99)] == [2, 5, 13, 13]
    short = path.thinned(5)
    assert (short[0], short[4]) == (path[0], path[-1])
    assert (np.diff(short.errors) > 0).all()
    with pytest.raises(ValueError, match="rows must be at least 2, got 1"):
        path.thinned(1)


def test_reasons_price_the_last_and_the_next_removal():
    curves, found = example()
    for curve in curves:
        reason = found.reasons[curve.name]
        kept = found.widths[curve.name]
        saving = {"a": 3, "b": 2}[curve.name]
        assert (reason.kept, reason.size, reason.smallest) == (kept, curve.size, 1)
        assert reason.last == Removal(kept + 1, kept, curve.errors[kept] - curve.errors[kept + 1], saving)
        assert reason.next == Removal(kept, kept - 1, curve.errors[kept - 1] - curve.errors[kept], saving)
    cheapest = min(reason.next.price for reason in found.reasons.values())
    assert max(reason.last.price for reason in found.reasons.values()) <= cheapest
    assert example(1)[1].reasons["a"].last is None
    assert example(0.22)[1].reasons["b"].next is None or example(0.22)[1].reasons["a"].next is None


def test_a_price_without_a_saving_is_infinite():
    assert Removal(2, 1, 0.5, 0).price == float("inf")
    assert Removal(2, 1, 0.5, 2).price == 0.25


def test_the_fraction_reached():
    _, found = example()
    assert found.fraction == found.spent / 33 <= 0.5
