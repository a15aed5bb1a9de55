"""The checker of selections and samples accepts what is right and rejects every change of it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import additive, is_selection, merge, mussay, norm, norm_v, random, uniform


@pytest.mark.parametrize("mode", ["iid", "distinct", "fixed_pps"])
def test_every_tampered_sample_is_rejected(mode):
    rows, columns = layer("gauss")
    good = additive(rows, columns, 9, seed=0, mode=mode)
    assert is_selection(good, rows, columns)
    draw = good.sampling
    tampered = [
        replace(good, outgoing=-good.outgoing),
        replace(good, outgoing=good.outgoing * (1 - 1e-6)),
        replace(good, outgoing=good.outgoing[:, ::-1]),
        replace(good, outgoing=good.outgoing * np.nan),
        replace(good, kept=good.kept[::-1]),
        replace(good, kept=good.kept + 100),
        replace(good, units=25),
        replace(good, sampling=None),
        replace(good, sampling=replace(draw, weights=draw.weights / 3), outgoing=good.outgoing / 3),
        replace(good, sampling=replace(draw, weights=-draw.weights), outgoing=-good.outgoing),
        replace(good, sampling=replace(draw, counts=draw.counts[1:])),
        replace(good, sampling=replace(draw, draws=0)),
        replace(good, sampling=replace(draw, error=0.1, delta_algorithm=None)),
    ]
    if mode != "fixed_pps":
        tampered.append(replace(good, sampling=replace(draw, draws=draw.draws + 1)))
    assert [bool(is_selection(one, rows, columns)) for one in tampered] == [False] * len(tampered)


def test_selections():
    rows, columns = layer("gauss")
    for good in (
        norm(rows, columns, 5),
        norm_v(rows, columns, 5),
        random(rows, columns, 5, seed=0),
        uniform(rows, columns, 5, seed=0),
        mussay(rows, columns, 24, seed=0),
    ):
        assert is_selection(good, rows, columns)
        assert not is_selection(replace(good, outgoing=good.outgoing * 1.01), rows, columns)
    assert not is_selection(merge(rows, columns, 5), rows, columns)
