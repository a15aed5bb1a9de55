"""Units go to the nearest ray."""

import numpy as np

from theoryprune.bounds.fold import nearest_rays


def test_multiples_are_found_at_any_length():
    rows = np.array([[1.0, 2, 0], [0, 1, 1], [3e150, 6e150, 0], [0, -1, -1], [0, 2e-150, 2e-150]])
    assignment, multipliers = nearest_rays(rows, np.array([0, 1]), np.zeros(5))
    assert assignment.tolist() == [0, 1, 0, -1, 1]
    np.testing.assert_allclose(multipliers, [1, 1, 3e150, 0, 2e-150], rtol=1e-14)


def test_the_nearest_of_equal_slope():
    rng = np.random.default_rng(0)
    rows, kept, slopes = rng.standard_normal((30, 4)), np.arange(0, 30, 3), rng.choice([0.0, 0.5], 30)
    assignment, multipliers = nearest_rays(rows, kept, slopes)
    for j in np.setdiff1d(np.arange(30), kept):
        factors = {i: max(0.0, rows[j] @ rows[i] / (rows[i] @ rows[i])) for i in kept if slopes[i] == slopes[j]}
        best = min(np.linalg.norm(rows[j] - a * rows[i]) for i, a in factors.items())
        mine = rows[j] - (multipliers[j] * rows[assignment[j]] if multipliers[j] else 0)
        assert np.linalg.norm(mine) <= best * (1 + 1e-12)
