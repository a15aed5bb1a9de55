import numpy as np
import pytest

from tests.geometry.point_sets import AWKWARD, gaussian, heavy
from theoryprune.geometry.linf import linf_coreset
from theoryprune.geometry.linf_factor import linf_factor
from theoryprune.geometry.lowner_caratheodory import lowner_caratheodory

SETS = {name: points for name, points in AWKWARD.items() if name != "row lengths over 300 decades"}


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("name", SETS)
def test_the_proved_factor_holds(name, symmetric):
    points = np.asarray(SETS[name], dtype=np.float64)
    result = lowner_caratheodory(points, symmetric=symmetric)
    assert linf_factor(points, result.indices) <= result.factor * (1 + 1e-6)
    assert len(result.indices) <= result.cap


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("make", [gaussian, heavy])
def test_the_axes_of_the_inner_ellipsoid_lie_in_the_hull_of_the_choice(make, symmetric):
    points = make(200, 4)
    result = lowner_caratheodory(points, symmetric=symmetric)
    assert linf_factor(points, result.indices) <= result.factor
    assert result.factor == pytest.approx(4 if symmetric else 2 * 4**1.5 - 1, rel=0.02)
    assert (np.diff(result.indices) > 0).all()


def test_the_design_proves_more():
    for make in (gaussian, heavy):
        points = make(200, 5)
        assert linf_coreset(points).factor < lowner_caratheodory(points, symmetric=True).factor


def test_points_that_are_all_equal_need_one():
    result = lowner_caratheodory(np.full((5, 3), 0.1))
    assert result.indices.tolist() == [0]
    assert result.factor == 1
    assert not len(lowner_caratheodory(np.zeros((5, 3))).indices)
