from itertools import product

import numpy as np
import pytest

from theoryprune.coresets.elimination import elimination_order, least_sum


def brute_force(tables, sizes):
    names = list(sizes)
    return min(
        sum(table[tuple(dict(zip(names, at, strict=True))[v] for v in key)] for key, table in tables.items())
        for at in product(*(range(n) for n in sizes.values()))
    )


SHAPES = {
    "chain": ["ab", "bc", "cd"],
    "ring": ["ab", "bc", "cd", "da"],
    "star": ["ab", "ac", "ad"],
    "triangle and a lone one": ["ab", "bc", "ca", "d"],
    "a table of three": ["abc", "cd", "a", "d"],
    "two parts": ["ab", "dc"],
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_least_of_all(shape, seed):
    draw, sizes = np.random.default_rng(seed), {"a": 3, "b": 4, "c": 2, "d": 3}
    tables = {tuple(key): draw.standard_normal([sizes[v] for v in key]) for key in SHAPES[shape]}
    used = {v: sizes[v] for v in sizes if any(v in key for key in tables)}
    pairs = [(x, y) for key in tables for x in key for y in key if x < y]
    order, _ = elimination_order(pairs, list(used))
    assert least_sum(tables, order) == pytest.approx(brute_force(tables, used), rel=1e-12)
    assert least_sum(tables, order[::-1]) == pytest.approx(brute_force(tables, used), rel=1e-12)


@pytest.mark.parametrize(("shape", "most"), [("chain", 2), ("ring", 3), ("star", 2), ("triangle and a lone one", 3)])
def test_how_many_stand_in_one_table(shape, most):
    pairs = [tuple(key) for key in SHAPES[shape] if len(key) == 2]
    order, found = elimination_order(pairs, "abcd")
    assert found == most
    assert sorted(order) == list("abcd")
    assert elimination_order([], "ab") == (("a", "b"), 1)
