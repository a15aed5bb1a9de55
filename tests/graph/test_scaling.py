"""Exact powers of two beside a tensor."""

import pytest
import torch

from theoryprune.graph.scaling import Scaled, align, rescale, shift_exponent


def tensor(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


@pytest.mark.parametrize("by", [0, 1, -1, 1074, -1022, 2040])
def test_shifting_is_exact_beyond_the_range_of_one_factor(by):
    start = 2.0 ** (-by // 2)
    moved, lost = shift_exponent(tensor(start, 0.0), by)
    assert moved[0] == start * 2.0 ** (by // 2) * 2.0 ** (by - by // 2)
    assert lost == 0


def test_what_is_lost_is_counted():
    moved, lost = shift_exponent(tensor(1.0, 2.0**-1000, 0.0), -60)
    assert lost == 1
    assert moved[0] == 2.0**-60
    assert shift_exponent(tensor(1.0), -5000)[0] == 0
    assert shift_exponent(tensor(1.0, dtype=torch.float32), -140)[1] == 1


def test_rescaling_brings_the_maximum_below_one():
    y = rescale(Scaled(tensor(3.0, 40.0), 7), "a")
    assert y.value.tolist() == [3 / 64, 40 / 64]
    assert y.exponent == 13
    assert rescale(Scaled(tensor(3.0, 40.0), 7), "a", slack=6).exponent == 7


def test_a_dead_tensor_has_no_exponent():
    assert rescale(Scaled(tensor(0.0, 0.0), 2183), "a").exponent is None


@pytest.mark.parametrize("bad", [torch.inf, torch.nan])
def test_overflow_is_named(bad):
    with pytest.raises(ValueError, match=r"overflows within 'block.conv'"):
        rescale(Scaled(tensor(1.0, bad)), "block.conv")


def test_joins_meet_at_the_largest_living_exponent():
    a, b, dead = align([Scaled(tensor(1.0), 3), Scaled(tensor(1.0), 5), Scaled(tensor(0.0), None)])
    assert [x.exponent for x in (a, b, dead)] == [5, 5, 5]
    assert [float(x.value) for x in (a, b, dead)] == [0.25, 1, 0]
    assert align([Scaled(tensor(0.0), None)])[0].exponent is None


def test_gradients_see_constants():
    x = tensor(3.0).requires_grad_()
    y = rescale(Scaled(x * 4, 0), "a")
    (gradient,) = torch.autograd.grad(y.value.sum(), x)
    assert float(gradient) * 2**y.exponent == 4
