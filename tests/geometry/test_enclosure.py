from fractions import Fraction

import numpy as np
import pytest

from tests.geometry.point_sets import anisotropic, gaussian
from theoryprune.geometry.enclosure import encloses
from theoryprune.geometry.lowner import lowner


def test_the_last_digits_decide():
    points = gaussian(50, 4)
    result = lowner(points)
    assert encloses(points, result.matrix)
    assert encloses(points, result.matrix * (1 + 5e-10))
    verdict = encloses(points, result.matrix * (1 + 2e-9))
    assert not verdict
    assert not verdict.inconclusive
    assert verdict.value == pytest.approx(2e-9, rel=1e-3)


def test_the_center_counts():
    points = gaussian(50, 4) + 3
    result = lowner(points, symmetric=False)
    assert encloses(points, result.matrix, center=result.center)
    assert not encloses(points, result.matrix, center=result.center + 1e-3)
    assert not encloses(points, result.matrix)


def test_what_is_no_ellipsoid_encloses_nothing():
    assert "symmetric" in encloses([[0.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]]).reason
    assert "semidefinite" in encloses([[0.0, 0.0]], [[1.0, 0.0], [0.0, -1.0]]).reason


def test_rounding_that_decides_is_told():
    points = anisotropic(60, 4, 7.0)
    verdict = encloses(points, lowner(points).matrix)
    assert verdict.inconclusive
    assert not verdict


def test_it_is_never_sure_of_what_is_false():
    """Against exact rational arithmetic, over forms that cancel ever more."""
    for decades in np.linspace(0, 8, 17):
        points = anisotropic(20, 3, decades)
        matrix = lowner(points).matrix
        exact = [[Fraction(float(x)) for x in row] for row in matrix]
        forms = []
        for row in points:
            p = [Fraction(float(x)) for x in row]
            forms.append(
                sum(a * sum(m * b for m, b in zip(line, p, strict=True)) for a, line in zip(p, exact, strict=True))
            )
        verdict = encloses(points, matrix)
        inside = max(forms) <= 1 + Fraction(1e-9)
        assert verdict.inconclusive or bool(verdict) is inside


def test_wrong_arguments_are_errors():
    with pytest.raises(ValueError, match=r"matrix must have shape \(2, 2\)"):
        encloses(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="center must have shape"):
        encloses(np.eye(2), np.eye(2), center=[0.0])
    with pytest.raises(ValueError, match="tol must be positive"):
        encloses(np.eye(2), np.eye(2), tol=0)
