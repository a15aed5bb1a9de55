"""The checked pair of layers."""

import numpy as np
import pytest

from theoryprune.bounds.layer import as_layer, forms_of, nothing_kept

V, W = np.ones((1, 2)), np.eye(2)


def test_biases_become_a_column():
    layer = as_layer(V, W, [0], [[1]], bias=[4.0, 8.0], offset=[1.0], kept_offset=[0.0], tau=2.0)
    assert layer.rows[:, 2].tolist() == [2, 4]
    assert layer.new_rows[0, 2] == 2
    assert layer.shift.tolist() == [1]
    assert layer.pruned.tolist() == [1]
    assert [form.rows.shape[1] for form in forms_of(layer)] == [3, 2, 1]
    assert not nothing_kept(layer).new_outgoing.any()
    assert as_layer(V, W, [0], [[1]], offset=[1.0]).tau is None


def test_the_hash_sees_everything():
    first = as_layer(V, W, [0], [[1]]).digest()
    others = [as_layer(V, 2 * W, [0], [[1]]), as_layer(V, W, [1], [[1]]), as_layer(V, W, [0], [[1]], 0.5)]
    assert len({first, *(other.digest() for other in others)}) == 4
    assert as_layer(V.astype(np.float32), W, [0], [[1]]).digest() == first


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="column for each row"):
        as_layer(np.ones((1, 3)), W, [0], [[1]])
    with pytest.raises(ValueError, match="U must have shape"):
        as_layer(V, W, [0, 1], [[1]])
    with pytest.raises(ValueError, match="finite"):
        as_layer(V, [[np.inf, 0], [0, 1]], [0], [[1]])


def test_offsets_that_overflow_are_refused():
    with pytest.raises(ValueError, match="offset - kept_offset"):
        as_layer([[1.0]], [[1.0]], [0], [[1.0]], offset=[1.7e308], kept_offset=[-1.7e308])
