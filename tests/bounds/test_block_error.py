"""Rows of blocks: the lesser of two forms, and what they refuse."""

import math

import numpy as np
import pytest

from theoryprune.bounds import BlockError, Window, block_error, certify_conv_layer, certify_layer


def test_the_lesser_of_both_forms_counts():
    block = BlockError("g", ("x",), ("y",), gain=1.0, constant=10.0, joint=2.0, tau=1.0)
    assert block.error(0.0) == pytest.approx(2)
    assert block.error(100.0) == pytest.approx(110)
    assert BlockError("g", ("x",), ("y",), gain=0.5).error(4.0) == pytest.approx(2)
    assert BlockError("g", ("x",), ("y",), gain=0.0).error(math.inf) == 0


def test_it_is_the_bound_of_the_certificate_on_a_ball():
    rng = np.random.default_rng(0)
    rows, outgoing, bias = rng.standard_normal((6, 4)), rng.standard_normal((3, 6)), rng.standard_normal(6)
    for given in (None, bias):
        certificate = certify_layer(outgoing, rows, [0, 2, 5], outgoing[:, [0, 2, 5]], bias=given, radius=3.0)
        block = block_error("g", certificate, ("x",), ("y",))
        assert block.error(3.0) == pytest.approx(certificate.error, rel=1e-12)


def test_a_certificate_of_convolutions_gives_its_gain_and_its_constant():
    rng = np.random.default_rng(0)
    rows, outgoing, bias = rng.standard_normal((4, 2, 3)), rng.standard_normal((3, 4, 3)), rng.standard_normal(4)
    window = Window((1,), (1,), (1,))
    options = {"size": (6,), "producer": window, "consumer": window, "bias": bias, "radius": 3.0, "effort": "fast"}
    certificate = certify_conv_layer(outgoing, rows, [0, 2], outgoing[:, [0, 2]], **options)
    block = block_error("g", certificate, ("x",), ("y",))
    assert (block.gain, block.constant) == (certificate.best, certificate.constant)
    assert block.constant > 0
    assert block.error(3.0) == pytest.approx(certificate.error, rel=1e-9)


def test_refusals():
    for wrong in ({"gain": -1.0}, {"gain": math.nan}, {"gain": 1.0, "constant": -1.0}, {"gain": 1.0, "tau": math.inf}):
        with pytest.raises(ValueError, match="must not be negative"):
            BlockError("g", ("x",), ("y",), **wrong)
    with pytest.raises(ValueError, match="reads and writes"):
        BlockError("g", (), ("y",), 1.0)
    certificate = certify_layer([[1.0, 1.0]], [[1.0], [2.0]], [0], [[1.0]], nonnegative=True)
    with pytest.raises(ValueError, match="'g' holds for x >= 0 only"):
        block_error("g", certificate, ("x",), ("y",))
