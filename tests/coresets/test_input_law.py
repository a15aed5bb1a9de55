"""Mean squares in closed form: against samples, and at any magnitude."""

from dataclasses import replace

import numpy as np
import pytest

from tests.coresets.layer_kinds import KINDS, errors, layer
from theoryprune.coresets import kernel_fit, merge, norm, output_rms
from theoryprune.coresets.input_law import features_of


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("moments", ["standard", "mean", "bias column"])
def test_against_samples(slope, moments):
    rows, columns = layer("gauss", n=16, d=4)
    coreset = merge(rows, columns, 8, slope=slope)
    rng = np.random.default_rng(1)
    mean, root = np.zeros(4), np.eye(4)
    if moments != "standard":
        mean, root = rng.standard_normal(4), rng.standard_normal((4, 4))
    if moments == "bias column":
        mean[-1], root[-1] = 1, 0
    given = {} if moments == "standard" else {"mean": mean, "covariance": root @ root.T}
    inputs = mean + rng.standard_normal((200_000, 4)) @ root.T
    sampled = np.sqrt(np.mean(errors(coreset, rows, columns, inputs, slope) ** 2))
    assert output_rms(coreset, rows, columns, slope=slope, **given) == pytest.approx(sampled, rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_features_have_unit_mean_square_or_none(kind):
    rows, columns = layer(kind)
    features = features_of(rows, columns, 0.2)
    live = rows.any(axis=1)
    assert np.diag(features.gram) == pytest.approx(live.astype(float))
    assert features.sizes == pytest.approx(np.linalg.norm(rows, axis=1) * np.sqrt(1.04 / 2))


@pytest.mark.parametrize(("up", "down"), [(1e150, 1e-150), (1e-150, 1e150), (1e150, 1.0), (1e-150, 1e-150)])
def test_any_magnitude(up, down):
    rows, columns = layer("clustered")
    one = output_rms(norm(rows, columns, 9), rows, columns)
    other = output_rms(norm(rows * up, columns * down, 9), rows * up, columns * down)
    assert other == pytest.approx(one * up * down, rel=1e-9)


def test_a_second_moment_law_without_mean_is_the_gaussian_one():
    rows, columns = layer("gauss")
    coreset = norm(rows, columns, 9)
    one, other = (output_rms(coreset, rows, columns, law=law) for law in ("gaussian", "second_moment"))
    assert one == pytest.approx(other)


def test_bad_arguments():
    rows, columns = layer("gauss")
    coreset = norm(rows, columns, 9)
    with pytest.raises(ValueError, match="law must be one of"):
        output_rms(coreset, rows, columns, law="uniform")
    with pytest.raises(ValueError, match="mean must have shape"):
        output_rms(coreset, rows, columns, mean=[1.0])
    with pytest.raises(ValueError, match="coreset must be of this layer"):
        output_rms(coreset, rows[:20], columns[:, :20])
    with pytest.raises(ValueError, match="more than float64 holds"):
        output_rms(norm(rows, columns, 9), rows * 1e200, columns * 1e200)


def test_the_shift_of_a_coreset_must_be_of_its_outputs():
    found = kernel_fit([[1.0], [2.0]], [[1.0, 1.0]], 1, intercept=True)
    with pytest.raises(ValueError, match="shift of the coreset"):
        output_rms(replace(found, shift=np.zeros(2)), [[1.0], [2.0]], [[1.0, 1.0]])
