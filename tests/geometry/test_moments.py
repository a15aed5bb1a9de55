"""Mean and variance of a rectified channel."""

import numpy as np
import pytest
from scipy.integrate import quad

from theoryprune.geometry import rectified_moments


@pytest.mark.parametrize("beta", [-5.0, -1.0, 0.0, 0.7, 6.0])
@pytest.mark.parametrize("gamma", [0.5, -2.0])
def test_against_quadrature(beta, gamma):
    def moment(power):
        density = lambda z: max(beta + gamma * z, 0) ** power * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)  # noqa: E731
        return quad(density, -12, 12, points=[-beta / gamma], limit=200, epsabs=1e-14)[0]

    mean, variance = rectified_moments([beta], [gamma])
    assert mean[0] == pytest.approx(moment(1), rel=1e-9, abs=1e-13)
    assert variance[0] == pytest.approx(moment(2) - moment(1) ** 2, rel=1e-9, abs=1e-12)


def test_far_from_the_kink():
    """The difference of the moments, 1e16 + 1 - 1e16, would be 0 or 2."""
    mean, variance = rectified_moments([1e8, -1e8, 1e200, 0.5, -0.5], [1.0, 1.0, 1e-200, 0.0, 0.0])
    assert mean.tolist() == [1e8, 0, 1e200, 0.5, 0]
    assert variance.tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(("location", "spread"), [([1], [1, 2]), ([np.nan], [1]), ([[1]], [[1]])])
def test_bad_arguments(location, spread):
    with pytest.raises(ValueError, match=r"location|spread"):
        rectified_moments(location, spread)
