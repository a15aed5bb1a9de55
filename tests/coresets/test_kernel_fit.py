"""Refitting in mean square: no other weights are better, under any law of the inputs."""

from dataclasses import replace

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, errors, layer, same
from theoryprune.coresets import fold, is_kernel_fit, kernel_fit, merge, output_rms
from theoryprune.coresets.arguments import as_layer
from theoryprune.coresets.intercept import unit_means
from theoryprune.coresets.taken import taken


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1, 10])
@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("select", ["facility", "pivchol"])
def test_never_worse_than_merge_or_selection_with_the_same_units(kind, p, slope, select):
    rows, columns = layer(kind, p=p)
    for m in (1, 6, 12, 23):
        result = kernel_fit(rows, columns, m, slope=slope, select=select)
        assert is_kernel_fit(result, rows, columns, slope=slope)
        assert result.deterministic
        others = [fold(rows, columns, result.kept), taken(as_layer(rows, columns, m, slope), result.kept, "test")]
        # The ridge of 1e-9 costs at most its square root of the whole output.
        slack = 1e-4 * result.fit.target_rms
        for other in others:
            assert result.fit.rms <= output_rms(other, rows, columns, slope=slope) + slack
        assert result.fit.rms <= (1 + 1e-12) * result.fit.target_rms


def test_no_small_change_of_the_weights_is_better():
    rows, columns = layer("gauss")
    result = kernel_fit(rows, columns, 12)
    rng = np.random.default_rng(0)
    for size in (1e-1, 1e-2, 1e-3):
        other = merge(rows, columns, 12)
        other.outgoing[:] = result.outgoing + size * rng.standard_normal(result.outgoing.shape)
        assert output_rms(other, rows, columns) > result.fit.rms


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("kind", ["gauss", "clustered", "lowrank"])
def test_the_error_is_that_of_samples(kind, slope):
    rows, columns = layer(kind, n=16, d=4)
    result = kernel_fit(rows, columns, 8 if slope < 1 else 2, slope=slope)
    inputs = np.random.default_rng(1).standard_normal((200_000, 4))
    sampled = np.sqrt(np.mean(errors(result, rows, columns, inputs, slope) ** 2))
    assert result.fit.rms == pytest.approx(sampled, rel=0.01)


@pytest.mark.parametrize("law", ["gaussian", "second_moment"])
def test_known_moments_of_the_inputs(law):
    """A bias column, a mean and a covariance: better under that law than the fit without it."""
    rng = np.random.default_rng(0)
    rows, columns = layer("gauss", d=6)
    root = rng.standard_normal((6, 6))
    mean = rng.standard_normal(6)
    root[-1], mean[-1] = 0, 1
    known = {"mean": mean, "covariance": root @ root.T, "law": law}
    told = kernel_fit(rows, columns, 10, **known)
    assert is_kernel_fit(told, rows, columns, **known)
    assert told.fit.rms < output_rms(kernel_fit(rows, columns, 10), rows, columns, **known)


def test_all_units_that_matter_are_exact():
    """Where only a zero unit is missing, the fit is V itself."""
    rows, columns = layer("gauss", n=12)
    rows[4] = 0
    result = kernel_fit(rows, columns, 11)
    assert 4 not in result.kept
    assert result.outgoing == pytest.approx(columns[:, result.kept], rel=1e-6, abs=1e-7)
    assert result.fit.rms <= 1e-6 * result.fit.target_rms


@pytest.mark.parametrize("select", ["facility", "pivchol"])
@pytest.mark.parametrize("size", [1e-6, 1e-12, 1e-150])
def test_nothing_is_divided_by_a_unit_that_hardly_speaks(size, select):
    """Two units of almost no effect: pivoting never takes them, and where they stay their weights do too."""
    rows, columns = layer("gauss")
    rows[[2, 5]] *= size
    for m in (6, 12, 22, 23):
        result = kernel_fit(rows, columns, m, select=select)
        assert is_kernel_fit(result, rows, columns)
        assert np.abs(result.outgoing).max() < 100 * np.abs(columns).max()
        faint = np.isin(result.kept, [2, 5])
        assert select == "facility" or m > 22 or not faint.any()
        assert np.array_equal(result.outgoing[:, faint], columns[:, result.kept[faint]])


def test_a_full_budget_is_the_identity():
    rows, columns = layer("gauss")
    result = kernel_fit(rows, columns, 24)
    assert np.array_equal(result.outgoing, columns)
    assert (result.fit.rms, result.fit.ridge) == (0, 0)
    assert result.fit.target_rms > 0


@pytest.mark.parametrize("blend", [0.0, 0.3, 1.0])
def test_a_blend_lies_between(blend):
    rows, columns = layer("clustered")
    ends = [merge(rows, columns, 8), kernel_fit(rows, columns, 8, select="facility")]
    result = kernel_fit(rows, columns, 8, blend=blend, select="facility")
    assert result.outgoing == pytest.approx((1 - blend) * ends[0].outgoing + blend * ends[1].outgoing)
    assert result.fit.rms == pytest.approx(output_rms(result, rows, columns))
    # The error is affine in U, so the norm of its mean square is convex in the blend.
    assert result.fit.rms <= (1 - blend) * output_rms(ends[0], rows, columns) + blend * ends[1].fit.rms + 1e-12
    inputs = np.random.default_rng(0).standard_normal((100, rows.shape[1]))
    bound = (1 - blend) * errors(ends[0], rows, columns, inputs) + blend * errors(ends[1], rows, columns, inputs)
    assert (errors(result, rows, columns, inputs) <= bound + 1e-12).all()
    assert is_kernel_fit(result, rows, columns)


@pytest.mark.parametrize("kind", KINDS)
def test_positive_rescaling_of_units_changes_nothing(kind):
    rows, columns = layer(kind)
    factors = 2.0 ** np.random.default_rng(1).integers(-20, 21, len(rows))
    one, other = kernel_fit(rows, columns, 9), kernel_fit(rows * factors[:, None], columns / factors, 9)
    assert np.array_equal(one.kept, other.kept)
    assert other.outgoing * factors[one.kept] == pytest.approx(one.outgoing, rel=1e-6, abs=1e-9)
    assert other.fit.rms == pytest.approx(one.fit.rms, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("up", "down"), [(1e150, 1e-150), (1e-150, 1e150), (1e-150, 1e-150)])
def test_any_magnitude(up, down):
    rows, columns = layer("clustered")
    one, other = kernel_fit(rows, columns, 9), kernel_fit(rows * up, columns * down, 9)
    assert other.outgoing == pytest.approx(one.outgoing * down, rel=1e-7)
    assert other.fit.rms == pytest.approx(one.fit.rms * up * down, rel=1e-7)


def test_two_runs_are_equal():
    rows, columns = layer("lowrank")
    assert same(kernel_fit(rows, columns, 9), kernel_fit(rows, columns, 9))


def test_dead_layers():
    assert not kernel_fit(np.zeros((3, 2)), np.ones((1, 3)), 2).outgoing.any()
    assert not kernel_fit(np.eye(3), np.zeros((1, 3)), 2).outgoing.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blend": 1.1}, "blend must lie"),
        ({"blend": np.nan}, "blend must lie"),
        ({"law": "cauchy"}, "law must be one of"),
        ({"select": "best"}, "select must be one of"),
        ({"mean": [np.nan] * 10}, "mean must be finite"),
        ({"covariance": -np.eye(10)}, "positive semidefinite"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        kernel_fit(*layer("gauss"), 5, **change)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("law", ["gaussian", "second_moment"])
def test_with_an_intercept(kind, slope, law):
    rows, columns = layer(kind)
    known = {"mean": np.linspace(-1, 1, 10), "law": law}
    for m in (1, 6, 12):
        found = kernel_fit(rows, columns, m, slope=slope, intercept=True, **known)
        assert is_kernel_fit(found, rows, columns, slope=slope, **known)
        own = output_rms(found, rows, columns, slope=slope, **known)
        assert own == pytest.approx(found.fit.rms, rel=1e-6, abs=1e-7 * found.fit.target_rms)
        plain = replace(found, shift=None)
        slack = 1e-7 * found.fit.target_rms  # the root of the rounding of a mean square
        assert found.fit.rms <= output_rms(plain, rows, columns, slope=slope, **known) + slack
        for size in (1e-3, 1e-1):
            moved = replace(found, shift=found.shift + size)
            assert output_rms(moved, rows, columns, slope=slope, **known) == pytest.approx(
                np.hypot(own, size * np.sqrt(3)), rel=1e-6
            )


def test_a_blend_has_the_constant_of_its_weights():
    rows, columns = layer("clustered")
    for blend in (0.0, 0.3, 1.0):
        found = kernel_fit(rows, columns, 8, blend=blend, intercept=True)
        assert is_kernel_fit(found, rows, columns)
        means = unit_means(rows, 0.0)
        assert found.shift == pytest.approx(columns @ means - found.outgoing @ means[found.kept], rel=1e-9, abs=1e-12)


def test_copies_and_the_whole_layer_have_no_constant():
    rows, columns = layer("gauss")
    twice = kernel_fit(np.vstack([rows, rows]), np.hstack([columns, columns]), 24, blend=0.0, intercept=True)
    assert twice.shift.tolist() == [0, 0, 0]
    whole = kernel_fit(rows, columns, 24, intercept=True)
    assert np.array_equal(whole.outgoing, columns)
    assert whole.shift.tolist() == [0, 0, 0]


def test_constant_units_cost_nothing_beside_a_constant():
    """A unit that is always 3: it goes, and its output is in the shift."""
    rows, columns = layer("gauss", n=12)
    rows = np.column_stack([rows, np.zeros(12)])
    rows[4] = [0] * 10 + [3]
    moments = {"mean": np.append(np.zeros(10), 1), "covariance": np.append(np.ones(10), 0)}
    found = kernel_fit(rows, columns, 11, intercept=True, **moments)
    assert 4 not in found.kept
    assert found.shift == pytest.approx(3 * columns[:, 4], rel=1e-6, abs=1e-6)
    assert found.fit.rms <= 1e-6 * found.fit.target_rms
