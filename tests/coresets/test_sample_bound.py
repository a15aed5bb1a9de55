"""The number of draws that an error takes, and back."""

import numpy as np
import pytest

from tests.coresets.layer_kinds import errors, layer
from theoryprune.coresets import additive, sample_bound, sample_size


@pytest.mark.parametrize(("outputs", "constant"), [(1, 22.3), (2, 47.1), (1000, 47.1)])
def test_known_constants(outputs, constant):
    """At delta = .05, so many times (T beta / eps)^2; the width is free."""
    found = sample_size(3.0, 2.0, 0.01, 0.05, outputs)
    assert found.draws / (3 * 2 / 0.01) ** 2 == pytest.approx(constant, rel=3e-3)
    assert found.error <= 0.01


@pytest.mark.parametrize("outputs", [1, 7])
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_the_two_are_inverse(outputs, slope):
    size = sample_size(3.0, 2.0, 0.3, 0.1, outputs, slope=slope)
    assert size.error <= 0.3 < sample_bound(3.0, 2.0, size.draws - 1, 0.1, outputs, slope=slope).error
    assert (size.delta_algorithm, size.delta_inputs) == (0.1, 0)


@pytest.mark.parametrize("p", [1, 6])
def test_no_draw_in_twenty_breaks_it(p):
    rows, columns = layer("gauss", n=200, d=6, p=p)
    mass = np.linalg.norm(rows, axis=1) @ np.linalg.norm(columns, axis=0)
    bound = sample_bound(mass, 1.0, 100, 0.05, p).error
    inputs = np.random.default_rng(0).standard_normal((2000, 6))
    inputs /= np.linalg.norm(inputs, axis=1)[:, None]
    for seed in range(20):
        result = additive(rows, columns, 100, seed=seed)
        assert result.sampling.error == pytest.approx(bound)
        assert errors(result, rows, columns, inputs).max() <= bound


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"delta": 0}, ValueError, "delta must be"),
        ({"delta": 1}, ValueError, "delta must be"),
        ({"outputs": 0}, ValueError, "outputs must be at least 1"),
        ({"outputs": 1.5}, TypeError, "outputs must be an integer"),
        ({"draws": 0}, ValueError, "draws must be"),
        ({"mass": -1.0}, ValueError, "mass must be"),
        ({"radius": np.inf}, ValueError, "radius must be"),
        ({"slope": 2.0}, ValueError, "slope must lie"),
    ],
)
def test_bad_arguments(change, error, message):
    with pytest.raises(error, match=message):
        sample_bound(**{"mass": 1.0, "radius": 1.0, "draws": 5, "delta": 0.1, "outputs": 1, **change})
