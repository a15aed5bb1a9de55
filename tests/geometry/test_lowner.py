import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.geometry.point_sets import AWKWARD, gaussian, heavy, point_sets
from theoryprune.errors import ConvergenceError
from theoryprune.geometry.design import is_design, leverages
from theoryprune.geometry.enclosure import encloses
from theoryprune.geometry.lowner import lowner
from theoryprune.geometry.lowner_checks import is_lowner


def log_det(points, weights):
    return np.linalg.slogdet((points.T * weights) @ points)[1]


def lifted(points):
    return np.column_stack([points, np.ones(len(points))])


def radii(points, result):
    """The lengths of the points in the ellipsoid's own coordinates, at most 1 inside."""
    return np.linalg.norm((points - result.center) @ result.transform, axis=1)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("method", ["newton", "away"])
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_points_get_a_certified_ellipsoid(name, method, symmetric):
    points = AWKWARD[name]
    before = points.copy()
    result = lowner(points, 1e-3, method=method, symmetric=symmetric)
    assert (points == before).all()
    assert result.converged
    assert 0 <= result.certificate <= 1e-3 == result.target
    check = {"symmetric": symmetric, "rank": result.rank, "residual": result.residual}
    verdict = is_lowner(points, result.weights, result.certificate, **check)
    assert verdict, verdict
    assert is_design(result.weights)
    assert radii(np.asarray(points, dtype=np.float64), result).max(initial=0) <= 1 + 1e-6
    assert np.isfinite(result.transform).all()


@settings(max_examples=150)
@given(point_sets(), st.booleans(), st.sampled_from([1e-1, 1e-2, 1e-6]))
def test_any_points_get_a_certified_ellipsoid(points, symmetric, eps):
    result = lowner(points, eps, symmetric=symmetric)
    assert result.certificate <= eps
    if not points.any() and symmetric:
        assert not result.weights.any()
        return
    assert is_design(result.weights)
    verdict = is_lowner(points, result.weights, result.certificate, symmetric=symmetric, rank=result.rank)
    assert verdict or verdict.inconclusive, verdict
    if symmetric:
        found = leverages(points, result.weights)
        assert result.weights @ found == pytest.approx(result.rank, rel=1e-10)
        assert found.max() >= result.rank * (1 - 1e-10)


@settings(max_examples=60)
@given(point_sets(most_points=25, most_dimensions=4))
def test_newton_and_away_steps_find_the_same_volume(points):
    points = points / (np.abs(points).max() or 1.0)
    one, other = (lowner(points, 1e-4, method=method) for method in ("newton", "away"))
    assert one.rank == other.rank
    if one.rank == points.shape[1]:
        gap = abs(log_det(points, one.weights) - log_det(points, other.weights))
        # The second term: with an anisotropy of 1e8 the determinants themselves have few digits.
        assert gap <= one.rank * np.log1p(1e-4) + 1e-6


@pytest.mark.parametrize("make", [gaussian, heavy])
def test_points_dropped_on_the_way_do_not_escape_the_certificate(make):
    """Elimination without a look at all points left 0.42 and 5.4 in these two cases, reported as 1e-2."""
    points = make(4096, 64)
    result = lowner(points)
    assert result.certificate <= 1e-2
    assert is_lowner(points, result.weights, result.certificate)
    assert not is_lowner(points, result.weights, result.certificate * (1 - 1e-5))


@pytest.mark.parametrize("make", [gaussian, heavy])
@pytest.mark.parametrize("eps", [0.3, 1e-2, 1e-5, 1e-9, 1e-12])
def test_every_accuracy_is_reached(make, eps):
    points = make(200, 8)
    result = lowner(points, eps)
    assert is_lowner(points, result.weights, eps)
    assert result.steps <= 12


class TestOracle:
    @pytest.mark.parametrize("make", [gaussian, heavy])
    @pytest.mark.parametrize(("n", "d"), [(20, 2), (60, 5), (100, 10)])
    def test_cvxpy_finds_no_smaller_symmetric_ellipsoid(self, make, n, d):
        points, eps = make(n, d, width=1.0) if make is heavy else make(n, d), 1e-4
        form = cp.Variable((d, d), PSD=True)
        outer = np.einsum("ij,ik->ijk", points, points).reshape(n, -1)
        constraint = [outer @ cp.reshape(form, (d * d,), order="C") <= 1]
        cp.Problem(cp.Maximize(cp.log_det(form)), constraint).solve(solver=cp.CLARABEL)
        feasible = form.value / np.einsum("ij,jk,ik->i", points, form.value, points).max()
        ours = np.linalg.slogdet(lowner(points, eps).matrix)[1]
        assert abs(np.linalg.slogdet(feasible)[1] - ours) <= d * np.log1p(eps) + 1e-5

    @pytest.mark.parametrize(("n", "d"), [(20, 2), (50, 4), (60, 6)])
    def test_cvxpy_finds_no_smaller_ellipsoid_with_a_center(self, n, d):
        points, eps = gaussian(n, d) ** 3 + 1, 1e-4
        root, shift = cp.Variable((d, d), PSD=True), cp.Variable(d)
        constraint = [cp.norm(points @ root + cp.reshape(shift, (1, d), order="C"), axis=1) <= 1]
        cp.Problem(cp.Maximize(cp.log_det(root)), constraint).solve(solver=cp.CLARABEL)
        largest = np.linalg.norm(points @ root.value + shift.value, axis=1).max()
        theirs = 2 * np.linalg.slogdet(root.value / largest)[1]
        ours = np.linalg.slogdet(lowner(points, eps, symmetric=False).matrix)[1]
        assert ours >= theirs - (d + 1) * np.log1p(eps) - 1e-5
        assert ours <= theirs + 1e-4


class TestKnownAnswers:
    def test_basis_vectors_with_duplicates_and_signs(self):
        points = np.concatenate([np.eye(4), -np.eye(4)[:2], np.eye(4)[1:3], -np.eye(4)])
        result = lowner(points, 1e-9)
        assert (points.T * result.weights) @ points == pytest.approx(np.eye(4) / 4, abs=1e-9)
        assert result.matrix == pytest.approx(np.eye(4), abs=1e-8)

    @pytest.mark.parametrize(("n", "d"), [(7, 7), (3, 8), (1, 5), (100, 100)])
    def test_as_many_independent_points_as_dimensions(self, n, d):
        result = lowner(gaussian(n, d))
        assert result.weights == pytest.approx(np.full(n, 1 / n))
        assert result.certificate <= 1e-10
        assert result.method == "closed form"

    @pytest.mark.parametrize("d", [1, 2, 5, 20])
    def test_the_regular_simplex(self, d):
        corners = np.eye(d + 1) - 1 / (d + 1)
        result = lowner(corners, 1e-9, symmetric=False)
        assert result.rank == d
        assert result.weights == pytest.approx(np.full(d + 1, 1 / (d + 1)))
        assert result.center == pytest.approx(np.zeros(d + 1), abs=1e-12)
        assert result.ratio == pytest.approx(d)

    def test_a_sphere_of_many_points(self):
        points = gaussian(20_000, 3)
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        result = lowner(points, 1e-4)
        assert (points.T * result.weights) @ points == pytest.approx(np.eye(3) / 3, abs=1e-3)
        assert result.matrix == pytest.approx(np.eye(3), abs=1e-3)

    def test_one_dimension(self):
        result = lowner([[1.0], [-3.0], [2.0], [0.0]])
        assert result.weights.tolist() == [0, 1, 0, 0]
        assert result.matrix == pytest.approx(np.array([[1 / 9]]))
        assert result.zero_rows.tolist() == [3]

    def test_an_interval(self):
        result = lowner([[1.0], [-3.0], [2.0]], 1e-9, symmetric=False)
        assert result.center == pytest.approx([-0.5])
        assert result.matrix == pytest.approx(np.array([[1 / 2.5**2]]))

    def test_one_point_is_its_own_ellipsoid(self):
        result = lowner([[3.0, 4.0]], symmetric=False)
        assert result.center.tolist() == [3, 4]
        assert (result.rank, result.certificate, result.ratio) == (0, 0, 1)
        assert lowner([[3.0, 4.0]]).matrix @ [3, 4] @ [3, 4] == pytest.approx(1)

    def test_points_that_are_all_zero(self):
        result = lowner(np.zeros((3, 2)))
        assert (result.rank, result.certificate, result.converged) == (0, 0, True)
        assert not result.weights.any()
        assert result.transform.shape == (2, 0)
        assert result.zero_rows.tolist() == [0, 1, 2]

    def test_a_line_is_a_segment(self):
        points = 1 + np.outer([-1.0, 0.5, 2.0], [3.0, 4.0])
        result = lowner(points, 1e-9, symmetric=False)
        assert result.rank == 1
        assert result.center == pytest.approx([2.5, 3.0])
        assert radii(points, result) == pytest.approx([1, 0, 1], abs=1e-8)


class TestInvariance:
    @settings(max_examples=40)
    @given(st.integers(0, 2**32 - 1), st.booleans())
    def test_linear_maps_signs_and_permutations(self, seed, symmetric):
        rng = np.random.default_rng(seed)
        points, eps = rng.standard_normal((40, 4)), 1e-3
        left, right = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
        linear = left * 10.0 ** rng.uniform(-2, 2, 4) @ right
        order = rng.permutation(40)
        mapped = points[order] @ linear
        mapped = mapped * rng.choice([-1, 1], (40, 1)) if symmetric else mapped + rng.standard_normal(4)
        one, other = lowner(points, eps, symmetric=symmetric), lowner(mapped, eps, symmetric=symmetric)
        before, after = (points, mapped) if symmetric else (lifted(points), lifted(mapped))
        change = log_det(after, other.weights) - log_det(before, one.weights)
        assert abs(change - 2 * np.linalg.slogdet(linear)[1]) <= 5 * np.log1p(eps) + 1e-9
        assert is_lowner(mapped, one.weights[order], one.certificate, symmetric=symmetric)

    @pytest.mark.parametrize("scale", [1e-150, 2.0**-300, 1e-3, 2.0**300, 1e150])
    def test_magnitude_changes_nothing(self, scale):
        points = heavy(60, 5)
        one, other = lowner(points), lowner(scale * points)
        assert other.weights == pytest.approx(one.weights, abs=1e-6)
        assert other.transform * scale == pytest.approx(one.transform, rel=1e-4)

    def test_duplicates_leave_the_volume(self):
        points = gaussian(50, 5)
        gap = lowner(points).matrix, lowner(np.repeat(points, 3, axis=0)).matrix
        assert abs(np.subtract(*(np.linalg.slogdet(m)[1] for m in gap))) <= 5 * np.log1p(1e-2)

    @pytest.mark.parametrize("dtype", [np.int64, np.int8, np.float32, np.float16, bool])
    def test_every_real_type_is_taken_as_float64(self, dtype):
        points = (3 * gaussian(30, 3)).astype(dtype)
        one, other = lowner(points), lowner(points.astype(np.float64))
        assert (one.weights == other.weights).all()
        assert one.weights.dtype == one.transform.dtype == np.float64

    def test_the_layout_in_memory_does_not_matter(self):
        points = gaussian(60, 6)
        strided = np.zeros((120, 12))
        strided[::2, ::2] = points
        for same in (np.asfortranarray(points), strided[::2, ::2], points.tolist()):
            assert lowner(same).weights == pytest.approx(lowner(points).weights, abs=1e-9)


class TestStart:
    def test_at_the_optimum_nothing_is_left_to_do(self):
        points = heavy(300, 8)
        result = lowner(points, 1e-6)
        again = lowner(points, 1e-6, start=result.weights)
        assert again.steps == 0
        assert (again.weights == result.weights / result.weights.sum()).all()

    def test_near_the_optimum_little_is_left(self):
        points = heavy(300, 8)
        start = lowner(points, 1e-3).weights
        moved = points * (1 + 1e-4 * gaussian(300, 1))
        assert lowner(moved, 1e-3, start=start).steps <= 2

    def test_it_must_span(self):
        with pytest.raises(ValueError, match="start must have weight on points that span all 3 dimensions"):
            lowner(gaussian(9, 3), start=[1, 1, 0, 0, 0, 0, 0, 0, 0])

    def test_flat_points_far_out_do_not_mislead(self):
        points = np.concatenate([100 * gaussian(80, 3) * [1, 1, 0], gaussian(20_000, 3)[:, 2:] * [[0, 0, 1]]])
        assert lowner(points).converged


class TestErrors:
    @pytest.mark.parametrize("method", ["newton", "away"])
    def test_too_few_steps_raise_with_what_was_reached(self, method):
        points = gaussian(300, 10)
        with pytest.raises(ConvergenceError, match="above eps=1e-06") as caught:
            lowner(points, 1e-6, method=method, max_steps=2)
        result = caught.value.result
        assert not result.converged
        assert result.steps == 2
        assert caught.value.gap == result.certificate > 1e-6
        assert is_lowner(points, result.weights, result.certificate)

    def test_more_than_float64_can_give(self):
        with pytest.raises(ConvergenceError) as caught:
            lowner(gaussian(300, 10), 1e-300)
        assert caught.value.gap <= 1e-12

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"points": [[np.nan, 1.0]]}, "points must be finite"),
            ({"points": [[np.inf, 1.0]]}, "points must be finite"),
            ({"points": [[1j]]}, "real numbers"),
            ({"points": [1.0, 2.0]}, "one point in each row"),
            ({"points": np.empty((0, 3))}, "at least one point"),
            ({"eps": 0.0}, "eps must be positive"),
            ({"eps": -1.0}, "eps must be positive"),
            ({"eps": np.nan}, "eps must be positive"),
            ({"method": "fast"}, "method must be"),
            ({"max_steps": -1}, "max_steps must be at least 0"),
            ({"start": [1.0]}, "start must have shape"),
            ({"start": [0.0, 0.0]}, "start must have a positive, finite sum"),
            ({"start": [-1.0, 2.0]}, "start must not be negative"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            lowner(**{"points": [[1.0, 0.0], [0.0, 1.0]], **arguments})


def test_a_coarse_rank_tolerance_reports_what_it_left_out():
    points = gaussian(50, 3) * [1, 1, 1e-9]
    result = lowner(points, rank_tol=1e-6)
    assert result.rank == 2
    assert result.residual == pytest.approx(np.linalg.svd(points)[1][2], rel=1e-6)
    assert lowner(points).rank == 3


@pytest.mark.parametrize("symmetric", [True, False])
def test_all_points_lie_inside_and_some_on_the_surface(symmetric):
    points = gaussian(200, 6) + 1
    result = lowner(points, symmetric=symmetric)
    assert radii(points, result).max() == pytest.approx(1)
    assert encloses(points, result.matrix, center=result.center)


@pytest.mark.slow
@pytest.mark.parametrize("make", [gaussian, heavy])
@pytest.mark.parametrize(("n", "d"), [(4096, 256), (4096, 576), (200_000, 20)])
def test_large_sets_are_certified(make, n, d):
    points = make(n, d)
    result = lowner(points)
    assert is_lowner(points, result.weights, result.certificate)


@pytest.mark.parametrize("rank_tol", [-1e-9, np.nan, 2.0])
def test_a_rank_tolerance_is_a_share(rank_tol):
    with pytest.raises(ValueError, match="rank_tol must lie in"):
        lowner(np.eye(2), rank_tol=rank_tol)
    with pytest.raises(ValueError, match="rank_tol must lie in"):
        is_lowner(np.eye(2), [0.5, 0.5], 0.1, rank_tol=rank_tol)
