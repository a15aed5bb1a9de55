"""The checkers accept what is right and reject every change of it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, layer
from theoryprune.coresets import FacilityOrder, facility_location, is_facility_order, is_fold, merge, norm


def changed(array, place, value):
    copy = np.array(array)
    copy[place] = value
    return copy


@pytest.mark.parametrize("kind", KINDS)
def test_every_tampered_fold_is_rejected(kind):
    rows, columns = layer(kind)
    good = merge(rows, columns, 10)
    assert is_fold(good, rows, columns)
    merging, j = good.merging, int(good.pruned[np.linalg.norm(rows[good.pruned], axis=1).argmax()])
    tampered = [
        replace(good, outgoing=-good.outgoing),
        replace(good, outgoing=good.outgoing * (1 - 1e-6)),
        replace(good, outgoing=good.outgoing[:, ::-1]),
        replace(good, outgoing=changed(good.outgoing, (0, 0), np.nan)),
        replace(good, outgoing=good.outgoing[:, 1:]),
        replace(good, kept=good.kept[::-1]),
        replace(good, kept=changed(good.kept, 0, 99)),
        replace(good, merging=None),
        replace(good, merging=replace(merging, residuals=merging.residuals + 1e-6)),
        replace(good, merging=replace(merging, multipliers=changed(merging.multipliers, j, 0.1))),
        replace(good, merging=replace(merging, multipliers=changed(merging.multipliers, j, -1))),
        replace(good, merging=replace(merging, assignment=changed(merging.assignment, j, j))),
        replace(good, merging=replace(merging, multipliers=changed(merging.multipliers, good.kept[0], 2))),
    ]
    assert [bool(is_fold(one, rows, columns)) for one in tampered] == [False] * len(tampered)


def test_another_neighbour_is_rejected_even_if_it_adds_up():
    rows, columns = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]]), np.ones((1, 3))
    good = merge(rows, columns, 3)
    merging = replace(
        good.merging,
        assignment=np.array([0, 1, 1]),
        multipliers=np.ones(3),
        residuals=np.array([[2.0, 0.0]]),
    )
    second = replace(good, kept=np.array([0, 1]), outgoing=np.array([[1.0, 2.0]]), merging=merging)
    assert "nearest" not in is_fold(second, rows, columns).reason
    assert not is_fold(second, rows, columns)


def test_a_selection_is_no_fold():
    rows, columns = layer("gauss")
    assert not is_fold(norm(rows, columns, 5), rows, columns)


@pytest.mark.parametrize("kind", KINDS)
def test_every_tampered_order_is_rejected(kind):
    rows, columns = layer(kind)
    good = facility_location(rows, columns)
    assert is_facility_order(good, rows, columns)
    swapped = good.order.copy()
    swapped[[0, 2]] = swapped[[2, 0]]
    tampered = [
        FacilityOrder(swapped, good.curve),
        FacilityOrder(good.order, changed(good.curve, 3, good.curve[3] - 1e-6 * good.curve[0])),
        FacilityOrder(good.order, good.curve[1:]),
        FacilityOrder(changed(good.order, 0, good.order[1]), good.curve),
        FacilityOrder(good.order, changed(good.curve, 1, np.nan)),
    ]
    rejected = [not is_facility_order(one, rows, columns) for one in tampered]
    # Orthonormal rows of equal weight have no order of their own; here the weights differ.
    assert rejected == [True] * len(tampered)
