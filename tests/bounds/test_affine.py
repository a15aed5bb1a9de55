"""Records as scale and shift, exact up to what they admit; norms above the true ones."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.small import normal
from theoryprune.bounds.affine import affine_of
from theoryprune.layers import BatchNorm, Linear, ReLU, Scale, Shift

COMMON = {"name": "r", "inputs": ("x",)}


def batch_norm(channels=5, seed=0, var=None):
    return BatchNorm(
        weight=normal(channels, seed=seed), bias=normal(channels, seed=seed + 1),
        running_mean=normal(channels, seed=seed + 2),
        running_var=normal(channels, seed=seed + 3).abs() if var is None else var, eps=1e-5, momentum=0.1, **COMMON,
    )  # fmt: skip


CASES = [
    batch_norm(),
    batch_norm(seed=9),
    Scale(value=normal(5, 1, 1), **COMMON),
    Scale(value=normal(5, 1, 1), divide=True, **COMMON),
    Scale(value=0.1, **COMMON),
    Shift(value=normal(5, 1, 1), alpha=-3, **COMMON),
]


@pytest.mark.parametrize("layer", CASES)
def test_it_is_the_record(layer):
    affine = affine_of(layer, (5, 3, 3))
    x = normal(2, 5, 3, 3)
    scale, shift = (torch.from_numpy(a)[:, None, None] for a in (affine.scale, affine.shift))
    torch.testing.assert_close(layer.forward(x), scale * x + shift, rtol=1e-13, atol=1e-13)
    assert affine.largest >= float(np.abs(affine.scale).max())
    assert affine.shift_norm >= float(np.linalg.norm(affine.shift))


def test_compositions_keep_within_their_own_error():
    rng = np.random.default_rng(0)
    for _ in range(50):
        records = [CASES[i] for i in rng.integers(2, len(CASES), 6)]
        total = affine_of(Linear(weight=normal(5, 2), bias=normal(5, seed=3), **COMMON), (5,))
        exact = [(Fraction(1), Fraction(float(b))) for b in normal(5, seed=3)]
        for record in records:
            value = [Fraction(float(v)) for v in record.per_channel(5, torch.device("cpu"))]
            total = affine_of(record, (5,)).after(total)
            if isinstance(record, Shift):
                exact = [(a, b + int(record.alpha) * v) for (a, b), v in zip(exact, value, strict=True)]
            else:
                factors = [1 / v if record.divide else v for v in value]
                exact = [(a * f, b * f) for (a, b), f in zip(exact, factors, strict=True)]
        for i, (a, b) in enumerate(exact):
            assert abs(Fraction(total.scale[i]) - a) <= Fraction(total.relative) * abs(a)
            assert abs(Fraction(total.shift[i]) - b) <= Fraction(total.relative) * Fraction(total.spread[i])
        assert Fraction(total.shift_norm) ** 2 >= sum(b * b for _, b in exact)
        assert Fraction(total.largest) >= max(abs(a) for a, _ in exact)


def test_other_records_are_no_such_map_and_zero_stays_zero():
    assert affine_of(ReLU(**COMMON), (5,)) is None
    bare = affine_of(Linear(weight=normal(5, 2), **COMMON), (5,))
    assert (bare.shift_norm, bare.roundings) == (0, 0)
    assert bare.largest == pytest.approx(1)


def test_values_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match=r"'r': running_var \+ eps must be positive"):
        affine_of(batch_norm(var=torch.full((5,), -1.0)), (5,))
    with pytest.raises(ValueError, match=r"'r': value must be finite"):
        affine_of(Scale(value=float("nan"), **COMMON), (5,))
