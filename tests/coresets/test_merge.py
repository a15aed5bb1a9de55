"""Merging: the default construction."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, errors, layer, same, tri
from theoryprune.coresets import facility_location, is_fold, merge


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("select", ["facility", "pivchol"])
def test_every_kind(kind, p, slope, select):
    rows, columns = layer(kind, p=p)
    inputs = np.random.default_rng(0).standard_normal((200, rows.shape[1]))
    for m in (1, 6, 12, 23):
        result = merge(rows, columns, m, slope=slope, select=select)
        assert (len(result.kept), result.outgoing.shape) == (m, (p, m))
        assert result.deterministic
        assert is_fold(result, rows, columns)
        allowed = tri(result, rows, columns) * np.linalg.norm(inputs, axis=1) + 1e-12
        assert (errors(result, rows, columns, inputs, slope) <= allowed).all()


def test_the_choice_is_that_of_facility_location():
    rows, columns = layer("clustered")
    order = facility_location(rows, columns).order
    assert np.array_equal(merge(rows, columns, 7).kept, np.sort(order[:7]))


def test_copies_merge_away():
    """Six directions, each four times: six units are enough, at any slope."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.standard_normal((6, 9)), 4, axis=0) * 2.0 ** rng.integers(-2, 3, (24, 1))
    columns = rng.standard_normal((3, 24))
    result = merge(rows, columns, 6)
    assert not result.merging.residuals.any()
    inputs = rng.standard_normal((100, 9))
    assert errors(result, rows, columns, inputs, 0.3).max() <= 1e-13


@pytest.mark.parametrize("kind", KINDS)
def test_positive_rescaling_of_units_leaves_the_function(kind):
    """(w_j, v_j) -> (t_j w_j, v_j / t_j): the same units, assignment and bound."""
    rows, columns = layer(kind)
    factors = 2.0 ** np.random.default_rng(1).integers(-6, 7, len(rows))
    one, other = merge(rows, columns, 9), merge(rows * factors[:, None], columns / factors, 9)
    assert np.array_equal(one.kept, other.kept)
    assert np.array_equal(one.merging.assignment, other.merging.assignment)
    assert other.outgoing == pytest.approx(one.outgoing / factors[one.kept], rel=1e-12)
    assert tri(other, rows * factors[:, None], columns / factors) == pytest.approx(
        tri(one, rows, columns), rel=1e-9, abs=1e-15
    )


@pytest.mark.parametrize("scales", [(3.0, 0.5), (-2.0, 7.0)])
def test_scaling_a_whole_layer(scales):
    """(V, W) -> (s V, t W) with t > 0 scales the bound by |s| t, whatever the sign of s."""
    (rows, columns), (s, t) = layer("clustered"), scales
    one, other = merge(rows, columns, 9), merge(t * rows, s * columns, 9)
    assert np.array_equal(one.kept, other.kept)
    assert other.outgoing == pytest.approx(s * one.outgoing)
    assert tri(other, t * rows, s * columns) == pytest.approx(abs(s) * t * tri(one, rows, columns))


def test_turning_inputs_and_outputs():
    rng = np.random.default_rng(3)
    rows, columns = layer("clustered")
    turn_x, turn_y = (np.linalg.qr(rng.standard_normal((k, k)))[0] for k in (rows.shape[1], len(columns)))
    one, other = merge(rows, columns, 9), merge(rows @ turn_x, turn_y @ columns, 9)
    assert np.array_equal(one.kept, other.kept)
    assert other.outgoing == pytest.approx(turn_y @ one.outgoing)
    assert tri(other, rows @ turn_x, turn_y @ columns) == pytest.approx(tri(one, rows, columns))


def test_permuting_units_permutes_the_choice():
    rows, columns = layer("gauss")
    turn = np.random.default_rng(2).permutation(len(rows))
    one, other = merge(rows, columns, 9), merge(rows[turn], columns[:, turn], 9)
    assert np.array_equal(np.sort(turn[other.kept]), one.kept)


def test_a_bias_is_a_column():
    """Units that differ in the bias alone are not duplicates."""
    result = merge([[1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [2.0, 0.0, 2.0]], [[1.0, 1.0, 1.0]], 2)
    assert result.kept.tolist() == [0, 1] or result.kept.tolist() == [1, 2]
    assert np.abs(result.merging.residuals).max() <= 1e-15


def test_two_runs_are_equal():
    rows, columns = layer("clustered")
    assert same(merge(rows, columns, 9), merge(rows.copy(), columns.copy(), 9))


def test_an_unknown_selection():
    with pytest.raises(ValueError, match="select must be one of 'facility', 'pivchol', got 'best'"):
        merge([[1.0], [2.0]], [[1.0, 1.0]], 1, select="best")
