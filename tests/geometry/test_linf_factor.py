import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.geometry.point_sets import anisotropic, gaussian, heavy
from theoryprune.geometry.linf_factor import linf_factor, one_sided_factor


def plain_factor(points, indices, one_sided=False):
    """One linear program in x for each point, without any shortcut."""
    held = points[indices]
    rows = held if one_sided else np.concatenate([held, -held])
    found = [linprog(-p, A_ub=rows, b_ub=np.ones(len(rows)), bounds=(None, None)) for p in points]
    return max(1.0, *(np.inf if f.status == 3 else -f.fun for f in found))


@settings(max_examples=40)
@given(st.integers(1, 4), st.integers(1, 12), st.integers(0, 2**32 - 1), st.booleans())
def test_it_agrees_with_plain_programs(d, extra, seed, one_sided):
    points = gaussian(d + 12, d, seed)
    indices = np.random.default_rng(seed).permutation(d + 12)[: d + extra]
    function = one_sided_factor if one_sided else linf_factor
    assert function(points, indices) == pytest.approx(plain_factor(points, indices, one_sided), rel=1e-6)


def test_known_factors():
    square = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-1.0, 0.5]]
    assert linf_factor(square, [0, 1]) == pytest.approx(2)
    assert linf_factor(square, [0, 1, 2, 3]) == 1
    assert linf_factor([[1.0], [-5.0]], [0]) == pytest.approx(5)
    assert linf_factor(np.zeros((3, 2)), []) == 1


def test_points_that_span_less_lose_everything():
    assert linf_factor(np.eye(3), [0, 1]) == np.inf
    assert linf_factor(np.eye(3), []) == np.inf


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_the_magnitude_does_not_matter(scale):
    points = heavy(40, 3)
    assert linf_factor(scale * points, [0, 1, 2, 3]) == pytest.approx(linf_factor(points, [0, 1, 2, 3]), rel=1e-6)


def test_it_is_invariant_under_linear_maps():
    points, other = gaussian(30, 3), anisotropic(3, 3, 5.0)
    assert linf_factor(points @ other, range(6)) == pytest.approx(linf_factor(points, range(6)), rel=1e-6)


class TestOneSided:
    def test_a_cone_is_enough(self):
        """A factor exists without 0 in the hull of S, as long as S has the cone of P."""
        assert one_sided_factor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], [0, 2]) == pytest.approx(2)

    def test_outside_of_the_cone_there_is_none(self):
        assert one_sided_factor([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]], [0, 1]) == np.inf
        assert one_sided_factor([[1.0], [-1.0]], [0]) == np.inf
        assert one_sided_factor(np.eye(2), [0]) == np.inf

    def test_with_0_inside_the_hull_it_is_how_much_the_hull_grows(self):
        triangle = np.array([[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]])
        points = np.concatenate([triangle, 1.5 * triangle])
        assert one_sided_factor(points, [0, 1, 2]) == pytest.approx(1.5)

    def test_it_is_at_least_the_two_sided_one_on_symmetric_points(self):
        points = np.concatenate([gaussian(20, 2), -gaussian(20, 2)])
        chosen = np.concatenate([np.arange(5), 20 + np.arange(5)])
        assert one_sided_factor(points, chosen) == pytest.approx(linf_factor(points, chosen), rel=1e-6)

    def test_points_that_are_all_zero(self):
        assert one_sided_factor(np.zeros((2, 2)), []) == 1


@pytest.mark.parametrize("indices", [[0, 3], [-1], [[0]], [0.5], ["a"]])
def test_wrong_indices_are_errors(indices):
    with pytest.raises(ValueError, match="indices must"):
        linf_factor(np.eye(3), indices)


def test_a_point_whose_square_is_beyond_float64_has_a_factor():
    points = np.array([[1.0, 0.0], [0.0, 1.0], [1e-200, 1e-200]])
    assert one_sided_factor(points, [0, 1]) == linf_factor(points, [0, 1]) == 1
