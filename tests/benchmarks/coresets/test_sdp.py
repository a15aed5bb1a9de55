import numpy as np
import pytest

from benchmarks.coresets.sdp import sdp_gain


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_between_what_is_reached_and_the_product(slope):
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((3, 4)), rng.standard_normal((4, 5))
    signs = [np.where(rng.random(4) < 0.5, slope, 1.0) for _ in range(200)]
    reached = max(np.linalg.norm(A * s @ B, 2) for s in [*signs, np.ones(4)])
    assert reached * (1 - 1e-6) <= sdp_gain(A, B, slope) <= np.linalg.norm(A, 2) * np.linalg.norm(B, 2)


def test_one_unit_is_exact():
    assert sdp_gain(np.array([[3.0], [4.0]]), np.array([[2.0, 0.0]]), 0.0) == pytest.approx(10, rel=1e-5)
