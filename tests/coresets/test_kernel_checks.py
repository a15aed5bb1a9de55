"""The checker of refitted weights accepts what is right and rejects every change of it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import is_kernel_fit, kernel_fit, merge


@pytest.mark.parametrize("kind", ["gauss", "clustered", "lowrank", "zero rows"])
@pytest.mark.parametrize("blend", [0.5, 1.0])
def test_every_tampered_fit_is_rejected(kind, blend):
    rows, columns = layer(kind)
    good = kernel_fit(rows, columns, 10, blend=blend)
    assert is_kernel_fit(good, rows, columns)
    negated = good.outgoing.copy()
    negated[0, 3] *= -1
    tampered = [
        replace(good, outgoing=negated),
        replace(good, outgoing=good.outgoing * (1 - 1e-4)),
        replace(good, outgoing=good.outgoing[:, ::-1]),
        replace(good, outgoing=good.outgoing[:, 1:]),
        replace(good, fit=None),
        replace(good, fit=replace(good.fit, rms=good.fit.rms * (1 - 1e-5))),
        replace(good, fit=replace(good.fit, target_rms=good.fit.target_rms * 1.001)),
        replace(good, fit=replace(good.fit, blend=good.fit.blend / 2)),
        replace(good, outgoing=merge(rows, columns, 10).outgoing),
    ]
    assert [bool(is_kernel_fit(one, rows, columns)) for one in tampered] == [False] * len(tampered)


def test_another_law_is_rejected():
    rows, columns = layer("gauss")
    good = kernel_fit(rows, columns, 10)
    assert not is_kernel_fit(good, rows, columns, slope=0.5)
    assert not is_kernel_fit(good, rows, columns, mean=np.ones(10))


def test_the_identity_is_a_fit():
    rows, columns = layer("gauss")
    assert is_kernel_fit(kernel_fit(rows, columns, 24), rows, columns)


def test_another_constant_is_refused():
    rows, columns = layer("gauss")
    found = kernel_fit(rows, columns, 8, intercept=True)
    assert is_kernel_fit(found, rows, columns)
    assert "the shift is not" in is_kernel_fit(replace(found, shift=found.shift + 1e-6), rows, columns).reason
    assert "the shift is not" in is_kernel_fit(replace(found, shift=found.shift[:-1]), rows, columns).reason
    assert "a constant" in is_kernel_fit(replace(found, shift=None), rows, columns).reason
    assert not is_kernel_fit(replace(found, fit=replace(found.fit, intercept=False), shift=None), rows, columns)
    plain = kernel_fit(rows, columns, 8)
    assert "a constant" in is_kernel_fit(replace(plain, shift=np.zeros(3)), rows, columns).reason
