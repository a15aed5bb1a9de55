"""The record, and the identity that a full budget gives."""

import numpy as np

from tests.coresets.layer_kinds import layer
from theoryprune.coresets import LayerCoreset
from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.record import identity


def test_pruned_units_are_the_others():
    coreset = LayerCoreset("test", np.array([1, 3]), np.ones((1, 2)), 5, True)
    assert coreset.pruned.tolist() == [0, 2, 4]
    assert not coreset.is_identity


def test_the_identity_copies():
    rows, columns = layer("gauss")
    found = identity(as_layer(rows, columns, 24, 0.0), "test")
    assert found.is_identity
    assert found.outgoing is not columns
    assert np.array_equal(found.outgoing, columns)
    assert found.merging.residuals.shape == (0, 10)
