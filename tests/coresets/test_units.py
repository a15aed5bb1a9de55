import numpy as np

from theoryprune.coresets.units import Sum, produced, weaker


def test_an_affine_map_of_a_sum():
    part = Sum((("a", np.array([1.0, 2.0])), ("b", np.array([0.0, 1.0]))), np.array([1.0, 0.0]))
    moved = part.affine(np.array([2.0, 3.0]), np.array([0.0, 1.0]))
    assert [(name, coef.tolist()) for name, coef in moved.terms] == [("a", [2, 6]), ("b", [0, 3])]
    assert moved.shift.tolist() == [2, 1]


def test_what_a_producer_writes_is_linear_and_plain():
    units = produced("a", np.array([1.0, 0.0]))
    assert units.linear
    assert units.plain
    assert weaker(units, units) == ("homogeneous", "")
