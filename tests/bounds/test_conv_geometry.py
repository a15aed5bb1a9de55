"""Sizes between two convolutions, and what they refuse."""

import numpy as np
import pytest

from tests.bounds.convs import pixels
from theoryprune.bounds.conv_geometry import geometry_of
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import MaxPool

POOL = MaxPool(name="pool", inputs=("x",), kernel=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1))


def geometry(producer, consumer, size=(8, 8), k=(3, 3), next_k=(3, 3), pool=None, gain=1.0):
    return geometry_of(size, producer, consumer, np.ones((4, 2, *k)), np.ones((3, 4, *next_k)), pool, gain)


def test_sizes_along_the_way():
    found = geometry(pixels(2, stride=2, padding=1), pixels(2))
    assert (found.hidden, found.read, found.output, found.between) == ((4, 4), (4, 4), (2, 2), False)
    pooled = geometry(pixels(2, padding=1), pixels(2, padding=1), pool=POOL)
    assert (pooled.hidden, pooled.read, pooled.output, pooled.pool_gain) == ((8, 8), (4, 4), (4, 4), 2.0)
    unknown = geometry(pixels(2, padding=1), pixels(2), gain=0.5)
    assert (unknown.read, unknown.output, unknown.between) == (None, None, True)
    flat = geometry(pixels(2), None, next_k=(6, 6))
    assert (flat.output, flat.between) == ((), False)
    assert geometry(pixels(2), None, next_k=(2, 2)).between


def test_refusals():
    ring = pixels(2, padding=1, mode="circular")
    assert geometry(ring, ring).output == (8, 8)
    assert geometry(ring, pixels(2, stride=2, padding=1, mode="circular")).output == (4, 4)
    for first, second in ((pixels(2, stride=2, padding=1, mode="circular"), ring), (ring, pixels(2, mode="circular"))):
        with pytest.raises(UnsupportedLayerError, match="circular"):
            geometry(first, second)
    with pytest.raises(UnsupportedLayerError, match="second"):
        geometry(ring, ring, next_k=(2, 2))
    with pytest.raises(ValueError, match="pool_gain"):
        geometry(ring, ring, gain=float("nan"))
    with pytest.raises(ValueError, match="as its kernel"):
        geometry(ring, None, pool=POOL, next_k=(8, 8))
    padding_alone = MaxPool(name="pool", inputs=("x",), kernel=(2, 2), stride=(1, 1), padding=(1, 1), dilation=(2, 2))
    with pytest.raises(ValueError, match="padding alone"):
        geometry(pixels(2), pixels(2), size=(3, 3), pool=padding_alone)
