import numpy as np

from tests.coresets.curves import linear_cost, random_curve
from theoryprune.coresets.uniform_budget import uniform_budget


def test_every_row_rounds_one_common_fraction():
    sizes = {"a": 7, "b": 19, "c": 40}
    curves = [random_curve(name, n, i) for i, (name, n) in enumerate(sizes.items())]
    for row in uniform_budget(curves, linear_cost(sizes, (1, 2, 3))):
        kept = np.array(list(row.widths.values()))
        size = np.array(list(sizes.values()))
        lowest, highest = ((kept - 0.5) / size).max(), ((kept + 0.5) / size).min()
        assert lowest <= highest + 1e-12 or (kept == 1).any()  # some fraction rounds to all of these


def test_multiples_are_rounded_alike():
    sizes = {"a": 64, "b": 32}
    curves = [random_curve(name, n, 0, multiple_of=8) for name, n in sizes.items()]
    rows = [row.widths for row in uniform_budget(curves, linear_cost(sizes, (1, 1)))]
    assert {"a": 32, "b": 16} in rows


def test_it_is_monotone_where_largest_remainders_are_not():
    """The Alabama paradox: with populations 6, 6, 2 the third loses a seat when the house grows from 10 to 11."""
    sizes = {"a": 6, "b": 6, "c": 2}
    widths = [row.widths["c"] for row in uniform_budget([random_curve(n, s, 0) for n, s in sizes.items()],
                                                        linear_cost(sizes, (1, 1, 1)))]  # fmt: skip
    assert widths == sorted(widths, reverse=True)
