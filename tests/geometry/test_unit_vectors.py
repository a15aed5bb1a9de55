import numpy as np
import pytest

from theoryprune.geometry.unit_vectors import unit_vectors


@pytest.mark.parametrize("scale", [5e-324, 1e-200, 1.0, 1e200, 1e307])
def test_directions_keep_their_digits_at_any_magnitude(scale):
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [-1.0, 0.0]]) * scale
    units, lengths = unit_vectors(rows)
    assert np.allclose(units, [[0.6, 0.8], [0, 0], [-1, 0]], rtol=1e-15, atol=0)
    assert lengths == pytest.approx(np.array([5.0, 0.0, 1.0]) * scale, rel=1e-15)


def test_lengths_beyond_float64_are_counted_in_another_unit():
    units, lengths = unit_vectors(np.full((1, 4), 1.5e308), scale=1.5e308)
    assert lengths.tolist() == [2.0]
    assert units.tolist() == [[0.5, 0.5, 0.5, 0.5]]
