import numpy as np
import pytest

from tests.geometry.point_sets import heavy
from theoryprune.geometry.linf import linf_coreset
from theoryprune.geometry.linf_checks import is_linf_coreset
from theoryprune.geometry.linf_factor import linf_factor


def test_tampered_coresets_are_refused():
    points = heavy(100, 5)
    result = linf_coreset(points)
    least = linf_factor(points, result.indices)
    outside = np.setdiff1d(np.arange(100), result.indices)
    shortest = outside[np.linalg.norm(points[outside], axis=1).argmin()]
    assert not is_linf_coreset(points, result.indices, least * (1 - 1e-5))
    assert not is_linf_coreset(points, result.indices[1:], least)
    assert not is_linf_coreset(points, np.append(result.indices[1:], shortest), least)
    assert not is_linf_coreset(points, np.append(result.indices, result.indices[0]), result.factor)


def test_the_checker_reports_the_least_factor():
    points = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert is_linf_coreset(points, [0, 1], 2).value == pytest.approx(2)
    assert not is_linf_coreset(points, [0, 1], 2 - 1e-5)
    assert "repeated" in is_linf_coreset(points, [0, 0, 1], 2).reason
    assert not is_linf_coreset(points, [0], 1e9)
