"""Units that are alone somewhere: with the input that shows it, and against linear programs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.coresets.layer_kinds import KINDS, layer
from theoryprune.coresets import is_isolation, isolated_units


def alone(rows, j):
    """By a linear program: the largest product of row j where no other is positive."""
    others = np.delete(rows, j, axis=0)
    found = linprog(-rows[j], A_ub=others, b_ub=np.zeros(len(others)), bounds=(-1, 1))
    return -found.fun > 1e-7


@settings(max_examples=40)
@given(st.sampled_from(KINDS), st.integers(2, 14), st.integers(1, 6), st.integers(0, 10**6))
def test_against_linear_programs(kind, n, d, seed):
    rows, _ = layer(kind, n=n, d=d, seed=seed)
    found = isolated_units(rows)
    assert is_isolation(found, rows)
    assert found.isolated.tolist() == [bool(row.any()) and alone(rows, j) for j, row in enumerate(rows)]


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
def test_independent_rows_are_all_isolated(slope):
    rows, _ = layer("gauss", n=6, d=9)
    found = isolated_units(rows, slope=slope)
    assert found.isolated.all()
    assert is_isolation(found, rows, slope=slope)


def test_with_a_slope_the_span_counts():
    rows = [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]
    assert isolated_units(rows).isolated.all()
    assert not isolated_units(rows, slope=0.1).isolated.any()


def test_duplicates_are_never_alone():
    assert isolated_units([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]).isolated.tolist() == [False, False, True]
    assert isolated_units([[1.0, 0.0]]).isolated.tolist() == [True]


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_any_magnitude(scale):
    rows, _ = layer("gauss", n=12, d=3)
    assert np.array_equal(isolated_units(rows * scale).isolated, isolated_units(rows).isolated)


def test_tampered_results_are_rejected():
    rows, _ = layer("gauss", n=6, d=9)
    good = isolated_units(rows)
    tampered = [
        replace(good, witnesses=-good.witnesses),
        replace(good, witnesses=np.roll(good.witnesses, 1, axis=0)),
        replace(good, witnesses=good.witnesses * np.nan),
        replace(good, witnesses=good.witnesses + 1e-3),
        replace(good, isolated=good.isolated[1:]),
    ]
    assert [bool(is_isolation(one, rows)) for one in tampered] == [False] * len(tampered)
    crowded = np.concatenate([rows, rows])
    claim = replace(good, isolated=np.arange(12) < 6, witnesses=np.concatenate([good.witnesses, 0 * rows]))
    assert not is_isolation(claim, crowded)
